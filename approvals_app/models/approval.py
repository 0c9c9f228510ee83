"""A question to people: the one row per approval step that the inbox, the mail and the API are about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q

from approvals_app import deciding, delegating, talking
from approvals_app.question import APPROVAL, FORM
from playbooks_app import clock
from playbooks_app.models import Account, User
from runs_app.models import Run, StepRun
from runs_app.permissions import values_read_by
from runs_app.statuses import STEP_OPEN, StepStatus

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from approvals_app.models.asked import Asked
    from approvals_app.models.comment import Comment
    from approvals_app.models.decision import Decision


class ApprovalQuerySet(models.QuerySet["Approval"]):
    """Approvals."""

    def with_place(self) -> Self:
        """With all that a row of a list needs."""
        return self.select_related("step_run", "run__playbook", "run__account", "requester", "claimed_by")

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Those that `user` is or was asked to decide, and those of runs in sight."""
        membership = getattr(user, "membership", None)
        if membership is None:
            return self.none()
        return self.filter(Q(pk__in=self._ever_asked(user)) | Q(run__in=Run.objects.visible_to(user).values("pk")), account=membership.account_id)

    def readable_by(self, user: User | AnonymousUser) -> Self:
        """Those whose data `user` may read: was asked to decide on it, or reads the values of the run."""
        runs = Run.objects.visible_to(user).filter(values_read_by(user))
        return self.visible_to(user).filter(Q(pk__in=self._ever_asked(user)) | Q(run__in=runs.values("pk")))

    def asked_of(self, user: User) -> Self:
        """Those that `user` is or was asked to decide."""
        return self.filter(pk__in=self._ever_asked(user))

    def open(self) -> Self:
        """Still to be decided."""
        return self.filter(closed_at=None, waiting=True)

    def closed(self) -> Self:
        """Decided, or gone with their step."""
        return self.exclude(closed_at=None, step_run__status__in=STEP_OPEN)

    def open_for(self, user: User) -> Self:
        """The inbox: open, and `user` is to decide. One that a colleague has claimed is not among them."""
        return self.open().filter(asked__person=user, asked__barred="", asked__ended_at=None).filter(Q(claimed_by=None) | Q(claimed_by=user))

    def with_colleagues(self, user: User) -> Self:
        """Open, asked of `user` too, but it is others' turn: claimed by a colleague, or `user` has voted and more votes are needed."""
        turn = self._rows_of(user).filter(approval=OuterRef("pk"), ended_at=None)
        claimed = Q(claimed_by__isnull=False) & ~Q(claimed_by=user) & Exists(turn)
        return self.open().filter((self._past_turn(user) & ~self._decided_for(user)) | claimed)

    def handed_over_by(self, user: User) -> Self:
        """Open, no more asked of `user`, and others decide on behalf of `user`."""
        return self.open().filter(self._past_turn(user) & self._decided_for(user))

    def _past_turn(self, user: User) -> Q:
        own = self._rows_of(user)
        return Q(pk__in=own.exclude(ended_at=None).values("approval")) & Q(~Exists(own.filter(approval=OuterRef("pk"), ended_at=None)))

    def _decided_for(self, user: User) -> Q:
        return Q(pk__in=self._rows().filter(stands_in_for=user, ended_at=None, barred="").values("approval"))

    def started_by(self, user: User) -> Self:
        """Of runs that `user` has started, and still owns."""
        return self.filter(requester=user, run__owner=user)

    def soonest_first(self) -> Self:
        """Order of the inbox: by the moment an answer is expected, those without one last."""
        return self.order_by(F("due_at").asc(nulls_last=True), "pk")

    def with_status(self, status: str) -> Self:
        """By `status` as in the API: open approved rejected decided expired cancelled."""
        if status == "open":
            return self.open()
        if status == "cancelled":
            return self.filter(Q(outcome="cancelled") | Q(closed_at=None) & ~Q(step_run__status__in=STEP_OPEN))
        return self.filter(outcome=status)

    def _ever_asked(self, user: User | AnonymousUser) -> models.QuerySet[Any]:
        return self._rows_of(user).values("approval")

    def _rows_of(self, user: User | AnonymousUser) -> models.QuerySet[Asked]:
        return self._rows().filter(person=user.pk, barred="")

    def _rows(self) -> models.QuerySet[Asked]:
        related: type[Asked] = self.model._meta.get_field("asked").related_model  # type: ignore[assignment]
        return related._default_manager.all()


class Approval(models.Model):
    """Open while `closed_at` is empty and its step waits; what happens to the step (skip, cancel) closes it by definition.

    Everything about it changes under the run's lock (`changing`). `rules` are fixed when people are asked:
    [{need, stage, name, people: {user id: {weight, why, through}}, barred}].
    `policy`: {on_reject, four_eyes, comment_required, remind_every, escalate, silence, working_time, barred: {user id: why}}.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="approvals")
    step_run = models.OneToOneField(StepRun, on_delete=models.PROTECT, related_name="approval")
    requester = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, default=APPROVAL)  # approval, form
    round = models.PositiveIntegerField(default=1)  # rises when the data changes or the step is tried again; earlier votes count no more
    stage = models.PositiveIntegerField(default=1)
    title = models.TextField()
    summary = models.TextField(blank=True)
    shown = models.JSONField(default=dict)  # {label: value}
    shown_order = models.JSONField(default=list)  # labels in the author's order
    payload_hash = models.CharField(max_length=64)
    choices = models.JSONField(default=list)  # [{value, label}]
    form = models.JSONField(default=list, blank=True)  # input declarations of the language
    rules = models.JSONField(default=list)
    policy = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=clock.now)
    asked_at = models.DateTimeField(default=clock.now)  # the clock of reminders, escalation and silence starts here
    due_at = models.DateTimeField(null=True, blank=True)  # when an answer is expected
    escalate_at = models.DateTimeField(null=True, blank=True)
    silence_at = models.DateTimeField(null=True, blank=True)  # when the author's choice about silence takes effect
    next_at = models.DateTimeField(null=True, blank=True)  # when the clock looks at it again
    claimed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    claimed_at = models.DateTimeField(null=True, blank=True)
    waiting = models.BooleanField(default=True)  # its step waits; a trigger keeps it so, that lists need not look at steps
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, blank=True)  # approved rejected decided expired cancelled
    decision = models.CharField(max_length=100, blank=True)  # the choice that won

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, outcome="") | (Q(closed_at__isnull=False) & ~Q(outcome="")), name="closed_has_outcome"
            )
        ]
        indexes = [
            models.Index(fields=["next_at"], name="approval_due", condition=Q(closed_at__isnull=True)),
            models.Index(fields=["account", "-id"], name="approval_list"),
            models.Index(fields=["account", "due_at"], name="approval_open", condition=Q(closed_at__isnull=True)),
            models.Index(fields=["requester"], name="approval_of_requester", condition=Q(closed_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def status(self) -> str:
        """open approved rejected decided expired cancelled."""
        if self.closed_at is not None:
            return self.outcome
        return "open" if self.step_run.status in STEP_OPEN else "cancelled"

    @property
    def is_form(self) -> bool:
        """Whether data is asked for, rather than a decision."""
        return self.kind == FORM

    @property
    def is_open(self) -> bool:
        """Whether it can be decided at present. While its step is on the way to ask again, with other data, it cannot."""
        return self.closed_at is None and self.step_run.status == StepStatus.WAITING

    @property
    def choice_values(self) -> list[str]:
        """What may be decided, in the author's order."""
        return [choice["value"] for choice in self.choices]

    def label_of(self, value: str) -> str:
        """The words of a choice."""
        return next((choice["label"] for choice in self.choices if choice["value"] == value), value)

    @contextmanager
    def changing(self) -> Iterator[Approval]:
        """This approval as it is, under its run's lock: no two changes of one run overlap (law 3)."""
        with transaction.atomic():
            Run.objects.select_for_update(no_key=True).values_list("pk").get(pk=self.run_id)
            yield type(self).objects.with_place().get(pk=self.pk)

    def decide(self, decision: str, *, by: User, **more: Any) -> Decision:
        """Vote; the vote that settles it ends the step. `more`: comment, values, payload_hash, channel, address (see deciding.decide).

        Raises NotAllowed (not asked), WrongState (over, voted already, data changed: carries who decided), Refused (no such choice).
        """
        with self.changing() as approval:
            return deciding.decide(approval, decision, by=by, **more)

    def delegate(self, to: User, *, by: User, of: User | None = None) -> Asked:
        """Hand the task of `of` (else of `by`) over to somebody; both names stay in the record. Raises WrongState, NotAllowed, Refused."""
        with self.changing() as approval:
            return delegating.hand_over(approval, to, by=by, of=of or by)

    def claim(self, by: User) -> None:
        """Take it out of the inboxes of the others, who may still decide. Raises NotAllowed, WrongState."""
        with self.changing() as approval:
            delegating.claim(approval, by)

    def release(self, by: User) -> None:
        """Give it back to all. Raises NotAllowed, WrongState."""
        with self.changing() as approval:
            delegating.release(approval, by)

    def unclaim(self) -> None:
        """End the claim, if there is one. Wants the run's lock."""
        if self.claimed_by_id is not None:
            self.claimed_by, self.claimed_at = None, None
            self.save(update_fields=["claimed_by", "claimed_at"])

    def say(self, text: str, *, by: User, asks: bool = False) -> Comment:
        """Add a comment for everybody concerned, kept for ever; a question is sent to who can answer it, the answer to who has asked."""
        with self.changing() as approval:
            return talking.say(approval, text, by=by, asks=asks)

    def asking_of(self, user: User) -> Asked | None:
        """The asking under which `user` may decide in this round, None if there is none."""
        return self.asked.filter(person=user, round=self.round, barred="", ended_at=None).first()

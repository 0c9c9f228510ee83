"""A playbook: a name, who may see it, a draft that changes and versions that never do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models, transaction
from django.db.models import Max, Q

from playbooks_app import audit, clock
from playbooks_app.drafting import drafts
from playbooks_app.drafting.draft_news import ring
from playbooks_app.errors import NotAllowed, Refused, Stale, WrongState
from playbooks_app.language.document import normalise
from playbooks_app.language.problem import Problem
from playbooks_app.models.document_field import DocumentField
from playbooks_app.models.grant import PlaybookGrant, granted_to, names
from playbooks_app.models.member import Department, Group, Role, User
from playbooks_app.models.sharing import Shared, SharedQuerySet, Viewer

if TYPE_CHECKING:
    from playbooks_app.models.version import PlaybookVersion


TAG_LENGTH = 40  # characters
MOST_TAGS = 12  # on one playbook: more say nothing


class PlaybookQuerySet(SharedQuerySet):
    """Playbooks."""

    def granted(self, user: Viewer, **wanted: Any) -> Q:
        """Those on which this person has a grant."""
        return Q(pk__in=PlaybookGrant.objects.filter(names(user), **wanted).values("playbook"))

    def current(self) -> Self:
        """Those that have not been archived."""
        return self.filter(archived_at=None)

    def matching(self, text: str) -> Self:
        """Those whose name, description, owner, or a name, address or text of a step contains it."""
        owner = Q(owner__first_name__icontains=text) | Q(owner__last_name__icontains=text) | Q(owner__username__icontains=text)
        return self.filter(Q(name__icontains=text) | Q(description__icontains=text) | Q(draft__icontains=text) | owner)

    def with_newest(self) -> Self:
        """Each with `newest_number`: the version that a start takes (None: there is none), in the same query."""
        return self.annotate(newest_number=Max("versions__number", filter=Q(versions__deprecated_at=None)))

    def with_people(self) -> Self:
        """Each with its account, owner, department and group, in the same query."""
        return self.select_related("account", "owner", "department", "group", "draft_saved_by")


class Playbook(Shared):
    """What operators draw. `draft` is the document being edited, as written (JSON, may have faults)."""

    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    draft = DocumentField(default=dict)
    pinned = models.JSONField(default=dict)  # sample data of the author: {inputs: {…}, steps: {id: output}}; no part of the document
    draft_revision = models.PositiveIntegerField(default=1)  # rises with every save; the ETag of the draft
    draft_saved_at = models.DateTimeField(default=clock.now)
    draft_saved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    archived_at = models.DateTimeField(null=True, blank=True)
    tags = ArrayField(models.CharField(max_length=TAG_LENGTH), default=list, blank=True)  # lower case, in order; for filters of lists

    objects = PlaybookQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["account", "name"], name="playbook_by_name"), GinIndex(fields=["tags"], name="playbook_by_tag")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def draw(cls, document: Any, *, by: User) -> Playbook:
        """A playbook of `by` with this draft, seen by the account. Faults are allowed; what cannot be stored is not (raises Refused)."""
        drafts.require_storable(document)
        if by.account is None:
            raise NotAllowed("You work in no account.", hint="Ask an admin to add you to theirs.")
        name, description = drafts.title_of(document)
        return cls.objects.create(account=by.account, owner=by, name=name, description=description, draft=document, draft_saved_by=by)

    def save_draft(self, document: Any, *, by: User, revision: int | None = None) -> None:
        """Replace the draft. `revision` is the one it was made from; raises Stale if that is no longer the present one.

        Raises Refused for what cannot be stored, WrongState for an archived playbook.
        """
        drafts.require_storable(document)
        with transaction.atomic():
            self._lock(revision)
            self.name, self.description = drafts.title_of(document)
            self.draft, self.draft_saved_by, self.draft_saved_at = document, by, clock.now()
            self.draft_revision += 1
            self.save(update_fields=["name", "description", "draft", "draft_saved_by", "draft_saved_at", "draft_revision"])
            ring(self.pk)

    def pin(self, *, inputs: Mapping[str, Any] | None = None, steps: Mapping[str, Any] | None = None) -> None:
        """Keep sample data with the draft: `inputs` replaces all inputs, `steps` is {id: {"output": …}}, None lets go of one."""
        drafts.require_storable({"inputs": inputs or {}, "steps": steps or {}})
        with transaction.atomic():
            self._lock(None)
            kept = dict(self.pinned.get("steps", {}))
            for step, sample in (steps or {}).items():
                kept.pop(step, None)
                if sample is not None:
                    kept[step] = sample["output"]
            self.pinned = {"inputs": self.pinned.get("inputs", {}) if inputs is None else dict(inputs), "steps": kept}
            self.save(update_fields=["pinned"])

    def problems(self, *, by: User | None = None) -> list[Problem]:
        """Every fault of the draft, warnings included; with `by`, playbooks that it runs and that this person does not see are faults too."""
        return drafts.problems_of(self.draft, self.account, by=by, playbook=self)

    def publish(self, *, by: User, note: str = "", revision: int | None = None) -> PlaybookVersion:
        """Make the draft the next version. Raises Refused with every fault, and WrongState and Stale as `save_draft`."""
        with transaction.atomic():
            self._lock(revision)
            faults = [problem for problem in self.problems(by=by) if problem.level == "error"]
            if faults:
                raise Refused(faults)
            highest = self.versions.aggregate(number=Max("number"))["number"] or 0
            version = self.versions.create(number=highest + 1, document=normalise(self.draft), note=note, published_by=by)
            audit.note(by, "version.published", version, new={"note": note} if note else None)
            return version

    def share(self, visibility: str, *, department: Department | None = None, group: Group | None = None, by: User | None = None) -> None:
        """Decide who sees it. Raises Refused as `set_sight`."""
        old = self.sight()
        self.set_sight(visibility, department=department, group=group)
        self.keep_sight(old, by=by)

    def keep_sight(self, old: dict[str, str], *, by: User | None = None) -> None:
        """Store what `set_sight` has set; `old` is for the audit log."""
        if self.sight() != old:
            with transaction.atomic():
                self.save(update_fields=["visibility", "department", "group"])
                audit.note(by, "playbook.shared", self, old=old, new=self.sight())

    def archive(self, *, by: User | None = None) -> None:
        """Put it away: no list shows it and nothing starts; its runs and versions stay. Raises WrongState if it is away."""
        with transaction.atomic():
            if not Playbook.objects.filter(pk=self.pk, archived_at=None).update(archived_at=clock.now()):
                raise WrongState("This playbook is archived already.")
            audit.note(by, "playbook.archived", self)
        self.refresh_from_db(fields=["archived_at"])

    def restore(self, *, by: User | None = None) -> None:
        """Take it out again. Raises WrongState if it is not archived."""
        with transaction.atomic():
            if not Playbook.objects.filter(pk=self.pk, archived_at__isnull=False).update(archived_at=None):
                raise WrongState("This playbook is not archived.")
            audit.note(by, "playbook.restored", self)
        self.refresh_from_db(fields=["archived_at"])

    def tag(self, tags: Iterable[str], *, by: User | None = None) -> None:
        """Put it under these words, and no others. Raises Refused for what is no word, or too many."""
        wanted = sorted({" ".join(str(each).lower().replace("\0", "").split()) for each in tags} - {""})
        if len(wanted) > MOST_TAGS or any(len(each) > TAG_LENGTH or "," in each for each in wanted):
            hint = f"At most {MOST_TAGS} tags of {TAG_LENGTH} characters, without commas."
            raise Refused([Problem("tags", "TooLong", "These tags cannot be kept.", hint)])
        with transaction.atomic():
            audit.note(by, "playbook.tagged", self, old={"tags": self.tags}, new={"tags": wanted})
            self.tags = wanted
            self.save(update_fields=["tags"])

    def hand_over(self, to: User, *, by: User | None = None) -> None:
        """Give it another owner. Raises Refused where that person could do nothing with it."""
        place = to.memberships.filter(account=self.account_id, active=True).first() if to.is_active else None
        if place is None or place.role not in (Role.OWNER, Role.ADMIN, Role.BUILDER):
            hint = "Choose a builder, an admin or an owner of the account."
            raise Refused([Problem("to", "NotOneOf", f"{to.display_name} could not look after a playbook.", hint)])
        with transaction.atomic():
            old, self.owner = self.owner, to
            self.save(update_fields=["owner"])
            audit.note(by, "playbook.handed_over", self, old={"owner": old.username if old else None}, new={"owner": to.username})

    def grants_to(self, user: Viewer) -> list[PlaybookGrant]:
        """As in Shared."""
        return granted_to(user, PlaybookGrant).get(self.pk, [])

    def all_grants(self) -> list[PlaybookGrant]:
        """As in Shared."""
        return list(self.grants.select_related("user", "group", "department").order_by("pk"))

    @property
    def newest(self) -> PlaybookVersion | None:
        """The version that a start takes: the highest that is not deprecated."""
        return self.versions.filter(deprecated_at=None).order_by("-number").first()

    def draft_as_mapping(self) -> Mapping[str, Any]:
        """The draft for those who only look; {} if it is not an object."""
        return self.draft if isinstance(self.draft, dict) else {}

    def _lock(self, revision: int | None) -> None:
        """Lock the row and read it again; whoever saves or publishes comes one after the other."""
        self.refresh_from_db(from_queryset=Playbook.objects.select_for_update(no_key=True))
        if self.archived_at is not None:
            raise WrongState("This playbook is archived.", hint="Take it out of the archive first.")
        if revision is not None and revision != self.draft_revision:
            who = self.draft_saved_by.display_name if self.draft_saved_by else "Somebody"
            raise Stale(f"{who} has saved this playbook since you read it.", details={"revision": self.draft_revision})

"""Deciding who sees a run: as its playbook at first, then narrower, or wider by those who may share the playbook too.

A run that another one has started is seen by whoever sees that one, so it is shared there.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from playbooks_app import audit
from playbooks_app.drafting.drawing import set_sight
from playbooks_app.errors import NotAllowed, WrongState
from playbooks_app.models import Playbook, Shared, User, Visibility
from playbooks_app.rights import sharing
from runs_app.models import Run, RunGrant, StepRun
from runs_app.permissions import may_widen


def share(
    run: Run,
    *,
    by: User,
    visibility: str | None = None,
    department: str | None = None,
    group: str | None = None,
    inherit: bool | None = None,
    wishes: Sequence[sharing.Wish] | None = None,
) -> None:
    """All of it or nothing. `inherit`: whether the rights on the playbook hold for it; `wishes` replace its own rights.

    Raises Refused, NotAllowed where `by` would show it to more people than the playbook, WrongState for a run that another one has started.
    """
    require_own(run)
    with transaction.atomic():
        old = said(run)
        set_sight(run, visibility, department, group)
        if inherit is not None:
            run.granted_by = run.playbook if inherit else None
        if not may_widen(by, run):
            _require_within(run, run.playbook)
        run.save(update_fields=["visibility", "department", "group", "granted_by"])
        if wishes is not None:
            _set_grants(run, wishes, by)
        if said(run) != old:
            audit.note(by, "run.shared", run, old=old, new=said(run))
        share_with_started(run)


def said(run: Run) -> dict[str, object]:
    """For records."""
    return {**run.sight(), "inherit": run.granted_by_id is not None}


def require_own(run: Run) -> None:
    """Raises WrongState for a run that another one has started."""
    if run.parent_step is not None:
        parent = StepRun.objects.filter(pk=run.parent_step).values_list("run", flat=True).first()
        raise WrongState(f"Run {run.pk} is seen by whoever sees the run that started it.", hint=f"Share run {parent} instead.")


def is_within(inner: Shared, outer: Shared) -> bool:
    """Whether everybody who sees `inner` by its visibility sees `outer` by its own."""
    if inner.visibility == Visibility.PRIVATE or outer.visibility == Visibility.ACCOUNT:
        return True
    places = (inner.visibility, inner.department_id, inner.group_id), (outer.visibility, outer.department_id, outer.group_id)
    return places[0] == places[1]


def _require_within(run: Run, playbook: Playbook) -> None:
    if not is_within(run, playbook):
        hint = "You may narrow it. Ask who may share the playbook to let others see it."
        raise NotAllowed("More people would see this run than see its playbook.", hint=hint)


def _set_grants(run: Run, wishes: Sequence[sharing.Wish], by: User) -> None:
    grants = sharing.wishes_to_grants(run, wishes, RunGrant)
    present = {(each.principal, each.level, each.values) for each in run.grants.all()}
    if not may_widen(by, run) and any((each.principal, each.level, each.values) not in present for each in grants):
        raise NotAllowed("Only who may share the playbook gives rights to its runs.")
    sharing.set_grants(run, grants, by=by)


def share_with_started(run: Run) -> None:
    """Whatever it has started, and what that has started, is seen alike."""
    grants = list(run.grants.all())
    above = [run.pk]
    while above:
        steps = StepRun.objects.filter(run__in=above).values("pk")
        children = Run.objects.filter(parent_step__in=steps)
        above = list(children.values_list("pk", flat=True))
        Run.objects.filter(pk__in=above).update(visibility=run.visibility, department=run.department, group=run.group, granted_by=run.granted_by)
        RunGrant.objects.filter(run__in=above).delete()
        RunGrant.objects.bulk_create(_copy(grant, child) for child in above for grant in grants)


def _copy(grant: RunGrant, run: int) -> RunGrant:
    return RunGrant(
        run_id=run, user_id=grant.user_id, group_id=grant.group_id, department_id=grant.department_id,
        level=grant.level, values=grant.values, made_by_id=grant.made_by_id, made_at=grant.made_at,
    )  # fmt: skip

"""Who may do what with a run that is in their sight (law 9). Sight itself is `Run.objects.visible_to(user)`."""

from __future__ import annotations

from playbooks_app.models import Role
from playbooks_app.permissions import LEADS, OPERATES, Person, has_role, in_sight, may_start, require
from runs_app.models import Run, StepRun

__all__ = ["Person", "may_operate", "may_skip", "may_start", "may_view_values", "require"]

READS_VALUES = OPERATES | {Role.APPROVER}


def may_operate(user: Person, run: Run) -> bool:
    """Pause, resume, cancel and archive a run; retry, skip and wake its steps."""
    return has_role(user, run.account_id, OPERATES) and in_sight(user, run)


def may_skip(user: Person, run: Run, step: StepRun) -> bool:
    """Pass over a step. One that waits for people's decision only the account's owners and admins pass over: else repairing would be approving."""
    return may_operate(user, run) and (step.cause not in ("approval", "person") or has_role(user, run.account_id, LEADS))


def may_view_values(user: Person, run: Run) -> bool:
    """Read inputs, outputs and variables. A viewer follows how far a run is, without values (S0-sharing-actions); its starter reads them."""
    is_own = run.owner_id is not None and run.owner_id == user.pk
    return (has_role(user, run.account_id, READS_VALUES) or is_own) and in_sight(user, run)

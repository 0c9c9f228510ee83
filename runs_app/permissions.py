"""Who may do what with a run that is in their sight (law 9). Sight itself is `Run.objects.visible_to(user)`."""

from __future__ import annotations

from django.db.models import Q

from playbooks_app.models import Role, User
from playbooks_app.permissions import LEADS, OPERATES, Person, has_role, in_sight, may_start, require
from runs_app.models import Run, StepRun
from runs_app.reading.decisions import decisions_in

__all__ = ["Person", "may_edit_input", "may_operate", "may_skip", "may_start", "may_view_values", "values_read_by", "require"]

READS_VALUES = OPERATES | {Role.APPROVER}


def may_operate(user: Person, run: Run) -> bool:
    """Pause, resume, cancel and archive a run; retry, skip and wake its steps."""
    return has_role(user, run.account_id, OPERATES) and in_sight(user, run)


def may_skip(user: Person, run: Run, step: StepRun) -> bool:
    """Pass over a step, or give its output. Where people decide, in it or inside it, it is deciding in their place: else repairing is approving.

    Only the account's owners and admins do that, and where four eyes are wanted never the one who started the run.
    """
    if not may_operate(user, run):
        return False
    decisions = decisions_in(run, step)
    if not decisions.any:
        return True
    return has_role(user, run.account_id, LEADS) and not (decisions.four_eyes and is_starter(user, run))


def may_edit_input(user: Person, run: Run, step: StepRun) -> bool:
    """Try a step again with another input. Where people decide, the input says who is asked and what: the right is that of passing over."""
    return may_skip(user, run, step)


def is_starter(user: Person, run: Run) -> bool:
    """Whether this person started the run."""
    return run.owner_id is not None and run.owner_id == user.pk


def may_view_values(user: Person, run: Run) -> bool:
    """Read inputs, outputs and variables. A viewer follows how far a run is, without values (S0-sharing-actions); its starter reads them."""
    return (has_role(user, run.account_id, READS_VALUES) or is_starter(user, run)) and in_sight(user, run)


def values_read_by(user: Person) -> Q:
    """`may_view_values` as a condition on the runs in sight (`Run.objects.visible_to(user)`), for lists and searches."""
    account = user.membership.account_id if isinstance(user, User) and user.membership is not None else 0
    return Q(account=account) if has_role(user, account, READS_VALUES) else Q(owner=user.pk)

"""Who may do what with a run that is in their sight (law 9). Sight itself is `Run.objects.visible_to(user)`."""

from __future__ import annotations

from django.db.models import Q

from playbooks_app.models import Level, User
from playbooks_app.models.sharing import sees
from playbooks_app.permissions import LEADS, Person, has_role, in_sight, level_of, may_share, may_start, may_view_values_of, require
from playbooks_app.rights.levels import READS_VALUES
from runs_app.models import Run, StepRun
from runs_app.reading.decisions import decisions_in

__all__ = ["Person", "may_edit_input", "may_operate", "may_skip", "may_start", "may_view_values", "require", "values_read_by"]


def may_operate(user: Person, run: Run) -> bool:
    """Pause, resume, cancel and archive a run; retry, skip and wake its steps."""
    return level_of(user, run) >= Level.OPERATE


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
    return may_view_values_of(user, run)


def values_read_by(user: Person) -> Q:
    """`may_view_values` as a condition on the runs in sight (`Run.objects.visible_to(user)`), for lists and searches."""
    membership = user.membership if isinstance(user, User) else None
    if membership is None or membership.role in LEADS:
        return Q(account=membership.account_id) if membership is not None else Q(pk__in=[])
    found = Q(owner=user.pk) | Run.objects.all().granted(user, values=True)
    return found | sees(user) if membership.role in READS_VALUES else found


def may_share_run(user: Person, run: Run) -> bool:
    """Decide who sees it: who started it may narrow that, who may share its playbook may widen it too."""
    return in_sight(user, run) and (is_starter(user, run) or may_share(user, run) or may_share(user, run.playbook))


def may_widen(user: Person, run: Run) -> bool:
    """Let others see it than those who see its playbook."""
    return may_share(user, run.playbook)

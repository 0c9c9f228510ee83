"""Who may do what with an approval in sight (law 9). Sight itself is `Approval.objects.visible_to(user)`."""

from __future__ import annotations

from approvals_app.models import Approval
from playbooks_app.errors import NotAllowed
from playbooks_app.models import Role, User
from playbooks_app.permissions import LEADS, has_role
from runs_app.models import Run

DECIDES = LEADS | {Role.BUILDER, Role.APPROVER}  # the roles that a decision may be handed over to


def may_decide(user: User, approval: Approval) -> bool:
    """Vote at present: asked in this round, not barred, and still working in the account."""
    return approval.is_open and approval.asking_of(user) is not None and works_in(user, approval.account_id)


def may_delegate(user: User, approval: Approval) -> bool:
    """Hand one's own task over."""
    return may_decide(user, approval)


def may_take_over(person: User, approval: Approval) -> bool:
    """Be given the decision: in a role that decides, not barred by four eyes, and without a vote here of one's own."""
    if not works_in(person, approval.account_id) or is_barred(person, approval) or not has_role(person, approval.account_id, DECIDES):
        return False
    asked = approval.asked.filter(person=person, round=approval.round, ended_at=None)
    return not asked.exists() and not approval.decisions.filter(person=person, round=approval.round).exists()


def may_read(user: User, approval: Approval) -> bool:
    """Read what is decided on: who is or was asked, and who reads the values of the run."""
    return type(approval).objects.readable_by(user).filter(pk=approval.pk).exists()


def may_comment(user: User, approval: Approval) -> bool:
    """Say something: who is asked, who asked, and who may act on the run."""
    if user.pk == approval.requester_id or approval.asked.filter(person=user).exists():
        return True
    return has_role(user, approval.account_id, DECIDES | {Role.OPERATOR})


def may_see_run(user: User, approval: Approval) -> bool:
    """Follow the link to the run; who is asked sees the question even when the run is out of sight."""
    return Run.objects.visible_to(user).filter(pk=approval.run_id).exists()


def is_barred(person: User, approval: Approval) -> bool:
    """Four eyes or a conflict: started the run, changed its data, or is named in it, and may therefore not decide."""
    if str(person.pk) in approval.policy.get("barred", {}) or (approval.policy.get("four_eyes") and _started_unasked(person, approval)):
        return True
    return approval.asked.filter(person=person, round=approval.round).exclude(barred="").exists()


def _started_unasked(person: User, approval: Approval) -> bool:
    """For questions that were asked before reasons were kept with them."""
    return "barred" not in approval.policy and person.pk == approval.requester_id


def works_in(person: User, account_id: int) -> bool:
    """Active, with an active membership."""
    return person.is_active and person.memberships.filter(account=account_id, active=True).exists()


def require(allowed: bool, deed: str) -> None:
    """Raise NotAllowed unless `allowed`. `deed` completes "You may not …"."""
    if not allowed:
        raise NotAllowed(f"You may not {deed}.")

"""Runs of somebody who stops working in the account: the heir may see, steer and share those that are not over. Who started them stays on record."""

from __future__ import annotations

from playbooks_app import sharing
from playbooks_app.models import Level, Membership, User
from runs_app.models import Run, RunGrant
from runs_app.sharing import share_with_started


def hand_over_runs(member: Membership, heir: User, by: User) -> None:
    """A right on each, and on what it starts. Runs that another one has started follow that one."""
    for run in Run.objects.filter(account=member.account_id, owner=member.user_id, parent_step=None).open():
        present = run.grants.filter(user=heir).first()
        sharing.give(RunGrant(run=run, user=heir, level=Level.MANAGE, values=True), instead_of=present, by=by)
        share_with_started(run)

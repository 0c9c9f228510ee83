"""What somebody who stops working in the account leaves in the machine.

Runs that are not over: the heir may see, steer and share them; who started them stays on record. Schedules and webhooks become the heir's, since both
may do only what their owner may: with an owner who is gone they would fall silent.
"""

from __future__ import annotations

from playbooks_app import audit
from playbooks_app.models import Level, Membership, User
from playbooks_app.rights import sharing
from runs_app.models import Run, RunGrant, Schedule, Webhook
from runs_app.sharing import share_with_started


def hand_over_runs(member: Membership, heir: User, by: User) -> None:
    """A right on each, and on what it starts. Runs that another one has started follow that one."""
    for run in Run.objects.filter(account=member.account_id, owner=member.user_id, parent_step=None).open():
        present = run.grants.filter(user=heir).first()
        sharing.give(RunGrant(run=run, user=heir, level=Level.MANAGE, values=True), instead_of=present, by=by)
        share_with_started(run)


def hand_over_rest(member: Membership, heir: User, by: User) -> None:
    """Schedules and webhooks, each with a line in the audit log."""
    for model, action in ((Schedule, "schedule.handed_over"), (Webhook, "webhook.handed_over")):
        for each in model.objects.filter(account=member.account_id, owner=member.user_id):
            model.objects.filter(pk=each.pk).update(owner=heir)
            audit.note(by, action, each, old={"owner": member.user.username}, new={"owner": heir.username})

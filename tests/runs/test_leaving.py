"""What acts in the name of somebody who leaves the account goes on in the name of the heir."""

from __future__ import annotations

import pytest

from playbooks_app.models import AuditEntry, PlaybookVersion, User
from playbooks_app.people import membership
from runs_app.entry import scheduling
from runs_app.news import webhooks

pytestmark = pytest.mark.django_db


def test_schedules_and_webhooks_go_to_the_heir(admin: User, alice: User, three_steps: PlaybookVersion) -> None:
    """Both become the heir's, each with a line in the log; those of others stay theirs."""
    account = three_steps.playbook.account
    left, kept = (scheduling.make(three_steps.playbook, who, cron="0 8 * * *") for who in (alice, admin))
    webhook, _ = webhooks.make(account, by=alice, url="https://hooks.example.com/x", events=["*"])

    membership.change(alice.memberships.get(), by=admin, active=False, heir="admin")

    for each in (left, kept, webhook):
        each.refresh_from_db()
        assert each.owner == admin
    lines = AuditEntry.objects.filter(action__endswith=".handed_over").exclude(action__startswith="playbook")
    assert {(line.action, str(line.old), str(line.new)) for line in lines} == {
        ("schedule.handed_over", "{'owner': 'alice'}", "{'owner': 'admin'}"),
        ("webhook.handed_over", "{'owner': 'alice'}", "{'owner': 'admin'}"),
    }

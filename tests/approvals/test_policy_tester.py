"""F-8: pick a playbook, a step, who asks and a date; see who is asked, reminded, escalated to, who stands in, and why. Nothing is stored."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from approvals_app.models import Absence, Approval
from playbooks_app.models import Account, PlaybookVersion, User
from playbooks_app.people import calendars
from runs_app.models import OutboxMail

pytestmark = pytest.mark.django_db
POLICY = {
    "title": "Pay {{ steps.read.output.vendor }}?",
    "approvers": [{"group": "finance-leads"}, {"manager_of": "{{ run.started_by.username }}"}],
    "remind_every": "1d",
    "working_time": True,
    "four_eyes": True,
    "escalate": {"after": "2d", "to": {"user": "admin"}},
    "on_silence": {"after": "4d", "do": "reject"},
}


@pytest.fixture
def version(published: Callable[..., PlaybookVersion]) -> PlaybookVersion:
    """One approval with everything."""
    steps = [{"id": "sign", "type": "approval", "name": "Sign it off", "with": POLICY}, {"id": "note", "type": "log", "with": {"message": "x"}}]
    return published({"name": "Pay", "description": "x", "owner": "x", "steps": steps})


def tried(client: APIClient, version: PlaybookVersion, **more: Any) -> Any:
    return client.post("/api/v1/approvals/policy/", {"playbook": version.playbook_id, "step": "sign", **more})


@pytest.mark.spec("F-8")
def test_the_whole_ladder_is_told_with_its_reasons(
    version: PlaybookVersion, acme: Account, alice: User, bob: User, carol: User, lead: Callable[[str], User], api: Callable[..., APIClient]
) -> None:
    """Asked on Wednesday before Christmas: Dana is away and Carol stands in; reminders and escalation skip the holiday and the weekend."""
    dana = lead("dana")
    alice.memberships.update(manager=dana)
    calendars.make(acme, {"name": "Office", "timezone": "Europe/Berlin", "holidays": ["2026-12-25"], "is_default": True})
    since, until = datetime(2026, 12, 20, tzinfo=UTC), datetime(2027, 1, 2, tzinfo=UTC)
    Absence.objects.create(account=acme, person=dana, deputy=carol, since=since, until=until)

    answer = tried(api(alice), version, requester="alice", at="2026-12-23T10:00:00Z").json()

    said = [(each["at"][:16], each["what"], each["user"], each["stands_in_for"]) for each in answer["moments"]]
    assert said == [
        ("2026-12-23T10:00", "asked", "bob", None),
        ("2026-12-23T10:00", "asked", "dana", None),
        ("2026-12-23T10:00", "deputy", "carol", "dana"),
        ("2026-12-24T10:00", "reminded", "bob", None),
        ("2026-12-24T10:00", "reminded", "dana", None),
        ("2026-12-28T10:00", "escalated", "admin", None),
        ("2026-12-28T10:00", "reminded", "bob", None),
        ("2026-12-28T10:00", "reminded", "dana", None),
        ("2026-12-29T10:00", "reminded", "bob", None),
        ("2026-12-29T10:00", "reminded", "dana", None),
        ("2026-12-30T10:00", "silence", None, None),
    ]
    whys = {each["user"]: each["why"] for each in answer["moments"] if each["what"] == "asked"}
    assert whys == {"bob": "group finance-leads", "dana": "group finance-leads"}
    assert answer["unknown"].keys() == {"title"}
    assert not Approval.objects.exists() and not OutboxMail.objects.exists()


def test_who_started_it_is_barred_by_four_eyes(version: PlaybookVersion, bob: User, api: Callable[..., APIClient]) -> None:
    """Bob asks: he may not decide, and with nobody else in the group nobody is asked."""
    moments = tried(api(bob), version).json()["moments"]

    assert [(each["what"], each["user"], each["why"]) for each in moments if each["what"] in ("asked", "barred")] == [
        ("barred", "bob", "started this run")
    ]


def test_what_is_not_there_is_said(version: PlaybookVersion, alice: User, eve: User, api: Callable[..., APIClient]) -> None:
    """404 out of sight, 422 for a step that asks nobody and for unknown people."""
    assert tried(api(eve), version).status_code == 404
    assert tried(api(alice), version, step="note").json()["problems"][0]["address"] == "step"
    assert tried(api(alice), version, requester="ghost").json()["problems"][0]["address"] == "requester"


def test_the_page_says_it_in_words(version: PlaybookVersion, alice: User, eve: User, web: Callable[..., Client]) -> None:
    """Choose a playbook, then the step and the date; GET alone, so that an address can be shared."""
    client = web(alice)
    assert "Who would be asked?" in client.get("/approvals/policy/").content.decode()
    page = client.get(f"/approvals/policy/?playbook={version.playbook_id}&step=sign&requester=alice&at=2026-12-23T10:00").content.decode()

    assert "Bob Banks is asked" in page and "group finance-leads" in page and "Ada Min is asked next" in page
    assert "If nobody has answered, it counts as rejected" in page and "Only a run can know" in page
    assert "Bob Banks" not in web(eve).get(f"/approvals/policy/?playbook={version.playbook_id}").content.decode()


def test_the_page_asks_for_the_inputs_that_say_who_is_asked(
    published: Callable[..., PlaybookVersion], alice: User, web: Callable[..., Client]
) -> None:
    """And for no others: what only is shown need not be known. A value that does not fit is refused in words."""
    inputs = [
        {"name": "boss", "type": "string", "required": True},
        {"name": "limit", "type": "number", "required": True},
        {"name": "text", "type": "string", "required": True},
    ]
    rules = [{"approvers": {"user": "{{ inputs.boss }}"}, "need": "${{ inputs.limit > 100 ? 'all' : 1 }}"}]
    step = {"id": "sign", "type": "approval", "with": {"title": "{{ inputs.text }}?", "rules": rules, "approvers": {"user": "{{ inputs.boss }}"}}}
    version = published({"name": "Pay", "description": "x", "owner": "x", "inputs": inputs, "steps": [step]})
    address = f"/approvals/policy/?playbook={version.playbook_id}&step=sign"

    page = web(alice).get(address).content.decode()
    assert 'name="value-boss"' in page and 'name="value-limit"' in page and 'name="value-text"' not in page
    assert "Bob Banks is asked" in web(alice).get(f"{address}&value-boss=bob&value-limit=7").content.decode()
    assert "number" in web(alice).get(f"{address}&value-limit=seven").context["error"].problems[0].message

"""Data entry at a pause: somebody is asked for values, in the same inbox, by the same doors, under the same rules as decisions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from approvals_app.models import Approval
from approvals_app.step_types import ALL
from playbooks_app.language.document import parse
from playbooks_app.language.problem import Invalid
from playbooks_app.language.registry import Registry
from playbooks_app.models import PlaybookVersion, User
from runs_app.models import OutboxMail, Run, StepRun
from runs_app.starting import start
from tests.machine import drive

pytestmark = pytest.mark.django_db(transaction=True)
FIELDS = [
    {"name": "iban", "type": "string", "required": True, "pattern": "[A-Z]{2}[0-9]{2}[A-Z0-9]+", "label": "IBAN"},
    {"name": "amount", "type": "number", "required": True, "min": 1, "check": {"if": "${{ value < 1000 }}", "message": "Below 1,000, please."}},
    {"name": "note", "type": "string", "default": "none"},
]
FORM = {"title": "Bank details of {{ inputs.supplier }}", "assignee": {"group": "finance-leads"}, "fields": FIELDS, "show": ["inputs.supplier"]}
DOCUMENT = {
    "name": "New supplier", "description": "Asks.", "owner": "Finance", "inputs": [{"name": "supplier", "type": "string", "default": "Kestrel"}],
    "steps": [
        {"id": "details", "type": "form", "with": FORM},
        {"id": "keep", "type": "var", "with": {"name": "kept", "value": "{{ steps.details.output.iban }} {{ steps.details.output.amount }}"}},
    ],
}  # fmt: skip
Published = Callable[..., PlaybookVersion]
Web = Callable[[User | None], Client]


@pytest.fixture
def asked(published: Published, alice: User) -> Approval:
    """A run that waits at the form."""
    version = published(DOCUMENT)
    run = drive(start(version, inputs={}, by=alice, trigger="api").run)
    assert run.status == "pending_approval"
    return Approval.objects.get(run=run)


def output_of(run: Run, path: str) -> Any:
    return StepRun.objects.get(run=run, path=path).output


@pytest.mark.spec("S2-wait-human-kinds")
def test_the_run_waits_for_the_values_and_goes_on_with_them(asked: Approval, api: Callable[..., APIClient], bob: User) -> None:
    """`decide/` with values alone; the step ends with them, `by` and `at`, and later steps read them."""
    client = api(bob)
    shown = client.get(f"/api/v1/approvals/{asked.pk}/").json()
    assert (shown["kind"], [each["name"] for each in shown["form"]], shown["shown"]) == ("form", ["iban", "amount", "note"], {"supplier": "Kestrel"})

    answer = client.post(f"/api/v1/approvals/{asked.pk}/decide/", {"values": {"iban": "DE02100", "amount": 12}})

    assert (answer.status_code, answer.json()["status"]) == (200, "decided")
    run = drive(asked.run)
    output = output_of(run, "details")
    assert {**output, "at": ""} == {"iban": "DE02100", "amount": 12, "note": "none", "by": "bob", "at": ""}
    assert output_of(run, "keep") == "DE02100 12"
    assert client.post(f"/api/v1/approvals/{asked.pk}/decide/", {"values": {}}).status_code == 409


def test_every_fault_is_told_at_once_and_nothing_changes(asked: Approval, api: Callable[..., APIClient], bob: User) -> None:
    """The rules of the fields: missing, wrong type, too small, unknown, in one answer."""
    answer = api(bob).post(f"/api/v1/approvals/{asked.pk}/decide/", {"values": {"iban": "x", "amount": 0, "nots": "y"}})

    assert answer.status_code == 422
    assert [each["address"] for each in answer.json()["problems"]] == ["values/iban", "values/amount", "values/nots"]
    own = api(bob).post(f"/api/v1/approvals/{asked.pk}/decide/", {"values": {"iban": "DE021", "amount": 5000}})
    assert [each["message"] for each in own.json()["problems"]] == ["Below 1,000, please."]
    assert Approval.objects.get(pk=asked.pk).is_open and not asked.decisions.exists()


def test_the_form_is_in_the_inbox_and_its_page_keeps_what_was_typed(asked: Approval, web: Web, bob: User) -> None:
    """Without JavaScript; numbers come as text; a fault stands at its field and nothing typed is lost."""
    client = web(bob)
    assert "Bank details of Kestrel" in client.get("/approvals/").content.decode()
    page = client.get(f"/approvals/{asked.pk}/").content.decode()
    assert "IBAN" in page and "Who fills it in" in page and "Silence never approves" not in page

    refused = client.post(f"/approvals/{asked.pk}/decide/", {"decision": "submit", "value-iban": "wrong", "value-amount": "12,5"})
    assert refused.status_code == 422 and 'value="12,5"' in refused.content.decode()
    client.post(f"/approvals/{asked.pk}/decide/", {"decision": "submit", "value-iban": "DE02100", "value-amount": "12,5"})
    assert output_of(drive(asked.run), "details")["amount"] == 12.5


def test_the_link_of_the_mail_takes_the_values_in_two_steps(asked: Approval, web: Web, bob: User) -> None:
    """Nobody is signed in: choose, confirm, done."""
    mail = OutboxMail.objects.get(to=bob.email)
    assert mail.subject == "Fill in: Bank details of Kestrel" and "fill in a form" in mail.text
    address = next(line for line in mail.text.splitlines() if "/decide/" in line).split("?")[0]
    path = "/decide/" + address.split("/decide/")[1]
    client, typed = web(None), {"decision": "submit", "value-iban": "DE02100", "value-amount": "7"}

    confirm = client.post(path, typed)
    assert "Confirm as Bob" in confirm.content.decode() and not asked.decisions.exists()
    client.post(path, {**typed, "confirm": "yes"})
    assert output_of(drive(asked.run), "details")["amount"] == 7


def test_others_do_not_fill_it_in(asked: Approval, api: Callable[..., APIClient], alice: User, eve: User) -> None:
    """403 for who is not asked, 404 out of the account."""
    assert api(alice).post(f"/api/v1/approvals/{asked.pk}/decide/", {"values": {"iban": "DE02100", "amount": 1}}).status_code == 403
    assert api(eve).post(f"/api/v1/approvals/{asked.pk}/decide/", {"values": {}}).status_code == 404


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        ({"assignee": None}, "steps/details/with/assignee"),
        ({"fields": []}, "steps/details/with/fields"),
        ({"fields": [{"name": "x", "type": "colour"}]}, "steps/details/with/fields/0/type"),
        ({"on_silence": {"after": "1d", "do": "approve"}}, "steps/details/with/on_silence/do"),
    ],
)
def test_what_makes_no_form_is_refused_when_it_is_written(settings: dict[str, Any], address: str) -> None:
    """Nobody asked, nothing asked for, an unknown type, silence that would answer."""
    written = {key: value for key, value in {**FORM, **settings}.items() if value is not None}
    steps = [{"id": "details", "type": "form", "with": {**written, "title": "Details", "show": []}}]

    with pytest.raises(Invalid) as invalid:
        parse({"name": "x", "description": "x", "owner": "x", "steps": steps}, Registry(*ALL))

    assert address in [each.address for each in invalid.value.problems]

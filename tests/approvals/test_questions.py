"""Questions that are answered while deciding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from approvals_app.models import Approval
from playbooks_app.models import User

Ask = Callable[..., Approval]
pytestmark = pytest.mark.django_db
FORM = (
    {"name": "account", "type": "string", "required": True, "allowed": ["Operating", "Savings"], "description": "Where it is paid from"},
    {"name": "days", "type": "number", "min": 1, "max": 30, "default": 14},
)


def decide(web: Callable[[User | None], Client], bob: User, approval: Approval, **fields: str) -> Any:
    form = {"decision": "approve", "payload_hash": approval.payload_hash, **fields}
    return web(bob).post(f"/approvals/{approval.pk}/decide/", form, follow=True)


def test_the_page_asks_and_the_answers_are_data(ask: Ask, web: Callable[[User | None], Client], bob: User, resolved: list[dict[str, Any]]) -> None:
    """Typed, with defaults, and kept with the decision."""
    approval = ask(form=FORM)
    shown = web(bob).get(f"/approvals/{approval.pk}/").content.decode()
    assert all(wanted in shown for wanted in ('name="value-account"', "Where it is paid from", 'name="value-days" value="14"'))

    decide(web, bob, approval, **{"value-account": "Savings", "value-days": "7"})

    assert resolved[0]["output"]["values"] == approval.decisions.get().values == {"account": "Savings", "days": 7}


def test_the_next_one_sees_what_the_first_has_answered(
    ask: Ask, web: Callable[[User | None], Client], bob: User, lead: Callable[[str], User]
) -> None:
    """Two of two: Dana finds Bob's answers in her form and under his name, so that nobody approves other values without knowing it."""
    dana = lead("dana")
    approval = ask(form=FORM, rules=[{"need": 2}])

    decide(web, bob, approval, **{"value-account": "Savings", "value-days": "7"})

    shown = web(dana).get(f"/approvals/{approval.pk}/").content.decode()
    assert "<option selected>Savings</option>" in shown and 'name="value-days" value="7"' in shown and "Days: 7; Account: Savings" in shown


def test_what_does_not_fit_is_told_at_its_place_and_nothing_is_decided(ask: Ask, web: Callable[[User | None], Client], bob: User) -> None:
    """What was typed is kept."""
    approval = ask(form=FORM)

    answer = decide(web, bob, approval, **{"value-account": "Elsewhere", "value-days": "99"})

    shown = answer.content.decode()
    assert answer.status_code == 422
    assert shown.count('class="fault"') == 2
    assert 'value="99"' in shown
    assert approval.decisions.count() == 0


def test_a_rejection_needs_no_answers(ask: Ask, web: Callable[[User | None], Client], bob: User) -> None:
    """Who says no fills in nothing."""
    approval = ask(form=FORM)

    decide(web, bob, approval, decision="reject", comment="No")

    assert Approval.objects.get().status == "rejected"


def test_over_the_api_every_fault_is_listed(ask: Ask, api: Callable[[User | None], APIClient], bob: User) -> None:
    """422 with addresses; the right types go through."""
    approval = ask(form=FORM)

    refused = api(bob).post(f"/api/v1/approvals/{approval.pk}/decide/", {"decision": "approve", "values": {"days": "x", "other": 1}})
    assert sorted(problem["address"] for problem in refused.json()["problems"]) == ["values/account", "values/days", "values/other"]
    taken = api(bob).post(f"/api/v1/approvals/{approval.pk}/decide/", {"decision": "approve", "values": {"account": "Operating"}})

    assert taken.json()["decisions"][0]["values"] == {"account": "Operating", "days": 14}

"""What a document may say about an approval, and what becomes of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from approvals_app.step_types import ALL
from approvals_app.step_types.approval import Approval, Settings, label_of
from playbooks_app.language.document import parse
from playbooks_app.language.problem import Invalid
from playbooks_app.language.registry import Registry
from playbooks_app.language.settings import build
from playbooks_app.language.step_type import Done, StepContext, StepFailed, Wait

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def document(step: dict[str, Any]) -> dict[str, Any]:
    return {"name": "Pay", "description": "Pays.", "owner": "Finance", "steps": [{"id": "sign", "type": "approval", **step}]}


def settings_of(step: dict[str, Any]) -> dict[str, Any]:
    return dict(parse(document(step), Registry(*ALL)).by_id["sign"].settings)


def faults_of(step: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as invalid:
        parse(document(step), Registry(*ALL))
    return [(problem.address, problem.code) for problem in invalid.value.problems]


def context_of(**settings: Any) -> StepContext[Settings]:
    more = {key: settings.pop(key) for key in ("autonomous",) if key in settings}
    config = build(Settings, {"title": "Pay?", "approvers": {"group": "leads"}, **settings})
    return StepContext(
        config=config, now=NOW, run_id=1, path="sign", attempt=1, idempotency_key="run-1/sign", timeout_seconds=60, timezone="UTC", account_id=1,
        step_run_id=1, **more,
    )  # fmt: skip


def test_names_under_show_are_data() -> None:
    """`show: [invoice]` reads the variable; labels are its last names; templates and pairs work as well."""
    written = {
        "title": "Pay?",
        "approvers": "bob",
        "show": ["invoice", "steps.check.output", "{{ inputs.limit }}", {"To account": "{{ invoice.iban }}"}],
    }

    assert settings_of({"with": written})["show"] == [
        {"label": "invoice", "value": "{{ invoice }}"},
        {"label": "check", "value": "{{ steps.check.output }}"},
        {"label": "limit", "value": "{{ inputs.limit }}"},
        {"label": "To account", "value": "{{ invoice.iban }}"},
    ]


def test_on_reject_stands_beside_with() -> None:
    """As the doors say; anything else there is a fault."""
    assert settings_of({"with": {"title": "Pay?", "approvers": "bob"}, "on_reject": "continue"})["on_reject"] == "continue"
    assert [address for address, _ in faults_of({"with": {"title": "Pay?", "approvers": "bob"}, "on_reject": "shrug"})] == ["steps/sign/on_reject"]
    assert faults_of({"with": {"title": "Pay?", "approvers": "bob"}, "on_approve": "x"})[0][0] == "steps/sign/on_approve"


def test_all_faults_at_once() -> None:
    """Nobody asked, silence misspelt, escalation to nobody after no time."""
    step = {"with": {"title": "Pay?", "on_silence": {"after": "2d", "do": "shrug"}, "escalate": {"after": "soon"}}}

    assert [address for address, _ in faults_of(step)] == [
        "steps/sign/with/approvers",
        "steps/sign/with/escalate/after",
        "steps/sign/with/escalate/to",
        "steps/sign/with/on_silence/do",
    ]


def test_rules_may_name_everybody_themselves() -> None:
    """Approvers are needed at the top only for rules without any."""
    assert settings_of({"with": {"title": "Pay?", "rules": [{"approvers": {"role": "owner"}, "need": 1}]}})
    assert faults_of({"with": {"title": "Pay?", "rules": [{"need": 2}]}})[0][0] == "steps/sign/with/approvers"


def test_it_waits_for_people_and_says_for_whom_and_until_when() -> None:
    """Nobody sits in memory; the machine never ends the wait by itself."""
    waits = Approval().run(context_of(escalate={"after": "2h", "to": {"user": "cfo"}}, on_silence={"after": "1d", "do": "reject"}))

    assert isinstance(waits, Wait)
    assert (waits.cause, waits.name, waits.until) == ("approval", "group leads", None)
    assert waits.note == {"until": "2026-11-20T12:00:00+00:00", "then": "escalate"}


def test_an_autonomous_run_approves_by_itself_and_says_so() -> None:
    """The output tells that nobody was asked."""
    done = Approval().run(context_of(autonomous=True))

    assert isinstance(done, Done)
    assert (done.output["decision"], done.output["by"], done.output["comment"]) == ("approve", None, "auto-approved")


def test_a_span_that_is_none_fails_the_step_by_name() -> None:
    """Templates may give anything; the error names the setting."""
    with pytest.raises(StepFailed, match="escalate/after"):
        Approval().run(context_of(escalate={"after": "soon", "to": {"user": "cfo"}}))


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"rules": [{"need": "most"}]}, "rules/need"),
        ({"rules": [{"need": 0}]}, "rules/need"),
        ({"on_silence": {"after": "1d", "do": "shrug"}}, "on_silence/do"),
        ({"escalate": {"after": "1d", "to": "bob", "mode": "swap"}}, "escalate/mode"),
    ],
)
def test_what_templates_made_unfit_fails_before_anybody_is_asked(settings: dict[str, Any], field: str) -> None:
    """Checked again when it runs."""
    with pytest.raises(StepFailed) as failed:
        Approval().run(context_of(**settings))

    assert (failed.value.code, failed.value.details) == ("InputInvalid", {"field": field})


@pytest.mark.parametrize(
    ("text", "label"),
    [("invoice", "invoice"), ("invoice.amount", "amount"), ("steps.check.output", "check"), ("{{ a.b | c.d }}", "b"), ("${{ sum(rows) }}", "sum")],
)
def test_labels_are_the_last_name_that_means_something(text: str, label: str) -> None:
    """What stands beside a value on the page."""
    assert label_of(text) == label

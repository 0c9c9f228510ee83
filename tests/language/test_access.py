"""The guard `access` in the language: what is written, what may be read, and what is refused with how to mend it (rule 22)."""

from __future__ import annotations

from typing import Any

import pytest

from playbooks_app.language.access import NAMED, Access
from playbooks_app.language.check import check
from playbooks_app.language.document import parse
from playbooks_app.language.template import compile_text
from tests.language.kinds import KINDS, log, playbook

INPUTS = [{"name": "customer"}, {"name": "salary"}]


def said(text: str, access: Any, **guards: Any) -> list[tuple[str, str, str]]:
    """(address behind the step, code, level) of all that is wrong with a step that reaches outside and reads this."""
    setter = {"var": "total", "value": 1}
    problems = check(playbook(setter, log(text, id="here", access=access, **guards), inputs=INPUTS), KINDS)
    assert all(problem.message and problem.hint for problem in problems)
    return [(problem.address.removeprefix("steps/here/"), problem.code, problem.level) for problem in problems]


@pytest.mark.parametrize(
    ("written", "access"),
    [
        (None, NAMED),
        ({}, NAMED),
        ({"data": None}, NAMED),
        ({"config": True}, Access()),
        ({"data": False, "config": False, "audit": False, "runtime": False}, Access(False, False, False, False)),
        ({"data": ["customer"], "config": ["bank"]}, Access(frozenset({"customer"}), frozenset({"bank"}))),
    ],
)
def test_a_step_says_what_it_may_see(written: Any, access: Access) -> None:
    """What is not said is the usual: everything, and of the config what its settings name."""
    assert parse(playbook(log(id="a", access=written)), KINDS).by_id["a"].guards.access == access


@pytest.mark.parametrize(
    ("written", "address"),
    [
        (5, "access"),
        ([], "access"),
        ({"dat": True}, "access/dat"),
        ({"data": "customer"}, "access/data"),
        ({"data": [1]}, "access/data"),
        ({"audit": ["x"]}, "access/audit"),
        ({"runtime": 1}, "access/runtime"),
    ],
)
def test_what_is_no_access_is_a_fault_with_a_hint(written: Any, address: str) -> None:
    """At its place; the hint says what may stand there."""
    assert {each[0] for each in said("x", written)} == {address}


@pytest.mark.parametrize(
    ("text", "access", "found"),
    [
        ("{{ config.bank }} {{ inputs.customer }} {{ run.id }} {{ context }} {{ context.audit }}", None, []),
        ("{{ config }}", None, ["error"]),
        ("{{ context.config }}", None, ["error"]),
        ("${{ config[inputs.customer] }}", None, ["error"]),
        ("{{ config }} {{ context.config }}", {"config": True}, []),
        ("{{ config.bank }} {{ config }}", {"config": ["bank"]}, []),
        ("{{ config.other }}", {"config": ["bank"]}, ["error"]),
        ("{{ config.bank }}", {"config": False}, ["error"]),
        ('{{ config.bank | "x" }}', {"config": False}, ["warning"]),
        ("${{ get('config.bank') }}", {"config": False}, ["warning"]),
        ("{{ context.config.bank }}", {"config": False}, ["error"]),
        ("{{ inputs.customer }} {{ inputs }} {{ context.data.customer }} {{ context.data }}", {"data": ["customer"]}, []),
        ("{{ inputs.salary }} {{ vars.total }}", {"data": ["inputs.customer", "vars.total"]}, ["error"]),
        ("{{ steps.var-1.output }}", {"data": ["customer"]}, ["error"]),
        ("{{ steps.var-1.output }}", {"data": ["steps.var-1"]}, []),
        ("{{ inputs }} {{ vars.total }} {{ context.data }}", {"data": False}, ["error"] * 3),
        ("{{ run.id }} {{ context.runtime.id }}", {"runtime": False}, ["error"] * 2),
        ("{{ context.audit }}", {"audit": False}, ["error"]),
        ("{{ context }}", {"data": False, "config": False, "audit": False}, []),
        ("{{ context }}", {"data": False, "config": False, "audit": False, "runtime": False}, ["error"]),
    ],
)
def test_what_a_step_may_not_see_is_refused_where_it_is_read(text: str, access: Any, found: list[str]) -> None:
    """Without a default it is an error; with one it is said that the default will be taken."""
    assert said(text, access) == [("with/message", "NotGranted", level) for level in found]


def test_guards_and_loops_are_held_to_it_and_an_error_of_its_own_is_its_own() -> None:
    """`when` is the step's as well; `retry.if` asks about the step's own failure."""
    assert said("x", {"data": False}, when="${{ inputs.customer }}") == [("when", "NotGranted", "error")]
    assert said("x", {"data": False}, retry={"if": "${{ error.code == 'A' }}"}) == []
    assert said("x", {"data": False}, retry={"if": "${{ inputs.customer }}"}) == [("retry/if", "NotGranted", "error")]
    inner = {"type": "for_each", "id": "each", "in": "{{ inputs.customer }}", "access": {"data": False}, "steps": [log("{{ item }}", id="deep")]}
    assert [each.address for each in check(playbook(inner, inputs=INPUTS), KINDS)] == ["steps/each/in"]
    inner["steps"][0]["access"] = {"data": ["index"]}  # type: ignore[index]
    assert [each.address for each in check(playbook(inner, inputs=INPUTS), KINDS)] == ["steps/each/body/deep/with/message", "steps/each/in"]


@pytest.mark.parametrize("text", ["{{ context.nosuch }}", "${{ context.data[inputs.a] }}", "${{ context['x'] }}"])
def test_there_are_four_sections(text: str) -> None:
    """The hint names them."""
    with pytest.raises(Exception, match="means nothing") as caught:
        compile_text(text)
    assert "data, config, audit and runtime" in caught.value.hint  # type: ignore[attr-defined]


def test_sections_are_data_for_whoever_reads_a_part() -> None:
    """Names are plain, or with their root."""
    access = Access(data=frozenset({"a", "vars.b"}))
    assert access.part("inputs", {"a": 1, "b": 2}) == {"a": 1} and access.part("vars", {"a": 1, "b": 2, "c": 3}) == {"a": 1, "b": 2}
    assert [access.allows(*each) for each in (("inputs", None), ("item", None), ("steps", "a"), ("steps", "c"))] == [True, False, True, False]

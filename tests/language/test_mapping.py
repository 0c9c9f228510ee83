"""Settings that are filled from named sources: what they become, and what is refused (S3-mapping-sources)."""

from __future__ import annotations

from typing import Any

import pytest

from playbooks_app.language.check import check
from playbooks_app.language.document import normalise
from tests.language.kinds import KINDS, log, playbook
from tests.language.test_descriptions import ACCEPTS

INPUTS = [{"name": "order"}]


def mapped(mapping: Any, **more: Any) -> dict[str, Any]:
    """A step of which this fills settings."""
    return {"id": "here", "type": "log", "mapping": mapping, **more}


def written(entry: Any) -> Any:
    """What the message of a step becomes, behind a step `before`."""
    return normalise(playbook(log(id="before"), mapped({"message": entry})), KINDS)["steps"][1]["with"]["message"]


def faults(mapping: Any, *before: Any, **more: Any) -> dict[str, str]:
    """Address behind the step -> code."""
    problems = check(playbook(*before, mapped(mapping, **more), inputs=INPUTS), KINDS)
    assert all(problem.message and problem.hint for problem in problems)
    return {problem.address.removeprefix("steps/here/"): problem.code for problem in problems}


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ({"source": "workflowInput"}, "{{ inputs }}"),
        ({"source": "workflowInput", "path": "order.lines.0.net total"}, '{{ inputs.order.lines.0["net total"] }}'),
        ({"source": "workflowInput", "path": "order", "default": 'a"b'}, '{{ inputs.order | "a\\"b" }}'),
        ({"source": "previousStep"}, "{{ steps.before.output }}"),
        ({"source": "previousStep", "step": "c-1", "path": "x"}, "{{ steps.c-1.output.x }}"),
        ({"source": "loopItem", "path": "name", "default": None}, "{{ item.name | null }}"),
        ({"source": "static", "value": {"a": ["{{ x }}", "${{ y }}", 5]}}, {"a": ["\\{{ x }}", "\\${{ y }}", 5]}),
        ({"source": "static", "value": None}, None),
    ],
)
def test_a_source_is_short_for_a_template(entry: Any, text: Any) -> None:
    """What is static is text, whatever it looks like."""
    assert written(entry) == text


@pytest.mark.parametrize(
    ("mapping", "found"),
    [
        (5, {"mapping": "WrongType"}),
        ({"message": 5}, {"mapping/message": "WrongValue"}),
        ({"message": {"source": "workflowinput"}}, {"mapping/message/source": "UnknownSource"}),
        ({"message": {"path": "x"}}, {"mapping/message/source": "UnknownSource"}),
        ({"message": {"source": "static"}}, {"mapping/message/value": "WrongValue"}),
        ({"message": {"source": "static", "value": 1, "path": "x"}}, {"mapping/message/path": "WrongValue"}),
        ({"message": {"source": "previousStep", "step": "a b"}}, {"mapping/message/step": "WrongValue"}),
        ({"message": {"source": "previousStep"}}, {"mapping/message/step": "MissingReference"}),
        ({"message": {"source": "loopItem", "path": 1}}, {"mapping/message/path": "WrongValue"}),
        ({"message": {"source": "loopItem", "default": []}}, {"mapping/message/default": "WrongValue"}),
        ({"message": {"source": "loopItem"}}, {"with/message": "UnknownName"}),
        ({"message": {"source": "workflowInput", "path": "nosuch"}}, {"with/message": "MissingReference"}),
        ({"message": {"source": "previousStep", "step": "nosuch"}}, {"with/message": "MissingReference"}),
        ({"a b": {"source": "static", "value": 1}}, {"mapping/a b": "UnknownKey"}),
        ({"mesage": {"source": "static", "value": 1}}, {"mapping/mesage": "UnknownKey"}),
    ],
)
def test_what_is_no_mapping_is_refused_with_a_remedy(mapping: Any, found: dict[str, str]) -> None:
    """At its place; an unknown source is told which there are."""
    missing = {"with/message": "Required"} if next(iter(found)).startswith("mapping") else {}
    assert faults(mapping) == {**missing, **found}


def test_a_setting_is_given_once() -> None:
    """By mapping or among the settings; a part of one may be mapped where it is an object."""
    entry = {"source": "static", "value": "x"}
    assert faults({"message": entry}, **{"with": {"message": "y"}}) == {"mapping/message": "DuplicateName"}
    assert faults({"message.a": entry}, **{"with": {"message": "y"}}) == {"mapping/message.a": "DuplicateName"}
    assert check(playbook({"type": "nosuch", "mapping": {"a": entry}}), KINDS)[0].code == "ActionNotFound"


def test_what_stands_beside_the_type_can_be_mapped_too() -> None:
    """The list of a loop; never its steps or its type. The schema knows it."""
    loop = {"id": "each", "type": "for_each", "mapping": {"in": {"source": "workflowInput", "path": "order"}}, "steps": [log("x", id="inside")]}
    whole = playbook(loop, inputs=INPUTS)
    assert check(whole, KINDS) == [] and ACCEPTS(whole)
    assert normalise(whole, KINDS)["steps"][0]["in"] == "{{ inputs.order }}"
    loop["mapping"] = {"steps": {"source": "static", "value": []}, "type": {"source": "static", "value": "log"}}
    assert [problem.address for problem in check(whole, KINDS)] == ["steps/each/in", "steps/each/mapping/steps", "steps/each/mapping/type"]

"""Realistic playbooks: right by the check, by the schema, and after every way in and out."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from playbooks_app.language.check import Known, check
from playbooks_app.language.document import normalise, parse
from playbooks_app.language.reading import read_text, write_yaml
from playbooks_app.language.registry import step_types
from playbooks_app.language.schema import playbook_schema
from playbooks_app.language.visible import names_at

SAMPLES = sorted(Path(__file__).parent.glob("*.yaml"))
ACME = Known(
    groups=frozenset({"finance-leads"}),
    users=frozenset({"alice", "bob"}),
    departments=frozenset({"finance", "support", "it"}),
    secrets=frozenset({"crm"}),
)

every_sample = pytest.mark.parametrize("path", SAMPLES, ids=[path.stem for path in SAMPLES])


@every_sample
def test_a_sample_is_right(path: Path) -> None:
    """No fault, and no warning that is not meant."""
    document = read_text(path.read_bytes())

    assert [problem for problem in check(document, known=ACME) if problem.code != "VarInvalidName"] == []


@every_sample
def test_a_sample_follows_the_published_schema(path: Path) -> None:
    """As written, and written out."""
    document = read_text(path.read_bytes())
    schema = jsonschema.Draft202012Validator(playbook_schema(step_types))

    assert [error.message for error in schema.iter_errors(document)] == []
    assert [error.message for error in schema.iter_errors(normalise(document))] == []


@every_sample
def test_a_sample_is_the_same_after_yaml_and_json(path: Path) -> None:
    """And its normal form is its own normal form."""
    document = normalise(read_text(path.read_bytes()))

    assert read_text(write_yaml(document), "yaml") == document
    assert read_text(json.dumps(document), "json") == document
    assert normalise(document) == document


@every_sample
def test_every_step_of_a_sample_sees_something(path: Path) -> None:
    """The data picker is never empty, and every step has a place."""
    document = read_text(path.read_bytes())

    for step in parse(document).by_id.values():
        assert step.address.rpartition("/")[2] == step.id
        assert names_at(document, step.id)


def test_there_are_samples_for_every_step_type_of_the_spine() -> None:
    """So that each is checked against real use."""
    used = {step.type for path in SAMPLES for step in parse(read_text(path.read_bytes())).by_id.values()}

    assert used >= {"var", "condition", "router", "loop", "for_each", "parallel", "approval", "delay", "http", "email", "log", "return"}


@pytest.mark.parametrize("kind", step_types.all(), ids=step_types.names())
def test_the_examples_of_a_step_type_are_of_its_form(kind: object) -> None:
    """What the builder's help shows can be pasted; only data of other steps may be missing."""
    for example in getattr(kind, "examples", ()):
        found = check({"name": "x", "description": "x", "owner": "x", "steps": [dict(example.step)]})

        assert {problem.code for problem in found} <= {"MissingReference", "UnknownName", "Required"}, found

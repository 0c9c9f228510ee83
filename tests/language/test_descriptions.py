"""What the language says about itself: catalogue, JSON Schema, registry, problems, upgrades; and schemas that authors write."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given

from playbooks_app.language.catalogue import describe
from playbooks_app.language.check import check
from playbooks_app.language.functions import FUNCTIONS
from playbooks_app.language.json_schema import MOST_PROBLEMS, schema_faults, schema_problems
from playbooks_app.language.names import did_you_mean, nearest
from playbooks_app.language.problem import Invalid, Problem
from playbooks_app.language.reading import read_text
from playbooks_app.language.registry import Registry
from playbooks_app.language.schema import json_schema, playbook_schema
from playbooks_app.language.step_type import StepType
from playbooks_app.language.upgrades import CURRENT_FORM, upgraded
from tests.language.kinds import KINDS, Log, log, playbook
from tests.language.test_document_faults import FAULTS
from tests.language.test_documents import PAYMENTS
from tests.language.test_expressions import json_values
from tests.language.test_settings import Everything

SCHEMA = playbook_schema(KINDS)
ACCEPTS = jsonschema.Draft202012Validator(SCHEMA).is_valid


# -- the catalogue ------------------------------------------------------------------------------------------------------------------------------


def test_the_catalogue_describes_every_type_in_order() -> None:
    """As JSON, with all that a builder needs."""
    described = {each["name"]: each for each in json.loads(json.dumps(describe(KINDS)))}

    assert list(described) == [kind.name for kind in KINDS.all()] == list(KINDS.names())
    assert described["http"] == {
        "name": "http",
        "label": "A step",
        "summary": "Does something.",
        "icon": "dot",
        "family": "do",
        "container": False,
        "settings_in": "with",
        "beside": [],
        "shorthand": None,
        "acts": True,
        "takes_secrets": True,
        "sets_variables": False,
        "blocks": [],
        "fields": described["http"]["fields"],
        "examples": [{"title": "Read something", "step": {"type": "http", "with": {"url": "https://example.com"}}}],
        "output_help": {"status": "number of the answer"},
    }
    assert described["http"]["fields"][0]["example"] == "https://example.com"
    assert described["http"]["fields"][1]["choices"] == [["GET", "Read"], ["POST", "Send"]]


def test_the_catalogue_describes_blocks_clauses_and_rows() -> None:
    """So that nested steps can be drawn without knowing the type."""
    described = {each["name"]: each for each in describe(KINDS)}
    loop, routes = described["for_each"]["blocks"][0], described["router"]["blocks"][0]

    assert loop == {
        "key": "steps",
        "name": "body",
        "label": "each",
        "list": False,
        "iterated": True,
        "optional": False,
        "names": {"item": "item", "index": "index"},
    }
    assert {key: routes[key] for key in ("key", "list", "prefix", "name_field", "single", "minimum", "optional")} == {
        "key": "cases",
        "list": True,
        "prefix": "case",
        "name_field": "name",
        "single": False,
        "minimum": 1,
        "optional": False,
    }
    assert [field["key"] for field in routes["fields"]] == ["name", "when"]
    rules = next(field for field in described["approval"]["fields"] if field["key"] == "rules")
    assert [field["key"] for field in rules["row"]] == ["who"]


def test_defaults_are_described_as_they_would_be_written() -> None:
    """Spans with their unit."""
    fields = {field["key"]: field["default"] for field in describe(Registry(_Everything()))[0]["fields"]}

    assert [fields[key] for key in ("for", "seconds", "texts", "tags", "map", "rows")] == ["5m", "1m", ["x"], [], {}, []]


class _Everything(StepType[Any]):
    """With all kinds of settings."""

    name, label, summary, icon, family = "everything", "Everything", "All kinds.", "dot", "do"
    Config = Everything


# -- the schema ---------------------------------------------------------------------------------------------------------------------------------


def test_the_schema_of_playbooks_is_a_schema() -> None:
    """Which any validator takes."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator.check_schema(json_schema(Everything))
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


@pytest.mark.parametrize(
    "document",
    [
        PAYMENTS,
        playbook({"var": "a", "value": 1}, {"log": "x"}, {"ask": "bob"}, inputs={"a": "string"}),
        playbook(log(when=True, retry={"max_attempts": 2, "on": "*"}, timeout="1h 30m", on_error={"*": "stop"}, once=None)),
        playbook(
            {"type": "try", "steps": [], "catch": [{"steps": [log()]}]},
            {"type": "approval", "with": {"title": 5, "rules": {"who": "x"}}, "on_reject": "fail"},
        ),
        playbook({"type": "for_each", "in": "{{ inputs.x }}", "concurrency": "${{ 1 + 1 }}", "steps": [log()]}, settings={"extra_inputs": "allow"}),
    ],
)
def test_what_the_check_accepts_follows_the_schema(document: Any) -> None:
    """Editors must not complain about a right document."""
    assert [problem for problem in check(document, KINDS) if problem.level == "error"] == []
    assert list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(document)) == []


@pytest.mark.parametrize(
    "name", ["unknown type", "unknown key", "unknown setting", "missing setting", "owner missing", "wrong beside", "bad id", "a step that is none"]
)
def test_common_slips_are_seen_by_the_schema_too(name: str) -> None:
    """Before anything is sent."""
    document = next(document for each, document, *_ in FAULTS if each == name)

    assert not ACCEPTS(document)


# -- registry, problems, names, upgrades --------------------------------------------------------------------------------------------------------


def test_a_name_belongs_to_one_step_type() -> None:
    """Registering the same again is nothing; another under its name is a mistake of the programmer."""
    registry = Registry(Log())
    registry.register(Log())

    class Other(Log):
        """Another."""

    with pytest.raises(ValueError, match="log"):
        registry.register(Other())
    with pytest.raises(KeyError):
        registry.get("http")
    assert "log" in registry
    assert 5 not in registry
    assert len(registry.all()) == 1


def test_invalid_says_the_first_faults_in_its_text() -> None:
    """For logs."""
    invalid = Invalid([Problem("a", "Code", f"Message {number}.") for number in range(9)])

    assert str(invalid).count("Message") == 5
    assert invalid.problems[0].as_json() == {"address": "a", "code": "Code", "message": "Message 0.", "hint": "", "level": "error"}


def test_a_hint_names_the_nearest_or_lists_what_there_is() -> None:
    """Ten at most."""
    assert nearest("htp", ["http", "log"]) == "http"
    assert nearest("x" * 10_000, ["http"]) == ""
    assert did_you_mean("zzz", ["b", "a"]) == "Known are: a, b."
    assert did_you_mean("zzz", [str(number) for number in range(20)]).endswith(" ….")
    assert did_you_mean("zzz", ["a"], "Otherwise.") == "Otherwise."
    assert did_you_mean("zzz", []) == ""


def test_a_document_is_brought_up_step_by_step() -> None:
    """From whatever form it has; nonsense stays as it is and is refused by the check."""

    def second(document: dict[str, Any]) -> dict[str, Any]:
        return {**document, "steps": document["schritte"]}

    def third(document: dict[str, Any]) -> dict[str, Any]:
        return {**document, "owner": document.get("owner", "nobody")}

    steps = (second, third)
    assert upgraded({"schritte": [1]}, steps) == {"schritte": [1], "steps": [1], "owner": "nobody", "handrail": 3}
    assert upgraded({"handrail": 2, "steps": [2]}, steps) == {"handrail": 3, "steps": [2], "owner": "nobody"}
    for nonsense in (0, 4, "1", True, None):
        assert upgraded({"handrail": nonsense}, steps) == {"handrail": nonsense}
    assert upgraded({"name": "x"}) == {"name": "x", "handrail": CURRENT_FORM}


# -- schemas that authors write -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "address"),
    [
        (5, "s"),
        ([], "s"),
        ({"type": "strin"}, "s/type"),
        ({"$ref": "http://localhost/x"}, "s/$ref"),
        ({"items": {"$ref": "file:///etc/passwd"}}, "s/items/$ref"),
        ({"$id": "http://x"}, "s/$id"),
        ({"$schema": "http://json-schema.org/draft-07/schema"}, "s/$schema"),
        ({"$dynamicRef": "#a"}, "s/$dynamicRef"),
        ({"patternProperties": {"(a+)+$": {}}}, "s/patternProperties"),
        ({"properties": {"a": {"pattern": "("}}}, "s/properties/a/pattern"),
        ({"allOf": [{"pattern": "a{99999999999}"}]}, "s/allOf/0/pattern"),
    ],
)
def test_a_schema_that_is_wrong_or_reaches_outside_is_a_fault(schema: Any, address: str) -> None:
    """Nothing is ever fetched."""
    found = schema_faults(schema, "s")

    assert [problem.address for problem in found] == [address]
    assert all(problem.hint for problem in found)


def test_a_schema_may_say_what_schemas_say() -> None:
    """Own definitions included."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": {"row": {"type": "object", "properties": {"id": {"pattern": "^[a-z]+$"}}, "required": ["id"]}},
        "type": "array",
        "items": {"$ref": "#/$defs/row"},
        "uniqueItems": True,
    }

    assert schema_faults(schema, "s") == schema_faults(True, "s") == []
    assert schema_problems(schema, [{"id": "a"}, {"id": "b"}], "v") == []
    assert [problem.address for problem in schema_problems(schema, [{"id": "a"}, {"id": "A"}, {}, {"id": "a"}], "v")] == ["v/1/id", "v/2", "v"]
    assert schema_problems(False, 1, "v")[0].address == "v"


def _doubling(depth: int, last: Any) -> dict[str, Any]:
    definitions: dict[str, Any] = {f"a{number}": {"allOf": [{"$ref": f"#/$defs/a{number + 1}"}] * 2} for number in range(depth)}
    return {"$defs": {**definitions, f"a{depth}": last}, "$ref": "#/$defs/a0"}


DEEP: Any = {}
for _ in range(60):
    DEEP = {"items": DEEP}


@pytest.mark.parametrize("schema", [{"$ref": "#"}, _doubling(60, {}), {"$ref": "#/$defs/nosuch"}, {"pattern": "(a|aa)+$"}])
def test_a_schema_cannot_run_for_ever(schema: Any) -> None:
    """It ends with a fault that says so."""
    began = time.process_time()

    found = schema_problems(schema, "a" * 200 + "!", "v")

    assert [problem.code for problem in found] == ["BadSchema"]
    assert time.process_time() - began < 15


def test_a_deep_schema_is_looked_at_or_refused() -> None:
    """Either way without harm."""
    assert all(problem.code == "BadSchema" for problem in schema_faults(DEEP, "s"))
    deeper = DEEP
    for _ in range(400):
        deeper = {"items": deeper}
    assert [problem.code for problem in schema_faults(deeper, "s")] == ["BadSchema"]


def test_a_long_list_of_faults_has_an_end() -> None:
    """And a long message too."""
    found = schema_problems({"items": {"type": "string"}}, [{"a": "x" * 1000}] * 1000, "v")

    assert len(found) == MOST_PROBLEMS
    assert max(len(problem.message) for problem in found) < 300


@given(json_values, json_values)
def test_no_schema_makes_checking_fail_in_another_way(schema: Any, value: Any) -> None:
    """A schema is refused, or applied."""
    if isinstance(schema, dict | bool) and not schema_faults(schema, "s"):
        schema_problems(schema, value, "v")


# -- the reference ------------------------------------------------------------------------------------------------------------------------------


def test_the_reference_lists_every_function_as_it_is() -> None:
    """docs/language.md cannot fall behind."""
    reference = (Path(__file__).parent.parent.parent / "docs" / "language.md").read_text()

    assert [name for name, function in FUNCTIONS.items() if f"| `{function.usage}` | {function.help} |" not in reference] == []


def test_the_example_of_the_reference_is_right() -> None:
    """It can be copied."""
    reference = (Path(__file__).parent.parent.parent / "docs" / "language.md").read_text()
    example = read_text(reference.partition("```yaml\n")[2].partition("```")[0])

    assert check(example, KINDS) == []

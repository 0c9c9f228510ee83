"""The language from outside: what is refused before anything runs, what inputs must be, what templates give, what `var` and `return` do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from playbooks_app.language.registry import step_types
from playbooks_app.models import User
from runs_app.models import Run
from runs_app.reading.waiting import CAUSES
from tests.house.source import ROOT
from tests.machine import drive
from tests.recorder import Recorder
from tests.runs.outside.test_locks import DAY, Api, Published, begin, of
from tests.runs.test_machine import document, var

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = {"rows": [{"name": "Ann", "ok": False, "none": None, "tags": ["a", "b"]}, {"name": "Bob", "ok": True, "none": None, "tags": []}]}


def asked(client: APIClient, raw: Any) -> dict[str, dict[str, str]]:
    """What validate/ says, by address."""
    answer = client.post("/api/v1/playbooks/validate/", {"document": raw}, format="json")
    assert answer.status_code == 200, answer.json()
    return {each["address"]: each for each in answer.json()["problems"]}


def output(run: Run, path: str) -> Any:
    """What a step gave."""
    return run.step_runs.get(path=path).output


@pytest.mark.spec("S4-FR-1.3", "S4-FR-1.6", "S3-preflight-mapping", "S4-FR-3.1.2")
def test_everything_that_is_wrong_is_said_at_once_and_how_to_mend_it(alice: User, api: Api) -> None:
    """Missing owner, unknown step type, a step that is not there, a reserved name; an unusual one is a warning."""
    steps = [
        {"id": "a", "type": "nosuch"},
        {"id": "b", "type": "log", "with": {"message": "{{ step.later.x }} {{ step.nowhere.x }}"}},
        var("c", "config", 1),
        var("d", "Big Name", 1),
        {"id": "later", "type": "log", "with": {"message": "x"}},
    ]
    found = asked(api(alice), {"name": "x", "description": "y", "steps": steps})

    assert (found["owner"]["code"], found["owner"]["hint"]) == ("Required", "Add `owner: …`.")
    assert found["steps/a/type"]["code"] == "ActionNotFound" and "nosuch" in found["steps/a/type"]["message"]
    assert found["steps/b/with/message"]["code"] == "MissingReference"
    assert found["steps/c/with/name"]["code"] == "VarInvalidName"
    assert (found["steps/d/with/name"]["code"], found["steps/d/with/name"]["level"]) == ("VarInvalidName", "warning")
    refused = api(alice).post("/api/v1/playbooks/", {"document": document(steps[:2])}, format="json")
    assert refused.status_code == 422 and {each["address"] for each in refused.json()["problems"]} >= {"steps/a/type", "steps/b/with/message"}


INPUTS: list[dict[str, Any]] = [
    {"name": "customer", "type": "string", "required": True, "pattern": "[A-Z]-\\d+", "max_length": 8},
    {"name": "amount", "type": "number", "min": 1, "max": 100, "default": 5},
    {"name": "express", "type": "boolean"},
    {"name": "size", "type": "string", "allowed": ["S", "L"]},
    {"name": "lines", "type": "array", "min_length": 1},
    {"name": "even", "type": "number", "check": {"if": "${{ value % 2 == 0 }}", "message": "Must be even."}},
    {"name": "due", "type": "date"},
    {"name": "nested", "type": "string", "pattern": "(a+)+b"},
]


@pytest.mark.spec("S4-FR-1.4", "S2-typed-input", "S3-preflight-inputs")
@pytest.mark.parametrize(
    ("inputs", "faulty"),
    [
        ({}, {"customer": "missing"}),
        ({"customer": 7}, {"customer": "must be a text"}),
        ({"customer": "a-1"}, {"customer": "right form"}),
        ({"customer": "A-1234567"}, {"customer": "length"}),
        ({"customer": "A-1", "amount": "5", "express": "yes"}, {"amount": "number", "express": "true or false"}),
        ({"customer": "A-1", "amount": 101, "size": "M", "lines": []}, {"amount": "at most 100", "size": "cannot be", "lines": "at least 1"}),
        ({"customer": "A-1", "even": 3}, {"even": "Must be even."}),
        ({"customer": "A-1", "due": "tomorrow", "more": 1}, {"due": "a date", "more": "no input"}),
        ({"customer": "A-1", "nested": "a" * 5000}, {"nested": "right form"}),
    ],
)
def test_inputs_are_checked_before_anything_is_made(
    inputs: dict[str, Any], faulty: dict[str, str], published: Published, alice: User, api: Api
) -> None:
    """422 with every field, one rule each; no run is made. A pattern that would take for ever does not."""
    answer = begin(api(alice), published(document([var("v", "x", 1)], inputs=INPUTS)), status=422, inputs=inputs)
    said = {each["address"].removeprefix("inputs/"): each["message"] for each in answer["problems"]}
    assert set(said) == set(faulty) and all(words in said[name] for name, words in faulty.items()), said
    assert not Run.objects.exists()


@pytest.mark.spec("S2-typed-input", "S4-FR-1.4")
def test_a_form_gives_texts_that_become_what_is_declared(published: Published, alice: User, web: Any) -> None:
    """Numbers, true and false, dates; defaults stand where nothing is given."""
    version = published(document([var("v", "x", 1)], inputs=INPUTS), visibility="account")
    given = {"customer": "A-1", "amount": "12,5", "express": "on", "even": "4", "due": "2026-05-04"}
    page = web(alice).get(f"/playbooks/{version.playbook_id}/start/")
    assert page.status_code == 200 and 'value="5"' in page.content.decode()
    done = web(alice).post(f"/playbooks/{version.playbook_id}/start/", given)
    assert done.status_code == 302, [line for line in done.content.decode().splitlines() if "fault" in line]
    assert Run.objects.get().inputs == {"customer": "A-1", "amount": 12.5, "express": True, "even": 4, "due": "2026-05-04"}


@pytest.mark.spec("rule-34", "S3-tpl-input", "S3-tpl-step", "S3-tpl-loop", "S3-tpl-nested-value", "S3-mapping-sources", "S4-FR-1.5", "S4-FR-1.7")
def test_templates_keep_types_and_take_defaults(published: Published, alice: User, api: Api) -> None:
    """Alone a value keeps its type, inside text it is written as JSON; defaults replace missing and null, never false, 0 or ""."""
    inner = {"id": "inner", "type": "for_each", "in": "{{ loop_item.tags }}", "steps": [var("tag", "tag", "{{ loop_item }}-{{ index }}")]}
    steps = [
        {"type": "var", "with": {"name": "rows", "value": "{{ workflow_input.rows }}"}},
        {"type": "var", "with": {"name": "zero", "value": 0}},
        var("alone", "a", {"bool": "{{ vars.rows[0].ok }}", "list": "{{ step.var-1.0.tags }}", "first": "{{ steps.var-1.output.0.name }}"}),
        var("text", "b", "{{ vars.rows[0].ok }}/{{ step.var-1.0.tags }}/{{ vars.rows[1].name }}"),
        var("kept", "c", ["{{ vars.zero | 7 }}", "{{ vars.rows[0].ok | 7 }}", "{{ inputs.empty | 7 }}"]),
        var("filled", "d", ["{{ vars.rows[0].none | 7 }}", "{{ inputs.gone | vars.gone | 'x' }}", "{{ inputs.gone | null }}", "\\{{ braces }}"]),
        var("computed", "e", "${{ len(vars.rows) * 2 + 0.5 }}"),
        {"id": "each", "type": "for_each", "in": "${{ inputs.rows }}", "steps": [inner]},
        var("missing", "f", "{{ inputs.gone.deep }}"),
    ]
    version = published(document(steps, inputs=[{"name": "rows", "type": "array"}, {"name": "empty"}, {"name": "gone"}]))
    run = drive(of(begin(api(alice), version, inputs={**ROWS, "empty": ""})))

    assert output(run, "alone") == {"bool": False, "list": ["a", "b"], "first": "Ann"}
    assert output(run, "text") == 'false/["a", "b"]/Bob'
    assert output(run, "kept") == [0, False, ""] and output(run, "filled") == [7, "x", None, "{{ braces }}"]
    assert output(run, "computed") == 4.5
    assert [output(run, f"each/body[0]/inner/body[{n}]/tag") for n in (0, 1)] == ["a-0", "b-1"]
    error: Any = run.step_runs.get(path="missing").error
    assert error["code"] == "TemplateError" and "inputs.gone" in error["message"]
    unknown = asked(api(alice), document([var("v", "x", "{{ nosuchsource.x }}")]))
    assert unknown["steps/v/with/value"]["code"] == "UnknownName"


@pytest.mark.spec("S3-mapping-sources")
def test_settings_are_filled_from_sources_that_are_named(published: Published, alice: User, api: Api, allowed: Recorder) -> None:
    """An input, the step before or a named one, the item of the loop, and what is static; another source is refused when it is saved."""
    mapping = {
        "url": {"source": "static", "value": f"{allowed.url}/a"},
        "json.customer": {"source": "workflowInput", "path": "rows.0.name"},
        "json.tag": {"source": "loopItem", "path": "name"},
        "json.before": {"source": "previousStep", "path": "x"},
        "json.first": {"source": "previousStep", "step": "kept"},
        "json.plain": {"source": "static", "value": "{{ not.read }}"},
        "json.gone": {"source": "loopItem", "path": "gone", "default": 7},
    }
    call = {"id": "call", "type": "http", "with": {"method": "POST", "json": {"more": True}}, "mapping": mapping}
    inner = [{"var": "last", "value": {"x": "{{ index }}"}}, call]
    loop = {"id": "each", "type": "for_each", "mapping": {"in": {"source": "workflowInput", "path": "rows"}}, "steps": inner}
    client, whole = api(alice), document([var("kept", "kept", 5), loop], inputs=[{"name": "rows", "type": "array"}])
    run = drive(of(begin(client, published(whole), inputs=ROWS)))

    assert run.status == "completed", run.error
    same = {"more": True, "customer": "Ann", "first": 5, "plain": "{{ not.read }}", "gone": 7}
    assert [each.json for each in allowed.calls] == [{**same, "tag": name, "before": n} for n, name in enumerate(("Ann", "Bob"))]
    mapping["url"] = {"source": "workflowinput", "path": "rows"}
    refused = client.post("/api/v1/playbooks/", {"document": whole}, format="json")
    (problem,) = [each for each in refused.json()["problems"] if each["code"] == "UnknownSource"]
    assert refused.status_code == 422 and problem["address"] == "steps/each/body/call/mapping/url/source"
    assert "workflowinput" in problem["message"] and "workflowInput" in problem["hint"]


@pytest.mark.spec("S4-FR-1.7", "rule-14")
def test_steps_without_a_name_are_called_after_their_type(published: Published, alice: User, api: Api, allowed: Recorder) -> None:
    """The second `http` is `http-2`, and later steps read it."""
    call = {"type": "http", "with": {"url": f"{allowed.url}/a"}}
    run = drive(of(begin(api(alice), published(document([call, call, var("v", "x", "{{ steps.http-2.output.body.number }}")])))))
    assert output(run, "v") == 2


@pytest.mark.spec("S4-FR-3.1.1", "S4-FR-3.1.3", "S4-FR-3.1.4", "S4-FR-3.1.5")
def test_a_value_is_set_for_all_later_steps(published: Published, alice: User, api: Api) -> None:
    """Short and long form; overwriting; numbers stay numbers; there after a wait."""
    steps = [{"id": "short", "var": "n", "value": 5}, DAY, var("more", "n", "${{ vars.n + 1 }}"), var("read", "m", "{{ vars.n }}")]
    run = drive(of(begin(api(alice), published(document(steps)))))
    run.step_runs.get(path="day").wake(alice)
    drive(run)

    assert run.code == "Success"
    assert (output(run, "short"), output(run, "more"), output(run, "read")) == (5, 6, 6)
    assert api(alice).get(f"/api/v1/runs/{run.pk}/").json()["vars"] == {"n": 6, "m": 6}


@pytest.mark.spec("S4-FR-3.3.1", "S4-FR-3.3.2", "S4-FR-3.3.5")
@pytest.mark.parametrize(
    ("written", "outputs", "code", "message"),
    [
        ({"return": 5}, {"result": 5}, "Success", "Playbook completed successfully"),
        ({"return": [1]}, {"result": [1]}, "Success", "Playbook completed successfully"),
        (
            {"type": "return", "with": {"code": "Done", "message": "All {{ inputs.n }}.", "outputs": {"n": "{{ inputs.n }}", "k": 1}}},
            {"n": 3, "k": 1},
            "Done",
            "All 3.",
        ),
    ],
)
def test_a_return_ends_the_playbook(written: Any, outputs: Any, code: str, message: str, published: Published, alice: User, api: Api) -> None:
    """With code, message and outputs; what is no object is wrapped."""
    version = published(document([written, var("never", "x", 1)], inputs=[{"name": "n", "default": 3, "type": "number"}]))
    run = drive(of(begin(api(alice), version)))
    shown = api(alice).get(f"/api/v1/runs/{run.pk}/").json()
    assert (shown["status"], shown["outputs"], shown["code"], shown["message"], shown["error"]) == ("completed", outputs, code, message, None)
    assert not run.step_runs.filter(path="never").exists()


@pytest.mark.spec("S4-FR-3.3.3", "rule-13")
def test_declared_outputs_must_be_there(published: Published, alice: User, api: Api) -> None:
    """A missing one fails the run; a further one is fine."""
    declared, settings = [{"name": "a", "type": "number"}, {"name": "b", "required": False}], {"on_failure": "fail"}

    def returned(**outputs: Any) -> Run:
        steps = [{"id": "r", "type": "return", "with": {"outputs": outputs}}]
        return drive(of(begin(api(alice), published(document(steps, outputs=declared, settings=settings)))))

    assert returned(c=1).code == "ReturnOutputsMismatch"
    assert (returned(a=1, c=2).status, returned(a="text").status) == ("completed", "completed")


@pytest.mark.spec("S4-FR-3.3.4", "rule-12")
def test_a_return_inside_a_loop_ends_everything_but_finally(published: Published, alice: User, api: Api) -> None:
    """In the second of five turns: the others and later steps do not run, `finally` runs once."""
    back = {"id": "r", "type": "return", "when": "${{ index == 1 }}", "with": {"outputs": "{{ index }}"}}
    loop = {"id": "each", "type": "for_each", "in": [1, 2, 3, 4, 5], "steps": [var("turn", "t", "{{ index }}"), back]}
    run = drive(of(begin(api(alice), published(document([loop, var("later", "x", 1)], **{"finally": [var("last", "z", 1)]})))))

    assert (run.status, run.outputs) == ("completed", {"result": 1})
    paths = set(run.step_runs.values_list("path", flat=True))
    assert "each/body[1]/turn" in paths and not paths & {"each/body[2]/turn", "later"} and "finally/last" in paths


@pytest.mark.spec("rule-26")
def test_a_loop_that_would_cut_items_off_does_not_begin(published: Published, alice: User, api: Api) -> None:
    """An error before the first item, which says how many there are."""
    loop = {"id": "each", "type": "for_each", "in": "${{ inputs.all }}", "max_iterations": 3, "steps": [var("v", "x", 1)]}
    version = published(document([loop], inputs=[{"name": "all", "type": "array"}]))
    run = drive(of(begin(api(alice), version, inputs={"all": [1, 2, 3, 4]})))
    error: Any = run.step_runs.get(path="each").error
    assert "4" in error["message"] and not run.step_runs.filter(path__startswith="each/").exists()


@pytest.mark.spec("S4-NFR-4.2")
def test_the_engine_knows_no_step_type_by_name() -> None:
    """No name of one stands in its sources as a text."""
    sources = [path.read_text() for path in Path(ROOT, "runs_app", "engine").rglob("*.py")]
    words = {"return", "loop", *CAUSES}  # words of Python and of English, and what a wait is for
    names = {kind.name for kind in step_types.all()} - words
    found = {name for name in names for text in sources if f'"{name}"' in text or f"'{name}'" in text}
    assert not found


@pytest.mark.spec("S4-NFR-2.4")
def test_a_damaged_state_ends_in_words_and_not_in_a_crash(published: Published, alice: User, api: Api) -> None:
    """The stored document is damaged by hand: the step is held with guidance, the page answers, and others go on."""
    steps = [DAY, {"id": "each", "type": "for_each", "in": "${{ inputs.rows }}", "steps": [var("v", "x", "{{ item }}")]}]
    version = published(document(steps, inputs=[{"name": "rows", "type": "array"}]))
    run = drive(of(begin(api(alice), version, inputs={"rows": [1, 2]})))
    Run.objects.filter(pk=run.pk).update(inputs={"rows": 5})
    run.step_runs.get(path="day").wake(alice)
    drive(run)

    assert (run.status, run.pause_reason) == ("paused", "error")
    error: Any = run.step_runs.get(path="each").error
    assert error["code"] and error["message"] and error["hint"]
    assert api(alice).get(f"/api/v1/runs/{run.pk}/").status_code == 200

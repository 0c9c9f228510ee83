"""Hostile and careless content at the doors: each gets a 4xx that says what, where and how to mend it; nothing is kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from playbooks_app.models import Playbook, PlaybookVersion, User
from runs_app.models import Run

pytestmark = pytest.mark.django_db

Api = Callable[[User | None], APIClient]


def document(*steps: Any, **more: Any) -> dict[str, Any]:
    """A whole document around some steps."""
    return {"handrail": 1, "name": "Test", "description": "For a test.", "owner": "Tests", "steps": list(steps), **more}


def log(step_id: str, message: str) -> dict[str, Any]:
    """A step that writes a note."""
    return {"id": step_id, "type": "log", "with": {"message": message}}


def body(found: Any) -> str:
    """As it is sent."""
    return json.dumps({"document": found})


DEEP = '{"document": ' + '{"a": ' * 5000 + "1" + "}" * 5000 + "}"
NESTED = json.dumps({"document": document()}).replace(
    '"steps": []', '"steps": [' + '{"type": "condition", "if": "${{ true }}", "then": [' * 100 + "]}" * 100 + "]"
)

BODIES: dict[str, str] = {
    "an unknown type": body(document({"id": "a", "type": "teleport"})),
    "an id twice": body(document(log("a", "1"), log("a", "2"))),
    "a missing reference": body(document(log("a", "{{ steps.nosuch.output.x }}"))),
    "5,000 levels": DEEP,
    "100 nested steps": NESTED,
    "NUL": body(document(log("a", "x\x00y"))),
    "a lone surrogate": '{"document": {"handrail": 1, "name": "a\\ud800", "description": "x", "owner": "x", "steps": []}}',
    "1e400": body(document({"id": "v", "type": "var", "with": {"name": "x", "value": 123454321}})).replace("123454321", "1e400"),
    "10 MB in one string": body(document(log("a", "x" * 10_500_000))),
    "an internal address": body(document({"id": "a", "type": "http", "with": {"url": "http://169.254.169.254/latest/meta-data/"}})),
    "an expression that reaches for Python": body(document({"id": "c", "type": "condition", "if": "${{ inputs.__class__.__mro__ }}", "then": []})),
    "an unknown function": body(document({"id": "c", "type": "condition", "if": '${{ __import__("os") }}', "then": []})),
    "an expression that is too long": body(document({"id": "c", "type": "condition", "if": "${{ " + "1 + " * 5000 + "1 }}", "then": []})),
    "not JSON": '{"document": ',
}


@pytest.mark.parametrize("what", BODIES)
def test_a_document_with_faults_is_refused_and_not_kept(what: str, api: Api, alice: User) -> None:
    """A 4xx names the place and the remedy; nothing is kept; the next request works."""
    client = api(alice)

    answer = client.post("/api/v1/playbooks/", BODIES[what], content_type="application/json")

    assert 400 <= answer.status_code < 500, answer.content[:500]
    said = answer.json()
    assert said["code"]
    assert said["message"]
    problems = said.get("problems", [])
    assert all(problem["message"] and problem["code"] for problem in problems)
    assert said.get("hint") or any(problem["hint"] for problem in problems)
    assert not Playbook.objects.exists()
    assert client.get("/api/v1/playbooks/").status_code == 200


def test_inputs_of_the_wrong_type_make_no_run(api: Api, alice: User, published: Callable[..., PlaybookVersion]) -> None:
    """Every wrong input is named at once (S3-preflight-inputs)."""
    inputs = [{"name": "amount", "type": "number", "required": True, "max": 10}, {"name": "when", "type": "date"}, {"name": "list", "type": "array"}]
    version = published(document(log("a", "x"), inputs=inputs))

    answer = api(alice).post("/api/v1/runs/", {"playbook": version.playbook_id, "inputs": {"amount": "many", "when": "never", "list": 5, "more": 1}})

    assert answer.status_code == 422
    assert {problem["address"] for problem in answer.json()["problems"]} == {"inputs/amount", "inputs/when", "inputs/list", "inputs/more"}
    assert not Run.objects.exists()

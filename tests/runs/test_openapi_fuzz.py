"""The OpenAPI description is true for whatever is sent: no answer that it does not know, none of another shape, and never a 5xx.

A few examples for each operation here; `FUZZ_EXAMPLES=500` tries as many as one likes by hand.
"""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from typing import Any

import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from playbooks_app.errors import PROBLEM
from playbooks_app.models import Playbook, User
from playbooks_app.secrecy import keeping, tokens
from runs_app.news import webhooks
from tests.playbooks.test_openapi import description
from tests.runs.factories import RunBuilder
from tests.runs.test_machine import document, var

pytestmark = pytest.mark.django_db
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "2"))
SLOW = re.compile(r"/demo/|/connections/\{id\}/test/")  # they call out, or belong to the demo
WHO = os.environ.get("FUZZ_AS", "admin alice dave nobody").split()
METHODS = ("get", "post", "put", "patch", "delete")


@cache
def families() -> dict[str, list[Any]]:
    """All operations of the description, by the first word of their address."""
    schema: Any = schemathesis.openapi.from_dict(description())
    found: dict[str, list[Any]] = defaultdict(list)
    each: Any
    for each in schema.get_all_operations():
        operation = each.ok()
        if not SLOW.search(operation.path):
            found[operation.path.removeprefix("/api/v1/").split("/")[0]].append(operation)
    return dict(found)


@pytest.fixture
def numbers(alice: User) -> dict[str, int]:
    """Things that are there, by the first word of their address."""
    assert alice.account is not None
    playbook = Playbook.draw(document([var("v", "n", 1)]), by=alice)
    version = playbook.publish(by=alice)
    run = RunBuilder(version, alice, status="completed").save()
    secret = keeping.add_secret(alice.account, by=alice, name="one", value="something")
    connection = keeping.add_connection(alice.account, by=alice, name="bank", base_url="https://bank.example.com")
    webhook, _ = webhooks.make(alice.account, by=alice, url="https://hooks.example.com/", events=["*"])
    token, _ = tokens.make(alice, name="t", scopes=["read"])
    found = {
        "playbooks": playbook,
        "versions": version,
        "runs": run,
        "secrets": secret,
        "connections": connection,
        "webhooks": webhook,
        "tokens": token,
    }
    return {name: thing.pk for name, thing in found.items()}


@pytest.mark.parametrize("family", sorted(families()))
def test_whatever_is_sent(api: Callable[[User | None], APIClient], people: dict[str, User], numbers: dict[str, int], family: str) -> None:
    """For the account's owner, to whom most doors are open, for a builder, for somebody who may only look, and for strangers."""
    for who in WHO:
        client = api(people.get(who))
        client.raise_request_exception = False
        for operation in families()[family]:
            try_out(client, operation, numbers, EXAMPLES if who == "admin" else EXAMPLES // 2)


def try_out(client: APIClient, operation: Any, numbers: dict[str, int], examples: int) -> None:
    """Some examples of one operation; half of them about things that are there."""

    @settings(max_examples=examples, deadline=None, derandomize=True, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(), real=st.booleans())
    def one(case: Any, real: bool) -> None:
        first = operation.path.removeprefix("/api/v1/").split("/")[0]
        parameters = dict(case.path_parameters or {})
        if real and first in numbers:
            parameters = {key: numbers[first] if key in ("id", "pk", "run_id") else value for key, value in parameters.items()}
        send(client, operation, case, parameters)

    one()


def send(client: APIClient, operation: Any, case: Any, parameters: dict[str, Any]) -> None:
    """One call, and what is wrong with its answer."""
    sent = case.as_transport_kwargs(base_url="http://testserver")
    case.path_parameters = parameters
    sent = {**sent, **case.as_transport_kwargs(base_url="http://testserver")}
    headers = {
        name: str(value)
        for name, value in (sent.get("headers") or {}).items()
        if name.lower() not in ("content-type", "user-agent", "idempotency-key")
    }
    body = sent.get("data") if sent.get("data") is not None else json.dumps(sent["json"]) if "json" in sent else ""
    kind = (sent.get("headers") or {}).get("Content-Type", "application/json")
    answer = client.generic(
        operation.method.upper(),
        sent["url"].removeprefix("http://testserver"),
        body or "",
        content_type=kind,
        query_params=sent.get("params"),
        headers=headers,
    )
    check(operation, answer)


def check(operation: Any, answer: Any) -> None:
    """The status is described, and the body has the shape that is said of it."""
    about = f"{operation.method.upper()} {operation.path} -> {answer.status_code} {answer.content[:500]!r}"
    assert answer.status_code < 500, about
    if answer.status_code in (400, 405):
        return  # an address or a header that HTTP itself does not take
    assert "RateLimit-Remaining" in answer.headers, about
    told = description()["paths"][operation.path][operation.method]["responses"]
    assert str(answer.status_code) in told, about
    content = told[str(answer.status_code)].get("content", {})
    kind = answer.headers.get("Content-Type", "").split(";")[0]
    assert answer.status_code < 400 or kind == PROBLEM, about
    if kind in (PROBLEM, "application/json") and kind in content:
        schema = {**content[kind]["schema"], "components": description()["components"]}
        fault = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema).iter_errors(answer.json()))
        assert fault is None, f"{about}: {fault.message} at {list(fault.absolute_path)}"

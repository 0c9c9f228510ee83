"""The examples of docs/api.md work: every curl call is made as it stands, and the Python that checks a webhook accepts ours and no other."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from pytest_django import Settings
from rest_framework.test import APIClient

from playbooks_app.models import User
from runs_app.news import webhooks
from tests.house.test_guides import blocks

EXPECTED = re.compile(r"^# (20\d) ")
FRAME = "http://testserver/api/v1"


def calls() -> list[tuple[list[str], int | None]]:
    """(arguments of curl, the status that the comment behind it names) of every call, in order."""
    found: list[tuple[list[str], int | None]] = []
    for block in blocks("sh"):
        text = block.replace("$HANDRAIL", FRAME)
        for part in re.split(r"^(?=handrail )", text, flags=re.MULTILINE)[1:]:
            call, _, comment = part.partition("\n#")
            told = EXPECTED.match(f"#{comment}")
            found.append((shlex.split(call)[1:], int(told[1]) if told else None))
    return found


def curl(client: APIClient, arguments: list[str], files: dict[str, str]) -> Any:
    """As curl would do it: -X, -H, -d, --data-binary @file, -g."""
    method, body, kind, address, rest = "", "", "application/json", "", iter(arguments)
    for each in rest:
        match each:
            case "-X":
                method = next(rest)
            case "-H":
                kind = next(rest).partition(": ")[2]
            case "-d" | "--data-binary":
                given = next(rest)
                body = files[given[1:]] if given.startswith("@") else given
            case "-g":
                continue
            case _:
                address = each.removeprefix("http://testserver")
    return client.generic(method or ("POST" if body else "GET"), address, body, content_type=kind)


@pytest.mark.django_db
def test_every_curl_call_does_what_the_guide_says(api: Callable[[User | None], APIClient], alice: User, settings: Settings) -> None:
    """In order, about the playbook and the run that they make; those that need a run in trouble are at least understood."""
    settings.EGRESS_ALLOW = "127.0.0.1:9001"
    client, files = api(alice), {"pay.yaml": next(text for text in blocks("yaml") if yaml.safe_load(text).get("name") == "Pay invoices")}
    made: dict[str, int] = {}
    for arguments, expected in calls():
        arguments = [_with_own_numbers(each, made) for each in arguments]
        answer = curl(client, arguments, files)
        assert answer.status_code not in (400, 405, 415) and answer.status_code < 500, (arguments, answer.content)
        assert expected in (None, answer.status_code), (arguments, answer.content)
        if answer.status_code == 201 and arguments[-1].endswith("/playbooks/"):
            made["playbook"] = answer.json()["id"]
        if answer.status_code == 201 and "/api/v1/runs/" in str(arguments):
            made["run"] = answer.json()["id"]
    assert {"playbook", "run"} <= set(made)


def _with_own_numbers(text: str, made: dict[str, int]) -> str:
    if "playbook" in made:
        text = text.replace("/playbooks/4/", f"/playbooks/{made['playbook']}/").replace('"playbook": 4', f'"playbook": {made["playbook"]}')
    if "run" in made:
        text = text.replace("/runs/1/", f"/runs/{made['run']}/").replace('"run": 1', f'"run": {made["run"]}').replace("run=1", f"run={made['run']}")
    return text


def test_the_receiver_of_the_guide_knows_our_signature() -> None:
    """Ours is genuine; another secret, a changed body or an old moment is not."""
    (program,) = [text for text in blocks("python") if "def is_genuine" in text]
    names: dict[str, Any] = {}
    exec(compile(program, "docs/api.md", "exec"), names)  # the guide's own text
    body, headers = webhooks.signed("run-1-2", {"type": "run.completed"}, ["new secret", "old secret"])
    got = dict(headers)

    assert names["is_genuine"]("new secret", got, body) and names["is_genuine"]("old secret", got, body)
    assert not names["is_genuine"]("other", got, body)
    assert not names["is_genuine"]("new secret", got, body + b" ")
    assert not names["is_genuine"]("new secret", {**got, "webhook-timestamp": "1"}, body)

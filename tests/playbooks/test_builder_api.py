"""What the builder asks of the server, as other programs may ask it, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from playbooks_app.language.registry import step_types
from playbooks_app.models import User
from tests.playbooks.board import REVIEW

Api = Callable[[User | None], APIClient]
TEXT = "/api/v1/documents/text/"


def test_step_types_describe_themselves(api: Api, alice: User) -> None:
    """Every registered type is there with what a form and a drawing need."""
    found: list[dict[str, Any]] = api(alice).get("/api/v1/step-types/").json()
    assert [each["name"] for each in found] == [each.name for each in step_types.all()]
    for each in found:
        assert {"label", "summary", "icon", "family", "settings_in", "blocks", "fields", "examples", "output_help"} <= each.keys()
        assert each["family"] in {"people", "do", "decide", "time", "safety", "data"}


def test_only_people_at_work_ask(api: Api, alice: User) -> None:
    """Nobody gets anything without having signed in."""
    assert api(None).get("/api/v1/step-types/").status_code in (401, 403)
    assert api(None).post(TEXT, {"document": REVIEW}).status_code in (401, 403)


def test_a_document_goes_to_text_and_back(api: Api, alice: User) -> None:
    """What comes back is the same document, with its problems."""
    text = api(alice).post(TEXT, {"document": REVIEW}).json()["text"]
    answer = api(alice).post(TEXT, {"text": text, "as": "yaml"}).json()
    assert answer["document"] == REVIEW
    assert [each for each in answer["problems"] if each["level"] == "error"] == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": "a: [", "as": "yaml"},
        {"text": "{", "as": "json"},
        {"text": "x", "as": "xml"},
        {"document": [1]},
        {"text": 'a: "\\0"'},
        {"text": "[" * 5000},
        {"document": None},
    ],
)
def test_what_cannot_be_read_is_said(api: Api, alice: User, body: dict[str, Any]) -> None:
    """Each gets 422 with the place and the reason, never a broken answer."""
    answer = api(alice).post(TEXT, body)
    assert answer.status_code == 422
    assert answer.json()["problems"]

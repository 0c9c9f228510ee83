"""What the guides show is true: addresses exist, documents have no faults, JSON is JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from django.urls import Resolver404, resolve
from pytest_django import Settings

from playbooks_app.language.check import check
from tests.house.source import ROOT

GUIDES = [ROOT / "docs/api.md", *sorted((ROOT / "docs/how-to").glob("*.md"))]
API = (ROOT / "docs/api.md").read_text()
CALLS = re.compile(r"`(?:GET|POST|PATCH|DELETE) ([a-z][\w./{}\[\]-]*)")
CURLS = re.compile(r"\$HANDRAIL/([^\s\"']+)")


def blocks(kind: str) -> list[str]:
    """The fenced blocks of one kind in the guide to the API."""
    return re.findall(rf"```{kind}\n(.*?)```", API, re.DOTALL)


@pytest.mark.parametrize("address", sorted({*CALLS.findall(API), *CURLS.findall(API)}))
def test_every_address_exists(address: str) -> None:
    """A call that is shown is answered by somebody."""
    path = address.split("?")[0].replace("{path}", "each/body[0]/pay")
    try:
        resolve(f"/api/v1/{path}")
    except Resolver404:
        pytest.fail(f"docs/api.md shows {address}, which does not exist.")


def test_every_document_can_be_published(settings: Settings) -> None:
    """The document of the guide has no fault, given the exception that the guide names."""
    settings.EGRESS_ALLOW = "127.0.0.1:9001"

    for text in blocks("yaml"):
        assert check(yaml.safe_load(text)) == []


def test_every_answer_is_json() -> None:
    """Answers that are shown whole can be parsed; dots stand for what is left out."""
    for text in blocks("json"):
        json.loads(text)


def test_every_program_is_python() -> None:
    """The program compiles."""
    for text in blocks("python"):
        compile(text, "docs/api.md", "exec")


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)
def test_links_lead_somewhere(guide: Path) -> None:
    """To files that are there."""
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", guide.read_text())

    assert [target for target in targets if not (guide.parent / target).exists()] == []

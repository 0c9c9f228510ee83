"""What the documents name exists: files, settings, commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from tests.house.source import APPS, ROOT, python_files

MADE = "coverage-of-the-spec.md"  # its names stand below tests/, and a program writes them
PAGES = [page for page in (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))) if page.name != MADE]
BELOW = ("", "static/", *(f"{app}/" for app in APPS))  # a page may name a file by its place in an app
NAMED = re.compile(r"`((?:[\w.-]+/)+[\w.-]*|\w+\.(?:py|js|css|sql))`")
KNOB = re.compile(r'\b(?:env\.\w+\(|environ\.get\(|environ\[)(?:\s|#[^\n]*\n)*"([A-Z_]+)"')
UNTOLD = {"DJANGO_SETTINGS_MODULE"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_files_that_are_named_exist(page: Path) -> None:
    """Nobody looks in vain for a file of ours."""
    tops = {path.name for below in BELOW for path in (ROOT / below).iterdir()}
    named = [name for name in NAMED.findall(page.read_text()) if name.split("/")[0] in tops or name.endswith((".py", ".js", ".css", ".sql"))]

    assert [name for name in named if not any((ROOT / below / name).exists() for below in BELOW)] == []


def test_every_knob_is_told_and_every_told_one_is_read() -> None:
    """The table in docs/operations.md is what the product reads from its environment."""
    source = "\n".join(file.text for file in python_files() if not file.is_test and file.name != "run.py")
    read = set(KNOB.findall(source)) - UNTOLD
    rows = re.findall(r"^\| (`[^|]*`) \|", _section("## Knobs"), re.MULTILINE)
    told = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}

    assert told == read


def test_every_command_exists() -> None:
    """`manage.py <command>`, wherever a page shows it."""
    shown = {(page.name, name) for page in PAGES for name in re.findall(r"manage\.py ([a-z_]+)", page.read_text())}

    assert sorted((page, name) for page, name in shown if name not in get_commands()) == []


def _section(title: str) -> str:
    return (ROOT / "docs/operations.md").read_text().split(f"{title}\n")[1].split("\n## ")[0]

"""What no file of the repository says."""

from __future__ import annotations

import re

from tests.house.source import python_files, text_files

MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:work|home|root|Users|private/tmp)/[\w.-]+")
CONFLICT = re.compile(r"^(<{7}|>{7}) ", re.MULTILINE)
INLINE_SCRIPT = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>|\son(?:click|load|submit|change|input|key\w+)=", re.IGNORECASE
)
INLINE_STYLE = re.compile(r"\sstyle=\"(?!\s*--|\{%|\{\{)[^\"]*\"")


def test_no_path_of_a_machine() -> None:
    """A path of somebody's machine works there only."""
    found = [f"{name}: {match}" for name, text in text_files() if not name.endswith("requirements.lock") for match in MACHINE_PATHS.findall(text)]
    assert not found, f"Say these relative to the repository, or by a temporary folder: {found}"


def test_no_unsolved_conflict() -> None:
    """Nobody commits the marks of a merge."""
    assert not [name for name, text in text_files() if CONFLICT.search(text)]


def test_templates_have_no_inline_scripts() -> None:
    """The content policy refuses them, so they would do nothing."""
    found = [f"{name}: {match}" for name, text in _templates() for match in INLINE_SCRIPT.findall(text)]
    assert not found, f"Move these into a file below static/js: {found}"


def test_templates_style_by_classes() -> None:
    """A style attribute only sets custom properties (style="--w: 40%"); mails are excepted, their readers know no style sheets."""
    found = [f"{name}: {match.strip()}" for name, text in _templates() if "mail" not in name for match in INLINE_STYLE.findall(text)]
    assert not found, f"Use a class, or a custom property that a class reads: {found}"


def test_no_loose_ends() -> None:
    """What is to be done stands in the issues, not in comments."""
    mark = re.compile(r"#\s*(?:TO" + "DO|FIX" + "ME|XX" + r"X)\b")
    assert not [file.name for file in python_files() if mark.search(file.text)]


def _templates() -> list[tuple[str, str]]:
    return [(name, text) for name, text in text_files() if name.startswith("templates/")]

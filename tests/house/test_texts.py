"""What no file of the repository says."""

from __future__ import annotations

import re
from collections.abc import Iterator

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


def test_counts_agree_with_their_words() -> None:
    """One is never followed by a plural: figures and their words come from `wording.count` and `|counted`."""
    in_code = re.compile(r"""f["'][^"']*\{(?:len\([^{}]*\)|count|total|number)\} (?!has\b|is\b|was\b)[a-z]+s\b(?!.*(?:at most|more than|if len))""")
    in_pages = re.compile(r"""\{\{ ?[\w.]+\|(?:figure|length|intcomma) ?\}\} (?!has\b|is\b|was\b|less\b)[a-z]+s\b(?!.*\{% endif %\})""")
    found = [f"{name}: {line}" for name, line in _lines() if (in_code if name.endswith(".py") else in_pages).search(line)]
    assert not found, found


def test_moments_are_said_in_the_readers_zone() -> None:
    """A moment of a model is said by `wording`, or made local before; one that is not names its zone. Representations for the log are excepted."""
    raw = re.compile(r"\{(?!self\.|local|monday|today)[\w.]*(?:_at|_since|_until|\.at)\s*:%")
    found = [f"{name}: {line}" for name, line in _lines() if raw.search(line) and "UTC" not in line]
    assert not found, found


def _lines() -> Iterator[tuple[str, str]]:
    """Of what people read: pages, and the code that makes sentences."""
    for name, text in text_files():
        if name.startswith(("templates/", "playbooks_app/", "runs_app/", "approvals_app/")) and name.endswith((".py", ".html", ".txt")):
            yield from ((name, line.strip()) for line in text.splitlines())

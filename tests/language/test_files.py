"""Files as values of inputs and outputs."""

from __future__ import annotations

from typing import Any

import pytest

from playbooks_app.language import files
from playbooks_app.language.declarations import Input
from playbooks_app.language.inputs import take
from playbooks_app.language.problem import Invalid

REPORT = {"name": "report.md", "content": "# All green"}


@pytest.mark.parametrize(
    ("value", "media_type", "content"),
    [
        (REPORT, "text/markdown", b"# All green"),
        ({"name": "scan.pdf", "base64": "JVBERg=="}, "application/pdf", b"%PDF"),
        ({"name": "notes.unheard", "content": "hi"}, "text/plain", b"hi"),
        ({"name": "raw.unheard", "base64": "AA=="}, files.UNKNOWN, b"\0"),
        ({"name": "Report", "content": "x", "media_type": "Text/HTML; charset=utf-8"}, "text/html", b"x"),
        ({"name": "a.csv", "content": "x", "media_type": "not a type"}, "text/csv", b"x"),
        ({"name": "a.csv", "content": "x", "media_type": 7, "size": 1}, "text/csv", b"x"),
    ],
)
def test_what_is_a_file(value: Any, media_type: str, content: bytes) -> None:
    """A name with an ending or a media type, and the content as text or as base64."""
    found = files.file_of(value)

    assert found is not None
    assert (found.media_type, found.content) == (media_type, content)


@pytest.mark.parametrize(
    "value",
    [
        "report.md",
        {"name": "report.md"},
        {"name": "report.md", "content": "a", "base64": "YQ=="},
        {"name": "report.md", "content": "a", "vendor": "Kestrel"},
        {"name": "Anna", "content": "Hello"},
        {"name": 7, "content": "a"},
        {"name": "a.md", "content": 7},
        {"name": "a.pdf", "base64": "%%%"},
        {"name": "a.md", "content": "x" * (files.MOST_BYTES + 1)},
    ],
)
def test_what_is_none(value: Any) -> None:
    """Anything else stays the value that it is: no name, no content or two, other keys, no ending, too large, not base64."""
    assert files.file_of(value) is None


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("C:\\scans\\a.pdf", "a.pdf"),
        ("../../etc/passwd", "passwd"),
        ("fdp.\u202eexe", "fdp.exe"),
        ("\r\n", "file"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
    ],
)
def test_names_say_what_a_file_is(written: str, name: str) -> None:
    """No folders, no line ends, nothing that turns the letters around, and the ending stays."""
    assert files.safe_name(written) == name


def test_a_file_comes_back_from_its_value() -> None:
    """What was uploaded is what is read; a media type that is none is left out."""
    found = files.file_of(files.value_of("a/b.bin", b"\x00\xff", "application/x-thing"))
    assert found == files.File("b.bin", "application/x-thing", b"\x00\xff")
    assert "media_type" not in files.value_of("b.bin", b"", "?")


def test_an_input_may_be_a_file() -> None:
    """As an object, from a form also as JSON text; anything else is refused in words."""
    declared = (Input("contract", "file", required=True),)

    assert take(declared, {"contract": REPORT}, extra=False) == {"contract": REPORT}
    assert take(declared, {"contract": '{"name": "report.md", "content": "# All green"}'}, extra=False, from_form=True) == {"contract": REPORT}
    with pytest.raises(Invalid) as refused:
        take(declared, {"contract": "report.md"}, extra=False)
    assert "a file of at most 2 MB" in refused.value.problems[0].message

"""The marks name rows that exist, and the table in the docs is the one that the marks give."""

from __future__ import annotations

from tests.spec import table


def test_a_mark_names_a_row() -> None:
    """A mistyped id would count for nothing."""
    unknown = {row: tests for row, tests in table.checks().items() if row not in table.rows()}
    assert not unknown, f"No such rows in tests/spec/rows.txt: {unknown}"


def test_the_table_is_up_to_date() -> None:
    """Run `python -m tests.spec` after a mark has changed."""
    assert table.DOCUMENT.read_text() == table.text()

"""What is decided on, as people read it: names and values, tables, and what has changed. Pure; used by pages and mails alike."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from approvals_app import files

MONEY = re.compile(r"amount|price|total|sum|cost|fee|budget|limit|balance|value", re.IGNORECASE)
LONG = 140  # characters; longer text stands in a block of its own
MOST_COLUMNS = 8


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a table."""

    text: str
    numeric: bool = False
    added: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """One line: a value, or a table. `was` is the earlier text when it has changed; `group` is the name of the object it belongs to."""

    label: str
    text: str = ""
    group: str = ""
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    heads_numeric: tuple[bool, ...] = ()
    numeric: bool = False
    was: str | None = None
    changed: bool = False
    file: files.Kept | None = None

    @property
    def is_table(self) -> bool:
        """Whether it has rows instead of a text."""
        return bool(self.heads)

    @property
    def columns(self) -> list[tuple[str, bool]]:
        """The heads of a table, and whether figures stand below."""
        return list(zip(self.heads, self.heads_numeric, strict=True))

    @property
    def is_long(self) -> bool:
        """Whether the text wants a block of its own."""
        return self.file is None and (len(self.text) > LONG or "\n" in self.text)


def facts(shown: Mapping[str, Any], order: Sequence[str] = (), before: Mapping[str, Any] | None = None) -> list[Fact]:
    """Everything that is shown, in the author's order; with `before` what has changed since then is marked."""
    earlier = {(fact.group, fact.label): fact for fact in facts(before, order)} if before is not None else None
    labels = [label for label in order if label in shown] + [label for label in shown if label not in order]
    found = [fact for label in labels for fact in _of(label, shown[label], grouped=len(labels) > 1)]
    return [_marked(fact, earlier) for fact in found] if earlier is not None else found


def changes(found: Sequence[Fact]) -> list[Fact]:
    """Those that have changed."""
    return [fact for fact in found if fact.changed]


def worded(label: str) -> str:
    """`purchase_order` -> `Purchase order`; what an author has written with blanks or capitals stays as it is."""
    if " " in label or any(c.isupper() for c in label[1:]):
        return label
    text = re.sub(r"[_-]+", " ", label).strip()
    return text[:1].upper() + text[1:]


def said(value: Any, label: str = "") -> str:
    """One value in words: yes and no, amounts with two decimals, objects as `name: value` pairs."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _number(value, label)
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ", ".join(said(each) for each in value) if value else "none"
    if isinstance(value, Mapping):
        if kept := files.kept_of(value):
            return kept.words
        return ", ".join(f"{worded(str(key))}: {said(each, str(key))}" for key, each in value.items()) or "–"
    return json.dumps(value, ensure_ascii=False)


def _number(value: float, label: str) -> str:
    if MONEY.search(label) and abs(value) < 1e15:
        return f"{value:,.2f}"
    return str(value) if isinstance(value, int) else f"{value:.10g}"


def _of(label: str, value: Any, *, grouped: bool) -> Iterator[Fact]:
    if files.kept_of(value):
        yield _line(label, value, "")
    elif isinstance(value, Mapping) and value:
        group = worded(label) if grouped else ""
        inside = [fact for key, each in value.items() for fact in _one(str(key), each, group)]
        yield from sorted(inside, key=lambda fact: (fact.is_table, fact.is_long))  # short values first, then texts, then tables
    else:
        yield from _one(label, value, "")


def _one(label: str, value: Any, group: str) -> Iterator[Fact]:
    """A value, a table, or of a list of files each by itself."""
    if _are_files(value):
        yield from (_line(f"{label} {number}" if len(value) > 1 else label, each, group) for number, each in enumerate(value, 1))
    else:
        yield _table(label, value, group) if _is_table(value) else _line(label, value, group)


def _are_files(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(files.kept_of(each) for each in value)


def _line(label: str, value: Any, group: str) -> Fact:
    return Fact(worded(label), said(value, label), group, numeric=_is_number(value), file=files.kept_of(value))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, Mapping) for row in value)


def _table(label: str, value: list[Mapping[str, Any]], group: str) -> Fact:
    keys = list(dict.fromkeys(str(key) for row in value for key in row))[:MOST_COLUMNS]
    keys.sort(key=lambda key: all(_is_number(row.get(key)) for row in value))  # words first, figures to the right
    rows = tuple(tuple(_cell(row.get(key), key) for key in keys) for row in value)
    return Fact(worded(label), "", group, tuple(worded(key) for key in keys), rows, heads_numeric=tuple(cell.numeric for cell in rows[0]))


def _cell(value: Any, key: str) -> Cell:
    return Cell("" if value is None else said(value, key), _is_number(value))


def _marked(fact: Fact, earlier: Mapping[tuple[str, str], Fact]) -> Fact:
    old = earlier.get((fact.group, fact.label))
    if old is None or (old.text, old.rows, old.file) == (fact.text, fact.rows, fact.file):
        return fact if old else replace(fact, changed=True)
    known = {tuple(cell.text for cell in row) for row in old.rows}
    rows = tuple(row if tuple(c.text for c in row) in known else tuple(Cell(c.text, c.numeric, added=True) for c in row) for row in fact.rows)
    return replace(fact, rows=rows, was=None if fact.is_table else old.text, changed=True)

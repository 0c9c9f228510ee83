"""Reading a file that fills a list input: CSV or JSON, row by row, every broken row named.

Addresses count rows from 0, as JSON does; words count them from 1, without the head line, as people do. Cells of a CSV become numbers where the
input's schema says so, and without a schema where most of the column is numbers; then a cell that is none is a fault, because comparing a word with a
number would silently be false.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from playbooks_app.language.problem import Invalid, Problem
from playbooks_app.language.reading import check_json, read_text
from playbooks_app.wording import count

MOST_BYTES = 10 * 1024 * 1024
MOST_ROWS = 100_000
MOST_FAULTS = 200  # more help nobody
NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,10})?")
TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True, slots=True)
class Upload:
    """What was in the file. `rows` holds all of them in order, `bad` the indices of those that cannot be used."""

    name: str
    size: int  # bytes
    rows: list[Any] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    bad: frozenset[int] = frozenset()

    def without_bad_rows(self) -> list[Any]:
        """Those that can be used."""
        return [row for index, row in enumerate(self.rows) if index not in self.bad]


def read_upload(content: bytes, filename: str, address: str, schema: Mapping[str, Any] | None = None) -> Upload:
    """Never raises: what is wrong with the file or its rows is in `problems`, at `address` or `address/<row>/<column>`."""
    name = PurePath(filename).name or "file"
    if len(content) > MOST_BYTES:
        return Upload(
            name, len(content), problems=[_fault(address, f"{name} is larger than {MOST_BYTES // 1024 // 1024} MB.", "Split it into several runs.")]
        )
    try:
        rows, problems = _json_rows(content, address) if _is_json(content, name) else _csv_rows(content, address, schema)
    except Invalid as invalid:
        return Upload(name, len(content), problems=[Problem(address, p.code, f"{name}: {p.message}", p.hint) for p in invalid.problems])
    if len(rows) > MOST_ROWS:
        return Upload(
            name, len(content), problems=[_fault(address, f"{name} has {len(rows)} rows; at most {MOST_ROWS} go into one run.", "Split it.")]
        )
    bad = frozenset(number for problem in problems if (number := row_of(problem, address)) is not None)
    return Upload(name, len(content), rows, problems[:MOST_FAULTS], bad)


def row_of(problem: Problem, address: str) -> int | None:
    """The index of the row that a fault names, None if it is about the whole."""
    rest = problem.address.removeprefix(address + "/").split("/", 1)[0]
    return int(rest) if problem.address.startswith(address + "/") and rest.isascii() and rest.isdigit() else None


def text_of(content: bytes) -> str | None:
    """UTF-8, else what Excel writes in Western Europe; None for what is no text."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    return None if "\0" in text else text


def _is_json(content: bytes, name: str) -> bool:
    return name.lower().endswith(".json") or content.lstrip(b"\xef\xbb\xbf \t\r\n")[:2] in (b"[{", b"[\n", b"[\r", b"[ ", b"[]")


def _json_rows(content: bytes, address: str) -> tuple[list[Any], list[Problem]]:
    found = read_text(content, "json")
    if not isinstance(found, list):
        raise Invalid([Problem(address, "WrongType", "it must hold a list: [{…}, {…}].")])
    return found, []


def _csv_rows(content: bytes, address: str, schema: Mapping[str, Any] | None) -> tuple[list[Any], list[Problem]]:
    lines = list(_lines(_text(content, address), address))
    if not lines:
        raise Invalid([Problem(address, "Empty", "it is empty.", "The first line names the columns.")])
    head = [name.strip() for name in lines[0][1]]
    faults = _faults_of_head(head, address)
    if faults:
        raise Invalid(faults)
    problems: list[Problem] = []
    cells = [_fitted(values, f"{address}/{index}", line, len(head), problems) for index, (line, values) in enumerate(lines[1:])]
    if not cells:
        raise Invalid([Problem(address, "Empty", "it has a head line, but no rows.")])
    broken = {problem.address for problem in problems}
    for index, column in enumerate(head):
        _convert(cells, index, column, _kind_of(column, schema), address, problems)
    for column in [column for column in head if column in _needed(schema)]:
        empty = [f"{address}/{number}" for number, row in enumerate(cells) if row[head.index(column)] in (None, "")]
        problems += [_fault(f"{place}/{column}", f"“{column}” is empty.", "Fill it in.") for place in empty if place not in broken]
    rows = [dict(zip(head, values, strict=True)) for values in cells]
    return rows, sorted(problems, key=lambda problem: row_of(problem, address) or 0)


def _text(content: bytes, address: str) -> str:
    text = text_of(content)
    if text is None:
        raise Invalid([Problem(address, "NotText", "it is not a text file.", "Save it as CSV (UTF-8).")])
    return text


def _lines(text: str, address: str) -> Iterator[tuple[int, list[str]]]:
    """Line number in the file and cells; empty lines are left out."""
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t|", key=head.count) if any(mark in head for mark in ",;\t|") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for values in reader:
            if any(value.strip() for value in values):
                yield reader.line_num, values
    except csv.Error as fault:
        raise Invalid(
            [Problem(address, "BrokenRow", f"line {reader.line_num} cannot be read: {fault}.", "Look for a quote that is not closed.")]
        ) from fault


def _faults_of_head(head: Sequence[str], address: str) -> list[Problem]:
    faults = [Problem(address, "BrokenHead", f"column {number} has no name.") for number, name in enumerate(head, start=1) if not name]
    twice = sorted({name for name in head if name and head.count(name) > 1})
    return faults + [Problem(address, "BrokenHead", f"the column “{name}” is there twice.") for name in twice]


def _fitted(values: list[str], address: str, line: int, columns: int, problems: list[Problem]) -> list[Any]:
    """As many cells as columns; a row with another count is a fault and is kept for showing."""
    while len(values) > columns and not values[-1].strip():
        values = values[:-1]
    if len(values) != columns:
        problems.append(
            _fault(address, f"{count(len(values), 'cell')} instead of {columns} (line {line} of the file).", "Look for a comma too few or too many.")
        )
    problems.extend(Problem(address, p.code, p.message, p.hint) for p in check_json(values))
    return [*values, *[""] * columns][:columns]


def _needed(schema: Mapping[str, Any] | None) -> frozenset[str]:
    """Columns that the input's schema requires in every row."""
    items = schema.get("items") if schema else None
    required = items.get("required") if isinstance(items, dict) else None
    return frozenset(name for name in required if isinstance(name, str)) if isinstance(required, list) else frozenset()


def _kind_of(column: str, schema: Mapping[str, Any] | None) -> str:
    """The JSON type that the input's schema gives a column; "" if it says nothing."""
    items = schema.get("items") if schema else None
    properties = items.get("properties") if isinstance(items, dict) else None
    described = properties.get(column) if isinstance(properties, dict) else None
    kind = described.get("type", "") if isinstance(described, dict) else ""
    return next((each for each in kind if each != "null"), "") if isinstance(kind, list) else str(kind)


def _convert(cells: list[list[Any]], index: int, column: str, kind: str, address: str, problems: list[Problem]) -> None:
    """Make the cells of a column what its kind says; in place. Empty cells become null, so that a schema can ask for them; texts stay as they are."""
    guessed = not kind
    kind = kind or _guess([row[index] for row in cells])
    broken = {row_of(problem, address) for problem in problems}
    for number, row in enumerate(cells):
        text = row[index].strip()
        if kind in ("number", "integer") and text and number not in broken:
            row[index] = _number(text)
            if row[index] is None:
                row[index] = text
                why = (
                    f"“{column}” is a number in most rows, but “{_short(text)}” here."
                    if guessed
                    else f"“{column}” must be a number, not “{_short(text)}”."
                )
                problems.append(_fault(f"{address}/{number}/{column}", why, "Write it as 1234.50."))
        elif kind == "boolean" and text.lower() in TRUTHS:
            row[index] = TRUTHS[text.lower()]
        elif not text:
            row[index] = "" if kind == "string" else None


def _guess(values: Sequence[str]) -> str:
    """`number` where more than half of the filled cells, and at least two, are numbers."""
    filled = [text for value in values if (text := value.strip())]
    numbers = sum(1 for text in filled if NUMBER.fullmatch(text))
    return "number" if numbers * 2 > len(filled) and (numbers > 1 or len(filled) == 1) else ""


def _number(text: str) -> int | float | None:
    if not NUMBER.fullmatch(text):
        return None
    number = float(text) if "." in text else int(text)
    return int(number) if number == int(number) else number  # 25000.00 reads as 25000 in a question, not as 25000.0


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


def _fault(address: str, message: str, hint: str = "") -> Problem:
    return Problem(address, "BrokenRow", message, hint)

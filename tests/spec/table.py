"""The table of rows and tests, made from the sources without running them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.source import ROOT

ROWS = Path(__file__).with_name("rows.txt")
DOCUMENT = ROOT / "docs" / "coverage-of-the-spec.md"
PARTS = {
    "S0": "Background playbooks",
    "S1": "The 22 patterns",
    "S2": "Promises to operators",
    "S3": "Step types, data flow, guardrails",
    "S4": "The engine's contract",
    "F": "What we want to be known for",
    "rule": "Rules where sources disagree",
}
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def rows() -> list[str]:
    """Ids of all rows, in the order of the specification."""
    return ROWS.read_text().split()


def checks() -> dict[str, list[str]]:
    """Row id -> names of its tests, `file::test`. May hold ids that are no rows."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for name, row in _marks(path):
            found.setdefault(row, []).append(f"{path.relative_to(ROOT).as_posix()}::{name}")
    return found


def text() -> str:
    """The whole document, in Markdown."""
    found = checks()
    checked = sum(row in found for row in rows())
    lines = [
        "# Which promise is checked where",
        "",
        "Made by `python -m tests.spec` from the marks in the tests; do not edit.",
        "Each test named here checks its row from outside, through the API, a page or a mail.",
        f"{checked} of {len(rows())} rows are checked; the others belong to parts that are still to come.",
    ]
    for part, title in PARTS.items():
        lines += ["", f"## {title}", "", "| row | tests |", "|---|---|"]
        lines += [f"| {row} | {_cell(found.get(row, []))} |" for row in rows() if row.split("-")[0] == part]
    return "\n".join(lines) + "\n"


def _cell(tests: list[str]) -> str:
    return "<br>".join(f"`{test.removeprefix('tests/')}`" for test in sorted(set(tests))) or "not yet"


def _marks(path: Path) -> Iterator[tuple[str, str]]:
    """(test, row) of every mark of a file; a mark on a class counts for the class, a `pytestmark` for the file."""
    tree = ast.parse(path.read_text())
    for top in tree.body:
        if isinstance(top, ast.Assign) and isinstance(top.targets[0], ast.Name) and top.targets[0].id == "pytestmark":
            yield from (("*", row) for row in _ids(top.value))
    for node in ast.walk(tree):
        if isinstance(node, Definition):
            yield from ((node.name, row) for decorator in node.decorator_list for row in _ids(decorator))


def _ids(expression: ast.expr) -> Iterator[str]:
    for node in ast.walk(expression):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "spec":
            yield from (argument.value for argument in node.args if isinstance(argument, ast.Constant) and isinstance(argument.value, str))

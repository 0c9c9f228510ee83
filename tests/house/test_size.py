"""Nothing grows beyond what a reader can hold in mind."""

from __future__ import annotations

import ast
from statistics import median, quantiles

from tests.house.source import ROOT, File, app_files, python_files

FILE_LINES = 400
FUNCTION_LINES = 50
DOOR_LINES = 15
DOORS = ("/pages/", "/api/", "/management/commands/", "/consumers.py")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def test_files_are_short() -> None:
    """A file has at most 400 lines, whatever its language."""
    long = {file.name: len(file.text.splitlines()) for file in python_files() if len(file.text.splitlines()) > FILE_LINES}
    for pattern in ("static/**/*.js", "static/**/*.css", "templates/**/*.html"):
        for path in ROOT.glob(pattern):
            if len(path.read_text().splitlines()) > FILE_LINES:
                long[path.relative_to(ROOT).as_posix()] = len(path.read_text().splitlines())
    assert not long, f"Split these files by what they are about (more than {FILE_LINES} lines): {long}"


def test_functions_are_short() -> None:
    """A function has at most 50 lines, its docstring left out."""
    functions = [(file, *found) for file in python_files() for found in _functions(file)]
    long = [f"{file.name}:{node.lineno} {node.name} ({length} lines)" for file, node, length in functions if length > FUNCTION_LINES]
    assert not long, f"Give the parts of these functions names of their own (more than {FUNCTION_LINES} lines): {long}"


def test_doors_only_lead_inside() -> None:
    """A view, command or consumer has at most 15 lines: it reads what was asked, calls one thing, and answers."""
    files = [file for file in app_files() if any(door in f"/{file.name}" for door in DOORS)]
    doors = [(file, *found) for file in files for found in _functions(file) if _is_door(found[0])]
    long = [f"{file.name}:{node.lineno} {node.name} ({length} lines)" for file, node, length in doors if length > DOOR_LINES]
    assert not long, f"Move what these doors do into the model or a module behind them (more than {DOOR_LINES} lines): {long}"


def test_most_are_much_shorter() -> None:
    """Half of the files have at most 90 lines, half of the functions at most 7, and nineteen of twenty at most 25."""
    files = [len(file.text.splitlines()) for file in python_files() if file.text.strip()]
    functions = [length for file in python_files() for _, length in _functions(file)]
    assert median(files) <= 90 and median(functions) <= 7
    assert quantiles(functions, n=20)[-1] <= 25


def _functions(file: File) -> list[tuple[Function, int]]:
    return [(node, _length(node)) for node in ast.walk(file.tree) if isinstance(node, Function)]


def _length(node: Function) -> int:
    first = node.body[0]
    has_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    docstring = (first.end_lineno or 0) - first.lineno + 1 if has_docstring else 0
    return (node.end_lineno or 0) - node.lineno + 1 - docstring


def _is_door(node: Function) -> bool:
    names = [argument.arg for argument in node.args.args[:2]]
    return ("request" in names and not node.name.startswith("_")) or node.name in {"handle", "connect", "disconnect", "receive_json"}

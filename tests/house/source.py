"""The source of the product, read once, for the laws about it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ("playbooks_app", "runs_app", "approvals_app")


@dataclass(frozen=True)
class File:
    """A Python file. `name` is its path in the repository."""

    name: str
    text: str
    tree: ast.Module

    @property
    def is_test(self) -> bool:
        """Below tests/."""
        return self.name.startswith("tests/")


@cache
def python_files() -> tuple[File, ...]:
    """Every Python file of ours, migrations left out."""
    paths = [ROOT / "manage.py", ROOT / "run.py", *(path for top in ("config", *APPS, "tests") for path in sorted((ROOT / top).rglob("*.py")))]
    return tuple(_read(path) for path in paths if "migrations" not in path.parts)


def app_files() -> tuple[File, ...]:
    """Those of the three apps."""
    return tuple(file for file in python_files() if file.name.startswith(APPS))


def text_files() -> Iterator[tuple[str, str]]:
    """(path, text) of everything readable that belongs to the repository's tops."""
    tops = ("config", *APPS, "tests", "templates", "static", "docs", ".ci")
    single = [path for path in ROOT.iterdir() if path.is_file() and path.name != ".git"]  # a file in a work tree beside the first
    for path in [*single, *(path for top in tops for path in sorted((ROOT / top).rglob("*")))]:
        if path.is_file() and path.suffix in {".py", ".md", ".html", ".txt", ".css", ".js", ".yaml", ".yml", ".toml", ".json", ".lock", ".svg", ""}:
            try:
                yield path.relative_to(ROOT).as_posix(), path.read_text()
            except UnicodeDecodeError:
                continue


def imports(file: File) -> Iterator[tuple[str, int]]:
    """(dotted name, line) of every import; `from a import b` counts as both `a` and `a.b`."""
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module, node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def _read(path: Path) -> File:
    text = path.read_text()
    return File(path.relative_to(ROOT).as_posix(), text, ast.parse(text, str(path)))

"""On which line of a text a problem stands, so that the text view can mark it. Works on YAML and JSON; a text that cannot be read has no lines."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from playbooks_app.language.problem import Problem

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LINE = re.compile(r"line (\d+)")
_NUMBERED = re.compile(r"\[(\d+)\]")
MOST_NODES = 200_000


def with_lines(problems: Sequence[Problem], text: str) -> list[dict[str, Any]]:
    """The problems as JSON, each with its `line` (from 1), or null."""
    root = _composed(text) if problems else None
    return [{**problem.as_json(), "line": line_of(problem, root)} for problem in problems]


def line_of(problem: Problem, root: Any) -> int | None:
    """The line that the problem names itself, else that of the deepest part of its address that is found in the text."""
    named = _LINE.search(problem.address) or _LINE.search(problem.message)
    if named:
        return int(named[1])
    if root is None:
        return None
    node, line = root, root.start_mark.line
    for part in _NUMBERED.sub(r"/\1", problem.address).split("/"):
        found = _inside(node, part)
        if found is not None:
            node, line = found
    return int(line) + 1


def _composed(text: str) -> Any:
    try:
        return yaml.compose(text, Loader=_LOADER)
    except (yaml.YAMLError, UnicodeError, RecursionError):
        return None


def _inside(node: Any, part: str) -> tuple[Any, int] | None:
    """The node that a part of an address means: a key, a number, or a step or branch of that name further inside."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return value, key.start_mark.line
    if isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
        found = node.value[int(part)]
        return found, found.start_mark.line
    for each in _below(node):
        if _called(each, part):
            return each, each.start_mark.line
    return None


def _called(node: yaml.MappingNode, name: str) -> bool:
    return any(key.value in ("id", "name") and isinstance(value, yaml.ScalarNode) and value.value == name for key, value in node.value)


def _below(node: Any) -> Iterator[yaml.MappingNode]:
    """Every object inside, the nearest first."""
    waiting = deque([node])
    for _ in range(MOST_NODES):
        if not waiting:
            return
        each = waiting.popleft()
        if isinstance(each, yaml.MappingNode):
            if each is not node:
                yield each
            waiting += [value for _, value in each.value]
        elif isinstance(each, yaml.SequenceNode):
            waiting += each.value

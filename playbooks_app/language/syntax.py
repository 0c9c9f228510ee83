"""The parts that an expression is made of, once it has been read. Plain values: nothing here computes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, text, true, false or null."""

    value: Any


@dataclass(frozen=True, slots=True)
class Path:
    """`root.key.key[expression]`. `text` is the path as written, for messages."""

    root: str
    keys: tuple[Key, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Pick:
    """Keys after something that is no path: `split(x)[0].name`."""

    base: Node
    keys: tuple[Key, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Get:
    """`get("a.b", default)`: null or the default where the path is missing."""

    path: Path
    default: Node


@dataclass(frozen=True, slots=True)
class FirstOf:
    """`{{ a.b | c.d | "x" }}`: the first that is neither missing nor null. `text` is the first path."""

    choices: tuple[Node, ...]
    text: str


@dataclass(frozen=True, slots=True)
class ListOf:
    """`[a, b]`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Sign:
    """`-a`, `+a`, `!a`, `not a`."""

    mark: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Chain:
    """Operators of one rank, from left to right: `a + b - c`, `a * b`. Kept flat, so that a long one needs no deep stack."""

    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`a < b <= c`: true when every neighbouring pair is."""

    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Logic:
    """`a && b && c`, or the same with `||`; gives true or false."""

    is_and: bool
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """`test ? then : other`."""

    test: Node
    then: Node
    other: Node


@dataclass(frozen=True, slots=True)
class Call:
    """`name(arguments)`, of a known function with a fitting number of arguments."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Comprehension:
    """`[element for name in source if condition]`."""

    element: Node
    name: str
    source: Node
    conditions: tuple[Node, ...]


Node: TypeAlias = Literal | Path | Pick | Get | FirstOf | ListOf | Sign | Chain | Comparison | Logic | Choice | Call | Comprehension
Key: TypeAlias = str | Node  # a plain name or number after a dot, or what stands in brackets

r"""Fills in templates: `{{ path | default }}` reads, `${{ expression }}` computes, `\{{` writes braces.

A string that is exactly one of them keeps the type of the value; inside text a value is written as JSON, strings bare. A path that is missing and has
no default is a TemplateError that names it.

    compiled = compile(step.settings)     # once per step
    compiled.references                   # what it may look up
    compiled.render(scope, seed=…, now=…)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from playbooks_app.language.budget import LONGEST_EXPRESSION, Frame
from playbooks_app.language.evaluation import Binding, Code, Read, bind, weighed
from playbooks_app.language.parser import Parser
from playbooks_app.language.scope import ExpressionError, Missing, Reference, Scope, TemplateError
from playbooks_app.language.values import Json, text_of

__all__ = ["Compiled", "ExpressionError", "Missing", "Read", "Reference", "Scope", "TemplateError", "compile", "is_template", "references", "render"]

LONGEST_RESULT = 10_000_000  # characters of one text that a template makes
MOST_TEMPLATES = 1_000  # in one text
_LONGEST_REMEMBERED = 4_000  # characters of a text that is worth keeping
DEEPEST_VALUE = 64  # lists and objects inside each other
_MARK = re.compile(r"\\(\$?\{\{)|\$\{\{|\{\{")


@dataclass(frozen=True, slots=True)
class Compiled:
    """A JSON value with all its templates read. `code` is None where there are none: then rendering hands out `value` itself; never change it."""

    value: Json
    code: Code | None
    reads: tuple[Read, ...] = ()
    references: frozenset[Reference] = frozenset()

    def render(self, scope: Scope, seed: str = "", now: datetime | None = None) -> Json:
        """The value with its templates filled in. Raises TemplateError, ExpressionError."""
        if self.code is None:
            return self.value
        try:
            return self.code(Frame(scope, seed, now))
        except Missing as missing:
            raise missing_path(str(missing.args[0])) from None


def missing_path(path: str) -> TemplateError:
    """The error for a path at which there is nothing."""
    return TemplateError(f"There is nothing at “{path}”.", hint=f'Check the path, or give a default: `{{{{ {path} | "…" }}}}`.')


def compile(value: Json) -> Compiled:
    """Read all templates of a JSON value. Raises TemplateError, ExpressionError for those that are written wrongly."""
    if isinstance(value, str):
        return compile_text(value)
    reads: list[Read] = []
    code = _compile(value, reads, 0)
    return Compiled(value, code, tuple(reads), _references(reads))


def references(value: Json) -> frozenset[Reference]:
    """What rendering a JSON value may look up."""
    return compile(value).references


def render(value: Json, scope: Scope, *, seed: str = "", now: datetime | None = None) -> Json:
    """Fill in a JSON value. `seed` and `now` decide what `uuid() random() now()` give. Raises TemplateError, ExpressionError."""
    return compile(value).render(scope, seed, now)


def is_template(value: Json) -> bool:
    """Whether there is anything to fill in. Texts that are written wrongly count."""
    if isinstance(value, str):
        return any(mark[1] is None for mark in _MARK.finditer(value))
    if isinstance(value, Mapping):
        return any(is_template(each) for each in value.values())
    return isinstance(value, list | tuple) and any(is_template(each) for each in value)


def is_whole(text: str) -> bool:
    """Whether the text is exactly one template, so that its value keeps its type. Raises TemplateError, ExpressionError."""
    return len(_pieces(text)[0]) == 1 and is_template(text)


def _references(reads: list[Read]) -> frozenset[Reference]:
    return frozenset(root for read in reads for root in read.roots)


def _compile(value: Json, reads: list[Read], depth: int) -> Code | None:
    if isinstance(value, str):
        compiled = compile_text(value)
        reads.extend(compiled.reads)
        if compiled.code is None and compiled.value != value:  # escaped braces
            return _constant(compiled.value)
        return compiled.code
    if isinstance(value, Mapping | list | tuple):
        if depth > DEEPEST_VALUE:
            raise TemplateError("The value is nested too deep.", hint=f"At most {DEEPEST_VALUE} levels.")
        return _compile_object(value, reads, depth) if isinstance(value, Mapping) else _compile_list(value, reads, depth)
    return None


def _compile_object(value: Mapping[str, Json], reads: list[Read], depth: int) -> Code | None:
    codes = {key: _compile(each, reads, depth + 1) for key, each in value.items()}
    if not any(codes.values()):
        return None
    parts = [(key, code or _constant(value[key])) for key, code in codes.items()]
    return lambda frame: {key: code(frame) for key, code in parts}


def _compile_list(value: list[Json] | tuple[Json, ...], reads: list[Read], depth: int) -> Code | None:
    codes = [_compile(each, reads, depth + 1) for each in value]
    if not any(codes):
        return None
    parts = [code or _constant(each) for code, each in zip(codes, value, strict=True)]
    return lambda frame: [code(frame) for code in parts]


def _constant(value: Json) -> Code:
    return lambda frame: value


def compile_text(text: str) -> Compiled:
    """One string. Raises TemplateError, ExpressionError."""
    return _remembered(text) if len(text) <= _LONGEST_REMEMBERED else _compile_text(text)


@lru_cache(maxsize=8192)
def _remembered(text: str) -> Compiled:
    return _compile_text(text)


def _compile_text(text: str) -> Compiled:
    pieces, reads = _pieces(text)
    if not any(callable(piece) for piece in pieces):
        return Compiled("".join(piece for piece in pieces if isinstance(piece, str)), None)
    code = pieces[0] if len(pieces) == 1 and callable(pieces[0]) else _text_code(pieces)
    return Compiled(text, code, tuple(reads), _references(reads))


def _text_code(pieces: list[str | Code]) -> Code:
    parts: list[Callable[[Frame], str]] = [_constant(piece) if isinstance(piece, str) else _written(piece) for piece in pieces]

    def make(frame: Frame) -> str:
        found = [part(frame) for part in parts]
        if sum(map(len, found)) > LONGEST_RESULT:
            raise TemplateError(f"The text would be longer than {LONGEST_RESULT:,} characters.")
        return "".join(found)

    return make


def _written(code: Code) -> Callable[[Frame], str]:
    return lambda frame: text_of(code(frame))


def _pieces(text: str) -> tuple[list[str | Code], list[Read]]:
    """The text cut into plain parts and code; newlines at the end of a lone template (of a YAML block) do not count."""
    pieces: list[str | Code] = []
    reads: list[Read] = []
    position = 0
    while (mark := _MARK.search(text, position)) is not None:
        plain = text[position : mark.start()] + (mark[1] or "")
        if plain:
            pieces.append(plain)
        position = mark.end()
        if mark[1] is None:
            if len(pieces) > 2 * MOST_TEMPLATES:
                raise TemplateError(f"The text has more than {MOST_TEMPLATES:,} templates.", hint="Make it of several steps.")
            code, position, more = _read_template(text, mark)
            pieces.append(code)
            reads.extend(more)
    rest = text[position:]
    if rest and not (len(pieces) == 1 and callable(pieces[0]) and not rest.strip("\r\n")):
        pieces.append(rest)
    return _joined(pieces), reads


def _joined(pieces: list[str | Code]) -> list[str | Code]:
    """Neighbouring plain parts as one."""
    found: list[str | Code] = []
    for piece in pieces:
        if isinstance(piece, str) and found and isinstance(found[-1], str):
            found[-1] += piece
        else:
            found.append(piece)
    return found


def _read_template(text: str, mark: re.Match[str]) -> tuple[Code, int, list[Read]]:
    """The code between the braces, the place behind them, and what it reads."""
    is_expression = mark.group().startswith("$")
    found = Binding(is_expression)
    try:
        parser = Parser(text, mark.end(), in_template=not is_expression)
        node = parser.choice() if is_expression else parser.first_of()
        if parser.token.kind != "close":
            raise _unclosed(parser, mark.group())
        if parser.token.end - mark.start() > LONGEST_EXPRESSION + 10:
            raise ExpressionError(f"The expression is longer than {LONGEST_EXPRESSION:,} characters.")
        code = bind(node, frozenset(), found)
    except ExpressionError as error:
        raise (error if is_expression else TemplateError(error.message, hint=error.hint)) from None
    return weighed(code) if found.makes_values else code, parser.token.end, found.reads


def _unclosed(parser: Parser, mark: str) -> ExpressionError:
    if parser.token.kind == "end":
        return ExpressionError(f"`{mark}` is never closed.", hint=r"Write `}}` at the end, or `\{{` for plain braces.")
    word: Any = parser.token.value
    hint = "To compute something, write `${{ … }}`; put a default into quotation marks." if mark == "{{" else "An operator may be missing before it."
    return ExpressionError(f"“{str(word)[:30]}” cannot stand here.", hint=hint)

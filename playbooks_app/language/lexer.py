"""Cuts the text of an expression into words, one at a time and only as far as it is asked."""

from __future__ import annotations

import re
from typing import NamedTuple

from playbooks_app.language.names import ALIASES, ROOTS
from playbooks_app.language.scope import ExpressionError

_BLANK = re.compile(r"\s*")
_TOKEN = re.compile(
    r"""(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
    |(?P<name>[^\W\d]\w*)
    |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<close>\}\})
    |(?P<mark>==|!=|<=|>=|&&|\|\||[-+*/%<>!?:.,()\[\]|])""",
    re.VERBOSE | re.DOTALL,
)
_SEGMENT = re.compile(r"\w+")
_WORD_AFTER_HYPHEN = re.compile(r"-([^\W\d]\w*)([.\[(]?)")
_PLAIN_HYPHENS = re.compile(r"\w+(?:-\w+)*")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
LONGEST_NUMBER = 80  # characters; 256 bits have 78 digits


class Token(NamedTuple):
    """One word. `kind`: number, name, text, close (`}}`), mark, end. `value`: what it means; for a mark, the mark."""

    kind: str
    value: str | int | float
    start: int
    end: int


class Lexer:
    """Walks over `text` from `position`. Hyphens: see `segment`."""

    def __init__(self, text: str, position: int = 0) -> None:
        self.text, self.position = text, position

    def next(self) -> Token:
        """The next word. Raises ExpressionError where none can begin."""
        blank = _BLANK.match(self.text, self.position)
        start = blank.end() if blank else self.position
        if start == len(self.text):
            return Token("end", "", start, start)
        found = _TOKEN.match(self.text, start)
        if found is None:
            raise self._unreadable(start)
        kind, raw = str(found.lastgroup), found.group()
        self.position = found.end()
        value = number(raw) if kind == "number" else unquoted(raw) if kind == "text" else raw
        return Token(kind, value, start, found.end())

    def segment(self, is_step_id: bool, in_template: bool) -> str:
        """The word after a dot, which may be a number or have hyphens in it.

        In templates and in step ids a hyphen always belongs to the word. Elsewhere in expressions it does when a letter follows directly that does
        not begin a path or a call: `vars.net-total` is one name, `vars.a-1`, `vars.a - b` and `vars.a-inputs.b` are subtractions.
        """
        pattern = _PLAIN_HYPHENS if is_step_id or in_template else _SEGMENT
        found = pattern.match(self.text, self.position)
        if found is None:
            raise ExpressionError("A name is missing after the dot.", hint="Write a name or a number there, as in `inputs.rows.0`.")
        end = found.end()
        while not (is_step_id or in_template):
            more = _WORD_AFTER_HYPHEN.match(self.text, end)
            if more is None or (more[2] == "(") or (more[2] and more[1] in ROOTS | ALIASES):
                break
            end = more.end(1)
        word = self.text[self.position : end]
        self.position = end
        return word

    def _unreadable(self, start: int) -> ExpressionError:
        sign = self.text[start]
        if sign in "\"'":
            return ExpressionError("A quotation mark is never closed.", hint=f"Add the closing {sign}.")
        hints = {"=": "To compare, write `==`.", "&": "Write `&&` or `and`.", "{": "Objects cannot be written here.", "}": "Close with `}}`."}
        return ExpressionError(f"“{sign}” means nothing here.", hint=hints.get(sign, "Put text into quotation marks."))


def number(raw: str) -> int | float:
    """A number as written. Raises ExpressionError when JSON could not hold it."""
    if len(raw) > LONGEST_NUMBER:
        raise ExpressionError("The number is too large.", hint=f"Use at most {LONGEST_NUMBER} digits.")
    if raw.isdigit():
        return int(raw)
    value = float(raw)
    if value == float("inf"):
        raise ExpressionError(f"The number {raw} is too large.", hint="Write a smaller one.")
    return value


def unquoted(raw: str) -> str:
    r"""Text without its quotation marks. `\n \t \r \uXXXX` and escaped quotes are read; any other backslash stays."""
    if "\\" not in raw:
        return raw[1:-1]
    return _ESCAPE.sub(_unescaped, raw[1:-1])


def _unescaped(found: re.Match[str]) -> str:
    if found[1] is not None:
        sign = chr(int(found[1], 16))
        if sign == "\x00" or "\ud800" <= sign <= "\udfff":
            raise ExpressionError(f"The character {found[0]} cannot be stored.", hint="Leave it out.")
        return sign
    return _ESCAPES.get(found[2]) or (found[2] if found[2] in "\"'\\" else found[0])

"""Text in, JSON values out, and back. Everything hostile is refused with a place and a remedy; nothing but `Invalid` is raised."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any, Literal, NoReturn

from playbooks_app.language.json_values import DEEPEST_DOCUMENT, check_json
from playbooks_app.language.lexer import LONGEST_NUMBER
from playbooks_app.language.problem import Invalid
from playbooks_app.language.values import Json
from playbooks_app.language.yaml_text import read_yaml, refuse, write_yaml

__all__ = ["LONGEST_BYTES", "check_json", "read_text", "write_yaml"]

LONGEST_BYTES = 10_000_000
_STRING_OR_BRACKET = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]', re.DOTALL)


def read_text(text: str | bytes, format: Literal["json", "yaml"] | None = None) -> Json:
    """The value of a text. Without `format`: JSON when it begins like an object or a list, else YAML. Raises Invalid."""
    decoded = _decoded(text)
    if format is None:
        format = "json" if decoded.lstrip()[:1] in ("{", "[") else "yaml"
    value = _read_json(decoded) if format == "json" else read_yaml(decoded)
    problems = check_json(value)
    if problems:
        raise Invalid(problems)
    return value


def _decoded(text: str | bytes) -> str:
    if len(text) > LONGEST_BYTES:
        raise refuse("TooLarge", "The text is too large.", f"At most {LONGEST_BYTES:,} bytes.")
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise refuse("BadCharacter", f"Byte {error.start} is not UTF-8.", "Save the file as UTF-8.") from None


def _read_json(text: str) -> Json:
    _refuse_depth(text)
    try:
        return json.loads(text, parse_constant=_refuse_constant, parse_float=_real, parse_int=_whole, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise refuse("BadJson", f"This is not JSON: {error.msg} in {place}.", "Check commas, brackets and quotation marks.") from None


def _refuse_depth(text: str) -> None:
    """Before the parser sees it: the depth of brackets outside strings."""
    depth = 0
    for found in _STRING_OR_BRACKET.finditer(text):
        sign = found.group()
        if sign in "[{":
            depth += 1
            if depth > DEEPEST_DOCUMENT:
                raise refuse("TooDeep", "Lists and objects are nested too deep.", f"At most {DEEPEST_DOCUMENT} levels.")
        elif sign in "]}":
            depth -= 1


def _refuse_constant(name: str) -> NoReturn:
    raise refuse("BadNumber", f"{name} is not a JSON number.", "Write null, or a text.")


def _real(raw: str) -> float:
    value = float(raw)
    if abs(value) == float("inf"):
        raise refuse("BadNumber", f"The number {raw[:30]} is too large.", "Write it as text if it is an identifier.")
    return value


def _whole(raw: str) -> int:
    if len(raw) > LONGEST_NUMBER:
        raise refuse("BadNumber", f"The number {raw[:30]}… is too large.", "Write it as text if it is an identifier.")
    return int(raw)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        shown = twice[:60].encode("utf-8", "replace").decode()
        raise refuse("DuplicateKey", f"“{shown}” stands twice in one object.", "Keep one of them.")
    return found

"""Refuses values that cannot be kept: NUL, lone surrogates, numbers without end, depth without end. Never recursive, so no depth can hurt it."""

from __future__ import annotations

from collections.abc import Iterator

from playbooks_app.language.budget import WIDEST_NUMBER
from playbooks_app.language.problem import Problem
from playbooks_app.language.values import Json

DEEPEST_VALUE = 64  # lists and objects inside each other, in inputs and settings
DEEPEST_DOCUMENT = 300  # the same for whole documents: a step in a branch is four levels down
LONGEST_TEXT = 5_000_000  # characters of one text
MOST_VALUES = 1_000_000  # in all
MOST_PROBLEMS = 50


def check_json(value: Json, address: str = "", *, deepest: int = DEEPEST_DOCUMENT) -> list[Problem]:
    """Every fault of a value that arrived as JSON (the first fifty). Addresses are keys and numbers joined by `/`."""
    problems: list[Problem] = []
    waiting: list[tuple[Json, str, int]] = [(value, address, 0)]
    seen = 0
    while waiting and len(problems) < MOST_PROBLEMS:
        found, place, depth = waiting.pop()
        seen += 1
        if seen > MOST_VALUES:
            return [*problems, Problem(address, "TooLarge", "There are too many values.", f"Send at most {MOST_VALUES:,}.")]
        if isinstance(found, dict | list):
            if depth >= deepest:
                problems.append(Problem(short(place), "TooDeep", "Lists and objects are nested too deep.", f"At most {deepest} levels."))
            else:
                problems += _key_faults(found, place)
                waiting += reversed([(each, f"{place}/{key}" if place else str(key), depth + 1) for key, each in _parts(found)])
        else:
            fault = _fault(found)
            if fault:
                problems.append(Problem(short(place), *fault))
    return problems


def short(address: str) -> str:
    """An address that can be stored and shown: without what cannot be written, and of bearable length."""
    clean = address.encode("utf-8", "replace").decode().replace("\x00", "?")
    return clean if len(clean) <= 300 else clean[:300] + "…"


def _parts(value: Json) -> Iterator[tuple[object, Json]]:
    return iter(value.items()) if isinstance(value, dict) else enumerate(value)


def _key_faults(value: Json, place: str) -> Iterator[Problem]:
    for key in value if isinstance(value, dict) else ():
        if not isinstance(key, str):
            yield Problem(short(place), "WrongType", f"The name {str(key)[:40]} must be a text.", "Put names into quotation marks.")
        elif fault := text_fault(key):
            yield Problem(short(place), fault[0], f"In a name: {fault[1]}", fault[2])


def _fault(value: Json) -> tuple[str, str, str] | None:
    """(code, message, hint) for a value that is no list or object; None when it can be kept."""
    if isinstance(value, str):
        return text_fault(value)
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int):
        return None if value.bit_length() <= WIDEST_NUMBER else _NUMBER
    if isinstance(value, float):
        return None if abs(value) < float("inf") else _NUMBER
    return "WrongType", f"A {type(value).__name__} is not JSON.", "Write dates and times as text."


_NUMBER = ("BadNumber", "The number is too large.", "Write it as text if it is an identifier.")


def text_fault(text: str) -> tuple[str, str, str] | None:
    """(code, message, hint) for a text that cannot be stored."""
    if len(text) > LONGEST_TEXT:
        return "TooLarge", "The text is too long.", f"At most {LONGEST_TEXT:,} characters."
    if "\x00" in text:
        return "BadCharacter", "The text holds a NUL character.", "Remove it; it cannot be stored."
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return "BadCharacter", "The text holds half of a character (a lone surrogate).", "Send the text in whole characters, as UTF-8."
    return None

"""YAML in and out, as far as it says the same as JSON: no aliases, no tags, no dates, and `on`, `yes` and `1:30` are text.

Read from the stream of events, with a stack of our own: no depth of nesting can exhaust Python's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from playbooks_app.language.json_values import DEEPEST_DOCUMENT
from playbooks_app.language.lexer import LONGEST_NUMBER
from playbooks_app.language.problem import Invalid, Problem
from playbooks_app.language.values import Json

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS: dict[str, Json] = {"": None, "~": None} | {
    form: value for word, value in (("null", None), ("true", True), ("false", False)) for form in (word, word.capitalize(), word.upper())
}
_WHOLE = re.compile(r"[-+]?[0-9]+\Z")
_REAL = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?\Z")
_LINE_ENDS = re.compile("[\r\x85\u2028\u2029\ufeff]")  # read as ends of lines unless they are escaped
_OTHER_BASE = re.compile(r"0(?:o[0-7]+|x[0-9a-fA-F]+)\Z")
_ENDLESS = re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z")


def refuse(code: str, message: str, hint: str, mark: Any = None) -> Invalid:
    """The error for a text that cannot be read, with its line."""
    place = f"line {mark.line + 1}" if mark is not None else ""
    return Invalid([Problem(place, code, message, hint)])


def read_yaml(text: str) -> Json:
    """The value of a YAML text. Raises Invalid."""
    try:
        return _Building().value(yaml.parse(text, Loader=_Loader))
    except UnicodeError:
        raise refuse(
            "BadCharacter", "The text holds half of a character (a lone surrogate).", "Send the text in whole characters, as UTF-8."
        ) from None
    except yaml.YAMLError as error:
        what = str(getattr(error, "problem", None) or "It cannot be read")
        raise refuse(
            "BadYaml", f"This is not YAML: {what}.", "Check indentation, colons and quotation marks.", getattr(error, "problem_mark", None)
        ) from None


class _Building:
    """A value being put together from events."""

    def __init__(self) -> None:
        self.open: list[Any] = []  # lists and objects that are not closed yet
        self.keys: list[Any] = []  # per open object: the key whose value is awaited, or _NO_KEY
        self.whole: list[Json] = []  # the documents of the text

    def value(self, events: Iterator[Any]) -> Json:
        for event in events:
            self._take(event)
            if len(self.whole) > 1:
                raise refuse("BadYaml", "There is more than one document in the text.", "Remove what follows the line `---`.", event.start_mark)
        return self.whole[0] if self.whole else None

    def _take(self, event: Any) -> None:
        if isinstance(event, yaml.AliasEvent):
            raise refuse("BadYaml", "Aliases (`*name`) are not taken.", "Write the value out.", event.start_mark)
        if getattr(event, "tag", None) not in (None, "!"):
            raise refuse("BadYaml", "Tags (`!name`) are not taken.", "Remove the tag.", event.start_mark)
        if isinstance(event, yaml.ScalarEvent):
            is_plain = event.implicit[0] and not event.style
            self._add(plain(event.value, event.start_mark) if is_plain else event.value, event)
        elif isinstance(event, yaml.MappingStartEvent):
            self._begin({}, event)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._begin([], event)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self.open.pop()
            self.keys.pop()

    def _begin(self, value: Any, event: Any) -> None:
        if len(self.open) >= DEEPEST_DOCUMENT:
            raise refuse("TooDeep", "Lists and objects are nested too deep.", f"At most {DEEPEST_DOCUMENT} levels.", event.start_mark)
        self._add(value, event)
        self.open.append(value)
        self.keys.append(_NO_KEY)

    def _add(self, value: Json, event: Any) -> None:
        if not self.open:
            self.whole.append(value)
        elif isinstance(self.open[-1], list):
            self.open[-1].append(value)
        elif self.keys[-1] is _NO_KEY:
            self.keys[-1] = self._key(value, event)
        else:
            self.open[-1][self.keys[-1]] = value
            self.keys[-1] = _NO_KEY

    def _key(self, value: Json, event: Any) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            raise refuse("BadYaml", "A name must be a text.", "Write `name: value`.", event.start_mark)
        key = str(event.value)
        if key == "<<" and not event.style:
            raise refuse("BadYaml", "Merging (`<<`) is not taken.", "Write the values out.", event.start_mark)
        if key in self.open[-1]:
            raise refuse("DuplicateKey", f"“{key[:60]}” stands here twice.", "Keep one of them.", event.start_mark)
        return key


_NO_KEY = object()


def plain(text: str, mark: Any = None) -> Json:
    """What an unquoted word means: null, true, false, a number, or else itself. Raises Invalid for numbers without end."""
    if text in _WORDS:
        return _WORDS[text]
    first = text[0]
    if not (first.isdigit() or first in "-+."):
        return text
    if _ENDLESS.match(text) or (len(text) > LONGEST_NUMBER and (_REAL.match(text) or _OTHER_BASE.match(text))):
        raise refuse("BadNumber", f"The number {text[:30]} is too large.", "Write it in quotation marks if it is text.", mark)
    if _WHOLE.match(text):
        return int(text)
    if _OTHER_BASE.match(text):
        return int(text[2:], 8 if text[1] == "o" else 16)
    if _REAL.match(text):
        value = float(text)
        if abs(value) == float("inf"):
            raise refuse("BadNumber", f"The number {text[:30]} is too large.", "Write it in quotation marks if it is text.", mark)
        return value
    return text


class _Dumper(yaml.SafeDumper):
    """Writes text in quotation marks wherever it would be read as something else, and no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _write_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None
    if _LINE_ENDS.search(text):
        style = '"'
    elif "\n" in text and text.strip() and not any(line.endswith((" ", "\t")) or line.startswith("\t") for line in text.split("\n")):
        style = "|"
    elif _means_something_else(text):
        style = "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _means_something_else(text: str) -> bool:
    try:
        return bool(plain(text) != text)
    except Invalid:
        return True


_Dumper.add_representer(str, _write_text)


def write_yaml(document: Json) -> str:
    """A document as YAML text that `read_yaml` reads back as the same value."""
    return str(yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120))

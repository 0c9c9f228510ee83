"""Takes the values of secrets out of whatever came back, in every form in which an answer may echo them, before anybody keeps or shows it."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable
from functools import cached_property
from typing import Any
from urllib.parse import quote, quote_plus

from playbooks_app.language.step_type import Done, Json, StepFailed

MASK = "••••••"
SHORTEST = 4  # characters; shorter values are not accepted as secrets, and shorter pieces of one are not looked for
_SHORTEST_ENCODED = 8  # of a piece of base64, which would otherwise be found by chance


class Masker:
    """The forms of some secret values. Cheap to ask: most texts hold none of them."""

    def __init__(self, values: Iterable[str]) -> None:
        self.values = tuple(dict.fromkeys(value for value in values if len(value) >= SHORTEST))

    @cached_property
    def _forms(self) -> tuple[str, ...]:
        """The longest first, so that a secret inside of another does not hide it from being found."""
        return tuple(sorted({form for value in self.values for form in _forms_of(value)}, key=len, reverse=True))

    @cached_property
    def _bytes(self) -> tuple[bytes, ...]:
        return tuple(form.encode("utf-8") for form in self._forms)

    def __bool__(self) -> bool:
        return bool(self.values)

    def __or__(self, other: Masker) -> Masker:
        return Masker((*self.values, *other.values))

    def text(self, text: str) -> str:
        """The text without them."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, MASK)
        return text

    def content(self, content: bytes) -> bytes:
        """A body without them; in UTF-8, as far as it has letters."""
        for form in self._bytes:
            if form in content:
                content = content.replace(form, MASK.encode())
        return content

    def json(self, value: Json) -> Json:
        """The same JSON without them: in texts, in names, and as numbers."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(str(key)): self.json(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.json(each) for each in value]
        if isinstance(value, int | float) and not isinstance(value, bool) and str(value) in self.values:
            return MASK
        return value

    def outcome(self, outcome: Any) -> Any:
        """What a step type's `run` returned."""
        if not self or not isinstance(outcome, Done):
            return outcome
        return Done(self.json(outcome.output), self.json(dict(outcome.variables)))

    def failure(self, failure: StepFailed) -> StepFailed:
        """How it failed."""
        if self:
            failure.message, failure.hint, failure.details = self.text(failure.message), self.text(failure.hint), self.json(failure.details)
            failure.args = (failure.message,)
        return failure


NOTHING = Masker(())


def _forms_of(value: str) -> set[str]:
    """As it is, as JSON and HTML write it, encoded for addresses, as hexadecimal digits, and inside of base64 at any place."""
    raw = value.encode("utf-8", "surrogatepass")
    words = {value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], html.escape(value), html.escape(value, quote=False)}
    coded = {quote(value, safe=""), quote(value), quote_plus(value), raw.hex(), raw.hex().upper()}
    coded |= {re.sub("%..", lambda found: found[0].lower(), each) for each in coded if "%" in each}
    return {form for form in words | coded | _inside_base64(raw) if len(form) >= SHORTEST}


def _inside_base64(raw: bytes) -> set[str]:
    """The letters of base64 that depend on this value alone, for each of the three places at which it may begin in what is encoded."""
    found: set[str] = set()
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + raw).decode().rstrip("=")
        whole = coded[(before * 8 + 5) // 6 :]
        if (before + len(raw)) % 3:
            whole = whole[:-1]
        found |= {whole, whole.replace("+", "-").replace("/", "_")}
    found |= {base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()}
    return {each for each in found if len(each) >= _SHORTEST_ENCODED}

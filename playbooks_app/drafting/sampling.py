"""What an expression would give with sample values: the builder's preview. Nothing of a run is touched, nothing is called, no secret is there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playbooks_app import clock
from playbooks_app.language.step_type import Json, StepFailed
from playbooks_app.language.template import Missing, compile
from playbooks_app.language.values import kind_of

NAMED = frozenset({"inputs", "vars", "steps", "config"})  # roots that are asked for one name
MOST_SHOWN = 4_000  # characters of a value in a preview


@dataclass(frozen=True, slots=True)
class Samples:
    """Sample values by root, as `Scope` wants them: `steps` is {id: {output: …}}, a loop's item stands under its own name."""

    roots: Mapping[str, Json]

    def lookup(self, root: str, name: str | None) -> Json:
        """The sample. Raises Missing."""
        value = self.roots.get(root, _NOTHING)
        path = root if name is None else f"{root}.{name}"
        if root == "secrets":
            raise StepFailed("SecretUnread", "A secret is put in at the moment of use; it is never shown.")
        if value is _NOTHING:
            raise Missing(path)
        if name is None:
            return value
        if not isinstance(value, Mapping) or name not in value:
            raise Missing(path)
        return value[name]


_NOTHING: Any = object()


def preview(text: Json, roots: Mapping[str, Json]) -> dict[str, Json]:
    """`{value, kind}` (a long value cut: `{shown, kind}`), or `{problem: {code, message, hint}}`."""
    try:
        value = compile(text).render(Samples(roots), seed="preview", now=clock.now())
    except StepFailed as fault:
        return {"problem": {"code": fault.code, "message": fault.message, "hint": fault.hint}}
    written = json.dumps(value, ensure_ascii=False, indent=None)
    if len(written) > MOST_SHOWN:
        return {"shown": written[:MOST_SHOWN] + "…", "kind": kind_of(value)}
    return {"value": value, "kind": kind_of(value)}

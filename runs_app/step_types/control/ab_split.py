"""One of several variants, by weight: the same one for the same key, whatever happens to the worker."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from playbooks_app.language.problem import Problem
from playbooks_app.language.settings import setting
from playbooks_app.language.step_type import BlockList, Done, Example, Here, Json, StepFailed, StepType, Walk
from playbooks_app.language.values import is_number, text_of

NO_WEIGHT, HOW_TO_WEIGH = "All variants have the weight 0.", "Give at least one of them a weight."


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the variants."""

    name: str = setting("name", label="Name", required=True, help="What this variant is called in reports.", example="short-mail")
    weight: int = setting("integer", label="Weight", default=1, minimum=0, maximum=1_000_000, help="2 and 1: twice as often.", example="2")


class AbSplit(StepType["AbSplit.Config"]):
    """Hashes the key to a place on a line that the weights divide. Chosen once for a step run, and remembered with it."""

    name = "ab_split"
    label = "Split by chance"
    summary = "Take one of several variants, in the shares that you give them."
    icon = "dice"
    family = "decide"
    settings_in = "step"
    blocks = (BlockList("variants", "Variant", "variant", Variant),)
    output_help = {"selected_variant": "name of the variant that was taken"}
    examples = (
        Example(
            "Two mails, one twice as often",
            {"type": "ab_split", "variants": [{"name": "short", "weight": 2, "steps": []}, {"name": "long", "weight": 1, "steps": []}]},
        ),
    )

    @dataclass(frozen=True, slots=True)
    class Config:
        split_key: str = setting(
            "text", label="Always the same for", default="", help="Left out: chosen anew in each run.", example="{{ inputs.customer }}", advanced=True
        )

    def check_clauses(self, clauses: Mapping[str, Sequence[Mapping[str, Json]]], address: str) -> list[Problem]:
        """Weights that are written as 0 all together leave nothing to choose from; those that are computed show when it runs."""
        weights = [each.get("weight", 1) for each in clauses["variants"]]
        if not weights or not all(is_number(weight) and weight == 0 for weight in weights):
            return []
        return [Problem(f"{address}/variants", "WrongValue", NO_WEIGHT, HOW_TO_WEIGH)]

    def walk(self, here: Here) -> Walk:
        """Choose, then go through the chosen variant."""
        chosen = here.recall("variant")
        if chosen is None:
            names, weights = [], []
            for name, values in here.clauses("variants"):
                names.append(name)
                weights.append(_weight((yield from here.evaluate(values.get("weight", 1)))))
            key = yield from here.evaluate(here.settings.get("split_key"))
            if key in (None, ""):
                run = yield from here.evaluate("{{ run.id }}")
                key = f"run-{run}/{here.path}"
            chosen = names[place(text_of(key), weights)]
            here.remember("variant", chosen)
        yield from here.block(chosen)
        return Done({"selected_variant": chosen})


def place(key: str, weights: Sequence[int]) -> int:
    """Which of the weights a key falls to. Raises StepFailed if they are all 0."""
    total = sum(weights)
    if total == 0:
        raise StepFailed("InputInvalid", NO_WEIGHT, hint=HOW_TO_WEIGH)
    at = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") * total >> 64
    for number, weight in enumerate(weights):
        at -= weight
        if at < 0:
            return number
    raise AssertionError("the line is as long as its parts")


def _weight(value: Json) -> int:
    if not is_number(value) or value != value // 1 or not 0 <= value <= 1_000_000:
        raise StepFailed("InputInvalid", f"A weight cannot be {text_of(value)[:40]}.", hint="Whole numbers from 0 to 1,000,000.")
    return int(value)

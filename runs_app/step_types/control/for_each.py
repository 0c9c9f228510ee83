"""The same steps for each item of a list, one after the other or several at a time."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from playbooks_app.language.settings import setting
from playbooks_app.language.step_type import Block, Done, Example, Fork, Here, Json, StepFailed, StepType, Wait, Walk
from playbooks_app.language.values import kind_of
from runs_app.step_types.control.iterating import BODY, KEEP_ITERATIONS, continues, summary

MAX_ITERATIONS = 100_000


class ForEach(StepType["ForEach.Config"]):
    """With `concurrency` 1 a loop inside its strand, else that many lanes that take item after item."""

    name = "for_each"
    label = "For each"
    summary = "Do the same for every item of a list."
    icon = "each"
    family = "decide"
    settings_in = "step"
    blocks = (Block("steps", BODY, "each", iterated=True, optional=False),)
    output_help = {
        "iterations": "how many items were gone through",
        "completed": "how many ended well",
        "failed": "how many failed",
        "results": "output of the last step of each item",
        "errors": "index, item, code and message of each failed item",
    }
    examples = (
        Example(
            "Each invoice, five at a time", {"type": "for_each", "in": "${{ inputs.invoices }}", "item": "invoice", "concurrency": 5, "steps": []}
        ),
    )

    @dataclass(frozen=True, slots=True)
    class Config:
        values: str = setting("expression", key="in", label="List", required=True, help="What to go through.", example="${{ inputs.invoices }}")
        item: str = setting("name", label="Name of an item", default="item", help="How steps inside call the present item.", example="invoice")
        index: str = setting("name", label="Name of its number", default="index", help="Counts from 0.", advanced=True)
        concurrency: int = setting(
            "integer",
            label="At the same time",
            default=1,
            minimum=1,
            maximum=500,
            help="Items that wait count too.",
            example="8",
        )
        on_item_error: str = setting(
            "choice",
            label="If an item fails",
            default="stop",
            choices=(("stop", "Hold it until a person acts"), ("continue", "Set it aside, go on with the rest")),
        )
        max_iterations: int = setting(
            "integer",
            label="At most",
            default=MAX_ITERATIONS,
            minimum=1,
            maximum=1_000_000,
            advanced=True,
            help="A longer list is refused before its first item.",
        )
        keep_iterations: int = setting(
            "integer",
            label="Keep results of",
            default=KEEP_ITERATIONS,
            minimum=0,
            maximum=10_000,
            advanced=True,
            help="Newest items listed in the output.",
        )

    def walk(self, here: Here) -> Walk:
        """Store the items, then go through them here or start lanes."""
        settings = here.settings
        lanes = int(settings.get("concurrency", 1))
        if here.reached(BODY) is None and not here.item_count:
            values = _checked((yield from here.evaluate(settings["in"])), int(settings.get("max_iterations", MAX_ITERATIONS)))
            if not values:
                return Done(summary([], {}, 0))
            if lanes > 1:
                forks = tuple(Fork(BODY, number, is_lane=True) for number in range(min(lanes, len(values))))
                return Wait(forks=forks, items=values, cause="child", name="items")
            here.keep_items(values)
        for number in range(here.reached(BODY) or 0, here.item_count):
            try:
                yield from here.block(BODY, number)
            except StepFailed:
                if not continues(settings):
                    raise
        return Done((yield from self.joined(here)))

    def joined(self, here: Here) -> Generator[Any, Any, Json]:
        """The record of all items."""
        ended = yield from here.ended()
        items = yield from here.items([each.iteration for each in ended if each.status == "failed"])
        return summary(ended, items, int(here.settings.get("keep_iterations", KEEP_ITERATIONS)))

    def handles(self, block: str, settings: Mapping[str, Json], code: str) -> bool:
        """A failed item is set aside if the settings say so."""
        return continues(settings)

    def binds(self, block: str, settings: Mapping[str, Json]) -> Mapping[str, Literal["item", "index", "error"]]:
        """`item`, `index` and the names chosen for them."""
        return {"item": "item", "index": "index", str(settings.get("item", "item")): "item", str(settings.get("index", "index")): "index"}


def _checked(values: Json, most: int) -> list[Json]:
    """The items; null means none (DOORS.md, A). Raises StepFailed before the first item runs (rule 26)."""
    if values is None:
        return []
    if isinstance(values, dict):
        values = [{"key": key, "value": value} for key, value in values.items()]
    if not isinstance(values, list):
        raise StepFailed(
            "InputInvalid",
            f"`in` gave {kind_of(values)}, not a list.",
            hint="Give it a list, for example an array input or an earlier step's output.",
        )
    if len(values) > most:
        raise StepFailed(
            "InputInvalid",
            f"The list has {len(values)} items, {len(values) - most} more than the {most} that are allowed; none was begun.",
            hint="Raise `max_iterations` or split the list.",
            details={"items": len(values), "max_iterations": most},
        )
    return values

"""The same steps again and again, while or until something is true."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from playbooks_app.language import durations
from playbooks_app.language.settings import setting
from playbooks_app.language.step_type import Block, Done, Example, Here, Json, StepFailed, StepType, Wait, Walk
from playbooks_app.language.values import truth
from runs_app.step_types.control.iterating import BODY, continues

MAX_ITERATIONS = 1000


class Loop(StepType["Loop.Config"]):
    """`while` is asked before each turn, `until` after it; `capped` says that the cap ended what would have gone on."""

    name = "loop"
    label = "Repeat"
    summary = "Repeat steps while or until something is true."
    icon = "loop"
    family = "decide"
    settings_in = "step"
    blocks = (Block("steps", BODY, "each turn", iterated=True, optional=False),)
    output_help = {"iterations": "how many turns were made", "capped": "whether the limit ended it"}
    examples = (
        Example(
            "Until paid", {"type": "loop", "until": '${{ steps.ask.output.body.status == "paid" }}', "every": "5m", "max_iterations": 20, "steps": []}
        ),
    )

    @dataclass(frozen=True, slots=True)
    class Config:
        condition: str | None = setting("expression", key="while", label="While", help="Asked before each turn.", example="${{ vars.more }}")
        until: str | None = setting("expression", label="Until", help="Asked after each turn.", example="${{ steps.ask.output.body.done }}")
        max_iterations: int = setting(
            "integer",
            label="At most",
            default=MAX_ITERATIONS,
            minimum=1,
            maximum=1_000_000,
            help="Turns; then it ends with `capped`.",
        )
        every: float | None = setting("duration", label="Wait between turns", help="Pause before the next turn.", example="5m")
        on_item_error: str = setting(
            "choice",
            label="If a turn fails",
            default="stop",
            choices=(("stop", "Hold it until a person acts"), ("continue", "Go on with the next turn")),
        )
        keep_iterations: int = setting("integer", label="Keep results of", default=1000, minimum=0, maximum=10_000, advanced=True)

    def walk(self, here: Here) -> Walk:
        """Turn after turn, from the newest one on."""
        settings = here.settings
        most = int(settings.get("max_iterations", MAX_ITERATIONS))
        turn = here.reached(BODY) or 0
        begun = here.reached(BODY) is not None
        while True:
            wanted = begun or (yield from _wanted(here, turn))
            if not begun and (turn >= most or not wanted):
                return Done({"iterations": turn, "capped": wanted})
            if not (begun and here.has_waited):
                yield from _turn(here, turn)
                if settings.get("until") is not None and truth((yield from here.evaluate(settings["until"], BODY, turn))):
                    return Done({"iterations": turn + 1, "capped": False})
                if settings.get("every") is not None and turn + 1 < most:
                    return Wait(
                        until=here.now + timedelta(seconds=durations.seconds(settings["every"]) or 0.0),
                        on_wake="again",
                        cause="timer",
                        name="next turn",
                    )
            turn, begun, here.has_waited = turn + 1, False, False

    def handles(self, block: str, settings: Mapping[str, Json], code: str) -> bool:
        """A failed turn is passed over if the settings say so."""
        return continues(settings)

    def binds(self, block: str, settings: Mapping[str, Json]) -> Mapping[str, Literal["item", "index", "error"]]:
        """`index`, from 0."""
        return {"index": "index"}


def _wanted(here: Here, turn: int) -> Generator[Any, Any, bool]:
    """Whether `while` holds: it sees the steps of the turn before, and as `index` the number of the turn that it is asked for."""
    if here.settings.get("while") is None:
        return True
    block, before = (BODY, turn - 1) if turn else (None, None)
    return truth((yield from here.evaluate(here.settings["while"], block, before, {"index": turn})))


def _turn(here: Here, turn: int) -> Generator[Any, Any, None]:
    try:
        yield from here.block(BODY, turn)
    except StepFailed:
        if not continues(here.settings):
            raise

"""Several branches at the same time; the first to get there wins, the others are cancelled."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Literal

from playbooks_app.language.settings import setting
from playbooks_app.language.step_type import BlockList, Done, Example, Fork, Here, Json, StepFailed, StepType, Wait, Walk
from runs_app.step_types.control.parallel import Branch


class Race(StepType["Race.Config"]):
    """`first_success`: the first branch to end well; `first_done`: the first to end at all."""

    name = "race"
    label = "Race"
    summary = "Start several things, keep the first that gets there."
    icon = "race"
    family = "decide"
    settings_in = "step"
    blocks = (BlockList("branches", "Branch", "branch", Branch),)
    output_help = {"winner": "name of the branch that won"}
    examples = (Example("Two suppliers", {"type": "race", "branches": [{"name": "first", "steps": []}, {"name": "second", "steps": []}]}),)

    @dataclass(frozen=True, slots=True)
    class Config:
        mode: str = setting(
            "choice",
            label="Won by",
            default="first_success",
            choices=(("first_success", "The first that ends well"), ("first_done", "The first that ends")),
        )

    def walk(self, here: Here) -> Walk:
        """Fork."""
        forks = tuple(Fork(name) for name, _ in here.clauses("branches"))
        policy: Literal["first_done", "first_success"] = "first_done" if here.settings.get("mode") == "first_done" else "first_success"
        return Wait(forks=forks, cause="child", name="branches", policy=policy) if forks else Done({"winner": None})
        yield

    def joined(self, here: Here) -> Generator[Any, Any, Json]:
        """Who won."""
        return {"winner": here.winner}
        yield

    def lost(self, failure: StepFailed) -> StepFailed:
        """No branch ended well."""
        return StepFailed(
            "RaceFailed", f"No branch ended well; the first failure: {failure.message}", hint="See the failed branches.", details=failure.as_json()
        )

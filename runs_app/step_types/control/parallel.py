"""Several branches at the same time; it ends when all have ended."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from playbooks_app.language.settings import NoSettings, setting
from playbooks_app.language.step_type import BlockList, Done, Example, Fork, Here, Json, StepType, Wait, Walk


@dataclass(frozen=True, slots=True)
class Branch:
    """One of the branches."""

    name: str = setting("name", label="Name", required=True, help="What this branch is called.", example="identity")


class Parallel(StepType[NoSettings]):
    """Starts a strand for each branch and waits; the last one to end goes on. All settle, also when one fails."""

    name = "parallel"
    label = "Parallel"
    summary = "Do several things at the same time and wait for all."
    icon = "parallel"
    family = "decide"
    settings_in = "step"
    Config = NoSettings
    blocks = (BlockList("branches", "Branch", "branch", Branch),)
    output_help = {"branches": "output of the last step of each branch, by name"}
    examples = (Example("Two at once", {"type": "parallel", "branches": [{"name": "identity", "steps": []}, {"name": "sanctions", "steps": []}]}),)

    def walk(self, here: Here) -> Walk:
        """Fork."""
        forks = tuple(Fork(name) for name, _ in here.clauses("branches"))
        return Wait(forks=forks, cause="child", name="branches") if forks else Done({"branches": {}})
        yield

    def joined(self, here: Here) -> Generator[Any, Any, Json]:
        """What each branch ended with."""
        ended = yield from here.ended()
        outputs: dict[str, Json] = {name: None for name, _ in here.clauses("branches")}
        outputs.update({each.block: each.output for each in ended})
        return {"branches": outputs}

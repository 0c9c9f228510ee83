"""The first case that fits."""

from __future__ import annotations

from dataclasses import dataclass

from playbooks_app.language.settings import NoSettings, setting
from playbooks_app.language.step_type import Block, BlockList, Done, Example, Here, StepType, Walk
from playbooks_app.language.values import truth

DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Case:
    """One route."""

    name: str = setting("name", label="Name", help="What this route is called.", example="gold")
    when: str = setting("expression", label="When", required=True, help="Taken when this is true.", example='${{ inputs.plan == "gold" }}')


class Router(StepType[NoSettings]):
    """Asks the cases in order and goes through the first that fits, else through `default`."""

    name = "router"
    label = "Router"
    summary = "Take the first route whose condition is true."
    icon = "route"
    family = "decide"
    settings_in = "step"
    Config = NoSettings
    blocks = (BlockList("cases", "Case", "case", Case), Block("default", DEFAULT, "Otherwise"))
    output_help = {"route": "name of the route taken"}
    examples = (
        Example("By plan", {"type": "router", "cases": [{"name": "gold", "when": '${{ inputs.plan == "gold" }}', "steps": []}], "default": []}),
    )

    def walk(self, here: Here) -> Walk:
        """Choose, then go through the chosen route."""
        route = here.recall("route")
        if route is None:
            route = DEFAULT
            for name, values in here.clauses("cases"):
                if truth((yield from here.evaluate(values["when"]))):
                    route = name
                    break
            here.remember("route", route)
        yield from here.block(route)
        return Done({"route": route})

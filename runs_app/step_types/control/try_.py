"""Deals with failures: catch by code, finally in any case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from playbooks_app.language.settings import NoSettings, setting
from playbooks_app.language.step_type import Block, BlockList, Done, Example, Here, Json, StepFailed, StepType, Walk


@dataclass(frozen=True, slots=True)
class Clause:
    """What to do after a failure with this code."""

    code: str = setting("text", label="Code", default="*", help="A code such as Timeout; * for any.", example="ApprovalRejected")


class Try(StepType[NoSettings]):
    """The first clause whose code fits deals with a failure; `finally` always runs, a cancel included."""

    name = "try"
    label = "Try, catch"
    summary = "Deal with a failure, and tidy up in any case."
    icon = "shield"
    family = "decide"
    settings_in = "step"
    Config = NoSettings
    blocks = (
        Block("steps", "body", "Try", optional=False),
        BlockList("catch", "If it fails", "catch", Clause, name_field=None, minimum=0),
        Block("finally", "finally", "In any case"),
    )
    output_help = {"outcome": "success or caught", "error": "the failure that was caught"}
    examples = (Example("A second provider", {"type": "try", "steps": [], "catch": [{"code": "*", "steps": []}]}),)

    def walk(self, here: Here) -> Walk:
        """Body, then the fitting clause, then finally; whatever cut them short goes on afterwards."""
        cut_short = yield from here.attempt("body")
        output: dict[str, Any] = {"outcome": "success"}
        if isinstance(cut_short, StepFailed):
            clause = _clause(here, cut_short.code)
            if clause is not None:
                here.remember("error", cut_short.as_json())
                output = {"outcome": "caught", "error": cut_short.as_json()}
                cut_short = yield from here.attempt(clause)
        if here.has("finally"):
            here.remember("error", cut_short.as_json() if isinstance(cut_short, StepFailed) else output.get("error"))
            yield from here.tidy("finally")
        if cut_short is not None:
            raise cut_short
        return Done(output)

    def handles(self, block: str, settings: Mapping[str, Json], code: str) -> bool:
        """A failure in the body whose code a clause names, and any in `finally`, which is recorded only."""
        return block == "finally" or block == "body" and any(clause.get("code", "*") in ("*", code) for clause in settings.get("catch", ()))

    def binds(self, block: str, settings: Mapping[str, Json]) -> Mapping[str, Literal["item", "index", "error"]]:
        """`error` inside the clauses and in `finally`: what was caught or goes on outward; null there when nothing failed."""
        return {"error": "error"} if block.startswith("catch") or block == "finally" else {}


def _clause(here: Here, code: str) -> str | None:
    return next((name for name, values in here.clauses("catch") if values.get("code", "*") in ("*", code)), None)

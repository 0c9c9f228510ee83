"""Step types for tests of the engine: an effect that is counted, a question, a flaky effect, beside the product's own control steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playbooks_app.language.registry import Registry
from playbooks_app.language.settings import NoSettings, setting
from playbooks_app.language.step_type import Block, Done, Here, Json, StepContext, StepFailed, StepType, Wait, Walk
from runs_app.step_types.control import CONTROL
from runs_app.step_types.data import DATA
from runs_app.step_types.time import TIME


class Effect(StepType["Effect.Config"]):
    """Reaches outside: the simulation records each delivery."""

    name = "effect"
    label = "Effect"
    summary = "Counts."
    icon = "x"
    family = "do"
    acts = True
    blocking = True

    @dataclass(frozen=True, slots=True)
    class Config:
        value: Json = setting("json", label="Value")
        fails: int = setting("integer", label="Fails so often", default=0)
        transient: bool = setting("boolean", label="Transient", default=True)
        code: str = setting("text", label="Fails with", default="Flaky")

    def run(self, context: StepContext[Any]) -> Done:
        """Fails the first `fails` executions."""
        if context.attempt <= context.config.fails:
            raise StepFailed(context.config.code, "Not yet.", transient=context.config.transient)
        return Done({"value": context.config.value, "key": context.idempotency_key})


class Ask(StepType["Ask.Config"]):
    """Waits until somebody resolves it."""

    name = "ask"
    label = "Ask"
    summary = "Waits."
    icon = "x"
    family = "people"

    @dataclass(frozen=True, slots=True)
    class Config:
        question: Json = setting("json", label="Question")

    def run(self, context: StepContext[Any]) -> Wait:
        """Wait."""
        return Wait(cause="approval", name="somebody")


class Sign(StepType[NoSettings]):
    """Somebody decides; what they say goes through the step's own guards."""

    name = "sign"
    label = "Sign"
    summary = "Waits."
    icon = "x"
    family = "people"
    Config = NoSettings

    def run(self, context: StepContext[Any]) -> Wait:
        """Wait."""
        return Wait(cause="approval", name="somebody", guarded=True)


class Draw(StepType[NoSettings]):
    """A container that asks once, and must get the same answer ever after."""

    name = "draw"
    label = "Draw"
    summary = "Asks once."
    icon = "x"
    family = "decide"
    settings_in = "step"
    Config = NoSettings
    blocks = (Block("steps", "body", "Inside", optional=False),)

    def walk(self, here: Here) -> Walk:
        """Ask, go through the block, tell the answer."""
        drawn = yield from here.once("drawn", "${{ vars.n }}")
        yield from here.block("body")
        again = yield from here.once("drawn", "${{ vars.n }}")
        return Done([drawn, again])


EFFECT, ASK, SIGN, DRAW = Effect(), Ask(), Sign(), Draw()


def registry() -> Registry:
    """The product's control steps and the ones above."""
    found = Registry()
    for kind in (*CONTROL, *TIME, *DATA, EFFECT, ASK, SIGN, DRAW):
        found.register(kind)
    return found


def document(steps: list[Json], **more: Json) -> Json:
    """A whole document around some steps."""
    return {"handrail": 1, "name": "Test", "description": "For a test.", "owner": "Tests", "steps": steps, **more}

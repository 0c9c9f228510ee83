"""What a run would do: each step with the input that it would get, and the branches that nobody can decide beforehand (mode what_if, S4-options).

Containers plan themselves: their `walk` goes through the blocks by way of a `Here` that lists steps instead of running them. What an output decides
that nobody knows yet is undecided: all of its blocks are listed, each step as uncertain. Nothing is called, asked, waited for or stored.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from playbooks_app.language.document import Step
from playbooks_app.language.settings import build
from playbooks_app.language.step_type import Done, Effect, Json, Return, StepContext, StepFailed
from playbooks_app.language.template import compile, is_template
from runs_app.engine import ending
from runs_app.engine.place import Frame
from runs_app.engine.program import CATCH, FINALLY, MAIN, Program, reaction
from runs_app.engine.records import MISSING, Read, RunFacts
from runs_app.engine.scope import Knowledge, Scope
from runs_app.engine.signals import Returned
from runs_app.trials.planning_here import NotTold, PlanHere, TooLong, Unknown

MOST_STEPS = 2000  # listed in a plan
NOT_MET = "Its condition is not met."  # notes of a planned step
WOULD_FAIL = "It would fail: "


@dataclass(slots=True)
class Planned:
    """One step of the plan. `certain`: it will come to it, as far as anybody can tell; `open` are the settings that hang on what is not known."""

    path: str
    step: Step
    block: str
    iteration: int
    position: int
    parent: Planned | None
    certain: bool
    input: Json = None
    open: list[str] = field(default_factory=list)
    effect: Effect | None = None
    note: str = ""


@dataclass(slots=True)
class Plan:
    """The steps in the order of the document, what cannot be decided, and with what failure the run would certainly end."""

    steps: list[Planned] = field(default_factory=list)
    undecided: list[dict[str, Json]] = field(default_factory=list)
    fails: dict[str, Json] | None = None
    cut: bool = False

    def as_json(self) -> dict[str, Json]:
        """What the run answers."""
        certain = sum(each.certain for each in self.steps)
        return {"steps": len(self.steps), "certain": certain, "undecided": self.undecided, "fails": self.fails, "cut": self.cut}


def plan_of(program: Program, facts: RunFacts, now: datetime) -> Plan:
    """Plan a run with these facts. Never raises for what a document may hold."""
    planner = Planner(program, facts, now)
    with suppress(TooLong):
        planner.main_line()
    return planner.plan


class Planner:
    """Goes through a document without doing anything."""

    def __init__(self, program: Program, facts: RunFacts, now: datetime) -> None:
        self.program, self.facts, self.now, self.plan = program, facts, now, Plan()
        self.known = Knowledge(program, facts, caches_variables=False)
        self.unknown: set[str] = set()  # paths whose output nobody knows
        self.variables: dict[str, Json] = {}
        self.open_variables: set[str] = set()
        self.sure = True

    def main_line(self) -> None:
        """The playbook's steps, its catch if they certainly fail, and its finally."""
        failure: StepFailed | None = None
        try:
            self.block(None, None, [], MAIN)
        except StepFailed as failed:
            failure = failed
        except Returned:
            pass
        if failure is not None and (clause := self.program.catcher(failure.code)) is not None:
            self.known.states[""] = {"error": failure.as_json()}
            failure = self._through(clause, {"error": failure.as_json()})
        if self.program.document.finally_:
            self._through(FINALLY, {"run": {**self.facts.root, "status": "failed" if failure else "completed"}})
        self.plan.fails = failure.as_json() if failure is not None else None

    def _through(self, top: str, extra: dict[str, Json]) -> StepFailed | None:
        try:
            self.block(None, None, [], top, extra)
        except StepFailed as failed:
            return failed
        except Returned:
            pass
        return None

    def block(self, owner: Step | None, parent: Planned | None, frames: list[Frame], top: str = "", extra: Json = None) -> None:
        """Plan the steps of one block. Raises StepFailed, Returned where it would certainly end so."""
        block = frames[-1].block if owner is not None else top
        iteration = (frames[-1].iteration if owner is not None else None) or 0
        prefix = frames[-1].prefix if owner is not None else {MAIN: "", FINALLY: "finally/"}.get(top, f"{CATCH}/")
        for position, step in enumerate(self.program.steps_of(owner, block)):
            if len(self.plan.steps) >= MOST_STEPS:
                self.plan.cut = True
                raise TooLong
            row = Planned(prefix + step.id, step, block, iteration, position, parent, self.sure)
            self.plan.steps.append(row)
            self._step(row, frames, extra)

    def _step(self, row: Planned, frames: list[Frame], extra: Json) -> None:
        step, scope = row.step, Scope(self.known, frames, extra, row.step.guards.access)
        wanted = self._is_wanted(row, scope)
        if wanted is False:
            row.certain, row.note = False, NOT_MET
            return
        before = self.sure
        self.sure = self.sure and wanted is not None
        try:
            output = self._container(row, frames, scope) if step.kind.is_container else self._leaf(row, scope)
            self.known.outputs[row.path] = {"output": output, "status": "succeeded", "error": None}
        except Unknown:
            self.unknown.add(row.path)
        except StepFailed as failure:
            failure.address = failure.address or row.path
            row.note = f"{WOULD_FAIL}{failure.message}"
            self.known.outputs[row.path] = {"output": None, "status": "failed", "error": failure.as_json()}
            if self.sure and reaction(step, failure.code) not in ("continue", "ignore"):
                raise
        except Returned:
            if self.sure:
                raise
        finally:
            self.sure = before

    def _is_wanted(self, row: Planned, scope: Scope) -> bool | None:
        """Of its `when`; None if nobody can tell."""
        when = row.step.guards.when
        if when is None:
            return True
        try:
            return ending.truth(self.value(when, scope, row.path))
        except Unknown as unknown:
            row.certain = False
            self.undecided(row, str(when), unknown, [])
            return None

    # -- leaves -------------------------------------------------------------------------------------------------------------------------

    def _leaf(self, row: Planned, scope: Scope) -> Json:
        kind = row.step.kind
        row.input = self._filled(row.step.settings, scope, row, "")
        if row.open:
            self._forget_variable(row)
            raise Unknown(row.path)
        context = self._context(row)
        if kind.effect:
            with suppress(Exception):
                row.effect = kind.intends(context)
        if kind.effect or kind.acts or kind.blocking:
            raise Unknown(row.path)
        return self._ran(row, kind.run(context))

    def _ran(self, row: Planned, outcome: Any) -> Json:
        """What a step that reaches nothing comes to; one that waits comes to nothing that anybody knows."""
        if isinstance(outcome, Return):
            raise ending.ended_by(self.program.document, outcome)
        if not isinstance(outcome, Done):
            raise Unknown(row.path)
        for name, value in outcome.variables.items():
            if self.sure:
                self.variables[name] = value
                self.open_variables.discard(name)
            else:
                self.open_variables.add(name)
        return outcome.output

    def _forget_variable(self, row: Planned) -> None:
        if row.step.kind.sets_variables and isinstance(row.input, dict):
            self.open_variables.add(str(row.input.get("name", "")))

    def _filled(self, value: Json, scope: Scope, row: Planned, name: str) -> Json:
        """With every template filled in that can be; the others stay as they are written, and are named in `row.open`."""
        if isinstance(value, dict):
            return {key: self._filled(each, scope, row, f"{name}.{key}".lstrip(".")) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self._filled(each, scope, row, f"{name}[{number}]") for number, each in enumerate(value)]
        if not is_template(value):
            return value if not isinstance(value, str) else self.value(value, scope, row.path)
        try:
            return self.value(value, scope, row.path)
        except Unknown:
            row.open.append(name)
            return value

    def _context(self, row: Planned) -> StepContext[Any]:
        facts = self.facts
        return StepContext(
            config=build(row.step.kind.Config, row.input), now=self.now, run_id=facts.id, path=row.path, attempt=1,
            idempotency_key=facts.key(row.path), timeout_seconds=60.0, timezone=facts.timezone, account_id=facts.account, step_run_id=0,
            mode=facts.mode, autonomous=facts.autonomous, starter_id=facts.starter,
        )  # fmt: skip

    # -- containers ---------------------------------------------------------------------------------------------------------------------

    def _container(self, row: Planned, frames: list[Frame], scope: Scope) -> Json:
        here = PlanHere(self, row, frames, scope)
        try:
            return here.go()
        except NotTold:
            raise
        except Unknown as unknown:
            self.undecided(row, _written(row.step), unknown, [name for name in row.step.blocks if name not in here.seen])
            before, self.sure = self.sure, False
            for name in [each for each in row.step.blocks if each not in here.seen]:
                iteration = 0 if self.program.is_iterated(row.step, name) else None
                with suppress(StepFailed, Returned):
                    self.block(row.step, row, [*frames, Frame(row.step.id, row.path, name, iteration)], extra=scope.extra)
            self.sure = before
            raise

    def undecided(self, row: Planned, expression: str, unknown: Unknown, blocks: Iterable[str]) -> None:
        """One thing that only the run itself can decide."""
        self.plan.undecided.append({"path": row.path, "expression": expression, "needs": str(unknown), "branches": list(blocks)})

    # -- values -------------------------------------------------------------------------------------------------------------------------

    def value(self, text: Json, scope: Scope, path: str) -> Json:
        """Raises Unknown, StepFailed."""
        compiled = compile(text)
        asking: Generator[list[Read], list[Json], None] = scope.prepare(compiled.references)
        try:
            asks = next(asking)
            asking.send([self._found(ask) for ask in asks])
        except StopIteration:
            pass
        return compiled.render(scope, seed=f"{self.facts.seed}{path}", now=self.now)

    def _found(self, ask: Read) -> Json:
        match ask.kind:
            case "variable" if ask.name in self.open_variables:
                raise Unknown(f"vars.{ask.name}")
            case "variable":
                return self.variables.get(ask.name, MISSING)
            case "variables":
                return dict(self.variables)
            case "step":
                return self._output(ask.key)
            case "newest":
                inside = [each.path for each in self.plan.steps if each.path.startswith(ask.key) and each.step.id == ask.name]
                return self._output(inside[-1]) if inside else MISSING
            case "item":
                raise Unknown(ask.key)
        return self.known.states.get(ask.key, {}).get(ask.name, MISSING)

    def _output(self, path: str) -> Json:
        if path in self.unknown:
            raise Unknown(path)
        return self.known.outputs.get(path, MISSING)


def _written(step: Step) -> str:
    """What a container asks, as the author wrote it: its first setting that computes something."""
    return next((value for value in step.settings.values() if is_template(value) and isinstance(value, str)), "")

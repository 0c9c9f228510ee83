"""The page of a plan: what each step would come to, in the place where other runs show what it came to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from playbooks_app import wording
from playbooks_app.language.registry import step_types
from runs_app.models import Effect, Run, StepRun
from runs_app.reading.outline import Outline, excludes
from runs_app.reading.timeline import Row
from runs_app.trials.planning import NOT_MET, WOULD_FAIL
from runs_app.trials.whatif import WHAT_IF

MOST_QUESTIONS = 20
WAYS = {"then": "yes", "else": "no"}


@dataclass(frozen=True, slots=True)
class Mark:
    """What a step would come to. `state` is one of would, depends, skipped, failed."""

    state: str
    words: str


@dataclass(frozen=True, slots=True)
class Question:
    """What only the run itself can decide."""

    name: str
    needs: str
    ways: str  # "yes or no"; "" where it is only about the step itself
    expression: str


class PlanReading:
    """The marks of one plan. Two queries."""

    def __init__(self, run: Run, outline: Outline, *, values: bool) -> None:
        self.outline, self.values = outline, values
        told: Mapping[str, Any] = (run.outputs or {}).get("plan") or {}
        self.undecided: list[Mapping[str, Any]] = list(told.get("undecided") or ())
        self.uncertain = set(told.get("uncertain") or ())
        self.fails: Mapping[str, Any] | None = told.get("fails")
        self.counts = (int(told.get("certain") or 0), int(told.get("steps") or 0))
        rows = StepRun.objects.filter(run=run).values_list("path", "type", "state__note", "items")
        self.steps = {path: (kind, note or "", items) for path, kind, note, items in rows}
        self.sent = {path: f"{method} {target}" for path, method, target in Effect.objects.filter(run=run).values_list("path", "method", "target")}

    def rows(self, rows: Iterable[Row]) -> list[Row]:
        """The rows of a timeline, told as a plan: without times, bars and the counts of what was done."""
        found = []
        for row in rows:
            if row.kind == "strip":
                continue
            row.bars, row.took, row.needs_person = [], "", False
            if row.kind != "more":
                mark = self.mark(row.path) if row.kind == "step" else self._of_block(row.path)
                row.state, row.told, row.hint = mark.state, mark.words, ""
            found.append(row)
        return found

    def mark(self, path: str) -> Mark:
        """Of the step at a path."""
        kind, note, _ = self.steps.get(path, ("", None, 0))
        if note is None:
            return Mark("skipped", "Would be left out")
        if note == NOT_MET:
            return Mark("skipped", "Would be left out: its condition is not met")
        if note.startswith(WOULD_FAIL):
            return Mark("failed", f"Would fail: {note.removeprefix(WOULD_FAIL)}" if self.values else "Would fail")
        if path in self.uncertain:
            return Mark("depends", f"Depends on {self._needs(self._decided_by(path))}")
        words = self._would(path, kind)
        own = next((each for each in self.undecided if each["path"] == path), None)
        if own is not None:
            words += f"; which way depends on {self._needs(own)}"
        return Mark("would", f"{words}. {note}" if note else words)

    def _of_block(self, path: str) -> Mark:
        """Of an item or a branch: it is as sure as the surest step inside."""
        inside = [each for each in self.steps if each.startswith(f"{path}/")]
        if not inside:
            return Mark("skipped", "Would be left out")
        if all(each in self.uncertain for each in inside):
            return Mark("depends", f"Depends on {self._needs(self._decided_by(inside[0]))}")
        return Mark("would", "")

    def _would(self, path: str, kind: str) -> str:
        if path in self.sent:
            return f"Would send {self.sent[path]}" if self.values else "Would send something"
        known = step_types.get(kind) if kind in step_types else None
        if known is not None and known.family == "people":
            return "Would ask, and wait for an answer"
        if known is not None and known.family == "time":
            return "Would wait"
        drawn = self.outline.by_id.get(path.rpartition("/")[2])
        taken = {each.removeprefix(f"{path}/").partition("/")[0] for each in self.steps if each.startswith(f"{path}/")}
        if drawn is not None and excludes(drawn) and len(taken) == 1:
            way = taken.pop()
            return f"Would take “{WAYS.get(way, way)}”"
        turns = {each.partition("]")[0] for each in self.steps if each.startswith(f"{path}/body[")}
        return f"Would go through {wording.count(len(turns), 'item')}" if turns else "Would run"

    def _decided_by(self, path: str) -> Mapping[str, Any]:
        """The nearest question that the step hangs on."""
        around = [each for each in self.undecided if path == each["path"] or path.startswith(f"{each['path']}/")]
        return max(around, key=lambda each: len(str(each["path"])), default={})

    def _needs(self, question: Mapping[str, Any]) -> str:
        needs = str(question.get("needs") or "")
        if needs.startswith("vars."):
            return f"the variable {needs.removeprefix('vars.')}"
        return f"“{self.outline.name(needs.rpartition('/')[2])}”" if needs else "what happens before"

    @cached_property
    def questions(self) -> list[Question]:
        """What cannot be decided before, in the words of the document."""
        return [
            Question(
                name=self.outline.name(str(each["path"]).rpartition("/")[2]),
                needs=self._needs(each),
                ways=" or ".join(WAYS.get(way, way) for way in each.get("branches") or ()),
                expression=str(each.get("expression") or ""),
            )
            for each in self.undecided[:MOST_QUESTIONS]
        ]

    @property
    def summary(self) -> str:
        """How much of it is sure."""
        certain, steps = self.counts
        if certain == steps:
            return f"{wording.count(steps, 'step').capitalize()} would run; nothing depends on what comes back."
        return f"{wording.count(certain, 'step').capitalize()} would run; {wording.count(steps - certain, 'step')} may or may not."


def plan_of_run(run: Run, outline: Outline, *, values: bool) -> PlanReading | None:
    """None for a run that is no plan."""
    return PlanReading(run, outline, values=values) if run.mode == WHAT_IF else None

"""Random playbooks, and the invariants that every run must keep, whatever happened to it."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import count
from typing import Any

from playbooks_app.language.step_type import Json

KINDS = ["effect"] * 5 + ["var", "condition", "for_each", "lanes", "parallel", "try", "flaky", "loop", "scope"]
WAITS = ["ask", "delay"]
ENDS = ["return", "throw", "race"]


class Planner:
    """Draws random documents from a seed."""

    def __init__(self, seed: int, *, deadlines: bool = False) -> None:
        self.r, self.deadlines = random.Random(seed), deadlines
        self.ids = (f"s{n}" for n in count())

    def steps(self, depth: int = 3, most: int = 5, least: int = 2) -> list[Json]:
        """A sequence."""
        return [self.step(depth) for _ in range(self.r.randint(least, most))]

    def step(self, depth: int) -> Json:
        """One step with what is inside."""
        kinds = KINDS + WAITS + (ENDS if self.r.random() < 0.3 else [])
        kind = self.r.choice(kinds if depth else ["effect", "var", "ask"])
        made = getattr(self, f"_{kind}")({"id": next(self.ids)}, depth)
        if self.r.random() < 0.08:
            made["on_error"] = self.r.choice(["continue", "ignore"])
        if self.r.random() < 0.05:
            made["when"] = self.r.choice(["${{ 1 > 2 }}", "${{ 2 > 1 }}"])
        if self.deadlines and self.r.random() < 0.25:
            made["deadline"] = self._deadline(depth)
        return made

    def _deadline(self, depth: int) -> Json:
        steps = self._inner(depth) if depth and self.r.random() < 0.4 else []
        return {"after": self.r.choice(["20ms", "60ms"]), "then": self.r.choice(["fail", "continue"]), "steps": steps}

    def _inner(self, depth: int, most: int = 2) -> list[Json]:
        return self.steps(depth - 1, most, 1)

    def _effect(self, step: Json, depth: int) -> Json:
        return {**step, "type": "effect", "with": {"value": self.r.randint(0, 9)}, **({"cancellable": False} if self.r.random() < 0.05 else {})}

    def _flaky(self, step: Json, depth: int) -> Json:
        return {**step, "type": "effect", "with": {"fails": 1}, "retry": {"max_attempts": 3, "initial": "10ms", "jitter": 0}}

    def _var(self, step: Json, depth: int) -> Json:
        return {**step, "type": "var", "with": {"name": "seen", "value": self.r.randint(0, 9)}}

    def _ask(self, step: Json, depth: int) -> Json:
        return {**step, "type": "ask", "with": {}}

    def _delay(self, step: Json, depth: int) -> Json:
        return {**step, "type": "delay", "with": {"for": "20ms"}}

    def _condition(self, step: Json, depth: int) -> Json:
        return {**step, "type": "condition", "if": f"${{{{ {self.r.randint(0, 1)} == 1 }}}}", "then": self._inner(depth), "else": self._inner(depth)}

    def _for_each(self, step: Json, depth: int) -> Json:
        return {
            **step,
            "type": "for_each",
            "in": list(range(self.r.randint(0, 3))),
            "steps": self._inner(depth),
            "on_item_error": self.r.choice(["stop", "continue"]),
        }

    def _lanes(self, step: Json, depth: int) -> Json:
        return {**self._for_each(step, depth), "in": list(range(self.r.randint(2, 7))), "concurrency": self.r.randint(2, 4)}

    def _loop(self, step: Json, depth: int) -> Json:
        return {
            **step,
            "type": "loop",
            "max_iterations": self.r.randint(1, 3),
            "steps": self._inner(depth),
            **({"every": "5ms"} if self.r.random() < 0.4 else {}),
        }

    def _parallel(self, step: Json, depth: int) -> Json:
        return {**step, "type": "parallel", "branches": [{"name": f"b{n}", "steps": self._inner(depth)} for n in range(self.r.randint(2, 4))]}

    def _race(self, step: Json, depth: int) -> Json:
        return {**self._parallel(step, depth), "type": "race", "mode": self.r.choice(["first_success", "first_done"])}

    def _scope(self, step: Json, depth: int) -> Json:
        return {**step, "type": "scope", "steps": self._inner(depth)}

    def _try(self, step: Json, depth: int) -> Json:
        made = {**step, "type": "try", "steps": self._inner(depth)}
        if self.r.random() < 0.5:
            made["steps"].append(self._throw({"id": next(self.ids)}, 0))
        if self.r.random() < 0.7:
            made["catch"] = [{"code": self.r.choice(["Boom", "*", "Other"]), "steps": self._inner(depth)}]
        if self.r.random() < 0.6:
            made["finally"] = self._inner(depth, 1)
        return made

    def _throw(self, step: Json, depth: int) -> Json:
        return {**step, "type": "throw", "with": {"code": "Boom", "message": "On purpose."}}

    def _return(self, step: Json, depth: int) -> Json:
        return {**step, "type": "return", "with": {"outputs": {"by": "return"}}}


def random_document(seed: int, *, deadlines: bool = False) -> Json:
    """A whole random playbook."""
    planner = Planner(seed, deadlines=deadlines)
    made: Json = {"handrail": 1, "name": f"Random {seed}", "description": "Drawn at random.", "owner": "Tests", "steps": planner.steps()}
    if planner.r.random() < 0.2:
        made["finally"] = planner.steps(1, 2, 1)
    if planner.r.random() < 0.15:
        made["catch"] = [{"code": "*", "then": planner.r.choice(["recover", "fail"]), "steps": planner.steps(1, 2, 1)}]
    if planner.r.random() < 0.3:
        made["settings"] = {"on_failure": "fail"}
    return made


def effects_of(steps: Iterable[Json]) -> set[str]:
    """Ids of all steps that reach outside."""
    found: set[str] = set()
    for step in steps:
        if step["type"] == "effect":
            found.add(step["id"])
        inner = [step.get(key) for key in ("then", "else", "steps", "finally")]
        inner += [step["deadline"]["steps"]] if "deadline" in step else []
        inner += [clause["steps"] for key in ("branches", "catch") for clause in step.get(key, ())]
        for block in inner:
            found |= effects_of(block or [])
    return found


Row = tuple[str, str, str, int]  # path, step, status, attempt


def check(
    document: Json,
    status: str,
    rows: list[Row],
    strands: Iterable[str],
    events: list[tuple[str, str]],
    made: Iterable[str],
    *,
    crashed: bool,
    touched: bool,
) -> None:
    """The invariants. events: (type, path) in order; made: paths of deliveries; touched: people skipped, retried or cancelled."""
    assert status in ("completed", "failed", "cancelled"), status
    assert set(strands) <= {"finished", "failed", "cancelled"}, strands
    assert all(row[2] in ("succeeded", "failed", "skipped", "cancelled") for row in rows), rows
    assert len({row[0] for row in rows}) == len(rows)
    assert events[-1] == (f"run_{status}", ""), events[-3:]
    top = document["steps"] + document.get("finally", []) + [s for c in document.get("catch", ()) for s in c["steps"]]
    effects, deliveries = effects_of(top), Counter(made)
    by_path: dict[str, list[str]] = defaultdict(list)
    for kind, path in events:
        by_path[path].append(kind)
    for path, step, ended, attempt in rows:
        what = {"crashed": crashed, "touched": touched, "late": "'deadline':" in repr(document)}
        _check_row(path, step in effects, ended, attempt, by_path[path], deliveries[path], **what)
    assert set(deliveries) <= {row[0] for row in rows}


def _check_row(path: str, is_effect: bool, ended: str, attempt: int, kinds: list[str], deliveries: int, **what: Any) -> None:
    assert kinds[0] == "step_started", (path, kinds)
    assert kinds.count("step_started") == 1, (path, kinds)
    closings = [kind for kind in kinds if kind in ("step_succeeded", "step_failed", "step_skipped", "step_cancelled", "step_overridden")]
    assert closings, (path, ended, kinds)
    assert closings[-1] in (f"step_{ended}", "step_overridden" if ended == "succeeded" else ""), (path, ended, kinds)
    if not what["touched"]:
        assert len(closings) == 1, (path, kinds)
    if is_effect:
        assert deliveries <= attempt, (path, deliveries, attempt)  # every delivery was announced
        if ended == "succeeded" and "step_ignored" not in kinds and not what["touched"]:
            assert deliveries >= 1, path  # nothing faked
        if ended == "skipped":
            assert deliveries == 0 or what["touched"], path
        if not what["crashed"] and not what["touched"] and not what["late"] and ended in ("succeeded", "failed"):
            assert deliveries == attempt, (path, deliveries, attempt)

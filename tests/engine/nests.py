"""Every control step inside every other, two and three deep, with a wait, a repair, a failure or a return at the innermost place."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import product

from playbooks_app.language.step_type import Json
from tests.engine.kinds import document
from tests.engine.simulation import OVER, Simulation
from tests.engine.steps import ask, each, effect, ends, flaky, guarded, scope, split, throw, var, when

ONE = "${{ vars.one == 1 }}"
MOST_KILLS = 2  # a step that brings its worker down three times waits for a person

Wrap = Callable[[str, list[Json], str], Json]  # id, what is inside, leaf -> step


def _router(step_id: str, inner: list[Json]) -> Json:
    return {"id": step_id, "type": "router", "cases": [{"name": "yes", "when": ONE, "steps": inner}], "default": []}


def _loop(step_id: str, inner: list[Json]) -> Json:
    return {"id": step_id, "type": "loop", "max_iterations": 3, "until": "${{ index >= 1 }}", "on_item_error": "stop", "steps": inner}


def _items(step_id: str, inner: list[Json], leaf: str, **more: Json) -> Json:
    """Several items, unless one of them decides for all."""
    return each(step_id, [0] if leaf in ("throw", "return") else [0, 1], inner, item="item", on_item_error="stop", **more)


def _parallel(step_id: str, inner: list[Json], leaf: str) -> Json:
    return split(step_id, {"x": inner, "y": [] if leaf == "return" else [effect(f"{step_id}_beside")]})


def _race(step_id: str, inner: list[Json]) -> Json:
    """The other branch waits for ever, so that it loses."""
    return split(step_id, {"x": inner, "y": [ask(f"{step_id}_loser")]}, type="race", mode="first_done")


def _ab(step_id: str, inner: list[Json]) -> Json:
    return {"id": step_id, "type": "ab_split", "variants": [{"name": "only", "weight": 1, "steps": inner}]}


KINDS: dict[str, Wrap] = {
    "condition": lambda step_id, inner, leaf: when(step_id, ONE, inner, []),
    "router": lambda step_id, inner, leaf: _router(step_id, inner),
    "loop": lambda step_id, inner, leaf: _loop(step_id, inner),
    "for_each": lambda step_id, inner, leaf: _items(step_id, inner, leaf),
    "lanes": lambda step_id, inner, leaf: _items(step_id, inner, leaf, concurrency=2),
    "parallel": lambda step_id, inner, leaf: _parallel(step_id, inner, leaf),
    "race": lambda step_id, inner, leaf: _race(step_id, inner),
    "try": lambda step_id, inner, leaf: guarded(step_id, inner, {"Other": []}, [effect(f"{step_id}_tidy")]),
    "scope": lambda step_id, inner, leaf: scope(step_id, inner),
    "ab_split": lambda step_id, inner, leaf: _ab(step_id, inner),
}
LEAVES: dict[str, Json] = {
    "wait": ask("q"),
    "approval": {"id": "q", "type": "sign", "with": {}},
    "held": flaky("bad", 1, transient=False),
    "throw": throw("bad"),
    "return": ends("home", {"n": 1}),
}


def nests(depth: int) -> Iterator[tuple[str, ...]]:
    """The names of the containers, from the outside in."""
    yield from product(KINDS, repeat=depth)


def nested(kinds: tuple[str, ...], leaf: str, *, mended: bool = False) -> Json:
    """A whole document. `mended`: what has to be repaired is well from the start, as it is in the end."""
    inner = [effect("before"), effect("bad") if mended and leaf == "held" else LEAVES[leaf], effect("behind")]
    for level, kind in reversed(list(enumerate(kinds))):
        inner = [KINDS[kind](f"n{level}", inner, leaf)]
    body = [guarded("caught", inner, {"*": [effect("rescue")]})] if leaf == "throw" else inner
    return document([var("one", 1), *body, effect("after")], **{"finally": [effect("last")]})


def finished(s: Simulation, *, forget: bool = False, kills: random.Random | None = None) -> Simulation:
    """Drive to the end: answer what waits inside, and repair what is held."""
    left = MOST_KILLS
    for _ in range(60):
        left = dying(s, kills, left) if kills is not None else left
        s.drive(forget=forget)
        if s.status in OVER:
            return s
        for row in s.waiting():
            if row.step == "q":
                s.journal.resolve(row.id, "done", output={"answer": 1})
        for row in s.held():
            s.journal.retry(row.id)
    raise AssertionError((s.status, s.statuses()))


def dying(s: Simulation, r: random.Random, left: int) -> int:
    """Drive until workers have died so often; what they had in hand is taken up by others."""
    worker = object()
    for _ in range(r.randint(0, 25)):
        s.claim(worker=worker)
        if not s.flows or not left:
            break
        flow = r.choice(s.flows)
        note = s.advance(flow)
        if r.random() < 0.2:
            s.journal.bury(worker)
            s.flows.clear()
            worker, left = object(), left - 1
        elif note is not None:
            s.commit([(flow, note)])
    if s.flows:
        s.journal.bury(worker)
        s.flows.clear()
        left -= 1
    return max(0, left)

"""Random playbooks whose meaning does not depend on who is faster: branches neither return nor share what they set, and of a race only one moves."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from itertools import count

from playbooks_app.language.step_type import Json

CONTAINERS = ("condition", "router", "for_each", "lanes", "loop", "parallel", "try", "scope", "race", "ab_split")
LEAVES = ("effect",) * 6 + ("var",) * 2 + ("throw", "broken", "ask", "sign", "delay", "wait_until")
LOSES = "loses"  # ids of steps that nobody ever answers begin so
CODES = ("Boom", "Flaky", "Odd")


@dataclass(frozen=True)
class Around:
    """What a step may use at its place."""

    depth: int = 3
    names: tuple[str, ...] = ()  # item, index … of the loops around it
    reads: tuple[str, ...] = ()  # variables and steps that are settled
    alone: bool = True  # no other strand runs beside it: it may return, set variables, and fail with any code
    lane: bool = False


class Drawer:
    """Draws one document from a seed."""

    def __init__(self, seed: int) -> None:
        self.r = random.Random(seed)
        self.ids = count()
        self.settled: list[str] = []  # what was drawn so far, for those who come after

    def document(self) -> Json:
        """A whole playbook."""
        r, top = self.r, Around()
        made: Json = {"handrail": 1, "name": "Random", "description": "Drawn at random.", "owner": "Tests", "steps": self.block(top, 6)}
        made["settings"] = {}
        if r.random() < 0.5:
            made["settings"]["on_failure"] = "fail"
        if r.random() < 0.4:
            made["settings"]["finally_errors"] = r.choice(["fail", "record"])
        if r.random() < 0.5:
            catching = replace(top, depth=2, reads=self._seen(top), names=("get('error.code')",))
            made["catch"] = [
                {"code": code, "then": r.choice(["recover", "fail"]), "steps": self.block(catching, 2)} for code in r.sample([*CODES, "*"], 2)
            ]
        if r.random() < 0.5:
            made["finally"] = self.block(replace(top, depth=2, reads=self._seen(top), names=("get('run.status')",)), 2)
        variables = [name[5:] for name in self.settled if name.startswith("vars.")]
        made["outputs"] = [{"name": name, "required": False} for name in variables[:3]]
        return made

    def block(self, around: Around, most: int = 3) -> list[Json]:
        """Steps one after the other, each seeing those before it."""
        made = []
        for _ in range(self.r.randint(1, most)):
            begun = len(self.settled)
            made.append(self.step(around))
            around = replace(around, reads=(*around.reads, *self.settled[begun:]))
        return made

    def step(self, around: Around) -> Json:
        """One step with what is inside."""
        kinds = LEAVES + (self._containers(around) if around.depth else ()) + (("return",) if around.alone and self.r.random() < 0.2 else ())
        made = getattr(self, f"_{self.r.choice(kinds)}")({"id": f"s{next(self.ids)}"}, around)
        if self.r.random() < 0.1:
            made["on_error"] = self.r.choice(["continue", "ignore", {"Boom": "continue", "*": "stop"}, {"Flaky": "ignore", "RaceFailed": "continue"}])
        if self.r.random() < 0.1:
            made["when"] = self._question(around)
        return dict(made)

    def _containers(self, around: Around) -> tuple[str, ...]:
        """A race that is lost has a code of its own: not where several strands may fail."""
        return CONTAINERS if around.alone else tuple(kind for kind in CONTAINERS if kind != "race")

    # -- leaves -------------------------------------------------------------------------------------------------------------------------

    def _effect(self, step: Json, around: Around) -> Json:
        self.settled.append(f"steps.{step['id']}.output.value")
        return {**step, "type": "effect", "with": {"value": self._told(around)}}

    def _broken(self, step: Json, around: Around) -> Json:
        made = self._effect(step, around)
        return {**made, "with": {**made["with"], "fails": 9, "transient": False, "code": self._code(around)}}

    def _var(self, step: Json, around: Around) -> Json:
        if around.lane:
            return self._effect(step, around)
        self.settled.append(f"vars.{step['id']}")
        return {**step, "type": "var", "with": {"name": step["id"], "value": self.r.choice([self.r.randint(0, 2), self._told(around)])}}

    def _throw(self, step: Json, around: Around) -> Json:
        if "get('error.code')" in around.names and self.r.random() < 0.4:
            return {**step, "type": "throw", "with": {"message": "Once more."}}
        return {**step, "type": "throw", "with": {"code": self._code(around), "message": "On purpose."}}

    def _ask(self, step: Json, around: Around) -> Json:
        return {**step, "type": "ask", "with": {}}

    def _sign(self, step: Json, around: Around) -> Json:
        return {**step, "type": "sign", "with": {}}

    def _delay(self, step: Json, around: Around) -> Json:
        return {**step, "type": "delay", "with": {"for": "1h"}}

    def _wait_until(self, step: Json, around: Around) -> Json:
        return {**step, "type": "wait_until", "with": {"at": self.r.choice(["2026-11-20T08:00Z", "2026-11-20T09:30Z"])}}

    def _return(self, step: Json, around: Around) -> Json:
        return {**step, "type": "return", "with": {"outputs": {"by": self._told(around)}}}

    # -- containers ---------------------------------------------------------------------------------------------------------------------

    def _condition(self, step: Json, around: Around) -> Json:
        inner = self._inner(around)
        return {**step, "type": "condition", "if": self._question(around), "then": self.block(inner), "else": self.block(inner)}

    def _router(self, step: Json, around: Around) -> Json:
        inner = self._inner(around)
        cases = [{"name": f"case{n}", "when": self._question(around), "steps": self.block(inner, 2)} for n in range(2)]
        return {**step, "type": "router", "cases": cases, "default": self.block(inner, 2)}

    def _for_each(self, step: Json, around: Around) -> Json:
        name = f"row_{step['id']}"
        inner = self._inner(around, "item", "index", name)
        more = {"in": list(range(self.r.randint(0, 3))), "item": name, "on_item_error": self._on_item_error()}
        return {**step, "type": "for_each", **more, "steps": self.block(inner)}

    def _lanes(self, step: Json, around: Around) -> Json:
        begun = len(self.settled)
        made = self._for_each(step, replace(around, alone=False, lane=True))
        del self.settled[begun:]  # which of several lanes was the last is nobody's affair
        return {**made, "on_item_error": "continue", "concurrency": self.r.randint(2, 3)}

    def _loop(self, step: Json, around: Around) -> Json:
        more = {
            "max_iterations": self.r.randint(1, 3),
            "until": f"${{{{ index >= {self.r.randint(0, 3)} }}}}",
            "on_item_error": self._on_item_error(),
        }
        return {**step, "type": "loop", **more, "steps": self.block(self._inner(around, "index"))}

    def _parallel(self, step: Json, around: Around) -> Json:
        inner = replace(self._inner(around), alone=False)
        return {**step, "type": "parallel", "branches": [{"name": f"b{n}", "steps": self.block(inner)} for n in range(self.r.randint(1, 3))]}

    def _race(self, step: Json, around: Around) -> Json:
        """The first branch gets there, well or not: the others wait for ever."""
        waits = [{"name": f"b{n}", "steps": [{"id": f"{LOSES}{next(self.ids)}", "type": "ask", "with": {}}]} for n in (1, 2)[: self.r.randint(1, 2)]]
        return {**step, "type": "race", "mode": "first_done", "branches": [{"name": "b0", "steps": self.block(self._inner(around), 2)}, *waits]}

    def _ab_split(self, step: Json, around: Around) -> Json:
        """One variant has all the weight."""
        chosen, inner = self.r.randint(0, 1), self._inner(around)
        return {
            **step,
            "type": "ab_split",
            "variants": [{"name": f"v{n}", "weight": int(n == chosen), "steps": self.block(inner, 2)} for n in (0, 1)],
        }

    def _scope(self, step: Json, around: Around) -> Json:
        return {**step, "type": "scope", "steps": self.block(self._inner(around))}

    def _try(self, step: Json, around: Around) -> Json:
        inner, begun = self._inner(around), len(self.settled)
        made: Json = {**step, "type": "try", "steps": self.block(inner)}
        seen = replace(inner, reads=(*inner.reads, *self.settled[begun:]))
        catching = replace(seen, names=(*seen.names, "get('error.code')"))
        made["catch"] = [{"code": code, "steps": self.block(catching, 2)} for code in self.r.sample([*CODES, "*"], self.r.randint(0, 2))]
        made["finally"] = self.block(seen, 2) if self.r.random() < 0.5 else []
        return made

    # -- parts --------------------------------------------------------------------------------------------------------------------------

    def _inner(self, around: Around, *names: str) -> Around:
        return replace(around, depth=around.depth - 1, names=tuple(dict.fromkeys((*around.names, *names))))

    def _seen(self, around: Around) -> tuple[str, ...]:
        return (*around.reads, *self.settled)

    def _code(self, around: Around) -> str:
        return self.r.choice(CODES) if around.alone else "Boom"  # which of several strands fails first is nobody's affair

    def _on_item_error(self) -> str:
        return self.r.choice(["stop", "continue"])

    def _part(self, around: Around) -> str:
        reads = [f"get('{path}')" for path in around.reads[-8:]]
        return self.r.choice([*around.names, *reads]) if around.names or reads else "get('vars.none')"

    def _told(self, around: Around) -> str:
        return f"${{{{ [{', '.join(self._part(around) for _ in range(self.r.randint(1, 3)))}] }}}}"

    def _question(self, around: Around) -> str:
        return f"${{{{ {self._part(around)} == {self.r.randint(0, 2)} }}}}"

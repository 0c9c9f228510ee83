"""What a playbook means, in plain recursion: no strands, no storage, no waiting. The engine must come to the same.

It knows the expressions that tests/engine/reference_plans.py writes, and no others. Branches and items are gone through in order.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playbooks_app.language.step_type import Json

Handler = Callable[[str], bool]


class Failed(Exception):
    """A failure on its way out."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Returned(Exception):
    """A return on its way out."""

    def __init__(self, outputs: Json) -> None:
        super().__init__()
        self.outputs = outputs


class Held(Exception):
    """Nobody deals with a failure: a person is to look."""


@dataclass
class Env:
    """One passage through one block: what its steps gave, and the names that it binds."""

    parent: Env | None = None
    names: dict[str, Json] = field(default_factory=dict)
    results: dict[str, Json] = field(default_factory=dict)

    def name(self, name: str) -> Json:
        """The nearest binding of a name, None if there is none."""
        if name in self.names or self.parent is None:
            return self.names.get(name)
        return self.parent.name(name)

    def result(self, step: str) -> Json:
        """What a step gave, as seen from here."""
        if step in self.results or self.parent is None:
            return self.results.get(step)
        return self.parent.result(step)


@dataclass
class Meaning:
    """How a run ends: completed, failed or paused; what it answers; the code of its error; each delivery with its value."""

    status: str = "completed"
    outputs: Json = None
    code: str | None = None
    deliveries: list[tuple[str, Json]] = field(default_factory=list)


class Reference:
    """One run of one document."""

    def __init__(self, raw: Json) -> None:
        self.raw = raw
        settings = raw.get("settings", {})
        self.base: tuple[Handler, ...] = (_always,) if settings.get("on_failure") == "fail" else ()
        self.forgives = settings.get("finally_errors") != "fail"
        self.variables: dict[str, Json] = {}
        self.deliveries: list[tuple[str, Json]] = []

    def run(self) -> Meaning:
        """From the first step to the end."""
        try:
            end = self._whole()
        except Held:
            return Meaning("paused", deliveries=self.deliveries)
        if isinstance(end, Failed):
            return Meaning("failed", code=end.code, deliveries=self.deliveries)
        named = {each["name"]: self.variables[each["name"]] for each in self.raw.get("outputs", []) if each["name"] in self.variables}
        return Meaning("completed", end.outputs if isinstance(end, Returned) else named, deliveries=self.deliveries)

    def _whole(self) -> Failed | Returned | None:
        clauses, env = self.raw.get("catch", []), Env()
        end = self._attempt(self.raw["steps"], "", env, (*self.base, lambda code: _clause(clauses, code) is not None))
        number = _clause(clauses, end.code) if isinstance(end, Failed) else None
        if isinstance(end, Failed) and number is not None:
            again = self._inside(clauses[number]["steps"], "catch/", env, self.base, error=end.code)
            end = again or (end if clauses[number].get("then") == "fail" else None)
        if self.raw.get("finally"):
            status = "failed" if isinstance(end, Failed) else "completed"
            after = self._attempt(self.raw["finally"], "finally/", Env(env, {"status": status}), (_always,))
            if isinstance(after, Returned) or (isinstance(after, Failed) and not self.forgives and status == "completed"):
                end = after
        return end

    # -- blocks -------------------------------------------------------------------------------------------------------------------------

    def _block(self, steps: list[Json], prefix: str, env: Env, handlers: tuple[Handler, ...]) -> None:
        """Step after step; handlers are from the outside in."""
        for step in steps:
            self._step(step, prefix + step["id"], env, handlers)

    def _attempt(self, steps: list[Json], prefix: str, env: Env, handlers: tuple[Handler, ...]) -> Failed | Returned | None:
        try:
            self._block(steps, prefix, env, handlers)
        except (Failed, Returned) as cut_short:
            return cut_short
        return None

    def _inside(self, steps: list[Json], prefix: str, env: Env, handlers: tuple[Handler, ...], **names: Json) -> Failed | Returned | None:
        """A block of a container: afterwards what its steps gave is seen from outside."""
        inner = Env(env, names)
        try:
            return self._attempt(steps, prefix, inner, handlers)
        finally:
            env.results.update(inner.results)

    def _step(self, step: Json, path: str, env: Env, handlers: tuple[Handler, ...]) -> None:
        env.results[step["id"]] = None
        if "when" in step and not self._value(step["when"], env):
            return
        passes = _passing(step.get("on_error"))
        try:
            getattr(self, f"_{step['type']}")(step, path, env, (*handlers, passes))
        except Failed as failed:
            if passes(failed.code):
                return
            if not any(deals(failed.code) for deals in handlers):
                raise Held from None
            raise

    # -- leaves -------------------------------------------------------------------------------------------------------------------------

    def _effect(self, step: Json, path: str, env: Env, handlers: tuple[Handler, ...]) -> None:
        value = self._value(step["with"]["value"], env)
        self.deliveries.append((path, value))
        if step["with"].get("fails"):
            raise Failed(step["with"]["code"])
        env.results[step["id"]] = value

    def _ask(self, step: Json, path: str, env: Env, handlers: tuple[Handler, ...]) -> None:
        """Somebody answers."""

    _sign = _delay = _wait_until = _ask

    def _var(self, step: Json, path: str, env: Env, handlers: tuple[Handler, ...]) -> None:
        self.variables[step["with"]["name"]] = self._value(step["with"]["value"], env)

    def _throw(self, step: Json, path: str, env: Env, handlers: tuple[Handler, ...]) -> None:
        raise Failed(step["with"].get("code") or str(env.name("error")))

    def _return(self, step: Json, path: str, env: Env, handlers: tuple[Handler, ...]) -> None:
        raise Returned({key: self._value(value, env) for key, value in step["with"]["outputs"].items()})

    # -- containers ---------------------------------------------------------------------------------------------------------------------

    def _condition(self, step: Json, path: str, env: Env, handlers: tuple[Handler, ...]) -> None:
        branch = "then" if self._value(step["if"], env) else "else"
        _raise(self._inside(step[branch], f"{path}/{branch}/", env, handlers))

    def _router(self, step: Json, path: str, env: Env, handlers: tuple[Handler, ...]) -> None:
        taken = next((case for case in step["cases"] if self._value(case["when"], env)), {"name": "default", "steps": step["default"]})
        _raise(self._inside(taken["steps"], f"{path}/{taken['name']}/", env, handlers))

    def _scope(self, step: Json, path: str, env: Env, handlers: tuple[Handler, ...]) -> None:
        _raise(self._inside(step["steps"], f"{path}/body/", env, handlers))

    def _for_each(self, step: Json, path: str, env: Env, handlers: tuple[Handler, ...]) -> None:
        self._turns(step, path, env, handlers, [{"item": item, step["item"]: item, "index": n} for n, item in enumerate(step["in"])])

    def _loop(self, step: Json, path: str, env: Env, handlers: tuple[Handler, ...]) -> None:
        turns = min(step["max_iterations"], int(step["until"].split()[-2]) + 1)  # ${{ index >= n }}
        self._turns(step, path, env, handlers, [{"index": n} for n in range(turns)])

    def _turns(self, step: Json, path: str, env: Env, handlers: tuple[Handler, ...], bound: list[dict[str, Json]]) -> None:
        """Turn after turn. From outside the newest is seen, from inside a turn only its own."""
        goes_on = step["on_item_error"] == "continue"
        seen: dict[str, Json] = {}
        try:
            for number, names in enumerate(bound):
                inner = Env(env, names)
                end = self._attempt_turn(step, f"{path}/body[{number}]/", inner, (*handlers, _always) if goes_on else handlers, seen)
                if end is not None and not (goes_on and isinstance(end, Failed)):
                    raise end
        finally:
            env.results.update(seen)

    def _attempt_turn(self, step: Json, prefix: str, inner: Env, handlers: tuple[Handler, ...], seen: dict[str, Json]) -> Failed | Returned | None:
        try:
            return self._attempt(step["steps"], prefix, inner, handlers)
        finally:
            seen.update(inner.results)

    def _parallel(self, step: Json, path: str, env: Env, handlers: tuple[Handler, ...]) -> None:
        """All settle; then the first failure goes outward, unless one is held."""
        ends: list[BaseException | None] = []
        for branch in step["branches"]:
            try:
                ends.append(self._inside(branch["steps"], f"{path}/{branch['name']}/", env, handlers))
            except Held as held:
                ends.append(held)
        for kind in (Returned, Held, Failed):
            for end in ends:
                if isinstance(end, kind):
                    raise end

    def _race(self, step: Json, path: str, env: Env, handlers: tuple[Handler, ...]) -> None:
        """Won by the first branch, since the others wait for ever; what it fails with is called RaceFailed from here on."""
        first = step["branches"][0]
        outward: Handler = lambda code: any(deals("RaceFailed") for deals in handlers)  # noqa: E731
        end = self._inside(first["steps"], f"{path}/{first['name']}/", env, (outward,))
        _raise(Failed("RaceFailed") if isinstance(end, Failed) else end)

    def _ab_split(self, step: Json, path: str, env: Env, handlers: tuple[Handler, ...]) -> None:
        """The variant that has all the weight."""
        only = next(each for each in step["variants"] if each["weight"])
        _raise(self._inside(only["steps"], f"{path}/{only['name']}/", env, handlers))

    def _try(self, step: Json, path: str, env: Env, handlers: tuple[Handler, ...]) -> None:
        clauses = step.get("catch", [])
        end = self._inside(step["steps"], f"{path}/body/", env, (*handlers, lambda code: _clause(clauses, code) is not None))
        number = _clause(clauses, end.code) if isinstance(end, Failed) else None
        if isinstance(end, Failed) and number is not None:
            end = self._inside(clauses[number]["steps"], f"{path}/catch-{number + 1}/", env, handlers, error=end.code)
        after = self._inside(step.get("finally", []), f"{path}/finally/", env, (*handlers, _always) if self.forgives else handlers)
        if isinstance(after, Returned) or (isinstance(after, Failed) and not self.forgives):
            end = after
        _raise(end)

    # -- expressions --------------------------------------------------------------------------------------------------------------------

    def _value(self, written: Json, env: Env) -> Json:
        """A constant, `${{ part }}`, `${{ part == number }}` or `${{ [part, …] }}`."""
        if not isinstance(written, str):
            return written
        text = written.removeprefix("${{ ").removesuffix(" }}")
        if text.startswith("["):
            return [self._part(part, env) for part in re.findall(r"get\('[^']+'\)|\w+", text[1:-1])]
        part, _, number = text.partition(" == ")
        value = self._part(part, env)
        return value == int(number) and value is not None if number else value

    def _part(self, part: str, env: Env) -> Json:
        match part.removeprefix("get('").removesuffix("')").split("."):
            case ["vars", name]:
                return self.variables.get(name)
            case ["steps", step, "output", "value"]:
                return env.result(step)
            case ["error", "code"]:
                return env.name("error")
            case ["run", "status"]:
                return env.name("status")
            case [name]:
                return env.name(name)
        raise ValueError(part)


def _always(code: str) -> bool:
    return True


def _passing(written: Json) -> Handler:
    """What a step's `on_error` goes on after."""
    by_code = written if isinstance(written, dict) else {} if written is None else {"*": written}
    return lambda code: by_code.get(code, by_code.get("*", "stop")) in ("continue", "ignore")


def _clause(clauses: list[Json], code: str) -> int | None:
    return next((number for number, clause in enumerate(clauses) if clause.get("code", "*") in ("*", code)), None)


def _raise(end: Any) -> None:
    if end is not None:
        raise end

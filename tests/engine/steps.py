"""Steps as an author writes them, for short."""

from __future__ import annotations

from playbooks_app.language.step_type import Json


def effect(step_id: str, value: Json = 1, **more: Json) -> Json:
    """A step that reaches outside; its output's `value` is the value."""
    return {"id": step_id, "type": "effect", "with": {"value": value}, **more}


def flaky(step_id: str, fails: int = 99, *, code: str = "Flaky", transient: bool = True, **more: Json) -> Json:
    """An effect whose first executions fail."""
    return {"id": step_id, "type": "effect", "with": {"fails": fails, "code": code, "transient": transient}, **more}


def ask(step_id: str, **more: Json) -> Json:
    """A step that waits for somebody."""
    return {"id": step_id, "type": "ask", "with": {}, **more}


def var(name: str, value: Json, **more: Json) -> Json:
    """Sets a variable; its id is `set_<name>` unless said otherwise."""
    return {"id": f"set_{name}", "type": "var", "with": {"name": name, "value": value}, **more}


def throw(step_id: str, code: str = "Boom", message: str = "On purpose.", **more: Json) -> Json:
    """A step that fails with a code."""
    return {"id": step_id, "type": "throw", "with": {"code": code, "message": message}, **more}


def ends(step_id: str, outputs: Json = None, **more: Json) -> Json:
    """A step that ends the playbook."""
    return {"id": step_id, "type": "return", "with": {"outputs": outputs, **more}}


def guarded(step_id: str, steps: list[Json], catch: dict[str, list[Json]] | None = None, tidy: list[Json] | None = None) -> Json:
    """A try: what is tried, steps by code, and what is done in any case."""
    clauses = [{"code": code, "steps": inner} for code, inner in (catch or {}).items()]
    return {"id": step_id, "type": "try", "steps": steps, "catch": clauses, "finally": tidy or []}


def when(step_id: str, condition: str, then: list[Json], otherwise: list[Json] | None = None) -> Json:
    """A condition."""
    return {"id": step_id, "type": "condition", "if": condition, "then": then, "else": otherwise or []}


def each(step_id: str, values: Json, steps: list[Json], **more: Json) -> Json:
    """A loop over items."""
    return {"id": step_id, "type": "for_each", "in": values, "steps": steps, **more}


def split(step_id: str, branches: dict[str, list[Json]], **more: Json) -> Json:
    """Branches at the same time; with `type="race"` a race."""
    return {"id": step_id, "type": "parallel", "branches": [{"name": name, "steps": steps} for name, steps in branches.items()], **more}


def scope(step_id: str, steps: list[Json]) -> Json:
    """Protected steps."""
    return {"id": step_id, "type": "scope", "steps": steps}

"""A server that nobody in the sandbox may reach, and the playbooks that would like to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_django import Settings

from playbooks_app.models import PlaybookVersion, User
from runs_app.models import Run
from runs_app.starting import start
from tests.machine import drive
from tests.recorder import Recorder

Begun = Callable[..., Run]


@pytest.fixture
def recorder(settings: Settings) -> Iterator[Recorder]:
    """A server on loopback that steps may reach."""
    with Recorder() as found:
        settings.EGRESS_ALLOW = f"127.0.0.1:{found.port}"
        yield found


@pytest.fixture
def begun(published: Callable[..., PlaybookVersion], alice: User) -> Begun:
    """`begun(steps, inputs={}, mode="live", **top)`: a run of these steps, started by alice and driven until nothing moves."""

    def begin(steps: list[Any], inputs: dict[str, Any] | None = None, *, by: User | None = None, top: Any = None, **more: Any) -> Run:
        version = published({"handrail": 1, "name": "Pay", "description": "Pays.", "owner": "Finance", "steps": steps, **(top or {})})
        return drive(start(version, inputs=inputs or {}, by=by or alice, **more).run)

    return begin


def post(recorder: Recorder, step_id: str = "pay", **more: Any) -> dict[str, Any]:
    """A step that posts to the recorder."""
    body = more.pop("json", {"amount": 12})
    return {"id": step_id, "type": "http", "with": {"method": "POST", "url": f"http://127.0.0.1:{recorder.port}/{step_id}", "json": body}, **more}


def var(name: str, value: Any, **more: Any) -> dict[str, Any]:
    """Sets a variable; its id is `set_<name>`."""
    return {"id": f"set_{name}", "type": "var", "with": {"name": name, "value": value}, **more}

"""Steps that fail until their cause is mended: a log step whose message is in a set."""

from __future__ import annotations

from typing import Any

import pytest

from playbooks_app.language.step_type import Done, StepContext, StepFailed
from runs_app.step_types.actions.log import Log


class Stumbling:
    """Messages that fail, and every message that was tried, in order."""

    def __init__(self) -> None:
        self.failing: set[str] = set()
        self.tried: list[str] = []

    def run(self, context: StepContext[Any]) -> Done:
        """In place of the log step's own."""
        message = str(context.config.message)
        self.tried.append(message)
        if message in self.failing:
            raise StepFailed("Stumbled", f"“{message}” stumbled.", hint="Mend it.")
        return Done({"message": message})


@pytest.fixture
def stumbling(monkeypatch: pytest.MonkeyPatch) -> Stumbling:
    """Put messages into `failing`; take them out to mend the cause."""
    found = Stumbling()
    monkeypatch.setattr(Log, "run", lambda _self, context: found.run(context))
    return found


def say(step_id: str, message: str = "", **more: Any) -> dict[str, Any]:
    """A log step; its message is its id unless another is given."""
    return {"id": step_id, "type": "log", "with": {"message": message or step_id}, **more}


def document(steps: list[dict[str, Any]], name: str = "Repairs", **more: Any) -> dict[str, Any]:
    """A whole document."""
    return {"handrail": 1, "name": name, "description": "For tests.", "owner": "Tests", "steps": steps, **more}


OUTRIGHT: dict[str, Any] = {"settings": {"on_failure": "fail"}}

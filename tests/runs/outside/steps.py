"""Acting steps run by themselves: settings as a document has them, templates filled in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from playbooks_app.language.settings import build
from playbooks_app.language.step_type import Done, StepContext, StepFailed, StepType


def run(kind: StepType[Any], settings: dict[str, Any], *, path: str = "each/body[3]/pay", attempt: int = 1, timeout_seconds: float = 5.0) -> Any:
    """Its output; `path` and run 7 make its key."""
    context = StepContext(
        config=build(kind.Config, settings),
        now=datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
        run_id=7,
        path=path,
        attempt=attempt,
        idempotency_key=f"run-7/{path}",
        timeout_seconds=timeout_seconds,
        timezone="UTC",
        account_id=1,
        step_run_id=1,
    )
    done = kind.run(context)
    assert isinstance(done, Done)
    return done.output


def failed(kind: StepType[Any], settings: dict[str, Any], **more: Any) -> StepFailed:
    """How it fails; that it fails is asserted."""
    with pytest.raises(StepFailed) as caught:
        run(kind, settings, **more)
    return caught.value

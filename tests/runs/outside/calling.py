"""Short ways to call out."""

from __future__ import annotations

import time
from typing import Any

import pytest
from pytest_django import Settings

from playbooks_app.language.step_type import StepFailed
from runs_app import egress


def resolve(settings: Settings, hosts: str) -> None:
    """Let the resolver answer so: `name=address[+address],…`."""
    settings.MOVABLE_CLOCK, settings.TEST_HOSTS = True, hosts


def call(url: str, method: str = "GET", timeout_seconds: float = 5.0, **more: Any) -> egress.Answer:
    """What comes back."""
    return egress.call(method, url, timeout_seconds=timeout_seconds, **more)


def failure(url: str, method: str = "GET", timeout_seconds: float = 5.0, **more: Any) -> StepFailed:
    """How the call fails; that it fails is asserted, and that it does so in its time (a second more, for a busy machine)."""
    begun = time.monotonic()
    with pytest.raises(StepFailed) as caught:
        call(url, method, timeout_seconds, **more)
    assert time.monotonic() - begun < timeout_seconds + 1
    return caught.value

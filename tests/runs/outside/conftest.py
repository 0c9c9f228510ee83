"""A server inside, and who may reach it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpcore
import pytest
from pytest_django import Settings

from tests.recorder import Recorder


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    """A server inside."""
    with Recorder() as found:
        yield found


@pytest.fixture
def allowed(recorder: Recorder, settings: Settings) -> Recorder:
    """The same, and steps may reach it, at this very port."""
    settings.EGRESS_ALLOW = f"127.0.0.1:{recorder.port}"
    return recorder


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that were connected to."""
    found: list[str] = []
    plain = httpcore.SyncBackend.connect_tcp

    def connect(self: httpcore.SyncBackend, host: str, port: int, *args: Any, **more: Any) -> httpcore.NetworkStream:
        found.append(host)
        return plain(self, host, port, *args, **more)

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    return found

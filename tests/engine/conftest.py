"""What every law of the engine may ask for."""

from __future__ import annotations

import pytest


@pytest.fixture(params=[False, True], ids=["straight", "forgetful"])
def forget(request: pytest.FixtureRequest) -> bool:
    """Whether all memory is dropped after every transaction."""
    return bool(request.param)

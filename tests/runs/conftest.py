"""What the tests of runs share."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from playbooks_app.models import PlaybookVersion, User
from tests.runs.factories import PAYMENTS, RunBuilder, payments_run, steps_document


@pytest.fixture
def three_steps(published: Callable[..., PlaybookVersion]) -> PlaybookVersion:
    """A playbook of three steps in a row: s1, s2, s3."""
    return published(steps_document(3))


@pytest.fixture
def payments(published: Callable[..., PlaybookVersion]) -> PlaybookVersion:
    """The payment review."""
    return published(PAYMENTS)


@pytest.fixture
def big(payments: PlaybookVersion, alice: User) -> RunBuilder:
    """A run of 872 payments in full swing, alice's."""
    return payments_run(payments, alice, 872)

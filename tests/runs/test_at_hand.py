"""The clock looks once for all that may be at hand, and what is there is never hidden from it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from playbooks_app import clock
from playbooks_app.models import PlaybookVersion, User
from runs_app.models import Executor, FreedEntry
from runs_app.starting import When, start
from runs_app.worker.database_journal import DatabaseJournal
from tests.machine import drive
from tests.runs.stumbling import document

pytestmark = pytest.mark.django_db(transaction=True)
Published = Callable[..., PlaybookVersion]


def at_hand(after: timedelta = timedelta(0)) -> set[str]:
    """What the clock would look after, that much later."""
    return DatabaseJournal().at_hand(clock.now() + after)


def test_each_duty_is_called_when_its_time_has_come_and_not_before(published: Published, alice: User) -> None:
    """A wait, a start, a place in line that is free, a worker that is gone."""
    wait = {"id": "wait", "type": "delay", "with": {"for": "1d"}}
    drive(start(published(document([wait])), inputs={}, by=alice).run)
    start(published(document([wait])), inputs={}, by=alice, when=When(start_at=clock.now() + timedelta(hours=1)))
    assert at_hand() == set()
    assert at_hand(timedelta(hours=2)) == {"starts"}
    assert at_hand(timedelta(days=2)) == {"due", "starts"}

    assert alice.account is not None
    FreedEntry.objects.create(account=alice.account)
    assert at_hand() == {"entries"}

    Executor.objects.create(name="gone", pid=1, alive=True, seen_at=clock.now() - timedelta(days=1))
    assert at_hand() == {"bury", "entries"}

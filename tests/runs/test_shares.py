"""One noisy account does not slow another: places and threads of a worker are shared, whatever stands in line and however urgent it says it is."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from playbooks_app.models import PlaybookVersion, User
from runs_app.models import Run, Strand
from runs_app.starting import start
from runs_app.statuses import RUN_OVER
from runs_app.worker.driver import Driver
from runs_app.worker.shares import SharedPool, crowds, kept_free
from tests.runs.test_machine import document, var

MANY = 400


def test_who_holds_an_eighth_has_its_share() -> None:
    """Whoever has less is looked for first; with few places none is kept free."""
    assert crowds([1] * 64 + [2] * 63 + [3], 512) == [1]
    assert [kept_free(each) for each in (1, 7, 8, 64, 512)] == [0, 0, 1, 8, 64]


def test_threads_go_round() -> None:
    """An account that fills every line leaves threads free, and whoever has the fewest at work goes next; what is forgotten never begins."""
    pool, go_on, began, done = SharedPool(8), threading.Event(), threading.Semaphore(0), list[int]()

    def work(account: int) -> Callable[[], None]:
        def act() -> None:
            began.release()
            assert go_on.wait(60)
            done.append(account)

        return act

    for _ in range(50):
        pool.submit(1, work(1))
    for _ in range(7):
        assert began.acquire(timeout=60)
    assert not began.acquire(blocking=False)
    pool.submit(2, work(2))
    assert began.acquire(timeout=60)  # at once: an eighth was kept free
    pool.submit(3, work(3))
    pool.submit(2, work(2))
    pool.forget()
    pool.submit(3, work(3))
    go_on.set()
    assert began.acquire(timeout=60)
    pool._pool.shutdown(wait=True)
    assert sorted(done) == [1] * 7 + [2] + [3]


@pytest.mark.django_db(transaction=True)
def test_a_start_of_one_account_goes_round_the_long_line_of_another(published: Callable[..., PlaybookVersion], alice: User, eve: User) -> None:
    """Globex has hundreds of runs in line and calls all of them urgent: Acme's is over while almost all of those still wait."""
    steps = document([var(f"v{number}", f"x{number}", 1) for number in range(5)])
    noisy = published(steps, owner=eve)
    model = start(noisy, inputs={}, by=eve).run
    runs = Run.objects.bulk_create(_copy_of(model) for _ in range(MANY))
    Strand.objects.bulk_create(Strand(run=run, urgency=-100) for run in runs)
    quiet = start(published(steps), inputs={}, by=alice).run
    driver = Driver(threads=2, capacity=16)

    driver.run(until=lambda: Run.objects.filter(pk=quiet.pk, status__in=RUN_OVER).exists())

    assert Strand.objects.filter(run__account=eve.account, status="queued").count() > MANY * 3 // 4


def _copy_of(model: Run) -> Run:
    """One more run like it."""
    fields = {field.attname: getattr(model, field.attname) for field in Run._meta.concrete_fields if field.attname != "id"}
    return Run(**{**fields, "idempotency_key": None})

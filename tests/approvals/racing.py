"""What a race needs: clients that stay, each with a connection of its own, and fresh approvals by the hundred."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from django.db import connections
from django.db.models import Min, Model
from django.urls import resolve
from rest_framework.test import APIRequestFactory, force_authenticate

from approvals_app.models import Approval, Asked, Showing
from playbooks_app.models import User
from runs_app.models import StepRun

SECONDS = 60  # until somebody who does not come or go is a fault


@dataclass(frozen=True, slots=True)
class Reply:
    """What the REST door answered."""

    status: int
    body: dict[str, Any]


Deed = Callable[[], Any]
Row = TypeVar("Row", bound=Model)
FACTORY = APIRequestFactory()


def post(person: User, address: str, **body: Any) -> Reply:
    """POST to an address below /api/v1/, in this thread: the view that the URLs name, with its authentication, permissions and errors."""
    request = FACTORY.post(f"/api/v1/{address}", body, format="json")
    force_authenticate(request, person)
    view = resolve(f"/api/v1/{address}")
    answer = view.func(request, *view.args, **view.kwargs)
    return Reply(answer.status_code, answer.data)


def decides(approval: Approval, person: User, choice: str) -> Deed:
    """The vote of one person over REST, as a deed for `Clients.at_once`."""
    return partial(post, person, f"approvals/{approval.pk}/decide/", decision=choice, comment=f"by {person.username}")


class Clients:
    """So many callers, each on a thread and a connection of its own, kept from round to round: connecting would take longer than the race."""

    def __init__(self, many: int) -> None:
        self.many = many
        self._threads = ThreadPoolExecutor(many)

    def at_once(self, deeds: list[Deed]) -> list[Any]:
        """Let each client do one of the deeds, all from the same moment; what came of them, in their order. What a deed raises is raised here."""
        gate = threading.Barrier(len(deeds))
        return [each.result(timeout=SECONDS) for each in [self._threads.submit(_through, gate, deed) for deed in deeds]]

    def close(self) -> None:
        """Close every client's connection; the database cannot be emptied while one is open."""
        self.at_once([connections.close_all] * self.many)
        self._threads.shutdown()


def _through(gate: threading.Barrier, deed: Deed) -> Any:
    gate.wait(SECONDS)
    return deed()


def copies(model: Approval, many: int) -> Iterator[Approval]:
    """So many approvals like this one, each in a run of its own, written in a few statements. No duty is due on any of them."""
    first = min(StepRun.objects.aggregate(least=Min("pk"))["least"] or 0, 0) - many  # below those that drivers take from their sequence
    runs = _many(model.run, many)
    strands = _many(model.step_run.strand, many, run=runs)
    steps = _many(model.step_run, many, id=list(range(first, first + many)), run=runs, strand=strands)
    made = _many(Approval.objects.get(pk=model.pk), many, run=runs, step_run=steps, next_at=[None] * many)
    for kind in (Asked, Showing):
        for row in kind._default_manager.filter(approval=model):
            _many(row, many, approval=made)
    return iter(made)


def _many(row: Row, many: int, **each: list[Any]) -> list[Row]:
    """Copies of a row; `each` has the values in which they differ."""
    found = []
    for place in range(many):
        new = copy(row)
        new._state = copy(row._state)
        new._state.adding, new._state.fields_cache, new.pk = True, {}, None
        for name, values in each.items():
            setattr(new, name, values[place])
        found.append(new)
    return type(row)._default_manager.bulk_create(found, batch_size=500)

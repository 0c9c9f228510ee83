"""An inbox with very many open approvals: stored in bulk, and read over HTTP as people and programs read it."""

from __future__ import annotations

import http.client
import statistics
import time
from collections.abc import Mapping
from datetime import timedelta

from django.db import connection

from approvals_app.models import Approval, Asked
from playbooks_app import clock
from playbooks_app.models import PlaybookVersion, User
from runs_app.models import Run, StepRun, Strand

OPEN = 10_000
LOOKS = 40  # at each of the addresses
ADDRESSES = {"page": "/approvals/", "fragment": "/approvals/?list=1", "search": "/approvals/?list=1&q=49", "API": "/api/v1/approvals/?status=open"}
CHOICES = [{"value": "approve", "label": "Approve"}, {"value": "reject", "label": "Reject"}]


def fill(version: PlaybookVersion, person: User, count: int = OPEN) -> None:
    """So many runs of this version, each with an approval that waits for this person."""
    account, now = person.account, clock.now()
    assert account is not None
    place = {"account": account, "owner": person, "playbook": version.playbook, "version": version, "status": "pending_approval"}
    runs = Run.objects.bulk_create([Run(**place, started_at=now) for _ in range(count)], 1000)
    strands = Strand.objects.bulk_create([Strand(run=run, status="parked") for run in runs], 1000)
    first = 1_000_000_000
    steps = StepRun.objects.bulk_create([_step(first + number, strand) for number, strand in enumerate(strands)], 1000)
    approvals = Approval.objects.bulk_create([_approval(number, step, person) for number, step in enumerate(steps)], 1000)
    Asked.objects.bulk_create([Asked(approval=each, person=person, why="group bench", through="group") for each in approvals], 1000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _step(pk: int, strand: Strand) -> StepRun:
    wait = {"cause": "approval", "name": "group bench", "note": {}}
    place = {"path": "sign", "block": "steps", "position": 0, "step": "sign", "type": "approval"}
    return StepRun(id=pk, run=strand.run, strand=strand, **place, status="waiting", wait=wait, started_at=clock.now())


def _approval(number: int, step: StepRun, person: User) -> Approval:
    rule = {
        "need": 1,
        "stage": 1,
        "name": "group bench",
        "barred": [],
        "people": {str(person.pk): {"weight": 1, "why": "group bench", "through": "group"}},
    }
    return Approval(
        account_id=step.run.account_id,
        run=step.run,
        step_run=step,
        requester=person,
        title=f"Pay supplier {number}?",
        shown={"vendor": f"Supplier {number}", "amount": number},
        shown_order=["vendor", "amount"],
        payload_hash="0" * 64,
        choices=CHOICES,
        rules=[rule],
        policy={"barred": {}},
        due_at=clock.now() + timedelta(hours=number % 900) if number % 3 else None,
    )


def looks(port: int, address: str, headers: Mapping[str, str], count: int = LOOKS) -> tuple[float, float]:
    """Median and p95, in seconds, of that many GETs, one after the other over one connection."""
    found = []
    server = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for _ in range(count):
        began = time.perf_counter()
        server.request("GET", address, headers=dict(headers))
        answer = server.getresponse()
        answer.read()
        found.append(time.perf_counter() - began)
        if answer.status != 200:
            raise RuntimeError(f"{address} answered {answer.status}")
    server.close()
    return statistics.median(found), statistics.quantiles(found, n=20)[-1]

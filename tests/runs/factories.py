"""Rows of runs as the machine leaves them, for tests that only read. Nothing here runs a step."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from playbooks_app import clock
from playbooks_app.models import PlaybookVersion, User
from runs_app.models import LoopItem, Run, RunEvent, StepRun, Strand
from runs_app.statuses import RUN_OPEN, STEP_OPEN, RunStatus, StepStatus, StrandStatus

CLOSED = {
    "code": "ClientError",
    "message": "The bank refused the payment: the receiving account is closed.",
    "hint": "Change the account, then retry.",
    "address": "",
}
_ids = itertools.count(1_000_000_000)

PAYMENTS: dict[str, Any] = {
    "handrail": 1,
    "name": "Payment review",
    "description": "Nothing above the limit is paid before somebody has approved it.",
    "owner": "Finance",
    "inputs": [{"name": "payments", "type": "array", "required": True, "description": "Rows with supplier and amount"}],
    "steps": [
        {"id": "note", "type": "log", "name": "Note the start", "with": {"message": "begin"}},
        {
            "id": "each",
            "type": "for_each",
            "name": "Pay each payment",
            "in": "${{ inputs.payments }}",
            "item": "payment",
            "concurrency": 8,
            "on_item_error": "continue",
            "steps": [
                {
                    "id": "large",
                    "type": "condition",
                    "name": "Above 5,000?",
                    "if": "${{ payment.amount > 5000 }}",
                    "then": [
                        {
                            "id": "both",
                            "type": "parallel",
                            "name": "Sign-off and vendor check",
                            "branches": [
                                {
                                    "name": "people",
                                    "steps": [
                                        {
                                            "id": "sign",
                                            "type": "approval",
                                            "name": "Sign off large payment",
                                            "with": {"title": "Pay {{ payment.supplier }}?", "approvers": {"group": "finance-leads"}},
                                        }
                                    ],
                                },
                                {
                                    "name": "vendor",
                                    "steps": [
                                        {
                                            "id": "check",
                                            "type": "http",
                                            "name": "Check the vendor",
                                            "with": {"method": "GET", "url": "https://vendors.example/check"},
                                        }
                                    ],
                                },
                            ],
                        }
                    ],
                    "else": [],
                },
                {"id": "pay", "type": "http", "name": "Pay", "with": {"method": "POST", "url": "https://bank.example/payments", "json": {"a": 1}}},
            ],
        },
        {"id": "report", "type": "email", "name": "Send the report", "with": {"to": ["a@example.com"], "subject": "Done", "body": "All paid"}},
    ],
}


def steps_document(count: int = 3, name: str = "Steps in a row") -> dict[str, Any]:
    """`s1`, `s2` …, each a log step."""
    steps = [{"id": f"s{number}", "type": "log", "name": f"Step {number}", "with": {"message": "x"}} for number in range(1, count + 1)]
    return {"handrail": 1, "name": name, "description": "For tests.", "owner": "Tests", "steps": steps}


class RunBuilder:
    """One run and what happened in it so far. Moments are given as seconds after its start."""

    def __init__(
        self, version: PlaybookVersion, by: User, *, status: str = RunStatus.RUNNING, started: datetime | None = None, **fields: Any
    ) -> None:
        self.start = started or clock.now() - timedelta(minutes=10)
        playbook = version.playbook
        fields = {"visibility": playbook.visibility, "department": playbook.department, "group": playbook.group, **fields}
        if status not in RUN_OPEN:
            fields.setdefault("finished_at", self.start + timedelta(seconds=60))
        self.run = Run.objects.create(
            account=playbook.account,
            owner=by,
            playbook=playbook,
            granted_by=playbook,
            version=version,
            status=status,
            created_at=self.start,
            started_at=None if status == RunStatus.QUEUED else self.start,
            trigger="page",
            **fields,
        )
        self.main = Strand.objects.create(run=self.run, status=StrandStatus.PARKED)
        self._rows: list[StepRun] = []
        self._positions: dict[tuple[int, str, int], int] = {}

    def at(self, seconds: float) -> datetime:
        """A moment of this run."""
        return self.start + timedelta(seconds=seconds)

    def strand(self, parent: StepRun | None = None, *, held: bool = False, block: str = "", iteration: int = 0, is_lane: bool = False) -> Strand:
        """One more strand, parked."""
        place = {"parent_id": parent.pk, "path": parent.path, "step": parent.step} if parent else {}
        return Strand.objects.create(run=self.run, status=StrandStatus.PARKED, held=held, block=block, iteration=iteration, is_lane=is_lane, **place)

    def step(
        self,
        step: str,
        type: str = "log",
        *,
        inside: StepRun | None = None,
        block: str = "",
        iteration: int | None = None,
        strand: Strand | None = None,
        status: str = StepStatus.SUCCEEDED,
        begin: float = 0,
        end: float | None = 1,
        **fields: Any,
    ) -> StepRun:
        """One step run; nothing is stored before `save`."""
        named = block if iteration is None else f"{block}[{iteration}]"
        place = (inside.pk if inside else 0, block or "main", iteration or 0)
        position = self._positions[place] = self._positions.get(place, -1) + 1
        row = StepRun(
            id=next(_ids),
            run=self.run,
            strand=strand or self.main,
            parent_id=place[0],
            path=f"{inside.path}/{named}/{step}" if inside else step,
            block=place[1],
            iteration=place[2],
            position=fields.pop("position", position),
            step=step,
            type=type,
            status=status,
            started_at=self.at(begin),
            finished_at=None if status in STEP_OPEN else self.at(end if end is not None else begin),
            **fields,
        )
        self._rows.append(row)
        return row

    def hold(self, step: StepRun) -> None:
        """The failed step holds its strand until a person acts."""
        Strand.objects.filter(pk=step.strand_id).update(held=True, held_step=step.pk)

    def save(self) -> Run:
        """Store all step runs."""
        StepRun.objects.bulk_create(self._rows)
        self._rows = []
        return self.run

    def events(self, events: Iterable[tuple[str, str, float]], by: User | None = None, data: Any = None, attempt: int = 1) -> None:
        """(type, path, seconds) one after the other."""
        first = self.run.event_count + 1
        rows = [
            RunEvent(
                run=self.run, number=first + place, type=kind, path=path, at=self.at(seconds), by=by.pk if by else None, data=data, attempt=attempt
            )
            for place, (kind, path, seconds) in enumerate(events)
        ]
        RunEvent.objects.bulk_create(rows)
        self.run.event_count += len(rows)
        self.run.save(update_fields=["event_count"])


def finished_runs(version: PlaybookVersion, by: User, count: int, seconds: float = 60, steps: Sequence[str] = ("s1", "s2", "s3")) -> list[Run]:
    """Completed runs of that length, their steps sharing it equally."""
    runs = []
    for number in range(count):
        built = RunBuilder(version, by, status=RunStatus.COMPLETED, started=clock.now() - timedelta(hours=2, minutes=number))
        each = seconds / len(steps)
        for place, step in enumerate(steps):
            built.step(step, begin=place * each, end=(place + 1) * each)
        built.run.finished_at = built.at(seconds)
        built.run.save(update_fields=["finished_at"])
        runs.append(built.save())
    return runs


def payments_run(version: PlaybookVersion, by: User, items: int, *, started: datetime | None = None) -> RunBuilder:
    """A run of PAYMENTS in full swing: most items are paid, some have failed, some wait for bob, eight are being paid, the last have not begun."""
    built = RunBuilder(version, by, started=started or clock.now() - timedelta(minutes=50))
    built.step("note", "log", begin=0, end=0.4)
    reached = items - min(33, items // 4)
    each = built.step(
        "each", "for_each", status=StepStatus.WAITING, begin=1, end=None, items=items, next_item=reached, policy="all", open_children=8,
        wait={"cause": "child", "name": "", "note": None},
    )  # fmt: skip
    built.save()
    lane = built.strand(each, block="body", is_lane=True)
    values = [LoopItem(step_run=each, number=n, value={"supplier": f"Supplier {n + 1}", "amount": 100 + n * 7.5}) for n in range(items)]
    LoopItem.objects.bulk_create(values)
    for number in range(reached):
        _payment(built, each, number, reached, lane)
    built.save()
    return built


def _payment(built: RunBuilder, each: StepRun, number: int, reached: int, lane: Strand) -> None:
    begin = 2 + number * 2.5
    place: dict[str, Any] = {"inside": each, "block": "body", "iteration": number}
    if number % 100 == 68:  # failed, set aside
        built.step("large", "condition", **place, strand=lane, begin=begin, end=begin + 0.1, output={"branch": "else"})
        built.step("pay", "http", **place, strand=lane, status=StepStatus.FAILED, begin=begin + 0.1, end=begin + 8, attempt=3, error=CLOSED)
    elif number % 180 == 20:  # waits for bob
        own, people, vendor = (built.strand(each, block="body", is_lane=True) for _ in range(3))
        large = built.step("large", "condition", **place, strand=own, status=StepStatus.RUNNING, begin=begin, end=None)
        waits: dict[str, Any] = {"status": StepStatus.WAITING, "end": None}
        both = built.step(
            "both", "parallel", inside=large, block="then", strand=own, begin=begin, policy="all", open_children=1, wait={"cause": "child"}, **waits
        )
        asked = {"cause": "approval", "name": "Bob Tanaka", "note": None}
        built.step("sign", "approval", inside=both, block="people", strand=people, begin=begin + 0.2, wait=asked, **waits)
        built.step("check", "http", inside=both, block="vendor", strand=vendor, begin=begin + 0.2, end=begin + 1, output={"status": 200})
    elif number >= reached - 8:  # being paid
        own = built.strand(each, block="body", is_lane=True)
        built.step("large", "condition", **place, strand=own, begin=begin, end=begin + 0.1, output={"branch": "else"})
        built.step("pay", "http", **place, strand=own, status=StepStatus.RUNNING, begin=begin + 0.1, end=None)
    else:
        built.step("large", "condition", **place, strand=lane, begin=begin, end=begin + 0.1, output={"branch": "else"})
        built.step("pay", "http", **place, strand=lane, begin=begin + 0.1, end=begin + 1.4, output={"status": 201})

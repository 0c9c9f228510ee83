"""A run that waits for people, made row by row: what the machine would have stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from approvals_app.models import Approval
from approvals_app.opening import open_approval
from approvals_app.step_types.approval import Approval as ApprovalStep
from approvals_app.step_types.approval import ChoiceRow, RuleRow, Settings, question_of
from playbooks_app import clock
from playbooks_app.language.step_type import Outcome, StepContext
from playbooks_app.models import PlaybookVersion, User
from runs_app.models import Run, StepRun, Strand
from runs_app.statuses import StepStatus, StrandStatus

SHOWN = {"vendor": "Kestrel Freight", "amount": 48200, "account": "IE64 IRCE 9205 0112 3456 78"}
QUESTION = {"title": "Pay Kestrel Freight 48,200.00?", "approvers": {"group": "finance-leads"}, "show": [{"label": "invoice", "value": SHOWN}]}


@pytest.fixture
def resolved(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """What the machine was told: one entry per wait that was ended."""
    calls: list[dict[str, Any]] = []
    really = StepRun.resolve

    def resolve(self: StepRun, outcome: Outcome, *, output: Any = None, error: Any = None, by: User | None = None) -> bool:
        ended = really(self, outcome, output=output, error=error, by=by)
        if ended:
            calls.append({"path": self.path, "outcome": outcome, "output": output, "error": error, "by": by})
        return ended

    monkeypatch.setattr(StepRun, "resolve", resolve)
    yield calls


Ask = Callable[..., Approval]


@pytest.fixture
def ask(published: Callable[..., PlaybookVersion], people: dict[str, User], resolved: list[dict[str, Any]]) -> Ask:
    """`ask(starter=alice, run=None, path="sign", **settings)`: an approval that waits, in a run of its own or in `run`."""
    version: list[PlaybookVersion] = []

    def open_one(
        *, starter: User | None = None, run: Run | None = None, path: str = "sign", tried: StepRun | None = None, **settings: Any
    ) -> Approval:
        if not version:
            version.append(published({"name": "Supplier payments", "steps": []}))
        starter = starter or people["alice"]
        run = run or make_run(version[0], starter)
        step_run = tried or make_step_run(run, path)
        config = config_of({**QUESTION, **settings})
        return open_approval(context_for(run, step_run, config, starter), question_of(config))

    return open_one


def make_run(version: PlaybookVersion, starter: User) -> Run:
    """A run whose main line waits."""
    assert starter.account is not None
    return Run.objects.create(account=starter.account, owner=starter, playbook=version.playbook, version=version, status="pending_approval")


def make_step_run(run: Run, path: str) -> StepRun:
    """A waiting approval step on a strand of its own."""
    strand = Strand.objects.create(run=run, status=StrandStatus.PARKED)
    number = (StepRun.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
    return StepRun.objects.create(
        id=number, run=run, strand=strand, path=path, block="steps", position=0, step=path.rpartition("/")[2], type="approval",
        status=StepStatus.WAITING, started_at=clock.now(), wait={"cause": "approval", "name": "group finance-leads"},
    )  # fmt: skip


def context_for(run: Run, step_run: StepRun, config: Settings, starter: User) -> StepContext[Settings]:
    """What the machine hands to the step type."""
    return StepContext(
        config=config, now=clock.now(), run_id=run.pk, path=step_run.path, attempt=1, idempotency_key=step_run.idempotency_key, timeout_seconds=60,
        timezone="UTC", account_id=run.account_id, step_run_id=step_run.pk, starter_id=starter.pk,
    )  # fmt: skip


def config_of(written: dict[str, Any]) -> Settings:
    """The settings as the language would build them."""
    settings = dict(ApprovalStep().written_out(written))
    settings["rules"] = tuple(RuleRow(**row) for row in settings.get("rules", ()))
    settings["choices"] = tuple(ChoiceRow(**row) for row in settings.get("choices", ()))
    return Settings(**settings)


@pytest.fixture
def lead(people: dict[str, User], acme: Any) -> Callable[[str], User]:
    """`lead("dana")`: one more approver in finance-leads."""

    def make(name: str) -> User:
        user = User.objects.create_user(name, f"{name}@acme.example", "demo", first_name=name.capitalize(), last_name="Whitfield")
        user.memberships.create(account=acme, role="approver")
        acme.groups.get(slug="finance-leads").members.add(user)
        return user

    return make

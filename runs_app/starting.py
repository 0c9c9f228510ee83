"""Begins a run: checks what was given, writes the run and its main line, and rings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from playbooks_app import clock, limits
from playbooks_app.errors import NotAllowed, Refused, WrongState
from playbooks_app.language import durations
from playbooks_app.language.document import Document
from playbooks_app.language.inputs import take
from playbooks_app.language.problem import Invalid, Problem
from playbooks_app.language.reading import check_json
from playbooks_app.language.step_type import Json
from playbooks_app.language.timezones import zone_called
from playbooks_app.models import PlaybookVersion, User
from playbooks_app.secrecy.sealing import with_credentials_sealed
from runs_app import beginning
from runs_app.engine.program import Program
from runs_app.engine.records import LIVE
from runs_app.entry import admission, room
from runs_app.models import Run
from runs_app.models.run import MadeAs
from runs_app.trials.whatif import WHAT_IF, keep_plan
from runs_app.worker.documents import document_of

MODES = (LIVE, "sandbox", WHAT_IF)
CALLER_SECONDS = 300.0  # how long a run with a waiting caller may take (rule 31)


@dataclass(frozen=True, slots=True)
class Started:
    """The run; `deduplicated`: it had been started before under the same key."""

    run: Run
    deduplicated: bool = False


@dataclass(frozen=True, slots=True)
class When:
    """Not before `start_at`; of several in line the highest priority first; at most `concurrency["max"]` runs with `concurrency["key"]` at once."""

    start_at: datetime | None = None
    priority: int = 0
    concurrency: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class Parent:
    """The run that starts another one, and the id of the step run that does: the child is seen by whoever sees the parent."""

    run: Run
    step_run: int


def start(
    version: PlaybookVersion,
    *,
    inputs: Mapping[str, Json],
    by: User | None,
    idempotency_key: str | None = None,
    mode: str = "live",
    autonomous: bool = False,
    trigger: str = "api",
    config: Mapping[str, Json] | None = None,
    labels: Mapping[str, Json] | None = None,
    timezone: str | None = None,
    waiting_caller: bool = False,
    from_form: bool = False,
    parent: Parent | None = None,
    pinned: Mapping[str, Json] | None = None,
    made_as: MadeAs = MadeAs.ITSELF,
    original: Run | None = None,
    original_path: str = "",
    when: When | None = None,
) -> Started:
    """Start a run of a version. Raises Refused (content), WrongState (deprecated version; LockHeld: its lock is taken; LimitReached), TooMany.

    mode: in the `sandbox` nothing leaves the house; steps that would act are answered by `pinned` ({path or step id: output}), by what `original`
    has recorded, or by a sample. `what_if` runs nothing: the run is over at once and holds a plan. Keys of one mode are never those of another.
    """
    _require_plan(version)
    known = _known(version, mode, idempotency_key)
    if known is not None:
        return Started(known, deduplicated=True)
    _require_mode(mode, pinned)
    _require_startable(version, original, parent)
    document = document_of(version)
    _require_zone(timezone, "timezone")
    _require_zone(document.settings.get("timezone"), "settings/timezone")
    run = _new_run(version, document, by)
    run.inputs = _fitting(run, _taken(document, inputs, from_form=from_form) if original is None else dict(inputs))
    run.idempotency_key = idempotency_key or None
    run.mode, run.autonomous, run.trigger, run.pinned = mode, autonomous, trigger, dict(pinned or {}) or None
    run.made_as, run.original, run.original_path = made_as, original, original_path
    run.config = with_credentials_sealed({**version.playbook.account.whole_config, **(config or {})})
    run.labels, run.timezone = dict(labels or {}), timezone or run.timezone
    run.fails_outright = waiting_caller or document.settings.get("on_failure") == "fail"
    _limit_time(run, document, CALLER_SECONDS if waiting_caller and parent is None else None)
    if made_as == MadeAs.REPLAY and original is not None:
        run.fails_outright = original.fails_outright
    if parent is not None:
        run.parent_step, run.priority = parent.step_run, parent.run.priority
    seen_as = _see_as(run, parent.run if parent is not None else original)
    if when is not None:
        run.start_at, run.priority, run.concurrency = when.start_at, when.priority, dict(when.concurrency) if when.concurrency else None
    started = _write(run, document) if mode != WHAT_IF else Started(keep_plan(run, Program(document)))
    if seen_as is not None and not started.deduplicated:
        _share_as(started.run, seen_as)
    return started


def _require_startable(version: PlaybookVersion, original: Run | None, parent: Parent | None) -> None:
    """Of a version that is not deprecated, and one more start in this minute: what a run starts is its own affair. Raises WrongState, TooMany."""
    if version.deprecated_at is not None and original is None:
        raise WrongState(f"Version {version.number} is deprecated.", hint="Start a newer version.")
    if parent is None:
        limits.count_start(version.playbook.account)


def _require_plan(version: PlaybookVersion) -> None:
    """Whatever starts it: a person, a schedule, a hook, another run. Raises NotAllowed (S0-plan-gate)."""
    account = version.playbook.account
    if not account.playbooks_enabled:
        raise NotAllowed(f"Playbooks are not part of {account}'s plan.", hint="Ask an owner of your account to switch them on.")


def _see_as(run: Run, other: Run | None) -> Run | None:
    """Seen by whoever sees the other one, in memory; the same one again."""
    if other is not None:
        run.visibility, run.department_id, run.group_id = other.visibility, other.department_id, other.group_id
        run.granted_by_id = other.granted_by_id
    return other


def _share_as(run: Run, other: Run) -> None:
    """The grants that somebody made for a run alone hold for what it starts, and for its copies, too."""
    for grant in other.grants.all():
        grant.pk, grant.run, grant._state.adding = None, run, True
        grant.save()


def _known(version: PlaybookVersion, mode: str, idempotency_key: str | None) -> Run | None:
    if not idempotency_key:
        return None
    return Run.objects.filter(playbook=version.playbook, mode=mode, idempotency_key=idempotency_key).first()


def _require_mode(mode: str, pinned: Mapping[str, Json] | None) -> None:
    if mode not in MODES:
        raise Refused([Problem("mode", "InputInvalid", f"There is no mode `{mode}`.", f"Use one of: {', '.join(MODES)}.")])
    if pinned and mode == LIVE:
        raise Refused([Problem("pinned", "Contradiction", "A live run does what its steps say.", "Pin outputs in the sandbox.")])
    for path, value in (pinned or {}).items():
        if any(each.level == "error" for each in check_json(value)):
            raise Refused([Problem(f"pinned/{path}", "WrongValue", "This cannot be stored.", "Give plain JSON.")])


def _taken(document: Document, inputs: Mapping[str, Json], *, from_form: bool) -> dict[str, Json]:
    try:
        return take(document.inputs, inputs, extra=document.settings.get("extra_inputs") == "allow", from_form=from_form)
    except Invalid as invalid:
        raise Refused(invalid.problems, "The inputs have faults; no run was made.") from None


def _fitting(run: Run, inputs: dict[str, Json]) -> dict[str, Json]:
    """The inputs. Raises Refused if they are longer than the account's may be."""
    if limits.most(run.account, "input_bytes"):
        problems = limits.input_problems(run.account, len(json.dumps(inputs, ensure_ascii=False).encode("utf-8", "replace")))
        if problems:
            raise Refused(problems, "The inputs have faults; no run was made.")
    return inputs


def _require_zone(name: Json, address: str) -> None:
    """Raises Refused for a name that no time zone has; none at all is fine."""
    if name and zone_called(name) is None:
        raise Refused([Problem(address, "WrongValue", f"There is no time zone “{str(name)[:40]}”.", "Write it as in Europe/Berlin.")])


def _new_run(version: PlaybookVersion, document: Document, by: User | None) -> Run:
    """Sight is the playbook's; the owner is who started it."""
    playbook = version.playbook
    return Run(
        account=playbook.account,
        owner=by,
        visibility=playbook.visibility,
        department=playbook.department,
        group=playbook.group,
        granted_by=playbook,
        playbook=playbook,
        version=version,
        timezone=str(document.settings.get("timezone") or playbook.account.timezone),
        created_at=clock.now(),
    )


def _limit_time(run: Run, document: Document, otherwise: float | None) -> None:
    """Its time counts from here on: what the settings say, else `otherwise`, in seconds; None = it may take as long as it likes (rule 31)."""
    limit = durations.seconds(document.settings.get("timeout")) or otherwise
    if limit is not None:
        run.timeout_after = timedelta(seconds=limit)
        run.deadline_at = run.created_at + run.timeout_after


def _write(run: Run, document: Document) -> Started:
    """The run and its main line, which is kept back while the run waits for its start, a limit or a lock."""
    run.gate = admission.START if run.start_at is not None and run.start_at > clock.now() else ""
    asks = not run.gate and admission.may_be_kept_back(run, document)
    try:
        with transaction.atomic() if asks or run.idempotency_key or room.is_counted(run) else nullcontext():
            room.require(run)
            run.deadline_at = None if run.gate else run.deadline_at
            beginning.write(run, is_ready=not run.gate and not asks)
            if asks:
                _ask(run, document)
    except IntegrityError:  # somebody else used the same key at the same moment
        known = _known(run.version, run.mode, run.idempotency_key)
        if known is None:
            raise
        return Started(known, deduplicated=True)
    return Started(run)


def _ask(run: Run, document: Document) -> None:
    """Let it begin, or keep it back until it may."""
    run.gate = admission.gate_of(run, document)
    if not run.gate:
        beginning.make_ready(run)
        return
    run.deadline_at = None
    run.save(update_fields=["gate", "deadline_at"])


def input_problems(version: PlaybookVersion, inputs: Mapping[str, Any], *, from_form: bool = False) -> list[Problem]:
    """The faults that `start` would refuse, without starting."""
    document = document_of(version)
    try:
        take(document.inputs, inputs, extra=document.settings.get("extra_inputs") == "allow", from_form=from_form)
    except Invalid as invalid:
        return invalid.problems
    return []

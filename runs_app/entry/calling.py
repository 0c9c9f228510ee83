"""What a step that runs a playbook has to know before it starts one: which version, with what, and how deep that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from playbooks_app.language.step_type import Json, StepContext, StepFailed
from playbooks_app.models import Playbook, PlaybookVersion, User
from runs_app.entry.children import CHILD
from runs_app.entry.entering import LockHeld
from runs_app.models import Run, StepRun
from runs_app.models.run import MadeAs
from runs_app.models.step_run import key_of
from runs_app.starting import Parent, input_problems, start
from runs_app.worker import statements
from runs_app.worker.database_journal import DatabaseJournal
from runs_app.worker.documents import document_of

MAX_DEPTH = 10  # runs in a chain, the first one included (settings.max_depth)


@dataclass(frozen=True, slots=True)
class Call:
    """The version to start; `found`: a run of it with the author's key is there already."""

    version: PlaybookVersion
    found: Run | None = None


def prepare(context: StepContext[Any]) -> Call:
    """Everything that can be refused is refused here. Raises StepFailed."""
    chain = chain_of(context.run_id)
    version = _version(_playbook(context, chain[-1].owner), context.config.version)
    _require_depth(chain, version)
    found = _found(context, version, chain)
    if found is None:
        _require_startable(version, context.config.inputs)
    return Call(version, found)


def start_child(context: StepContext[Any], note: Mapping[str, Json]) -> None:
    """Start what `prepare` found, inside the transaction that parks the step. A child that is not waited for ends the step at once."""
    if note["run"] is not None:
        return
    config, parent = context.config, Run.objects.select_related("owner").get(pk=context.run_id)
    version = PlaybookVersion.objects.select_related("playbook__account").get(playbook=note["playbook"], number=note["version"])
    step_run = StepRun.objects.get(pk=context.step_run_id)
    try:
        run = _start(context, parent, version)
    except LockHeld as held:
        step_run.resolve("failed", error={**held.as_json(), "address": context.path})
        return
    if parent.held and not config.detach:  # it began while its parent was being paused
        journal = DatabaseJournal()
        journal.pause(run.pk)
        journal.sql(statements.PAUSED_WITH, parent.pk, run.pk)
    StepRun.objects.filter(pk=step_run.pk).update(wait={**(step_run.wait or {}), "note": {**note, "run": run.pk}})
    if config.detach:
        step_run.resolve("done", output={"run": run.pk})


def _start(context: StepContext[Any], parent: Run, version: PlaybookVersion) -> Run:
    """Raises LockHeld where the child's locks are taken and it is to be refused. In a replay it is the recorded child that is played again."""
    config, recorded = context.config, _recorded_child(parent, context.path)
    if recorded is not None and recorded.version.playbook_id == version.playbook_id:
        return _played_again(context, parent, recorded)
    return start(
        version,
        inputs=config.inputs,
        by=parent.owner,
        idempotency_key=config.idempotency_key or _key(context),
        mode=context.mode,
        autonomous=context.autonomous,
        trigger=CHILD,
        config=_handed_on(parent.config, context),
        timezone=parent.timezone,
        waiting_caller=not config.detach,
        parent=Parent(parent, context.step_run_id),
    ).run


def _handed_on(config: Mapping[str, Json], context: StepContext[Any]) -> dict[str, Json]:
    """What of its config the run gives to the one that it starts: what the step may see."""
    access = context.access
    if access is None:
        return dict(config)
    return access.part("config", config) if access.allows("config", None) else {}


def _recorded_child(parent: Run, path: str) -> Run | None:
    """What the run that is played again had started at this place."""
    if parent.made_as != MadeAs.REPLAY or parent.original_id is None:
        return None
    above = StepRun.objects.filter(run=parent.original_id, path=path).values("pk")
    return Run.objects.filter(parent_step__in=above).select_related("version__playbook__account").order_by("-pk").first()


def _played_again(context: StepContext[Any], parent: Run, recorded: Run) -> Run:
    return start(
        recorded.version,
        inputs=recorded.inputs,
        by=parent.owner,
        idempotency_key=_key(context),
        mode=context.mode,
        trigger=CHILD,
        config=recorded.config,
        timezone=recorded.timezone,
        parent=Parent(parent, context.step_run_id),
        made_as=MadeAs.REPLAY,
        original=recorded,
    ).run


def chain_of(run_id: int) -> list[Run]:
    """The run and those above it, the first one first."""
    chain: list[Run] = []
    at: int | None = run_id
    while at is not None:
        run = Run.objects.select_related("owner", "playbook", "version").get(pk=at)
        chain.insert(0, run)
        at = StepRun.objects.filter(pk=run.parent_step).values_list("run", flat=True).first() if run.parent_step else None
    return chain


def _playbook(context: StepContext[Any], owner: User | None) -> Playbook:
    """By number or by name, among those that the run's owner sees. Raises StepFailed PlaybookNotFound."""
    wanted = context.config.playbook.strip()
    seen = Playbook.objects.visible_to(owner) if owner else Playbook.objects.filter(visibility="account")
    named = Q(pk=int(wanted)) | Q(name=wanted) if wanted.isdecimal() and len(wanted) < 19 else Q(name=wanted)
    found: list[Playbook] = list(seen.current().filter(named, account=context.account_id).select_related("account")[:3])
    by_number = [each for each in found if str(each.pk) == wanted]
    if len(by_number or found) == 1:
        return (by_number or found)[0]
    if found:
        raise StepFailed("PlaybookNotFound", f"Several playbooks are called “{wanted}”.", hint="Name the one you mean by its number.")
    raise StepFailed(
        "PlaybookNotFound",
        f"There is no playbook “{wanted[:100]}”, or whoever started this run does not see it.",
        hint="Check the name; or share that playbook with the account.",
    )


def _version(playbook: Playbook, number: int | None) -> PlaybookVersion:
    """The pinned version, or the newest that is not deprecated. Raises StepFailed PlaybookNotFound, WrongState."""
    versions = playbook.versions.select_related("playbook__account")
    found = playbook.newest if number is None else versions.filter(number=number).first()
    if found is None:
        which = "version that can be started" if number is None else f"version {number}"
        raise StepFailed("PlaybookNotFound", f"“{playbook.name}” has no {which}.", hint="Publish it, or name a version that is there.")
    if found.deprecated_at is not None:
        raise StepFailed("WrongState", f"Version {number} of “{playbook.name}” is deprecated.", hint="Name a newer version, or none.")
    return found


def _require_depth(chain: list[Run], version: PlaybookVersion) -> None:
    """A playbook's `max_depth` counts from its own run on; where none is set, ten from the first. Raises StepFailed."""
    for above, run in enumerate(chain):
        limit = document_of(run.version).settings.get("max_depth", MAX_DEPTH if above == 0 else None)
        if limit is not None and len(chain) - above + 1 > limit:
            names = [each.playbook.name for each in chain] + [version.playbook.name]
            raise StepFailed(
                "MaxRecursionDepthExceeded",
                f"Playbooks call each other more than {limit} deep: {' → '.join(names)}.",
                hint="Let one of them end by itself, or raise `max_depth` in its settings.",
                details={"chain": names, "max_depth": limit},
            )


def _found(context: StepContext[Any], version: PlaybookVersion, chain: list[Run]) -> Run | None:
    """A run with the author's key, which is taken instead of a second one. Raises StepFailed if it is above this one, or not to be seen."""
    key = context.config.idempotency_key
    found = Run.objects.filter(playbook=version.playbook, mode=context.mode, idempotency_key=key).first() if key else None
    if found is None:
        return None
    owner = chain[-1].owner
    if owner is None or not Run.objects.visible_to(owner).filter(pk=found.pk).exists():
        raise StepFailed("WrongState", "This idempotency key is in use.", hint="Choose another key.")
    if any(each.pk == found.pk for each in chain):
        raise StepFailed("PlaybookCycle", f"This step would wait for run {found.pk}, which waits for it.", hint="Choose another idempotency key.")
    return Run.objects.get(pk=found.pk)


def _key(context: StepContext[Any]) -> str:
    """The step's own key; with a number for each further child, which only a retry can start."""
    earlier = Run.objects.filter(parent_step=context.step_run_id).count()
    own = key_of(context.run_id, context.path, context.mode)
    key = f"{own}#{earlier + 1}" if earlier else own
    return key if len(key) <= 200 else f"step-{context.step_run_id}#{earlier + 1}"


def _require_startable(version: PlaybookVersion, inputs: Mapping[str, Json]) -> None:
    problems = input_problems(version, inputs)
    if problems:
        said = "; ".join(f"{each.address}: {each.message}" for each in problems[:5])
        raise StepFailed(
            "InputInvalid",
            f"“{version.playbook.name}” does not take these inputs: {said}",
            hint="See the inputs that it declares.",
            details={"problems": [each.as_json() for each in problems]},
        )

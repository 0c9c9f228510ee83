"""A copy beside its original, step by step: what is the same, and what was sent or would have been (S2-replay-sandbox, F-5)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Func, QuerySet, TextField, Value
from django.db.models.functions import MD5, Cast, Coalesce

from playbooks_app.errors import WrongState
from playbooks_app.models import User
from runs_app.models import Effect, Run, StepRun
from runs_app.models.run import MadeAs
from runs_app.permissions import may_view_values

SEALED = r"~(secrets|config|connections)\.([A-Za-z0-9_.-]+)\.[0-9a-f]{20}~"  # a mark of a secret (references.py) as the database finds it
PARTS = ("status", "input", "output", "sent")  # that may differ


@dataclass(frozen=True, slots=True)
class Facts:
    """What is compared of a step run; values by their hash."""

    status: str
    input: str
    output: str
    sent: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One path. `differs`: which of PARTS; a step that only one of the two has reached has no status in the other."""

    path: str
    step: str
    mine: Facts | None
    original: Facts | None

    @property
    def differs(self) -> tuple[str, ...]:
        """What is not the same."""
        if self.mine is None or self.original is None:
            return ("status",)
        return tuple(part for part in PARTS if getattr(self.mine, part) != getattr(self.original, part))

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not self.differs


def differences_of(run: Run) -> list[Difference]:
    """In the order in which the steps began. Raises WrongState for a run that was made from no other."""
    if run.original_id is None:
        raise WrongState("This run was not made from another one.", hint="Replay a run; its copy can be compared with it.")
    mine, theirs = _facts(_compared(run), run), _facts(_originals(run), Run(pk=run.original_id))
    if run.made_as == MadeAs.RERUN:
        theirs = {path.rpartition("/")[2]: found for path, found in theirs.items()}
    paths = dict.fromkeys([*theirs, *mine])
    return [Difference(path, _id_of(path), mine.get(path), theirs.get(path)) for path in paths]


def sent_at(run: Run, paths: Collection[str]) -> Mapping[str, dict[str, Any]]:
    """path -> {method, target, body} of the last try to change something outside. One query."""
    found = Effect.objects.filter(run=run, path__in=paths).order_by("path", "attempt")
    return {each.path: {"method": each.method, "target": each.target, "body": each.body} for each in found}


def original_path(run: Run, path: str) -> str:
    """Where in the original that stands which stands here in the copy."""
    return run.original_path if run.made_as == MadeAs.RERUN else path


def _id_of(path: str) -> str:
    return path.rpartition("/")[2]


def _compared(run: Run) -> QuerySet[StepRun]:
    """The steps of the copy; of a fork those that it went through itself."""
    steps = StepRun.objects.filter(run=run)
    return steps.exclude(finished_at__lte=run.created_at) if run.made_as == MadeAs.FORK else steps


def _originals(run: Run) -> QuerySet[StepRun]:
    steps = StepRun.objects.filter(run=run.original_id)
    if run.made_as == MadeAs.RERUN:
        return steps.filter(path=run.original_path)
    if run.made_as == MadeAs.FORK:
        taken_over = StepRun.objects.filter(run=run, finished_at__lte=run.created_at).values("path")
        return steps.exclude(path__in=taken_over)
    return steps


def _facts(steps: QuerySet[StepRun], run: Run) -> dict[str, Facts]:
    sent = {
        path: f"{method} {target} {body}"
        for path, method, target, body in Effect.objects.filter(run=run)
        .order_by("path", "attempt")
        .values_list("path", "method", "target", _hash("body"))
    }
    rows = steps.order_by("started_at", "path").values_list("path", "status", _hash("input"), _hash("output"))
    return {path: Facts(status, input, output, sent.get(path, "")) for path, status, input, output in rows}


def _hash(name: str) -> Any:
    """Of a value as the database writes it, without the seals of secrets' marks, which are other ones in every run."""
    text = Func(Cast(F(name), TextField()), Value(SEALED), Value(r"~\1.\2~"), Value("g"), function="regexp_replace", output_field=TextField())
    return Coalesce(MD5(text), Value(""), output_field=TextField())


def reads_both(user: User, run: Run) -> bool:
    """Whether somebody may read the values of a copy and of its original."""
    return may_view_values(user, run) and run.original is not None and may_view_values(user, run.original)


def compared_shapes(run: Run, found: Sequence[Difference], *, values: bool) -> list[dict[str, Any]]:
    """On the wire: `{path, same, would_have_sent, …}` (DOORS.md, C). Two queries."""
    paths = {each.path: original_path(run, each.path) for each in found}
    mine = sent_at(run, list(paths)) if values else {}
    theirs = sent_at(Run(pk=run.original_id), list(paths.values())) if values else {}
    return [
        {
            "path": each.path,
            "original_path": paths[each.path],
            "same": each.same,
            "differs": list(each.differs),
            "status": each.mine.status if each.mine else None,
            "original_status": each.original.status if each.original else None,
            "would_have_sent": mine.get(each.path),
            "sent": theirs.get(paths[each.path]),
        }
        for each in found
    ]

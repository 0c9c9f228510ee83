"""Which decisions of people a step holds, so that repairing a run is never approving it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from playbooks_app.language.document import Step
from playbooks_app.language.registry import step_types
from playbooks_app.language.step_type import Json
from runs_app.models import Run, StepRun
from runs_app.reading.outline import outline_of

PEOPLE = "people"  # family of the step types at which people decide
FOUR_EYES = "four_eyes"  # their setting: who started the run may not decide
DEEPEST = 100  # runs that start runs


@dataclass(frozen=True, slots=True)
class Decisions:
    """What passing over a step passes over with it."""

    any: bool = False
    four_eyes: bool = False


def decisions_in(run: Run, step: StepRun) -> Decisions:
    """Of the step itself, of every step that the document nests in it, reached or not, and of the runs that it started.

    It goes by the step's type and by what it has waited for, never by whether it waits at present: a rejection is a decision too.
    """
    drawn = outline_of(run.version).by_id.get(step.step)
    asks = [inner for inner in _with_inner(drawn) if inner.kind.family == PEOPLE] if drawn else []
    waited = str((step.wait or {}).get("cause") or "")
    if is_for_people(step.type) or waited in ("approval", "person"):
        own = _is_four_eyes(drawn, step.input)
        return Decisions(True, own or any(_is_four_eyes(inner, None) for inner in asks if inner is not drawn))
    if asks:
        return Decisions(True, any(_is_four_eyes(inner, None) for inner in asks))
    if drawn is None:
        return Decisions(_has_asked_inside(run, step))
    return Decisions(_has_child_that_asks(step))


def is_for_people(type_name: str) -> bool:
    """Whether people decide at steps of this type."""
    return type_name in step_types and step_types.get(type_name).family == PEOPLE


def _with_inner(step: Step) -> Iterator[Step]:
    yield step
    for steps in step.blocks.values():
        for each in steps:
            yield from _with_inner(each)


def _is_four_eyes(drawn: Step | None, resolved: Json) -> bool:
    """As written; where an expression is written, what it came to, and until then yes."""
    written = drawn.settings.get(FOUR_EYES) if drawn else None
    found = resolved.get(FOUR_EYES) if isinstance(resolved, Mapping) else None
    if isinstance(written, str) and found is not None:
        return found is True
    return written not in (None, False) or found is True


def _has_asked_inside(run: Run, step: StepRun) -> bool:
    """For a step that the document does not know: what was reached below it."""
    asking = [each.name for each in step_types.all() if each.family == PEOPLE]
    return StepRun.objects.filter(run=run, path__startswith=f"{step.path}/", type__in=asking).exists()


def _has_child_that_asks(step: StepRun) -> bool:
    """Whether the run that it started, or one that was started there, asks people anywhere."""
    steps = [step.pk]
    for _ in range(DEEPEST):
        children = list(Run.objects.filter(parent_step__in=steps).select_related("version"))
        if any(inner.kind.family == PEOPLE for child in children for inner in outline_of(child.version).by_id.values()):
            return True
        steps = list(StepRun.objects.filter(run__in=children).exclude(wait=None).values_list("pk", flat=True))
        if not steps:
            break
    return False

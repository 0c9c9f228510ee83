"""Tries a document that nobody has published: in the sandbox, from a version without a number that no list shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playbooks_app.drafting import drafts
from playbooks_app.errors import Refused
from playbooks_app.language.document import normalise
from playbooks_app.language.problem import Problem
from playbooks_app.language.step_type import Json
from playbooks_app.models import Playbook, PlaybookVersion, User
from playbooks_app.models.version import TRIED
from runs_app.models import Run
from runs_app.models.run import MadeAs
from runs_app.starting import start


def try_draft(
    playbook: Playbook, document: Json, *, inputs: Mapping[str, Json], pinned: Mapping[str, Json] | None = None, by: User, only: str | None = None
) -> Run:
    """A sandbox run of this document. Raises Refused with every fault of document and inputs.

    pinned: outputs by path or id of a step. only: id of a step; the run goes no further than it, and skips nothing before it.
    """
    faults = [problem for problem in drafts.problems_of(document, playbook.account) if problem.level == "error"]
    if faults:
        raise Refused(faults)
    whole = normalise(document)
    version = hidden_version(playbook, whole if only is None else _up_to(whole, only), by)
    return start(version, inputs=inputs, by=by, mode="sandbox", trigger="page", pinned=pinned, made_as=MadeAs.TRY).run


def hidden_version(playbook: Playbook, document: dict[str, Any], by: User | None) -> PlaybookVersion:
    """The version without a number that holds this document; made, unless the last that was tried is the same."""
    tried = PlaybookVersion.with_tried.filter(playbook=playbook, number=TRIED).select_related("playbook__account").order_by("-pk").first()
    if tried is not None and tried.document == document:
        return tried
    return PlaybookVersion.with_tried.create(playbook=playbook, number=TRIED, document=document, published_by=by)


def _up_to(document: dict[str, Any], step_id: str) -> dict[str, Any]:
    """The document without what stands behind this step, on each level. Raises Refused if there is no such step."""
    steps = _cut(document.get("steps", []), step_id)
    if steps is None:
        raise Refused([Problem("only", "Unknown", f"The document has no step “{step_id[:100]}” among its steps.", "Name a step by its id.")])
    kept = {key: value for key, value in document.items() if key not in ("catch", "finally", "outputs")}
    return {**kept, "steps": steps}


def _cut(steps: Any, step_id: str) -> list[Any] | None:
    """The steps up to the one that is the step, or holds it, which is cut likewise; None if it is not among them."""
    for number, step in enumerate(steps if isinstance(steps, list) else []):
        if step.get("id") == step_id:
            return [*steps[: number + 1]]
        inside = _cut_inside(step, step_id)
        if inside is not None:
            return [*steps[:number], inside]
    return None


def _cut_inside(step: dict[str, Any], step_id: str) -> dict[str, Any] | None:
    """The step with the block that holds the other one cut behind it."""
    for key, value in step.items():
        if not isinstance(value, list):
            continue
        found = _cut(value, step_id) if all(isinstance(each, dict) and "type" in each for each in value) else None
        if found is not None:
            return {**step, key: found}
        for number, clause in enumerate(value):
            inside = _cut(clause.get("steps"), step_id) if isinstance(clause, dict) and "type" not in clause else None
            if inside is not None:
                return {**step, key: [*value[:number], {**clause, "steps": inside}, *value[number + 1 :]]}
    return None

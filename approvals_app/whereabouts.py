"""Where in its run an approval stands, in words."""

from __future__ import annotations

import re
from collections.abc import Mapping

from approvals_app.models import Approval
from playbooks_app.language.document import Step
from playbooks_app.language.problem import Invalid
from runs_app.reading.outline import named
from runs_app.worker.documents import document_of

_ITEM = re.compile(r"(?:^|/)([^/]+)/body\[(\d+)\]")


def whereabouts(approval: Approval) -> str:
    """“Finance signs off”, payment 116: the name of the step, then the items of the loops around it, the nearest first; numbers count from 1."""
    try:
        steps = document_of(approval.run.version).by_id
    except Invalid:  # a damaged document keeps nobody from deciding
        steps = {}
    return in_words(approval.step_run.step, approval.step_run.path, steps)


def in_words(step: str, path: str, steps: Mapping[str, Step]) -> str:
    """The same of any step and path; what the document does not know is called by its id."""
    words = [f"“{named(steps[step]) if step in steps else step}”"]
    for loop, number in reversed(_ITEM.findall(path)):
        words.append(f"{_item_name(steps.get(loop))} {int(number) + 1}")
    return ", ".join(words)


def _item_name(loop: Step | None) -> str:
    if loop is None:
        return "item"
    return str(loop.settings.get("item") or ("item" if "in" in loop.settings else "turn"))

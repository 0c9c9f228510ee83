"""What loops share: how an item's failure is dealt with, and the record of the turns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from playbooks_app.language.step_type import Ended, Json

BODY = "body"
KEEP_ITERATIONS = 1000


def continues(settings: Mapping[str, Json]) -> bool:
    """Whether a failed item leaves the others alone."""
    return bool(settings.get("on_item_error", "stop") == "continue")


def summary(ended: Sequence[Ended], items: Mapping[int, Json], keep: int) -> dict[str, Any]:
    """`{iterations, completed, failed, results, errors}`; of the results and errors the newest `keep`. `items`: those that failed, by number."""
    failed = [each for each in ended if each.status == "failed"]
    errors = [
        {
            "index": each.iteration,
            "item": items.get(each.iteration),
            "code": (each.error or {}).get("code", ""),
            "message": (each.error or {}).get("message", ""),
        }
        for each in failed
    ]
    return {
        "iterations": len(ended),
        "completed": len(ended) - len(failed),
        "failed": len(failed),
        "results": [None if each.status == "failed" else each.output for each in ended][-keep:] if keep else [],
        "errors": errors[-keep:] if keep else [],
    }

"""Values that may be large: what fits is shown in place, what does not has an address of its own."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import Case, F, Func, IntegerField, JSONField, QuerySet, TextField, When
from django.db.models.functions import Cast

from runs_app.models import StepRun

MOST_BYTES = 64 * 1024  # of JSON text


class OctetLength(Func):
    """Bytes of a text."""

    function = "octet_length"
    output_field = IntegerField()


def with_values(steps: QuerySet[StepRun]) -> QuerySet[StepRun]:
    """Adds `shown_input`, `shown_output` (None when too large), `input_bytes`, `output_bytes`; the stored values themselves stay in the database."""
    sizes = {f"{name}_bytes": OctetLength(Cast(name, TextField())) for name in ("input", "output")}
    shown = {
        f"shown_{name}": Case(When(**{f"{name}_bytes__lte": MOST_BYTES}, then=F(name)), output_field=JSONField()) for name in ("input", "output")
    }
    return steps.annotate(**sizes).annotate(**shown).defer("input", "output", "state", "pinned")


def is_large(value: Any) -> bool:
    """Whether a value in memory is over the limit."""
    return value is not None and len(json.dumps(value, ensure_ascii=False).encode()) > MOST_BYTES

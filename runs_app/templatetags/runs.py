"""Words that only the pages of runs need."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone

register = template.Library()


@register.filter
def clock(moment: datetime | None) -> str:
    """`14:26:02`, in the viewer's zone; "" for None."""
    return f"{timezone.localtime(moment):%H:%M:%S}" if moment else ""


@register.filter
def indented(value: Any) -> str:
    """A value as JSON over several lines."""
    return json.dumps(value, ensure_ascii=False, indent=2)

"""The state charts of docs/state-charts.md, drawn from runs_app/statuses.py: `python -m tests.runs.charts` writes the page anew."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[2] / "docs" / "state-charts.md"

HEAD = """# State charts

What may follow what, for a run, for a strand (what one worker drives at a time: the main line, a branch, a lane of a loop) and for a step run.
Drawn from `runs_app/statuses.py` by `python -m tests.runs.charts`. A test keeps this page equal to it, another compares it with
what the database does.
"""


def chart(title: str, begin: str, moves: Mapping[Any, Any]) -> str:
    """One chart."""
    lines = [f"    [*] --> {begin}"]
    lines += [f"    {str(source.value)} --> {target}" for source in moves for target in sorted(str(each.value) for each in moves[source])]
    return f"\n## {title}\n\n```mermaid\nstateDiagram-v2\n" + "\n".join(lines) + "\n```\n"


def page() -> str:
    """The whole page."""
    from runs_app.statuses import RUN_MOVES, STEP_MOVES, STRAND_MOVES

    runs, strands, steps = chart("Run", "queued", RUN_MOVES), chart("Strand", "queued", STRAND_MOVES), chart("Step run", "running", STEP_MOVES)
    return HEAD + runs + strands + steps


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    PAGE.write_text(page())

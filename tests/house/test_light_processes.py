"""What a process does not use it does not load: memory is counted per process (DESIGN.md, S6)."""

from __future__ import annotations

import subprocess
import sys

from runs_app.management.commands import clock, worker

LOADED = """
import sys, django
django.setup()
import runs_app.worker.queue, runs_app.management.commands.clock
assert "config.urls" not in sys.modules, "the worker and the clock load the pages"
import config.urls
assert "fpdf" not in sys.modules, "the pages load what writes PDF"
"""


def test_workers_load_no_pages_and_pages_no_printer() -> None:
    """The worker and the clock begin without the pages, which take 40 MiB in each; what prints records is loaded by whoever prints one."""
    assert list(worker.Command.requires_system_checks) == list(clock.Command.requires_system_checks) == []

    told = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, timeout=120)

    assert told.returncode == 0, told.stderr[-2000:]

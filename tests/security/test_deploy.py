"""The settings of an installation that strangers reach."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.house.source import ROOT


def test_the_check_before_going_live_finds_nothing(tmp_path: Path) -> None:
    """`manage.py check --deploy`, as docs/operations.md says it."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")}  # what other tests need is not deployed
    variables = {**inherited, "HANDRAIL_DATA_DIR": str(tmp_path), "BASE_URL": "https://handrail.example.com", "BEHIND_TLS_PROXY": "1"}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr

"""All checks and tests: what `python3 run.py test` runs. With arguments: pytest alone, with those arguments."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path

from tests import browser

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
COVERED_PERCENT = 100  # of the branches of the language and the engine
WORKERS = "2"

CHECKS: dict[str, list[str]] = {
    "style": [PYTHON, "-m", "ruff", "check", "--quiet", "."],
    "format": [PYTHON, "-m", "ruff", "format", "--check", "--quiet", "."],
    "types": [PYTHON, "-m", "mypy"],
    "imports": [PYTHON, "-c", "import sys; from importlinter.cli import lint_imports_command as lint; sys.argv[0] = 'lint-imports'; lint()"],
    "migrations": [PYTHON, "-W", "ignore", "manage.py", "makemigrations", "--check", "--dry-run"],
}
PYTEST = [PYTHON, "-m", "pytest"]
COVERAGE = ["--cov=playbooks_app/language", "--cov=runs_app/engine", "--cov-branch", "--cov-report=term", f"--cov-fail-under={COVERED_PERCENT}"]
# What failed beside others may have been starved by them. It is run once more, with the machine for itself, and must pass then; both reports stay.
AGAIN = [*PYTEST, "-q", "--last-failed", "--last-failed-no-failures", "none"]


def main(arguments: list[str]) -> int:
    """Run everything, also after a failure, and say at the end what failed. 0 when nothing did."""
    os.chdir(ROOT)
    browser.provide()
    if arguments:
        return subprocess.run([*PYTEST, *arguments]).returncode
    failed = [name for name, command in CHECKS.items() if not _passes(name, command)]
    if not _passes("tests", [*PYTEST, "-q", *_parallel(), *COVERAGE]) and not _passes("failed tests again", AGAIN):
        failed.append("tests")
    print(f"FAILED: {', '.join(failed)}" if failed else "All checks and tests passed.", flush=True)
    return 1 if failed else 0


def _parallel() -> list[str]:
    return ["-n", WORKERS, "--dist", "worksteal"] if importlib.util.find_spec("xdist") else []


def _passes(name: str, command: list[str]) -> bool:
    print(f"== {name}", flush=True)
    began = time.monotonic()
    passed = subprocess.run(command, env=_environment()).returncode == 0
    print(f"== {name}: {'passed' if passed else 'FAILED'} in {time.monotonic() - began:.0f} s", flush=True)
    return passed


def _environment() -> dict[str, str]:
    """Checks must not depend on what the shell happens to export."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "DJANGO_"))}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

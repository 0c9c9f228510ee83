"""All checks and tests: what `python3 run.py test` runs. With arguments: pytest alone, with those arguments."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Sequence
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
COVERAGE = ["--cov=playbooks_app/language", "--cov=runs_app/engine", "--cov-branch", "--cov-report="]
REPORT = [PYTHON, "-m", "coverage", "report", "--show-missing", "--skip-covered", f"--fail-under={COVERED_PERCENT}"]
CORE = ["tests/language", "tests/engine"]
REST = [f"--ignore={folder}" for folder in CORE]
# What failed beside others may have been starved by them. It is run once more, with the machine for itself, and must pass then; both reports stay.
AGAIN = ["--last-failed", "--last-failed-no-failures", "none"]


def main(arguments: list[str]) -> int:
    """Run everything, also after a failure, and say at the end what failed. 0 when nothing did."""
    os.chdir(ROOT)
    browser.provide()
    if arguments:
        return subprocess.run([*PYTEST, *arguments]).returncode
    failed = [name for name, command in CHECKS.items() if not _passes(name, command)]
    failed += [name for name, passed in _tested().items() if not passed]
    print(f"FAILED: {', '.join(failed)}" if failed else "All checks and tests passed.", flush=True)
    return 1 if failed else 0


def _tested() -> dict[str, bool]:
    """Whether the tests passed, and reached every branch. Measuring doubles their time: the rest is measured only if the core's leave something."""
    found = {"tests of the core": _suite_passes("tests of the core", [*CORE, *COVERAGE], ["--cov-append"])}
    left = [] if subprocess.run(REPORT, stdout=subprocess.DEVNULL).returncode == 0 else [*COVERAGE, "--cov-append"]
    found["tests"] = _suite_passes("tests", [*REST, *left])
    return {**found, "coverage": _passes("coverage", REPORT)}


def _suite_passes(name: str, options: list[str], more: Sequence[str] = ()) -> bool:
    """At once, or what failed the second time, `more` being told then."""
    return _passes(name, [*PYTEST, "-q", *_parallel(), *options]) or _passes(f"{name}, again", [*PYTEST, "-q", *AGAIN, *options, *more])


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

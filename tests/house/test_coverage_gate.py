"""The build fails when a branch of the language or of the engine is tested by nothing."""

from __future__ import annotations

import pytest

from tests.__main__ import COVERAGE, COVERED_PERCENT, REPORT
from tests.house.source import ROOT


@pytest.mark.spec("S4-NFR-3.4", "S4-NFR-3.5")
def test_the_engine_is_covered_whole() -> None:
    """Every branch, of step execution, resume, composition and error policies too: they all stand in the two folders that are measured."""
    measured = {option.removeprefix("--cov=") for option in COVERAGE if option.startswith("--cov=")}

    assert COVERED_PERCENT == 100 and f"--fail-under={COVERED_PERCENT}" in REPORT and "--cov-branch" in COVERAGE
    assert measured == {"playbooks_app/language", "runs_app/engine"}
    assert all((ROOT / folder / "__init__.py").exists() for folder in measured)
    assert not [path for folder in measured for path in (ROOT / folder).rglob("*.py") if "pragma: no cover" in path.read_text()]

"""What must be listed is listed."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

from playbooks_app.language.registry import step_types
from playbooks_app.language.step_type import StepType
from tests.house.source import ROOT, imports, python_files

OURS = {"config", "playbooks_app", "runs_app", "approvals_app", "tests"}
FORBIDDEN_NAMES = re.compile(r"(^|/)(utils?|helpers?|managers?|common|misc|data|info)\.py$")


def test_every_step_type_is_registered() -> None:
    """A step type that nobody lists would exist without being known to editor, check and machine."""
    known = {type(step_type) for step_type in step_types.all()} | {step_type for step_type in step_types.all() if isinstance(step_type, type)}
    forgotten = []
    for path in [*ROOT.glob("runs_app/step_types/**/*.py"), *ROOT.glob("approvals_app/step_types/**/*.py")]:
        module = importlib.import_module(path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__"))
        for name, kind in inspect.getmembers(module, inspect.isclass):
            is_own = issubclass(kind, StepType) and kind is not StepType and kind.__module__ == module.__name__
            if is_own and not inspect.isabstract(kind) and not name.startswith("_") and vars(kind).get("name") and kind not in known:
                forgotten.append(f"{path.relative_to(ROOT)}: {name}")
    assert not forgotten, f"Add these to the list in their step_types/__init__.py: {forgotten}"


def test_every_import_is_a_declared_dependency() -> None:
    """What happens to be installed because something else needs it may be gone tomorrow."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    declared = {_plain(text) for text in (*project["project"]["dependencies"], *project["dependency-groups"]["dev"])}
    runtime = {_plain(text) for text in project["project"]["dependencies"]}
    providers = packages_distributions()
    missing = set()
    for file in python_files():
        listed = declared if file.is_test else runtime
        for name, line in imports(file):
            top = name.split(".")[0]
            if top in OURS or top in sys.stdlib_module_names:
                continue
            if not listed & {_plain(provider) for provider in providers.get(top, [top])}:
                missing.add(f"{file.name}:{line} imports {top}")
    assert not missing, f"Add these to pyproject.toml and run `make lock`: {sorted(missing)}"


def test_the_lock_holds_every_dependency() -> None:
    """pyproject.toml and requirements.lock say the same; the lock names no package index."""
    lock = (ROOT / "requirements.lock").read_text()
    locked = {_plain(match) for match in re.findall(r"^([A-Za-z0-9_.-]+)==", lock, re.MULTILINE)}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    declared = {_plain(text) for text in (*project["project"]["dependencies"], *project["dependency-groups"]["dev"])}
    assert declared <= locked, f"Run `make lock`; the lock lacks {sorted(declared - locked)}"
    assert "://" not in lock and "--index" not in lock and "--find-links" not in lock


def test_files_are_named_after_what_they_are_about() -> None:
    """A file named utils has no subject, so everything ends up in it."""
    vague = [file.name for file in python_files() if FORBIDDEN_NAMES.search(file.name)]
    assert not vague, f"Name these after their subject: {vague}"


def _plain(requirement: str) -> str:
    return re.split(r"[\[<>=!~ ;]", requirement, maxsplit=1)[0].lower().replace("_", "-").replace(".", "-")

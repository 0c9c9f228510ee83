"""Each way to the outside has one door, so that its rules are kept by everybody."""

from __future__ import annotations

import ast
import subprocess

import pytest

from tests.__main__ import CHECKS
from tests.house.source import ROOT, app_files, imports

NETWORK = {"httpx", "requests", "urllib3", "socket", "urllib.request", "http.client", "aiohttp", "ftplib", "telnetlib"}
CLOCKS = {"timezone.now", "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "dt.now"}
BORDERS = {
    "django_q": (
        {"django_q"},
        ("runs_app/worker/queue.py", "runs_app/admin.py"),
        "a django-q2 task is a hint: runs_app/worker/queue.py",
    ),
    "channel layer": ({"channels.layers"}, ("runs_app/news/live.py",), "news goes through runs_app/news/live.py"),
    "network": (NETWORK, ("runs_app/egress",), "outbound calls go through runs_app/egress, which checks addresses, sizes and time"),
    "mail": (
        {"smtplib", "django.core.mail"},
        ("runs_app/news/outbox.py", "runs_app/egress/mail.py"),
        "mail is put in the outbox: runs_app/news/outbox.py",
    ),
    "processes": ({"subprocess", "os.system", "pty"}, (), "nothing that runs inside the apps starts a program"),
    "code": ({"jinja2", "code", "importlib.machinery"}, (), "nothing that an author writes runs on the host"),
}


def test_imports_point_down() -> None:
    """People know the machine, the machine knows the language, and nobody knows config; language and engine are pure."""
    done = subprocess.run(CHECKS["imports"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"An import points the wrong way (contracts: pyproject.toml, tool.importlinter):\n{done.stdout}"


@pytest.mark.parametrize("border", BORDERS)
def test_each_way_out_has_one_door(border: str) -> None:
    """A library that reaches outside is imported in one place."""
    names, allowed, reason = BORDERS[border]
    found = [
        f"{file.name}:{line} imports {name}"
        for file in app_files()
        if not file.name.startswith(allowed or ("-",))
        for name, line in imports(file)
        if any(name == forbidden or name.startswith(f"{forbidden}.") for forbidden in names)
    ]
    assert not found, f"{reason}: {found}"


def test_time_is_read_in_one_place() -> None:
    """Only playbooks_app/clock.py asks what time it is; otherwise the demo's movable clock would not reach it."""
    found = [
        f"{file.name}:{node.lineno} calls {ast.unparse(node.func)}"
        for file in app_files()
        if file.name != "playbooks_app/clock.py"
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).removeprefix("datetime.datetime").removeprefix("django.utils.") in CLOCKS
    ]
    assert not found, f"Use playbooks_app.clock.now(): {found}"


def test_nothing_evaluates_text() -> None:
    """No eval, exec or compile of text anywhere in the apps."""
    found = [
        f"{file.name}:{node.lineno}"
        for file in app_files()
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"eval", "exec", "__import__"}
    ]
    assert not found, f"What an author writes is never run as Python: {found}"

"""A real web process on the tests' database: Daphne with the product's ASGI application."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from django.db import connection

from tests.processes import wait_until

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def web_process() -> Iterator[str]:
    """Its base address, from the moment it answers."""
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "DATABASE_URL": _database_url(), "DEBUG": "1", "BASE_URL": address}
    command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "config.asgi:application"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: _answers(address), seconds=40, what="an answer of the web process")
        yield address
    finally:
        process.terminate()
        process.wait(10)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/accounts/login/", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _database_url() -> str:
    """The present test database, as settings.py reads it."""
    known = connection.settings_dict
    port = f":{known['PORT']}" if known["PORT"] else ""
    return f"postgresql://{quote(known['USER'], safe='')}@{port}/{quote(known['NAME'], safe='')}?host={quote(known['HOST'], safe='')}"

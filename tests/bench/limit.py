"""The machine's own limit: how many INSERTs one client can commit in a second."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

HOW = "pgbench" if shutil.which("pgbench") else "psycopg"


def commits_per_second(url: str, seconds: int = 1) -> float:
    """r = 1: one client committing one prepared INSERT at default durability; pgbench where it is installed, else a loop in Python."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS bench_probe (id bigserial PRIMARY KEY, v int)")
        if HOW == "psycopg":
            return _in_python(connection, seconds)
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "probe.sql"
        script.write_text("INSERT INTO bench_probe (v) VALUES (1);")
        command = ["pgbench", "-n", "-M", "prepared", "-f", str(script), "-c", "1", "-T", str(seconds), url]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"tps = ([\d.]+)", told)
    assert found is not None, told
    return float(found[1])


def _in_python(connection: psycopg.Connection[tuple[object, ...]], seconds: float) -> float:
    count, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        connection.execute("INSERT INTO bench_probe (v) VALUES (1)", prepare=True)
        count += 1
    return count / seconds

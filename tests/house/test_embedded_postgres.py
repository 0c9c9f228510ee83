"""The embedded database: made once, survives being killed, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from config.embedded_postgres import DatabaseTrouble, EmbeddedPostgres
from tests.house.source import ROOT
from tests.processes import alive, wait_until

ENDS_BADLY = """
import os, signal, sys
from pathlib import Path
from config.embedded_postgres import EmbeddedPostgres
from config.lifeline import Lifeline
server = EmbeddedPostgres(Path(sys.argv[1]), durable=False, lifeline=Lifeline())
server.start()
print(server.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_it_survives_being_killed_with_all_that_was_committed(tmp_path: Path) -> None:
    """After kill -9 the next start finds every committed row, within seconds, from a folder with a blank in its name."""
    server = EmbeddedPostgres(tmp_path / "a folder")
    server.start()
    try:
        server.create_database("kept")
        with psycopg.connect(server.url("kept"), autocommit=True) as connection:
            connection.execute("CREATE TABLE found AS SELECT generate_series(1, 100)")
            os.kill(server.pid, signal.SIGKILL)
            wait_until(lambda: not server.is_running, 15)
        server.start()
        server.create_database("kept")
        with psycopg.connect(server.url("kept")) as connection:
            assert connection.execute("SELECT count(*) FROM found").fetchone() == (100,)
    finally:
        server.stop()
    assert not server.is_running and not server.socket_folder.exists()


def test_a_folder_serves_one_server_at_a_time(tmp_path: Path) -> None:
    """The second is told so in a sentence, and the first goes on."""
    first, second = EmbeddedPostgres(tmp_path, durable=False), EmbeddedPostgres(tmp_path, durable=False)
    first.start()
    try:
        with pytest.raises(DatabaseTrouble, match="Another Handrail is using"):
            second.start()
        assert first.is_running
        psycopg.connect(first.url("postgres")).close()
    finally:
        first.stop()


def test_an_unfinished_set_up_is_begun_anew(tmp_path: Path) -> None:
    """A set-up that was killed half-way leaves data.init, which no later start takes for a database."""
    (tmp_path / "data.init").mkdir()
    (tmp_path / "data.init" / "PG_VERSION").touch()
    server = EmbeddedPostgres(tmp_path, durable=False)
    server.start()
    server.stop()
    assert (tmp_path / "data" / "PG_VERSION").read_text().strip()


def test_it_ends_with_a_starter_that_is_killed(tmp_path: Path) -> None:
    """Nobody is left to stop it, so the lifeline does."""
    done = subprocess.run(
        [sys.executable, "-c", ENDS_BADLY, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": "."}
    )
    pid = int(done.stdout)
    wait_until(lambda: not alive([pid]), 15, "the end of the server")

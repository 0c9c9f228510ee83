"""A wrong knob stops the boot with one sentence that begins with its name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.environment import Environment, WrongSetting, database_at, without_password
from tests.house.source import ROOT

WRONG = {
    "DEBUG": "maybe",
    "LEASE_SECONDS": "soon",
    "DATABASE_URL": "mysql://root@host/handrail",
    "EMAIL_URL": "mail.example.com",
    "BASE_URL": "handrail.example.com",
    "LOG_LEVEL": "loud",
    "WORKERS": "1.5",
    "CLOCK_SKEW": "later",
    "SECRET_KEY": "short",
    "DATABASE_POOL": "1000",
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_stops_the_boot_by_name(name: str, tmp_path: Path) -> None:
    """The message is one sentence and no traceback; the exit code is 1."""
    variables = {**os.environ, "HANDRAIL_DATA_DIR": str(tmp_path), name: WRONG[name]}
    done = subprocess.run([sys.executable, "-c", "import config.settings"], cwd=ROOT, env=variables, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{name} must ") and done.stderr.strip().count("\n") == 0


@pytest.mark.parametrize(("text", "flag"), [("1", True), ("True", True), ("on", True), ("0", False), ("no", False)])
def test_a_flag_is_written_in_any_usual_way(text: str, flag: bool) -> None:
    """1 and 0, and the words people use for them."""
    assert Environment({"DEBUG": text}).flag("DEBUG") is flag


def test_a_database_address_names_host_user_and_socket() -> None:
    """Both a server and a socket's folder; odd characters are percent-encoded; other options go to the driver."""
    found = database_at("postgresql://ann:p%40ss@db.example:5433/hand?sslmode=require")
    assert (found["HOST"], found["PORT"], found["USER"], found["PASSWORD"], found["NAME"]) == ("db.example", "5433", "ann", "p@ss", "hand")
    assert found["OPTIONS"] == {"sslmode": "require"}
    assert database_at("postgresql://postgres@/handrail?host=%2Ftmp%2Fsocket%20here")["HOST"] == "/tmp/socket here"


def test_a_refused_address_does_not_show_its_password() -> None:
    """What is printed at the boot ends up in logs."""
    with pytest.raises(WrongSetting) as refusal:
        Environment({"DATABASE_URL": "mysql://ann:secret@db/x"}).database("DATABASE_URL", "")
    assert "secret" not in str(refusal.value)
    assert without_password("smtp://ann:secret@mail:25") == "smtp://ann:…@mail:25"


def test_a_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    """Every process of an installation reads the same key, and only its owner may read the file."""
    kept = tmp_path / "keys" / "secret_key"
    first = Environment({}).secret("SECRET_KEY", kept)
    assert len(first) >= 50 and Environment({}).secret("SECRET_KEY", kept) == first
    assert kept.stat().st_mode & 0o077 == 0
    assert Environment({"SECRET_KEY": "x" * 32}).secret("SECRET_KEY", kept) == "x" * 32


def test_a_folder_may_be_missing_but_not_a_file(tmp_path: Path) -> None:
    """A folder is made when it is needed."""
    (tmp_path / "file").touch()
    assert Environment({"X": str(tmp_path / "later")}).folder("X", tmp_path) == tmp_path / "later"
    with pytest.raises(WrongSetting, match="X must be a folder"):
        Environment({"X": str(tmp_path / "file")}).folder("X", tmp_path)

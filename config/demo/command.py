"""`manage.py demo [--port 8000] [--data-dir .data]`: reads the arguments and settles the environment of everything that the demo starts.

It runs without Django, because settings.py reads an environment that is settled only here.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
from pathlib import Path

from config.demo.supervisor import DemoTrouble, Supervisor
from config.embedded_postgres import DatabaseTrouble

ROOT = Path(__file__).resolve().parent.parent.parent


def main(arguments: list[str]) -> int:
    """Run the demo until SIGINT or SIGTERM; the process's exit code."""
    options = _parser().parse_args(arguments)
    try:
        port = free_port(options.port)
        return Supervisor(ROOT, Path(options.data_dir).expanduser().absolute(), port, environment(dict(os.environ), port)).run()
    except (DemoTrouble, DatabaseTrouble) as trouble:
        print(trouble, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="manage.py demo", description="Start the whole product with demo data.")
    add_arguments(made)
    return made


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Port and data folder."""
    parser.add_argument("--port", type=int, default=8000, help="of the web server on 127.0.0.1; 0 takes a free one (default: 8000)")
    parser.add_argument("--data-dir", default=str(ROOT / ".data"), help="keeps the database, mails, logs and keys (default: .data)")


def free_port(wanted: int) -> int:
    """The port if nobody has it; any free one for 0. Raises DemoTrouble."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except (OSError, OverflowError) as error:
            raise DemoTrouble(f"Port {wanted} cannot be used ({error}): choose another with --port.") from error
        port: int = probe.getsockname()[1]
        return port


def environment(inherited: dict[str, str], port: int) -> dict[str, str]:
    """What every process of the demo gets; what the caller has set (EGRESS_ALLOW, TEST_HOSTS, …) is kept."""
    return {
        **inherited,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "HANDRAIL_DEMO": "1",
        "MOVABLE_CLOCK": "1",
        "BASE_URL": f"http://127.0.0.1:{port}",
        "PYTHONUNBUFFERED": "1",
    }

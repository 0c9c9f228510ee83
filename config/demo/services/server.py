"""The services as one HTTP server, in threads of the demo's own process."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from config.demo.services.answers import Answer, Question, answer
from config.demo.services.book import BY_KEY, Service, addresses
from config.demo.services.records import Call, Records

SLOW_SECONDS = 4.0
MOST_REMEMBERED = 20_000  # keys whose answers are kept, so that a repeat gets the same one
LONGEST_BODY_BYTES = 5_000_000


class Services:
    """Listens from `start` to `stop`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._port_file = folder / "port"
        self._desk = Desk(Records(folder))
        self._server: ThreadingHTTPServer | None = None

    def start(self) -> tuple[int, dict[str, str]]:
        """Listen, on the port of last time if it is free: runs that have begun know it. (port, addresses by name)."""
        self._server = _listening(self._desk, _number_in(self._port_file))
        port = int(self._server.server_address[1])
        self._port_file.write_text(str(port))
        threading.Thread(target=self._server.serve_forever, name="demo services", daemon=True).start()
        return port, addresses(port)

    def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()


class Desk:
    """Takes calls: looks how the service behaves, answers, and writes down what was said."""

    def __init__(self, records: Records) -> None:
        self._records, self._lock, self._number = records, threading.Lock(), 0
        self._given: dict[tuple[str, str], Answer] = {}  # (service, key) -> the answer to a call that was taken
        self._failed_once: set[tuple[str, str]] = set()

    def take(self, service: Service, method: str, path: str, body: Any, key: str) -> Answer:
        """Status and body, after the time that it takes."""
        with self._lock:
            self._number += 1
            number, known = self._number, self._given.get((service.key, key))
        parts = urlsplit(path)
        asked = Question(method, parts.path, dict(parse_qsl(parts.query)), body, number)
        behaviour = self._records.behaviours()[service.key]
        time.sleep(SLOW_SECONDS if behaviour == "slow" else service.takes_seconds)
        with self._lock:
            given = known or self._given.get((service.key, key)) or self._behave(service, behaviour, asked, key)
            if given[0] < 300 and method != "GET" and key and len(self._given) < MOST_REMEMBERED:
                self._given[service.key, key] = given
            at = datetime.now(UTC).isoformat(timespec="milliseconds")
            self._records.write(Call(number, at, service.key, method, parts.path, asked.query, body, key, given[0], bool(known)))
        return given

    def _behave(self, service: Service, behaviour: str, asked: Question, key: str) -> Answer:
        if behaviour == "down":
            return 503, {"error": f"{service.title} is out of order."}
        if behaviour == "declines":
            return 402, {"error": {"code": "Declined", "message": f"{service.title} refuses this."}}
        if behaviour == "flaky" and (service.key, key) not in self._failed_once:
            self._failed_once.add((service.key, key))
            return 503, {"error": f"{service.title} has hiccups. Try again."}
        return answer(service, asked)


def _listening(desk: Desk, wanted: int) -> ThreadingHTTPServer:
    """On the wanted port, else on a free one."""

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _serve(self, desk)

        do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

        def log_message(self, *_: Any) -> None:
            """The record is the log."""

    with contextlib.suppress(OSError):
        if wanted:
            return ThreadingHTTPServer(("127.0.0.1", wanted), Door)
    return ThreadingHTTPServer(("127.0.0.1", 0), Door)


def _serve(door: BaseHTTPRequestHandler, desk: Desk) -> None:
    length = min(int(door.headers.get("Content-Length") or 0), LONGEST_BODY_BYTES)
    written = door.rfile.read(length).decode(errors="replace")
    name, _, path = door.path.lstrip("/").partition("/")
    service = BY_KEY.get(name)
    if service is None:
        status, said = 404, {"error": f"There is no service {name[:60]}."}
    else:
        status, said = desk.take(service, door.command, f"/{path}", _value(written), door.headers.get("Idempotency-Key", ""))
    content = json.dumps(said, ensure_ascii=False).encode()
    with contextlib.suppress(OSError):  # whoever asked may be gone
        door.send_response(status)
        door.send_header("Content-Type", "application/json")
        door.send_header("Content-Length", str(len(content)))
        door.end_headers()
        door.wfile.write(content)


def _value(written: str) -> Any:
    try:
        return json.loads(written) if written else None
    except ValueError:
        return written


def _number_in(file: Path) -> int:
    try:
        port = int(file.read_text())
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
        return port
    except (OSError, ValueError, OverflowError):
        return 0

"""An HTTP server on loopback that keeps every call and answers as it is told: well, with an error, late, in drips or never.

In a test:        with Recorder() as recorder: recorder.answer(503, times=2); …; recorder.calls[0].json
As a process:     python tests/recorder.py --port 9001 --file calls.jsonl        one JSON object a line for each call, written before it is answered
From outside:     GET /_calls → {"results": […]}   DELETE /_calls   POST /_answers {"status": 503, "times": 2, "path": "/pay"}   DELETE /_answers
By its address:   /answer/503/…   /late/2.5/…   /never/…   whatever else has been said
"""

from __future__ import annotations

import argparse
import json
import signal
import socket
import ssl
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it arrived. `headers`: names in small letters. `json` is None where the body is no JSON. `at`: seconds of the machine's clock."""

    number: int
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: str
    json: Any
    at: float

    @property
    def key(self) -> str:
        """Its Idempotency-Key; "" if it has none."""
        return self.headers.get("idempotency-key", "")


@dataclass(slots=True)
class Reply:
    """How calls are answered. `path` None: any. `times` None: always. `drip_seconds`: between single bytes of the body."""

    status: int = 200
    body: Any = None  # bytes as they are, anything else as JSON; None: {"ok": …, "number": n}
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0
    never: bool = False
    drip_seconds: float = 0.0
    path: str | None = None
    method: str | None = None
    times: int | None = None

    def takes(self, call: Call) -> bool:
        """Whether it is meant for this call and not used up."""
        return self.path in (None, call.path) and self.method in (None, call.method) and self.times != 0


class Recorder:
    """The server, on a thread of its own. `port` 0 takes a free one; stopped and started again it keeps its port and its calls."""

    def __init__(self, port: int = 0, file: Path | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.port, self._file, self._tls = port, file, tls
        self._calls: list[Call] = []
        self._replies: list[Reply] = []
        self._lock = threading.Lock()
        self._server: _Server | None = None
        self.stopping = threading.Event()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Such as http://127.0.0.1:9001, without a slash at the end."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def calls(self) -> list[Call]:
        """All calls so far, oldest first."""
        with self._lock:
            return list(self._calls)

    @property
    def keys(self) -> Counter[str]:
        """How often each Idempotency-Key came."""
        return Counter(call.key for call in self.calls)

    def answer(self, status: int = 200, body: Any = None, **more: Any) -> None:
        """Answer so from here on (`more`: see Reply). What was said first comes first, until its `times` are used up."""
        with self._lock:
            self._replies.append(Reply(status, body, **more))

    def forget_answers(self) -> None:
        """Answer well again."""
        with self._lock:
            self._replies.clear()

    def forget_calls(self) -> None:
        """As if nobody had called."""
        with self._lock:
            self._calls.clear()

    def start(self) -> None:
        """Listen."""
        self.stopping.clear()
        self._server = _Server(self, self.port, self._tls)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Refuse connections, and cut those that are open."""
        self.stopping.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.cut()
            self._server.server_close()
            self._server = None

    def keep(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Call:
        """Note a call, in memory and in the file."""
        parts = urlsplit(target)
        text = body.decode("utf-8", "replace")
        with self._lock:
            call = Call(
                len(self._calls) + 1,
                method,
                parts.path,
                parse_qs(parts.query, keep_blank_values=True),
                dict(headers),
                text,
                _json_of(text),
                time.time(),
            )
            self._calls.append(call)
            if self._file is not None:
                with self._file.open("a", encoding="utf-8") as lines:
                    lines.write(json.dumps(asdict(call)) + "\n")
        return call

    def reply_to(self, call: Call) -> Reply:
        """What this call is answered."""
        if by_address := _reply_in(call.path):
            return by_address
        with self._lock:
            reply = next((reply for reply in self._replies if reply.takes(call)), None)
            if reply is not None and reply.times is not None:
                reply.times -= 1
        return reply or Reply()


def _json_of(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _reply_in(path: str) -> Reply | None:
    """The answer that an address asks for: /answer/503/…, /late/2.5/…, /never/…"""
    _, what, *rest = [*path.split("/"), ""]
    if what == "never":
        return Reply(never=True)
    with suppress(ValueError, IndexError):
        if what == "answer":
            return Reply(status=int(rest[0]))
        if what == "late":
            return Reply(delay_seconds=float(rest[0]))
    return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, recorder: Recorder, port: int, tls: ssl.SSLContext | None) -> None:
        self.recorder, self.tls = recorder, tls
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.tls is not None:
            connection = self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def cut(self) -> None:
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that went away is nothing to talk about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def handle_one_request(self) -> None:
        """Any method."""
        self.raw_requestline = self.rfile.readline(65_537)
        if not self.raw_requestline:
            self.close_connection = True
            return
        if self.parse_request():
            self._take()

    def _take(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith(("/_calls", "/_answers")):
            return self._obey(body)
        call = self.server.recorder.keep(self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        reply = self.server.recorder.reply_to(call)
        if reply.never:
            self.server.recorder.stopping.wait()
        elif reply.delay_seconds:
            self.server.recorder.stopping.wait(reply.delay_seconds)
        self.close_connection = self.server.recorder.stopping.is_set() or self.close_connection
        if not self.server.recorder.stopping.is_set():
            self._send(reply, {"ok": reply.status < 400, "number": call.number})

    def _obey(self, body: bytes) -> None:
        recorder = self.server.recorder
        if self.path.startswith("/_calls"):
            found: Any = {"results": [asdict(call) for call in recorder.calls]}
            if self.command == "DELETE":
                recorder.forget_calls()
        else:
            found = {}
            recorder.forget_answers() if self.command == "DELETE" else recorder.answer(**json.loads(body))
        self._send(Reply(body=found), None)

    def _send(self, reply: Reply, usual: Any) -> None:
        body = reply.body if isinstance(reply.body, bytes) else json.dumps(usual if reply.body is None else reply.body).encode()
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **reply.headers}
        lines = [f"HTTP/1.1 {reply.status} So it is", *(f"{name}: {value}" for name, value in headers.items() if value is not None)]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        if self.command == "HEAD" or reply.status in {204, 304}:
            body = b""
        with suppress(OSError):
            if not reply.drip_seconds:
                self.wfile.write(head + body)
                return
            self.wfile.write(head)
            for byte in body:
                self.wfile.write(bytes([byte]))
                if self.server.recorder.stopping.wait(reply.drip_seconds):
                    return


def main() -> None:
    """Run until told to stop."""
    parser = argparse.ArgumentParser(description="Keeps every HTTP call in a file and answers it.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--file", type=Path, default=None)
    wanted = parser.parse_args()
    recorder = Recorder(wanted.port, wanted.file)
    recorder.start()
    sys.stdout.write(f"READY {recorder.url}\n")
    sys.stdout.flush()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: recorder.stopping.set())
    recorder.stopping.wait()
    recorder.stop()


if __name__ == "__main__":
    main()

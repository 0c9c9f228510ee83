"""A small OpenID Connect provider on loopback, for tests: says whatever it was told about whoever comes."""

from __future__ import annotations

import base64
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit


class IdentityProvider(ThreadingHTTPServer):
    """`claims` is what it says about a person."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.claims: dict[str, Any] = {}
        self.tokens_given = 0

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: IdentityProvider

    def do_GET(self) -> None:
        """Discovery, the page of the provider (agrees at once), and what it says."""
        parts = urlsplit(self.path)
        if parts.path == "/authorize":
            self._send_back(parse_qs(parts.query))
        elif parts.path == "/userinfo":
            self._answer(self.server.claims)
        else:
            self._answer({name: self.server.url + path for name, path in _PLACES.items()} | {"issuer": self.server.url})

    def do_POST(self) -> None:
        """The code for a token."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.tokens_given += 1
        claims = {"iss": self.server.url, "aud": "handrail", "exp": 4_000_000_000, "iat": 1, **self.server.claims}
        self._answer({"access_token": "a", "token_type": "Bearer", "id_token": ".".join(map(_part, ({"alg": "none"}, claims))) + "."})

    def log_message(self, *args: Any) -> None:
        """Tests are quiet."""

    def _send_back(self, query: dict[str, list[str]]) -> None:
        self.send_response(302)
        self.send_header("Location", f"{query['redirect_uri'][0]}?{urlencode({'code': secrets.token_hex(4), 'state': query['state'][0]})}")
        self.end_headers()

    def _answer(self, body: Any) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())


_PLACES = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "userinfo_endpoint": "/userinfo", "jwks_uri": "/keys"}


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@contextmanager
def running() -> Iterator[IdentityProvider]:
    """One that ends with the block."""
    provider = IdentityProvider()
    thread = threading.Thread(target=provider.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        provider.shutdown()
        provider.server_close()
        thread.join(5)

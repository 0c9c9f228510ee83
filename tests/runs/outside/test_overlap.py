"""Branches and items at once are really at once: each call is answered only when all of them have arrived."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pytest_django import Settings

from playbooks_app.models import User
from tests.machine import drive
from tests.runs.outside.test_locks import Api, Published, begin, of
from tests.runs.test_machine import document

pytestmark = pytest.mark.django_db(transaction=True)
TOGETHER = 3


@pytest.fixture
def meeting(settings: Settings) -> Iterator[str]:
    """The address of a server that answers three callers when all three are there, and refuses those who stay alone."""
    gate = threading.Barrier(TOGETHER, timeout=30)

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                gate.wait()
                self.send_response(200)
            except threading.BrokenBarrierError:
                self.send_response(400)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.EGRESS_ALLOW = f"127.0.0.1:{server.server_port}"
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.spec("rule-25", "S0-parallel-branches")
@pytest.mark.parametrize("kind", ["parallel", "for_each"])
def test_they_are_under_way_at_the_same_time(kind: str, meeting: str, published: Published, alice: User, api: Api) -> None:
    """One after the other none of them would be answered."""
    call = {"id": "call", "type": "http", "with": {"url": meeting}}
    branches = [{"name": name, "steps": [{**call, "id": f"call-{name}"}]} for name in "abc"]
    step = (
        {"id": "all", "type": "parallel", "branches": branches}
        if kind == "parallel"
        else {"id": "all", "type": "for_each", "in": [1, 2, 3], "concurrency": TOGETHER, "steps": [call]}
    )

    run = drive(of(begin(api(alice), published(document([step])))))

    assert run.status == "completed"

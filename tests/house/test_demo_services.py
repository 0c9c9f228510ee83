"""The services that the demo pretends to have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from config.demo.services.book import SERVICES
from config.demo.services.records import Records
from config.demo.services.server import Services
from playbooks_app.gallery.reading import entries
from playbooks_app.models import Account, PlaybookVersion
from runs_app.models import Run
from runs_app.starting import start

Call = Callable[..., httpx.Response]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where they keep what they were told."""
    return tmp_path / "services"


@pytest.fixture
def call(folder: Path) -> Iterator[Call]:
    """`call("crm", "/leads", json={…}, key="run-1/a")`."""
    services = Services(folder)
    _, addresses = services.start()

    def ask(service: str, path: str, method: str = "POST", key: str = "run-1/a", **more: Any) -> httpx.Response:
        return httpx.request(method, addresses[service] + path, headers={"Idempotency-Key": key}, timeout=30, **more)

    yield ask
    services.stop()


def test_there_is_one_for_everything_that_a_ready_playbook_needs() -> None:
    """Nothing in the gallery stops for want of a service."""
    assert {name for ready in entries() for name in ready.needs} == {each.key for each in SERVICES}


def test_they_behave_as_their_playbooks_tell(call: Call) -> None:
    """The first provider is down, the second declines, the third takes it; the test machines fail once."""
    told = [call(f"payments_{place}", "/charges", json={"cents": 100}).status_code for place in ("first", "second", "third")]

    assert told == [503, 402, 201]
    assert [call("builds", "/builds", json={}).status_code for _ in range(2)] == [503, 201]
    assert call("ledger", "/entries", json={"account": "9X99"}).status_code == 422
    assert call("crm", "/unknown", method="GET").status_code == 404


def test_a_repeat_does_nothing(call: Call, folder: Path) -> None:
    """The same key has the same answer, and the record says that it was a repeat."""
    first, second = (call("payments_third", "/charges", json={"cents": 100}, key="run-7/pay") for _ in range(2))

    assert first.json() == second.json()
    assert [(each.again, each.run, each.step) for each in Records(folder).newest(5)] == [(True, 7, "pay"), (False, 7, "pay")]


def test_somebody_may_break_and_mend_them(call: Call, folder: Path) -> None:
    """A behaviour that is chosen counts from the next call on; what is unknown changes nothing."""
    records = Records(folder)
    records.choose("crm", "down")
    with pytest.raises(KeyError):
        records.choose("crm", "angry")

    assert call("crm", "/leads", json={}).status_code == 503
    records.as_at_first()
    assert call("crm", "/leads", json={}).status_code == 201


def test_they_come_back_on_the_same_port(folder: Path) -> None:
    """Runs that have begun remember the addresses."""
    services = Services(folder)
    port, _ = services.start()
    services.stop()
    again = Services(folder)

    assert again.start()[0] == port
    again.stop()


@pytest.mark.django_db
def test_every_account_finds_them_under_its_own(published: Callable[..., PlaybookVersion], acme: Account, settings: Any) -> None:
    """SERVICES names them for everybody; what an account says itself comes first."""
    settings.SERVICES = {"crm": "https://crm.example.com", "bank": "https://bank.example.com"}
    acme.config = {"limit": 5, "services": {"bank": "https://ours.example.com"}}
    acme.save()
    version = published({"handrail": 1, "name": "x", "description": "x", "owner": "x", "steps": [{"type": "log", "with": {"message": "x"}}]})

    start(version, inputs={}, by=None)

    assert Run.objects.get().config == {"limit": 5, "services": {"crm": "https://crm.example.com", "bank": "https://ours.example.com"}}

"""The start page while somebody types: the server is the judge, and nothing starts before the button is pressed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from playbooks_app.models import Playbook, PlaybookVersion, User
from runs_app.models import Run
from runs_app.starting import start

pytestmark = pytest.mark.django_db
Web = Callable[[User | None], Client]
DOCUMENT: dict[str, Any] = {
    "handrail": 1,
    "name": "Pay",
    "description": "x",
    "owner": "x",
    "inputs": [
        {"name": "amount", "type": "number", "required": True, "max": 10},
        {"name": "rows", "type": "array", "schema": {"items": {"type": "object", "required": ["id"]}}},
    ],
    "steps": [{"id": "note", "type": "log", "with": {"message": "x"}}],
}


@pytest.fixture
def version(published: Callable[..., PlaybookVersion]) -> PlaybookVersion:
    """A playbook with a number and a list."""
    return published(DOCUMENT)


def check(client: Client, version: PlaybookVersion, field: str, **typed: Any) -> str:
    """What is said of one field."""
    return client.post(f"/playbooks/{version.playbook_id}/start/check/?field={field}", typed).content.decode()


def test_a_fault_is_said_while_typing_and_gone_when_it_is_mended(web: Web, carol: User, version: PlaybookVersion) -> None:
    """For somebody who may run but not edit, too; only the field that was touched is spoken of."""
    client = web(carol)

    assert "at most 10" in check(client, version, "amount", amount="12")
    assert "fault" not in check(client, version, "amount", amount="9")
    assert not Run.objects.exists()


def test_a_file_is_shown_as_soon_as_it_is_chosen(web: Web, carol: User, version: PlaybookVersion) -> None:
    """Its first rows, or the bad ones, before anything starts."""
    file = SimpleUploadedFile("rows.csv", b"id,vendor\n1,Acme Paper\n,Orbit\n")

    shown = check(web(carol), version, "rows", rows=file)

    assert "rows.csv" in shown and "Orbit" in shown and "leave this row out" in shown.replace("\n", " ")


def test_it_is_filled_with_samples_and_with_the_last_run(web: Web, alice: User, version: PlaybookVersion) -> None:
    """Samples come with a copy from the gallery; values of a run only for those who may read them."""
    run = start(version, inputs={"amount": 7, "rows": [{"id": "a-1"}]}, by=alice).run
    page = web(alice).get(f"/playbooks/{version.playbook_id}/start/?like={run.pk}").content.decode()
    assert f"As in run #{run.pk}" in page and 'value="7"' in page and "a-1" in page

    web(alice).post("/gallery/payment-failover/use/")
    copy = Playbook.objects.get(name__startswith="Charge")
    page = web(alice).get(f"/playbooks/{copy.pk}/start/?sample=0").content.decode()
    assert "Sample: An order of 49.90" in page and 'value="A-1042"' in page


def test_who_may_not_start_is_told_nothing(web: Web, dave: User, eve: User, version: PlaybookVersion) -> None:
    """403 in sight, 404 out of sight, and for an input that there is not."""
    address = f"/playbooks/{version.playbook_id}/start/check/?field=amount"

    assert [web(who).post(address).status_code for who in (dave, eve)] == [403, 404]

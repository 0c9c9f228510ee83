"""Files among what is decided on: shown as files, bound to the decision byte for byte, and given only to who may read."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import Error, transaction
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from approvals_app import files, links
from approvals_app.models import Approval, ShownFile
from playbooks_app.models import Account, PlaybookVersion, User
from runs_app.models import OutboxMail, Run
from runs_app.starting import start
from tests.machine import drive

Ask = Callable[..., Approval]
Web = Callable[[User | None], Client]
Api = Callable[[User | None], APIClient]
REPORT = {"name": "checks.md", "content": "# 214 tests\nall green <script>alert(1)</script>"}
SHA = hashlib.sha256(REPORT["content"].encode()).hexdigest()
SCAN = {"name": "scan.pdf", "base64": "JVBERi0xLjcK"}
SHOW = [{"label": "report", "value": REPORT}, {"label": "invoice", "value": {"number": 7, "scans": [SCAN]}}]
pytestmark = pytest.mark.django_db


def address(approval: Approval, sha256: str = SHA) -> str:
    return reverse("approval_file", args=[approval.pk, sha256])


def token_of(approval: Approval, person: User) -> str:
    return links.make(approval, person).address.rstrip("/").rpartition("/")[2]


@pytest.mark.spec("S1-P10-diff-report")
def test_a_file_is_shown_with_name_size_and_beginning(ask: Ask, web: Web, bob: User) -> None:
    """In the inbox, on its page, on the link's page, and in both forms of the mail; its content is nowhere taken for markup."""
    approval = ask(show=SHOW)
    token = token_of(approval, bob)
    mail = OutboxMail.objects.get(to=bob.email)
    pages = [web(bob).get(f"/approvals/{approval.pk}/?pane=1"), web(bob).get(f"/approvals/{approval.pk}/"), web(None).get(f"/decide/{token}/")]

    for text in [*(page.content.decode() for page in pages), mail.html]:
        assert "checks.md" in text and "47 bytes" in text and "# 214 tests" in text and "scan.pdf" in text
        assert "<script>alert" not in text
    assert "checks.md (47 bytes, SHA-256" in mail.text and "# 214 tests" in mail.text
    assert address(approval) in pages[0].content.decode()
    assert f"/decide/{token}/files/{SHA}/" in pages[2].content.decode()


@pytest.mark.spec("S2-approval-payload", "F-1")
def test_the_decision_covers_the_content(ask: Ask, api: Api, bob: User) -> None:
    """The data keeps the SHA-256 instead of the content, so other content is another fingerprint; the record names it in full."""
    approval = ask(show=SHOW)
    other = ask(show=[{"label": "report", "value": {**REPORT, "content": "# 213 tests"}}, SHOW[1]])

    shown = api(bob).get(f"/api/v1/approvals/{approval.pk}/").json()["shown"]
    record = api(bob).get(f"/api/v1/approvals/{approval.pk}/record/").getvalue().decode()

    assert shown["report"] == {"name": "checks.md", "size": 47, "media_type": "text/markdown", "sha256": SHA, "excerpt": REPORT["content"]}
    assert approval.payload_hash != other.payload_hash
    assert f"checks.md, 47 bytes, text/markdown, SHA-256 {SHA}" in record
    assert api(bob).get(f"/api/v1/approvals/{approval.pk}/record/?as=pdf").content.startswith(b"%PDF")


def test_who_may_read_may_download(ask: Ask, web: Web, api: Api, bob: User, dave: User, eve: User) -> None:
    """Byte for byte; others get nothing, and a file of another approval is not there."""
    approval = ask(show=SHOW)

    assert web(bob).get(address(approval)).content == REPORT["content"].encode()
    assert api(bob).get(f"/api/v1/approvals/{approval.pk}/files/{SHA}/").content == REPORT["content"].encode()
    assert [web(who).get(address(approval)).status_code for who in (eve, dave)] == [404, 403]
    assert web(None).get(address(approval)).status_code == 302
    assert web(bob).get(address(ask())).status_code == 404


def test_a_file_runs_nothing(ask: Ask, web: Web, bob: User) -> None:
    """Looked at: text as text, a page without scripts; what a browser should not open is kept."""
    page = {"name": "report.html", "content": "<script>alert(1)</script>"}
    program = {"name": "setup.exe", "base64": "TVo="}
    approval = ask(show=[{"label": "all", "value": [page, program]}])
    html, exe = (web(bob).get(address(approval, file.sha256) + "?look=1") for file in files.all_of(approval.shown))

    assert "sandbox" in html["Content-Security-Policy"] and "script-src" not in html["Content-Security-Policy"]
    assert (html["Content-Disposition"], html["X-Content-Type-Options"]) == ('inline; filename="report.html"', "nosniff")
    assert (exe["Content-Disposition"], exe["Content-Type"]) == ('attachment; filename="setup.exe"', "application/octet-stream")


def test_a_link_gives_its_files_while_it_shows_the_question(ask: Ask, web: Web, bob: User, alice: User) -> None:
    """Without a session; not to somebody else who is signed in, no other file, and no more when it is decided. Each look is recorded."""
    approval = ask(show=SHOW)
    token = token_of(approval, bob)
    path = f"/decide/{token}/files/{SHA}/"

    assert web(None).get(path).content == REPORT["content"].encode()
    assert approval.links.order_by("pk").last().opens.count() == 1  # type: ignore[union-attr]
    assert web(alice).get(path).status_code == 404
    assert web(None).get(f"/decide/{token}/files/{'0' * 64}/").status_code == 404
    approval.decide("approve", by=bob)
    assert web(None).get(path).status_code == 404


def test_shown_files_are_kept_for_ever(ask: Ask) -> None:
    """The database refuses to change or delete one."""
    kept = ShownFile.objects.filter(approval=ask(show=SHOW))

    for deed in (kept.delete, lambda: kept.update(name="other")):
        with pytest.raises(Error), transaction.atomic():
            deed()


@pytest.mark.django_db(transaction=True)
def test_files_without_room_fail_the_step_with_both_numbers(published: Callable[..., PlaybookVersion], admin: User, web: Web, alice: User) -> None:
    """What an account keeps for ever has a limit: said with what is used and who can raise it; the leaders see it, and then it is retried."""
    large = {"name": "large.bin", "base64": base64.b64encode(b"x" * 600_000).decode()}
    step = {"id": "ask", "type": "approval", "with": {"title": "?", "approvers": "bob", "show": [{"label": "f", "value": "{{ inputs.f }}"}]}}
    version = published(
        {"handrail": 1, "name": "Files", "description": "d", "owner": "o", "inputs": [{"name": "f", "type": "file"}], "steps": [step]}
    )
    Account.objects.filter(slug="acme").update(limit_file_megabytes=1)
    first, second = (drive(start(version, inputs={"f": {**large, "name": name}}, by=alice).run) for name in ("a.bin", "b.bin"))
    assert (first.status, second.status) == ("pending_approval", "paused")
    error: Any = second.step_runs.get(path="ask").error
    assert (
        error["code"] == "StorageFull" and "may keep 1 MB" in error["message"] and "it has 1 MB" in error["message"] and "raise it" in error["hint"]
    )
    page = web(admin).get("/settings/people/").content.decode()
    assert "Megabytes of files kept with approvals" in page and "1 used" in page

    Account.objects.filter(slug="acme").update(limit_file_megabytes=2)
    web(alice).post(f"/runs/{second.pk}/retry/")
    assert drive(second).status == "pending_approval"


def test_an_author_cannot_point_at_the_file_of_another_approval(ask: Ask, web: Web, bob: User) -> None:
    """Data that looks like a kept file, without its content, leads nowhere."""
    ask(show=SHOW)
    forged = ask(show=[{"label": "report", "value": {"name": "a.md", "size": 1, "media_type": "text/plain", "sha256": SHA}}])

    assert web(bob).get(address(forged)).status_code == 404


def test_changed_files_are_marked(ask: Ask, bob: User, web: Web) -> None:
    """The next round shows which file was there before; both stay in the record."""
    approval = ask(show=SHOW)
    ask(run=approval.run, tried=approval.step_run, show=[{"label": "report", "value": {**REPORT, "content": "# 215 tests"}}, SHOW[1]])
    text = web(bob).get(f"/approvals/{approval.pk}/").content.decode()

    assert f"<del>checks.md (47 bytes, SHA-256 {SHA[:8]}…)</del>" in text
    assert ShownFile.objects.filter(approval=approval).count() == 3


def test_an_input_may_be_an_attachment(published: Callable[..., PlaybookVersion], web: Web, alice: User) -> None:
    """The start form takes a file, keeps it while another field is corrected, and gives it to the run."""
    inputs: list[dict[str, Any]] = [{"name": "contract", "type": "file", "required": True}, {"name": "limit", "type": "number", "required": True}]
    version = published(
        {
            "handrail": 1,
            "name": "Contracts",
            "description": "x",
            "owner": "Finance",
            "inputs": inputs,
            "steps": [{"id": "note", "type": "log", "with": {"message": "here"}}],
        }
    )
    start = f"/playbooks/{version.playbook_id}/start/"

    faulty = web(alice).post(start, {"contract": SimpleUploadedFile("c.txt", b"We agree.", "text/plain"), "limit": "x"})
    form = faulty.context["form"]
    assert form.field("contract").file.content == b"We agree."
    web(alice).post(start, {"contract.kept": form.field("contract").text, "limit": "5"})

    assert Run.objects.get().inputs["contract"] == {"name": "c.txt", "media_type": "text/plain", "base64": "V2UgYWdyZWUu"}
    large = web(alice).post(start, {"contract": SimpleUploadedFile("c.txt", b"x" * (2 * 1024 * 1024 + 1)), "limit": "5"})
    assert "c.txt is larger than 2 MB." in large.content.decode()

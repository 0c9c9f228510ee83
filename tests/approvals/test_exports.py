"""The record leaves the house: everything that happened, safe for spreadsheets, readable on paper, and only for who may read it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pymupdf_fonts
import pytest
from django.test import Client
from rest_framework.test import APIClient

from approvals_app import pdf
from approvals_app.models import Approval
from playbooks_app.models import User
from tests.approvals.test_link import link_of

Ask = Callable[..., Approval]
Web = Callable[[User | None], Client]
pytestmark = pytest.mark.django_db


def rows_of(answer: object) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))  # type: ignore[attr-defined]


@pytest.mark.spec("rule-27", "F-12")
def test_the_record_has_who_when_why_opens_decisions_and_hashes(ask: Ask, bob: User, alice: User, web: Web) -> None:
    """As CSV: shown, asked by which rule, the link opened by a scanner, a question, the vote with channel, address and fingerprint."""
    approval = ask()
    web(None).get(link_of("bob"), headers={"user-agent": "Scanner/1.0"})
    approval.say("=HYPERLINK(1)", by=alice)
    approval.decide("approve", by=bob, comment="+1 fine", channel="inbox", address="192.0.2.7")

    rows = rows_of(web(bob).get(f"/approvals/{approval.pk}/record.csv"))

    happened = [row["What"] for row in rows if not row["What"].startswith("Mail")]
    assert happened[:2] == ["Shown", "Asked"] and happened[-1] == "Closed: approved"
    by_what = {row["What"]: row for row in rows}
    assert (by_what["Asked"]["Who"], by_what["Asked"]["Details"]) == ("Bob Banks (bob)", "group finance-leads (stage 1)")
    assert by_what["Link of the mail opened"]["Details"] == "GET; Scanner/1.0"
    assert by_what["Commented"]["Details"] == "'=HYPERLINK(1)"
    vote = by_what["Decided: Approve"]
    assert (vote["Channel"], vote["Address"], vote["Fingerprint"]) == ("in the inbox", "192.0.2.7", approval.payload_hash)
    assert "“+1 fine”" in vote["Details"]


def test_the_list_is_exported_as_it_is_filtered(ask: Ask, bob: User, web: Web) -> None:
    """What the view and the search show, without cells that a spreadsheet would obey."""
    ask(title="=cmd|' /C calc'!A0")
    ask(title="Second?").decide("reject", by=bob, comment="no")

    assert [row["Question"] for row in rows_of(web(bob).get("/approvals/export.csv?view=mine"))] == ["'=cmd|' /C calc'!A0"]
    done = rows_of(web(bob).get("/approvals/export.csv?view=done&q=second"))
    assert [(row["Status"], row["Decided by"], row["Comment"]) for row in done] == [("rejected", "Bob Banks", "no")]
    assert rows_of(web(bob).get("/approvals/export.csv?view=done&q=nothing")) == []


def test_paper_takes_any_alphabet(ask: Ask, bob: User, web: Web, api: Callable[..., APIClient], caplog: pytest.LogCaptureFixture) -> None:
    """PDF by page and API: German, Greek and Russian are embedded, not dropped."""
    approval = ask(title="Überweisung an Ωμέγα и Дельта – 48.200 €?")

    page = web(bob).get(f"/approvals/{approval.pk}/record.pdf")
    door = api(bob).get(f"/api/v1/approvals/{approval.pk}/record/?as=pdf")
    listed = web(bob).get("/approvals/export.pdf")

    for answer in (page, door, listed):
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
        assert answer.content.startswith(b"%PDF-") and len(answer.content) < 400_000
    assert "missing" not in caplog.text  # what fpdf says of signs that its font lacks


def test_a_font_of_wide_signs_is_used_where_there_is_one(
    ask: Ask, bob: User, web: Web, settings: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The first that exists (here one with a wide watch); what it lacks or is written from the right stays numbers. It is embedded."""
    wide = tmp_path / "wide.ttf"
    wide.write_bytes(pymupdf_fonts.myfont("symbol2"))
    settings.RECORD_FONTS = [str(tmp_path / "none.ttc"), str(wide)]

    assert pdf.Paper("Acme").written("Pay ⌚ 鉄 م?") == "Pay ⌚ [U+9244] [U+0645]?"
    record = web(bob).get(f"/approvals/{ask(title='Pay ⌚?', show=[{'label': 'name', 'value': '⌚'}]).pk}/record.pdf")
    assert b"NotoSansSymbols2" in record.content and "missing" not in caplog.text


def test_signs_that_the_font_lacks_are_numbers(ask: Ask, bob: User, web: Web, caplog: pytest.LogCaptureFixture, settings: Any) -> None:
    """Neither dropped nor boxes nor other letters; signs that turn the writing around are seen; a note says so, only where it is needed."""
    settings.RECORD_FONTS = []
    paper = pdf.Paper("Acme")
    assert paper.written("Zahl 10 € an Ωμέγα\n") == "Zahl 10 € an Ωμέγα\n" and not paper.is_numbered
    assert paper.written("Pay 東京 invoice\u202efdp.exe") == "Pay [U+6771 4EAC] invoice[U+202E]fdp.exe"
    assert paper.written("مر") == "[U+0645 0631]" and paper.is_numbered

    approval = ask(title="Pay 東京?", summary="مرحبا", show=[{"label": "支払", "value": "עברית"}])
    assert web(bob).get(f"/approvals/{approval.pk}/record.pdf").content.startswith(b"%PDF-")
    assert "missing" not in caplog.text


def test_who_may_not_read_the_data_exports_nothing(ask: Ask, dave: User, eve: User, web: Web) -> None:
    """A viewer follows the run: 403, and nothing in lists; another account: 404."""
    approval = ask()

    assert web(dave).get(f"/approvals/{approval.pk}/record.csv").status_code == 403
    assert web(eve).get(f"/approvals/{approval.pk}/record.pdf").status_code == 404
    assert rows_of(web(dave).get("/approvals/export.csv?view=mine")) == []

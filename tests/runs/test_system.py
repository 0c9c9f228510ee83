"""The page of those who operate the installation, and what monitoring reads."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from playbooks_app import clock
from playbooks_app.models import AuditEntry, PlaybookVersion, User
from runs_app.models import OutboxMail
from runs_app.news import outbox
from tests.runs.factories import RunBuilder, steps_document

Web = Callable[[User | None], Client]


def scraped(client: Client) -> dict[str, float]:
    """Series -> value."""
    text = client.get("/metrics").content.decode()
    return {name: float(value) for name, value in re.findall(r"^([a-zA-Z_]\S*) (\S+)$", text, re.MULTILINE)}


@pytest.mark.spec("S3-metrics")
def test_counter_and_histogram_change_with_a_run(published: Callable[..., PlaybookVersion], alice: User) -> None:
    """By status; buckets are cumulative; no name of a playbook or an account is told."""
    version, client = published(steps_document(name="Secret plan")), Client()
    before = scraped(client)
    RunBuilder(version, alice, status="completed")  # a minute
    RunBuilder(version, alice)
    after = scraped(client)

    def rise(series: str) -> float:
        return after[series] - before[series]

    assert rise('workflowExecutionsTotal{status="completed"}') == 1 and rise('workflowExecutionsTotal{status="failed"}') == 0
    assert rise('workflowDuration_count{status="completed"}') == 1 and rise('workflowDuration_sum{status="completed"}') == pytest.approx(60, abs=1)
    assert rise('workflowDuration_bucket{status="completed",le="30"}') == 0 and rise('workflowDuration_bucket{status="completed",le="300"}') == 1
    assert rise('workflowRunsOpen{status="running"}') == 1
    assert "Secret" not in client.get("/metrics").content.decode() and "acme" not in client.get("/metrics").content.decode()


def test_a_token_guards_the_metrics(people: dict[str, User], settings: Any) -> None:
    """Where one is set, only who sends it reads them."""
    settings.METRICS_TOKEN = "abc"

    assert Client().get("/metrics").status_code == 401
    assert Client().get("/metrics", headers={"Authorization": "Bearer abc"}).status_code == 200


def test_the_page_is_for_staff(admin: User, alice: User, web: Web) -> None:
    """Leading an account is not operating the installation."""
    assert web(alice).get("/system/").status_code == 403
    page, figures = web(admin).get("/system/").content.decode(), web(admin).get("/system/?as=json").json()
    assert "No worker is alive." in page and "all applied" in page
    assert figures["workers"] == [] and figures["database"]["bytes"] > 0 and figures["migrations"] == {"pending": []}


def test_a_mail_that_was_given_up_is_sent_again(admin: User, alice: User, web: Web) -> None:
    """One press; it is due at once, and the deed is noted."""
    mail = outbox.post(to="x@acme.example", subject="Hello", text="…", reference="test-1")
    OutboxMail.objects.filter(pk=mail.pk).update(given_up_at=clock.now(), tries=3, last_error="550 no such person")
    assert "550 no such person" in web(admin).get("/system/").content.decode()

    assert web(alice).post(f"/system/mails/{mail.pk}/send-again/").status_code == 403
    assert web(admin).post(f"/system/mails/{mail.pk}/send-again/").status_code == 302
    mail.refresh_from_db()
    assert (mail.given_up_at, mail.tries) == (None, 0) and AuditEntry.objects.filter(action="mail.sent_again").exists()
    assert web(admin).post(f"/system/mails/{mail.pk}/send-again/").status_code == 404

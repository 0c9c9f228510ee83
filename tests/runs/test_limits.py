"""What an account may use: set in the administration, enforced at every door, said with its number (issue: limits per account)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from playbooks_app import clock
from playbooks_app.models import Account, AuditEntry, PlaybookVersion, User
from runs_app.cleaning import clean_up_by_setting
from runs_app.models import Run
from runs_app.worker import statements
from runs_app.worker.presence import session
from tests.approvals.racing import Clients, post
from tests.machine import drive
from tests.runs.outside.test_locks import DAY, begin, of
from tests.runs.test_machine import document, var

pytestmark = pytest.mark.django_db(transaction=True)

Published = Callable[..., PlaybookVersion]
Api = Callable[[User | None], APIClient]
Web = Callable[[User | None], Client]


def limit(acme: Account, **limits: int | None) -> None:
    """Set them."""
    Account.objects.filter(pk=acme.pk).update(**{f"limit_{name}": value for name, value in limits.items()})


def again(person: User) -> User:
    """As the next call reads them: a person knows their account from when they were read."""
    return User.objects.get(pk=person.pk)


def test_runs_at_once(published: Published, alice: User, eve: User, acme: Account, api: Api, web: Web) -> None:
    """409 with the limit, what is used and who can raise it; runs that a run starts, the sandbox and others' accounts do not count."""
    child = published({**document([DAY]), "name": "Child"})
    version = published(document([{"id": "c", "type": "playbook", "with": {"playbook": "Child"}}]))
    limit(acme, runs_at_once=2)
    first = drive(of(begin(api(alice), version)))
    begin(api(alice), version)
    assert Run.objects.filter(version=child).count() == 1
    refused = begin(api(alice), child, status=409)

    assert (refused["code"], refused["details"]) == ("LimitReached", {"limit": "runs_at_once", "most": 2, "used": 2})
    assert "2 runs" in refused["message"] and "raise it" in refused["hint"]
    page = web(alice).post(f"/playbooks/{child.playbook_id}/start/", {})
    assert page.status_code == 409 and "2 runs" in page.content.decode()
    begin(api(alice), child, mode="sandbox")
    begin(api(eve), published({**document([DAY]), "name": "Theirs"}, owner=eve))
    first.cancel(alice)
    drive(first)
    begin(api(alice), child)
    limit(acme, runs_at_once=0)
    begin(api(alice), child)


def test_a_start_under_a_limit_waits_for_no_worker(published: Published, alice: User, acme: Account, api: Api) -> None:
    """Also where the account and a worker that lives have the same number: each has locks of its own."""
    limit(acme, runs_at_once=2)
    version = published(document([DAY]))
    with session() as worker, connection.cursor() as cursor:
        worker.execute(statements.ADVISORY_LOCK, (acme.pk,))
        cursor.execute("SET lock_timeout = '2s'")
        try:
            begin(api(alice), version)
        finally:
            cursor.execute("RESET lock_timeout")


def test_starts_and_calls_in_a_minute(
    published: Published, alice: User, bob: User, eve: User, acme: Account, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """429 with the seconds until the next; what the account has of its own counts, not what everybody has."""
    version = published(document([var("v", "x", 1)]), visibility="account")
    limit(acme, starts_per_minute=2, calls_per_minute=7, calls_per_minute_each=4)
    at = clock.now()
    monkeypatch.setattr(clock, "now", lambda: at)
    alice, bob = again(alice), again(bob)
    begin(api(alice), version)
    begin(api(alice), version)
    refused = api(alice).post("/api/v1/runs/", {"playbook": version.playbook_id}, format="json")
    assert refused.status_code == 429 and 1 <= int(refused.headers["Retry-After"]) <= 60
    assert "2 runs in a minute" in refused.json()["message"] and "raise it" in refused.json()["hint"]

    assert [api(alice).get("/api/v1/me/").status_code for _ in range(2)] == [200, 429]
    answers = [api(bob).get("/api/v1/me/") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[0].json()["limits"] == {
        "runs_at_once": None, "starts_per_minute": 2, "calls_per_minute": 7, "calls_per_minute_each": 4, "steps": 5000, "input_bytes": None,
        "people": None, "file_megabytes": 10_000, "clean_up_after_days": None,
    }  # fmt: skip
    assert api(eve).get("/api/v1/me/").status_code == 200


def test_sizes(published: Published, alice: User, acme: Account, api: Api) -> None:
    """Steps of a playbook, at every depth, when it is drawn; bytes of inputs when it is started: 422 at the place, with both numbers."""
    version = published(document([var("v", "x", 1)], inputs=[{"name": "text"}]))
    limit(acme, steps=2, input_bytes=30)
    alice = again(alice)
    whole = document([{"id": "c", "type": "condition", "if": True, "then": [var("a", "a", 1)]}], **{"finally": [var("b", "b", 1)]})
    drawn = api(alice).post("/api/v1/playbooks/", {"document": whole}, format="json")
    (problem,) = drawn.json()["problems"]
    assert (drawn.status_code, problem["address"], problem["code"]) == (422, "steps", "TooLarge")
    assert "3 steps" in problem["message"] and "2 in one" in problem["message"] and problem["hint"]
    del whole["finally"]
    assert api(alice).post("/api/v1/playbooks/", {"document": whole}, format="json").status_code == 201

    (problem,) = begin(api(alice), version, status=422, inputs={"text": "ä" * 12})["problems"]
    assert (problem["address"], problem["code"]) == ("inputs", "PayloadTooLarge") and "36 bytes" in problem["message"]
    begin(api(alice), version, inputs={"text": "ä" * 8})


def test_people_and_forgotten_runs(published: Published, admin: User, alice: User, bob: User, eve: User, acme: Account, api: Api) -> None:
    """Invited people count; forgotten runs are put away after the account's own days, others' by the setting."""
    used = acme.memberships.filter(active=True).count()
    limit(acme, people=used + 1, clean_up_after_days=3)
    asked: list[Any] = [api(again(admin)).post("/api/v1/members/", {"email": f"{name}@example.com"}, format="json") for name in ("new", "newer")]
    assert [answer.status_code for answer in asked] == [201, 409]
    assert asked[1].json()["details"] == {"limit": "people", "most": used + 1, "used": used + 1}

    bad = document([{"id": "t", "type": "throw", "with": {"code": "Bad", "message": "No."}}])
    ours = drive(of(begin(api(alice), published(bad))))
    theirs = drive(of(begin(api(eve), published(bad, owner=eve))))
    later = clock.now() + timedelta(days=4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: later)
        assert clean_up_by_setting() == 1
    ours.refresh_from_db()
    theirs.refresh_from_db()
    assert ours.archived_at is not None and theirs.archived_at is None


def test_the_operator_sets_them_and_the_account_sees_them(admin: User, alice: User, acme: Account, web: Web) -> None:
    """In Django admin, with what everybody has beside them; wrong numbers are refused; the change is in the audit log with old and new."""
    address = f"/admin/playbooks_app/account/{acme.pk}/change/"
    page = web(admin).get(address).content.decode()
    assert "Runs that are not over" in page and "For everybody: no limit" in page and "For everybody: 5,000" in page
    made = acme.created_at
    form = {"name": acme.name, "slug": acme.slug, "timezone": acme.timezone, "playbooks_enabled": "on", "config": "{}",
            "created_at_0": f"{made:%Y-%m-%d}", "created_at_1": f"{made:%H:%M:%S}"}  # fmt: skip
    assert web(admin).post(address, {**form, "limit_steps": "5001", "limit_calls_per_minute": "0"}).status_code == 200
    saved = web(admin).post(address, {**form, "limit_steps": "100", "limit_runs_at_once": "1000"})
    assert saved.status_code == 302, saved.content.decode()
    entry = AuditEntry.objects.filter(kind="account").latest("pk")
    noted: Any = entry.new
    assert entry.actor == admin and (noted["limit_steps"], noted["limit_runs_at_once"]) == (100, 1000)
    shown = web(admin).get("/settings/people/").content.decode()
    assert "Steps of one playbook" in shown and ">100<" in shown and ">1,000<" in shown and "no limit" in shown
    assert "Steps of one playbook" not in web(alice).get("/settings/people/").content.decode()


def test_a_failed_run_opens_again_only_where_there_is_room(published: Published, alice: User, acme: Account, api: Api) -> None:
    """Else failing and retrying would be a way round: refused like a start, and nothing of the run has changed."""
    failing = document([{"id": "t", "type": "throw", "with": {"code": "Bad", "message": "No."}}], settings={"on_failure": "fail"})
    version, day = published(failing), published({**document([DAY]), "name": "Day"})
    limit(acme, runs_at_once=1)
    failed = drive(of(begin(api(alice), version)))
    begin(api(alice), day)
    for path in ("retry", "steps/t/retry", "steps/t/skip"):
        refused = api(alice).post(f"/api/v1/runs/{failed.pk}/{path}/", {}, format="json")
        assert (refused.status_code, refused.json()["code"]) == (409, "LimitReached"), path
    failed.refresh_from_db()
    assert failed.status == "failed" and not failed.events.filter(type="run_reopened").exists()

    limit(acme, runs_at_once=2)
    assert api(alice).post(f"/api/v1/runs/{failed.pk}/steps/t/skip/", {}, format="json").status_code == 200


def test_all_starts_of_one_moment_keep_to_the_limits(published: Published, alice: User, acme: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve clients with connections of their own begin together: as many come in as there is room for, all others are told why."""
    version, at = published(document([DAY])), clock.now()
    monkeypatch.setattr(clock, "now", lambda: at)  # no minute ends meanwhile
    clients = Clients(12)
    try:
        for limits, code, status in (({"runs_at_once": 5}, "LimitReached", 409), ({"runs_at_once": 0, "starts_per_minute": 5}, "", 429)):
            Run.objects.update(status="cancelled", finished_at=clock.now())
            limit(acme, **limits)
            replies = clients.at_once([partial(post, again(alice), "runs/", playbook=version.playbook_id) for _ in range(12)])
            assert sorted(reply.status for reply in replies) == [201] * 5 + [status] * 7
            assert Run.objects.filter(status="queued").count() == 5
            assert {reply.body["code"] for reply in replies if reply.status != 201} == {code or "rate_limited"}
    finally:
        clients.close()

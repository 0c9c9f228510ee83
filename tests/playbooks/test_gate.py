"""What every call passes: limits with headers, and idempotency keys."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings
from rest_framework.serializers import Serializer
from rest_framework.test import APIClient

from playbooks_app import clock, kept_answers
from playbooks_app.api.bodies import Body
from playbooks_app.models import KeptAnswer, Playbook, User
from tests.playbooks.documents import document

Api = Callable[[User | None], APIClient]


def draw(client: APIClient, key: str, name: str = "Drawn once") -> Any:
    """Make a playbook under a key."""
    return client.post("/api/v1/playbooks/", {"document": document(name=name)}, headers={"Idempotency-Key": key})


@pytest.mark.django_db
def test_every_answer_says_how_the_caller_stands(api: Api, alice: User, carol: User, eve: User, settings: Settings) -> None:
    """RateLimit headers; beyond the limit 429 with Retry-After; another caller goes on, until the account's limit is reached."""
    settings.API_CALLS_PER_MINUTE, settings.API_CALLS_PER_MINUTE_OF_ACCOUNT = 3, 5
    left = [api(alice).get("/api/v1/me/").headers["RateLimit-Remaining"] for _ in range(3)]
    refused = api(alice).get("/api/v1/me/")

    assert left == ["2", "1", "0"]
    assert refused.status_code == 429 and refused.json()["code"] == "rate_limited" and refused.json()["hint"]
    assert 1 <= int(refused.headers["Retry-After"]) <= 60 and refused.headers["RateLimit-Limit"] == "3"
    assert [api(carol).get("/api/v1/me/").status_code for _ in range(2)] == [200, 429]
    assert api(eve).get("/api/v1/me/").status_code == 200


@pytest.mark.django_db
def test_a_new_minute_begins_anew(api: Api, alice: User, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """By product time."""
    settings.API_CALLS_PER_MINUTE = 1
    assert [api(alice).get("/api/v1/me/").status_code for _ in range(2)] == [200, 429]
    later = clock.now() + timedelta(minutes=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert api(alice).get("/api/v1/me/").status_code == 200


@pytest.mark.django_db
def test_the_same_call_again_has_the_first_answer(api: Api, alice: User, carol: User) -> None:
    """Same key and body: nothing is made a second time; another body is 409; another person has keys of their own."""
    first, again = draw(api(alice), "k1"), draw(api(alice), "k1")

    assert first.status_code == again.status_code == 201 and again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true" and again.headers["ETag"] == first.headers["ETag"]
    other = draw(api(alice), "k1", "Another one")
    assert other.status_code == 409 and other.json()["code"] == "idempotency_key_in_use"
    elsewhere = api(alice).post("/api/v1/playbooks/validate/", {"document": document()}, headers={"Idempotency-Key": "k1"})
    assert elsewhere.status_code == 409
    assert draw(api(carol), "k1").status_code == 403
    assert Playbook.objects.filter(name="Drawn once").count() == 1


@pytest.mark.django_db
def test_what_was_refused_may_be_asked_again(api: Api, alice: User) -> None:
    """A key belongs to a success; keys that are none are refused; after seven days one is free again."""
    wrong = api(alice).post("/api/v1/playbooks/", {"document": 7}, headers={"Idempotency-Key": "k2"})
    assert wrong.status_code == 422 and not KeptAnswer.objects.exists()
    assert draw(api(alice), "k2").status_code == 201
    assert draw(api(alice), "x" * 201).status_code == 422
    KeptAnswer.objects.update(created_at=clock.now() - kept_answers.KEPT_FOR)
    assert draw(api(alice), "k2", "After a week").status_code == 201
    KeptAnswer.objects.update(created_at=clock.now() - kept_answers.KEPT_FOR)
    assert kept_answers.forget_old() == 1


@pytest.mark.django_db
def test_a_lost_call_is_taken_over(api: Api, alice: User) -> None:
    """Its process died: the same call may be made after two minutes."""
    draw(api(alice), "k3")
    KeptAnswer.objects.update(status=0, taken_at=clock.now() - kept_answers.LOST_AFTER)
    assert draw(api(alice), "k3").status_code == 201


@pytest.mark.django_db(transaction=True)
def test_many_at_the_same_moment_make_one(api: Api, alice: User) -> None:
    """Eight clients with one key: one playbook, eight equal answers."""
    found: list[Any] = []

    def call() -> None:
        found.append(draw(api(alice), "k4"))
        connection.close()

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert [answer.status_code for answer in found] == [201] * 8
    assert len({answer.json()["id"] for answer in found}) == 1 and Playbook.objects.filter(name="Drawn once").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "path", "content", "kind", "status"),
    [
        ("get", "/api/v1/nothing/of/the/kind/", "", "", 404),
        ("get", "/api/v1/playbooks/999999/", "", "", 404),
        ("get", "/api/v1/playbooks/abc/", "", "", 404),
        ("put", "/api/v1/playbooks/", "{}", "application/json", 405),
        ("post", "/api/v1/playbooks/", "a=b", "application/x-www-form-urlencoded", 415),
        ("post", "/api/v1/playbooks/", "{", "application/json", 422),
        ("post", "/api/v1/playbooks/", "[1]", "application/json", 422),
        ("post", "/api/v1/runs/", '{"playbook": 1e400}', "application/json", 422),
        ("post", "/api/v1/secrets/", '{"name": "a", "value": "abcdef", "account_id": 2}', "application/json", 422),
    ],
)
def test_every_error_has_the_same_shape(api: Api, alice: User, method: str, path: str, content: str, kind: str, status: int) -> None:
    """`{code, message, hint, address}`, with a hint that helps, as JSON."""
    answer = getattr(api(alice), method)(path, **({"data": content, "content_type": kind} if content else {}))

    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"].startswith("application/")
    told = answer.json()
    assert {"code", "message", "hint", "address"} <= set(told) and told["message"] and told["hint"]


def test_every_body_refuses_what_it_does_not_know() -> None:
    """Mass assignment fails at the door: what a request may say is a `Body`."""
    from config import api  # noqa: F401  # loads all doors

    def below(kind: Any) -> Iterator[Any]:
        for each in kind.__subclasses__():
            yield each
            yield from below(each)

    words = re.compile(r"(Body|Change|Ask|Wish|Request|Note|Reason|Drawing)$")
    ours = ("playbooks_app", "runs_app", "approvals_app")
    lax = {
        each.__name__ for each in below(Serializer) if each.__module__.startswith(ours) and words.search(each.__name__) and not issubclass(each, Body)
    }
    assert lax <= {"StartBody"}, "Derive these from playbooks_app.api.bodies.Body"  # a start names its unknown keys itself

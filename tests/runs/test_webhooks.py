"""Webhooks out: signed, tried again, told of what their owners see; a receiver never holds up a run."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from playbooks_app import clock
from playbooks_app.models import PlaybookVersion, User
from runs_app.models import OutboxMail, Run, Webhook, WebhookDelivery, WebhookNews
from runs_app.news import delivering
from runs_app.starting import start
from tests.machine import drive
from tests.recorder import Call, Recorder
from tests.runs.outside.corpus import INNER, SPELLINGS
from tests.runs.test_machine import document, var

pytestmark = pytest.mark.django_db(transaction=True)

Published = Callable[..., PlaybookVersion]
Api = Callable[[User | None], APIClient]


@pytest.fixture
def server(settings: Settings) -> Iterator[Recorder]:
    """A receiver."""
    with Recorder() as found:
        settings.EGRESS_ALLOW = f"127.0.0.1:{found.port}"
        yield found


def subscribe(client: APIClient, server: Recorder, *events: str, **more: Any) -> dict[str, Any]:
    """Through the door."""
    made = client.post("/api/v1/webhooks/", {"url": f"{server.url}/hear", "events": list(events), **more})
    assert made.status_code == 201, made.content
    return dict(made.json())


def deliver() -> int:
    """What the clock does, in this thread; how many were tried."""
    delivering.spread_news()
    due = delivering.take_due(100)
    for number in due:
        delivering.try_once(number)
    return len(due)


def is_signed(call: Call, secret: str) -> bool:
    """As a receiver checks it."""
    what = f"{call.headers['webhook-id']}.{call.headers['webhook-timestamp']}.{call.body}".encode()
    mark = base64.b64encode(hmac.new(secret.encode(), what, hashlib.sha256).digest()).decode()
    return f"v1,{mark}" in call.headers["webhook-signature"].split(" ")


def later(**span: float) -> None:
    """All that waits is due."""
    WebhookDelivery.objects.filter(status="pending").update(due_at=clock.now() - timedelta(**span or {"seconds": 1}))


@pytest.mark.spec("S3-deferred-io", "rule-24")
def test_a_run_is_told_of_signed_and_never_waits(api: Api, alice: User, published: Published, server: Recorder) -> None:
    """The run ends before anybody is called, however slow the receiver; what arrives is signed with the secret that was shown once."""
    made = subscribe(api(alice), server, "run.completed", "run.started")
    server.answer(200, never=True)
    run = drive(start(published(document([var("v", "n", 1)])), inputs={}, by=alice).run)
    assert run.status == "completed" and server.calls == []

    server.forget_answers()
    assert deliver() == 2 and {call.json["type"] for call in server.calls} == {"run.started", "run.completed"}
    call = next(call for call in server.calls if call.json["type"] == "run.completed")
    assert is_signed(call, made["secret"]) and not is_signed(call, "other")
    assert abs(int(call.headers["webhook-timestamp"]) - clock.now().timestamp()) < 60
    assert call.json["run"]["id"] == run.pk and call.json["run"]["status"] == "completed" and call.json["id"] == call.headers["webhook-id"]
    told = api(alice).get(f"/api/v1/webhooks/{made['id']}/deliveries/").json()
    assert [each["status"] for each in told["results"]] == ["delivered"] * 2
    assert (
        made["secret"] not in str(told) + str(api(alice).get("/api/v1/webhooks/").json())
        and not Webhook.objects.filter(sealed=made["secret"]).exists()
    )
    assert not WebhookNews.objects.exists()


def test_only_what_its_owner_sees(api: Api, alice: User, admin: User, eve: User, published: Published, server: Recorder) -> None:
    """Private runs of others, other accounts, other playbooks and other events are not told; a person who was switched off hears nothing."""
    mine = published(document([var("v", "n", 1)]))
    private = published(document([var("v", "n", 1)]), owner=admin, visibility="private")
    foreign = published(document([var("v", "n", 1)]), owner=eve)
    subscribe(api(alice), server, "*", playbooks=[mine.playbook_id])
    subscribe(api(alice), server, "approval.*")
    subscribe(api(alice), server, "run.*")
    for version, by in ((mine, alice), (private, admin), (foreign, eve)):
        drive(start(version, inputs={}, by=by).run)
    delivering.spread_news()

    told = WebhookDelivery.objects.values_list("webhook__events", "payload__run__playbook__id")
    assert sorted((events[0], playbook) for events, playbook in told) == [("*", mine.playbook_id)] * 2 + [("run.*", mine.playbook_id)] * 2
    refused = api(alice).post("/api/v1/webhooks/", {"url": f"{server.url}/x", "events": ["run.ended"], "playbooks": [private.playbook_id]})
    assert {each["address"] for each in refused.json()["problems"]} == {"events/0", "playbooks/0"}
    WebhookDelivery.objects.all().delete()
    User.objects.filter(pk=alice.pk).update(is_active=False)
    drive(start(mine, inputs={}, by=admin).run)
    assert delivering.spread_news() == 0


def test_failures_are_tried_again_and_then_it_is_switched_off(api: Api, alice: User, published: Published, server: Recorder) -> None:
    """Growing waits, the same id, a fresh signature; after three days of failures it is off and its owner has a mail; redelivery brings it back."""
    made = subscribe(api(alice), server, "run.completed")
    server.answer(503, times=2)
    drive(start(published(document([var("v", "n", 1)])), inputs={}, by=alice).run)
    waits = []
    for _ in range(3):
        deliver()
        found = WebhookDelivery.objects.get()
        waits.append(round((found.due_at - clock.now()).total_seconds(), -1))
        later()
    assert waits[:2] == [0.0, 30.0] or waits[:2] == [10.0, 30.0]
    assert found.status == "delivered" and found.tries == 3 and len({call.headers["webhook-id"] for call in server.calls}) == 1
    assert Webhook.objects.get().failing_since is None

    server.answer(500)
    again = api(alice).post(f"/api/v1/webhooks/{made['id']}/deliveries/{found.pk}/again/")
    assert again.status_code == 202
    deliver()
    Webhook.objects.update(failing_since=clock.now() - delivering.SWITCH_OFF_AFTER)
    later()
    deliver()
    off = api(alice).get(f"/api/v1/webhooks/{made['id']}/").json()
    assert off["enabled"] is False and "Nothing could be delivered since" in off["disabled_why"]
    assert OutboxMail.objects.get(to=alice.email).subject.startswith("A webhook was switched off")
    assert api(alice).patch(f"/api/v1/webhooks/{made['id']}/", {"enabled": True}).json()["disabled_why"] == ""


def test_a_receiver_that_is_gone_is_asked_no_more(api: Api, alice: User, server: Recorder) -> None:
    """410 switches it off at once; a redirect is not followed."""
    made = subscribe(api(alice), server, "*")
    server.answer(302, headers={"Location": f"{server.url}/elsewhere"}, times=1)
    api(alice).post(f"/api/v1/webhooks/{made['id']}/test/")
    deliver()
    assert WebhookDelivery.objects.get().status == "pending" and [call.path for call in server.calls] == ["/hear"]
    server.answer(410)
    later()
    deliver()
    assert Webhook.objects.get().enabled is False and WebhookDelivery.objects.get().status == "failed"


def test_secrets_overlap_when_they_rotate(api: Api, alice: User, server: Recorder) -> None:
    """Both sign until the overlap is over; then the new one alone."""
    made = subscribe(api(alice), server, "*")
    new = api(alice).post(f"/api/v1/webhooks/{made['id']}/rotate/", {"keep_old_for": 3600}).json()["secret"]
    api(alice).post(f"/api/v1/webhooks/{made['id']}/test/")
    deliver()
    Webhook.objects.update(old_until=clock.now() - timedelta(seconds=1))
    api(alice).post(f"/api/v1/webhooks/{made['id']}/test/")
    deliver()

    first, second = server.calls
    assert is_signed(first, made["secret"]) and is_signed(first, new)
    assert is_signed(second, new) and not is_signed(second, made["secret"])


def test_a_slow_receiver_holds_up_itself_only(api: Api, alice: User, server: Recorder) -> None:
    """Of one webhook at most two deliveries are in the air, whatever waits; others are taken beside them."""
    slow, quick = subscribe(api(alice), server, "*"), subscribe(api(alice), server, "*")
    for _ in range(10):
        api(alice).post(f"/api/v1/webhooks/{slow['id']}/test/")
    api(alice).post(f"/api/v1/webhooks/{quick['id']}/test/")
    taken = WebhookDelivery.objects.filter(pk__in=delivering.take_due(8)).values_list("webhook", flat=True)
    assert sorted(taken) == sorted([slow["id"]] * 2 + [quick["id"]])


@pytest.mark.spec("rule-33")
def test_no_webhook_and_no_connection_leads_inside(api: Api, alice: User, published: Published, settings: Settings) -> None:
    """Inner addresses in any spelling are refused when they are written; a name that leads inside is refused at every call, its tests included."""
    with Recorder() as inner:
        written = [url.format(port=inner.port) for url in SPELLINGS] + [f"http://{f'[{each}]' if ':' in each else each}/" for each in INNER]
        for url in written:
            assert api(alice).post("/api/v1/webhooks/", {"url": url, "events": ["*"]}).status_code == 422, url
        settings.MOVABLE_CLOCK, settings.TEST_HOSTS = True, "sly.example=127.0.0.1,mixed.example=93.184.216.34+10.0.0.1"
        for number, host in enumerate(("sly.example", "mixed.example")):
            made = api(alice).post("/api/v1/webhooks/", {"url": f"http://{host}:{inner.port}/", "events": ["run.*"]}).json()
            api(alice).post(f"/api/v1/webhooks/{made['id']}/test/")
            deliver()
            assert "may not call it" in WebhookDelivery.objects.latest("pk").last_said
            body = {"name": f"c{number}", "base_url": f"http://{host}:{inner.port}/"}
            connection = api(alice).post("/api/v1/connections/", body).json()
            tested = api(alice).post(f"/api/v1/connections/{connection['id']}/test/").json()
            assert tested["test_ok"] is False and "may not call it" in tested["test_said"]
        assert inner.calls == []
    assert not Run.objects.exists()


def test_whose_webhooks_one_sees(api: Api, alice: User, admin: User, dave: User, eve: User, server: Recorder) -> None:
    """One's own, admins all of the account; others nothing, 404 for single ones."""
    made = subscribe(api(alice), server, "*")
    place = f"/api/v1/webhooks/{made['id']}/"
    assert [api(user).get(place).status_code for user in (alice, admin, dave, eve)] == [200, 200, 403, 404]
    for deed in ("rotate", "test"):
        assert api(eve).post(f"{place}{deed}/").status_code == 404
    assert api(admin).delete(place).status_code == 204

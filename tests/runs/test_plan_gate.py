"""An account whose plan has no playbooks: no menu, no page, no call, no socket, no start."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from playbooks_app.api.access import InAccountWithPlaybooks
from playbooks_app.errors import NotAllowed
from playbooks_app.models import Account, PlaybookVersion, User
from runs_app import consumers
from runs_app.starting import start
from tests.runs.factories import RunBuilder, steps_document

Api = Callable[[User | None], APIClient]
Web = Callable[[User | None], Client]

# Doors of REST that are about people and the account itself: open whatever the plan
OPEN = (
    "me/", "members", "departments", "groups", "invitations", "audit", "tokens", "schema", "docs", "secrets", "connections", "calendars",
    "webhooks", "demo", "notifications", "absences", "rate-limits", "accounts", "mail", "step-types", "checkpoints", "schedules",
)  # fmt: skip


@pytest.fixture
def off(acme: Account, published: Callable[..., PlaybookVersion], alice: User) -> RunBuilder:
    """A run of an account that has lost its plan."""
    built = RunBuilder(published(steps_document()), alice)
    Account.objects.filter(pk=acme.pk).update(playbooks_enabled=False)
    return built


@pytest.mark.spec("S0-plan-gate")
def test_pages_and_menu_say_why(off: RunBuilder, alice: User, web: Web) -> None:
    """403 with a clear reason, and nothing in the menu that leads there; the profile and people stay."""
    client = web(User.objects.get(pk=alice.pk))
    for address in ("/playbooks/", "/playbooks/new/", "/runs/", f"/runs/{off.run.pk}/", "/approvals/", f"/playbooks/{off.run.playbook_id}/start/"):
        answer = client.get(address)
        assert answer.status_code == 403 and "plan" in answer.content.decode(), address
    menu = client.get("/profile/").content.decode()
    assert not [place for place in ('href="/playbooks/"', 'href="/runs/"', 'href="/approvals/"') if place in menu]
    assert client.get("/settings/people/").status_code == 200


@pytest.mark.spec("S0-plan-gate")
def test_calls_are_refused_with_the_reason(off: RunBuilder, alice: User, api: Api) -> None:
    """Reading and starting."""
    client = api(User.objects.get(pk=alice.pk))
    for address in ("playbooks/", "runs/", f"runs/{off.run.pk}/", f"runs/{off.run.pk}/steps/", "approvals/"):
        answer = client.get(f"/api/v1/{address}")
        assert answer.status_code == 403 and "plan" in answer.json()["message"], address
    assert client.post("/api/v1/runs/", {"playbook": off.run.playbook_id}).status_code == 403


def test_every_door_about_playbooks_asks_for_the_plan() -> None:
    """A new one that forgets it fails here."""
    forgotten = [route for route, view in _views(get_resolver().url_patterns, "") if route.startswith("api/v1/") and not _asks(route, view)]
    assert not forgotten


def test_nothing_starts_whatever_starts_it(off: RunBuilder) -> None:
    """Schedules, hooks and other runs come through here."""
    version = PlaybookVersion.objects.select_related("playbook__account").get(pk=off.run.version_id)
    with pytest.raises(NotAllowed, match="plan"):
        start(version, inputs={}, by=None)


@pytest.mark.django_db(transaction=True)
def test_sockets_know_the_plan_and_who_was_switched_off(off: RunBuilder, alice: User, acme: Account) -> None:
    """Asked at the door, and again while it is open."""
    client = Client()
    client.force_login(alice)
    scope, sees = {"user": alice, "session": client.session}, consumers._visible_run.func  # the thread may have a browser's event loop
    assert sees(scope, off.run.pk) is None
    Account.objects.filter(pk=acme.pk).update(playbooks_enabled=True)
    assert sees(scope, off.run.pk) == off.run.pk
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert sees(scope, off.run.pk) is None


def _asks(route: str, view: Any) -> bool:
    """Whether it has the guard, or is about something else."""
    if route.removeprefix("api/v1/").startswith(OPEN):
        return True
    return any(issubclass(each, InAccountWithPlaybooks) for each in getattr(view, "permission_classes", ()))


def _views(patterns: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for each in patterns:
        route = prefix + str(each.pattern).lstrip("^").rstrip("$")
        if isinstance(each, URLResolver):
            yield from _views(each.url_patterns, route)
        elif isinstance(each, URLPattern):
            yield route, getattr(each.callback, "cls", getattr(each.callback, "view_class", None))

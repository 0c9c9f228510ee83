"""The administration shows every row of ours, and no key, link or sealed value of any."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib import admin
from django.test import Client

from playbooks_app.models import Account, AuditEntry, PlaybookVersion, User
from playbooks_app.people import inviting
from runs_app.models import OutboxMail, Run
from tests.runs.factories import RunBuilder, steps_document

Web = Callable[[User | None], Client]
OURS = ("playbooks_app", "runs_app", "approvals_app")
NEVER_SHOWN = {"digest", "sealed", "old_sealed", "password", "session_key", "html"}
RUNS_CODE = {"django_q"}


def test_every_model_has_a_page() -> None:
    """What an operator cannot see, nobody can explain."""
    missing = [model._meta.label for app in OURS for model in apps.get_app_config(app).get_models() if model not in admin.site._registry]
    assert not missing


def test_no_page_runs_code_or_shows_keys() -> None:
    """A row of django-q2 names a function of any module; tokens are keys, and of a second factor only its kind and times are shown."""
    shown = {model._meta.label for model in admin.site._registry}
    assert not [label for label in shown if label.split(".")[0] in RUNS_CODE | {"authtoken"}]
    assert "data" not in {str(name) for name in admin.site._registry[Authenticator].fields or ["data"]}


@pytest.mark.django_db
@pytest.mark.parametrize("model", [m for m in admin.site._registry if m._meta.app_label in OURS], ids=lambda m: m._meta.label)
def test_lists_open_and_forms_hide_what_is_secret(model: Any, admin: User, web: Web, rf: Any) -> None:
    """With and without a search."""
    from django.contrib.admin import site

    page, request = site._registry[model], rf.get("/")
    request.user = admin
    address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    assert web(admin).get(address).status_code == 200
    if page.search_fields:
        assert web(admin).get(address, {"q": "1"}).status_code == 200
    assert not NEVER_SHOWN & {str(name) for name in page.get_fields(request)} - ({"password"} if model is User else set())


def test_deeds_ask_once_more(admin: User, alice: User, web: Web, published: Callable[..., PlaybookVersion]) -> None:
    """The first press shows what will happen, the second does it, in the product's way."""
    over, going_on = (RunBuilder(published(steps_document()), alice, status=status).run for status in ("completed", "running"))
    asked = {"action": "archive", "_selected_action": [str(over.pk), str(going_on.pk)]}

    first = web(admin).post("/admin/runs_app/run/", asked)
    assert first.status_code == 200 and "leave all lists" in first.content.decode() and not Run.objects.exclude(archived_at=None).exists()
    second = web(admin).post("/admin/runs_app/run/", {**asked, "confirmed": "1"}, follow=True).content.decode()

    assert "1 of 2" in second and list(Run.objects.exclude(archived_at=None)) == [over]
    assert AuditEntry.objects.filter(action="run.archived", actor=admin).count() == 1


def test_links_in_mails_are_not_shown(admin: User, acme: Account, web: Web) -> None:
    """Whoever reads the table gets nobody in."""
    inviting.invite(acme, "fay@acme.example", by=admin)
    mail = OutboxMail.objects.get()

    page = web(admin).get(f"/admin/runs_app/outboxmail/{mail.pk}/change/").content.decode()
    assert "fay@acme.example" in page and "/join/" not in page

"""What is changed by hand in the administration is on record; nobody rises there, and nobody removes what happened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin as site
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from playbooks_app.admin_base import Audited
from playbooks_app.models import Account, ApiToken, AuditEntry, Department, Membership, PlaybookVersion, User
from playbooks_app.secrecy import tokens
from tests.runs.factories import PAYMENTS, payments_run
from tests.security import scene

Web = Callable[[User | None], Client]
SHORT = {"clockoffset", "executor"}  # one row, a few rows
pytestmark = pytest.mark.django_db
HISTORY = ["runs_app.run", "runs_app.steprun", "runs_app.runevent", "runs_app.effect", "approvals_app.approval", "approvals_app.decision"]
HISTORY += ["playbooks_app.playbookversion", "playbooks_app.auditentry", "runs_app.webhookdelivery", "playbooks_app.user", "playbooks_app.account"]


def form_of(client: Client, address: str, **changes: Any) -> dict[str, Any]:
    """What the page's form would send, with these changes."""
    page: Any = client.get(address)
    managers = [each.formset.management_form for each in page.context["inline_admin_formsets"]]
    rows = [row for each in page.context["inline_admin_formsets"] for row in each.formset.forms]
    sent: dict[str, Any] = {}
    for form in [page.context["adminform"].form, *managers, *rows]:
        for field in form:
            parts = getattr(field.field.widget, "widgets", None)
            values = field.field.widget.decompress(field.value()) if parts else [field.value()]
            sent |= {f"{field.html_name}_{number}" if parts else field.html_name: value for number, value in enumerate(values)}
    return {name: value for name, value in {**sent, **changes}.items() if value not in (None, False)}


def staff(*rights: str) -> User:
    """Somebody who runs the installation with these rights only."""
    made = User.objects.create(username="stan", email="stan@handrail.example", is_staff=True)
    made.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return made


def test_a_change_is_noted_with_old_and_new(admin: User, acme: Account, web: Web) -> None:
    """By whom, from where; what stays is not repeated, and saving without a change is no deed."""
    department = Department.objects.get(account=acme, slug="support")
    address = f"/admin/playbooks_app/department/{department.pk}/change/"
    client = web(admin)

    client.post(address, form_of(client, address))
    assert not AuditEntry.objects.filter(action="admin.changed").exists()
    assert client.post(address, form_of(client, address, name="Help desk")).status_code == 302

    entry = AuditEntry.objects.get(action="admin.changed")
    assert (entry.actor, entry.account, entry.kind, entry.address) == (admin, acme, "department", "127.0.0.1")
    assert (entry.old, entry.new) == ({"name": "Support"}, {"name": "Help desk"})
    assert "Help desk" in client.get("/settings/audit/").content.decode()


def test_rows_below_and_passwords_are_noted_without_secrets(admin: User, dave: User, web: Web) -> None:
    """A place that is changed on a person's page, and a password, of which nothing is kept."""
    address, client = f"/admin/playbooks_app/user/{dave.pk}/", web(admin)
    answer = client.post(f"{address}change/", form_of(client, f"{address}change/", **{"memberships-0-role": "operator"}))
    assert answer.status_code == 302, answer.context["errors"]
    assert client.post(f"{address}password/", {"password1": "a-long-new-word", "password2": "a-long-new-word"}).status_code == 302

    place, password = (AuditEntry.objects.get(action="admin.changed", kind=kind) for kind in ("membership", "user"))
    assert (place.old["role"], place.new["role"]) == ("viewer", "operator")  # type: ignore[index]
    assert password.new == {"password": "•••"} and "md5" not in str([password.old, password.new])


def test_adding_and_deleting_are_noted(admin: User, acme: Account, web: Web) -> None:
    """With what it was."""
    web(admin).post("/admin/playbooks_app/department/add/", {"name": "Law", "slug": "law", "account": acme.pk})
    made = Department.objects.get(slug="law")
    web(admin).post(f"/admin/playbooks_app/department/{made.pk}/delete/", {"post": "yes"})

    assert AuditEntry.objects.get(action="admin.added").new["name"] == "Law"  # type: ignore[index]
    assert AuditEntry.objects.get(action="admin.deleted").old["slug"] == "law"  # type: ignore[index]


def test_every_page_that_changes_something_is_audited() -> None:
    """Including those of the libraries."""
    from django.contrib.admin.models import LogEntry

    shown = [page for model, page in site.site._registry.items() if model is not LogEntry]
    lax = [page for page in shown if not isinstance(page, Audited) and type(page).has_change_permission is site.ModelAdmin.has_change_permission]
    assert not lax


def test_history_is_neither_added_nor_deleted(admin: User, web: Web, people: dict[str, User]) -> None:
    """Not by superusers, not by the list's own deed."""
    scene.make_scene(people)
    for label in HISTORY:
        app, model = label.split(".")
        page = next(page for each, page in site.site._registry.items() if each._meta.label_lower == label)
        request: Any = web(admin).get(f"/admin/{app}/{model}/").wsgi_request
        assert not page.has_delete_permission(request) and "delete_selected" not in page.get_actions(request), label
        if page.model.objects.exists():
            pk = page.model.objects.values_list("pk", flat=True)[0]
            assert web(admin).post(f"/admin/{app}/{model}/{pk}/delete/", {"post": "yes"}).status_code == 403, label


def test_the_last_owner_stays_here_too(admin: User, acme: Account, web: Web) -> None:
    """Said on the form, for the place itself and on the person's page."""
    place = Membership.objects.get(user=admin, account=acme)
    client = web(admin)
    for address, change in (
        (f"/admin/playbooks_app/membership/{place.pk}/change/", {"role": "admin"}),
        (f"/admin/playbooks_app/membership/{place.pk}/change/", {"active": False}),
        (f"/admin/playbooks_app/user/{admin.pk}/change/", {"memberships-0-role": "viewer"}),
    ):
        answer = client.post(address, form_of(client, address, **change))
        assert answer.status_code == 200 and "last owner" in answer.content.decode(), change
    place.refresh_from_db()
    assert (place.role, place.active) == ("owner", True)


def test_staff_do_not_rise(admin: User, dave: User, web: Web) -> None:
    """Who may change people makes nobody a superuser, and changes no superuser, nor their password."""
    stan = staff("change_user", "view_user", "change_group", "view_group")
    client, address, rights = web(stan), f"/admin/playbooks_app/user/{stan.pk}/change/", stan.user_permissions.count()
    changes = {"is_superuser": "on", "is_staff": "on", "user_permissions": [Permission.objects.all()[0].pk], "first_name": "Stan"}

    assert client.post(address, form_of(client, address, **changes)).status_code == 302
    stan = User.objects.get(pk=stan.pk)
    assert (stan.first_name, stan.is_superuser, stan.user_permissions.count()) == ("Stan", False, rights)
    for door in ("change/", "password/"):
        words = {"password1": "a-long-new-word", "password2": "a-long-new-word", "username": "admin", "email": "x@y.example"}
        assert client.post(f"/admin/playbooks_app/user/{admin.pk}/{door}", words).status_code == 403, door
    assert client.get("/admin/auth/group/").status_code == 403
    assert (
        client.post(f"/admin/playbooks_app/user/{dave.pk}/password/", {"password1": "a-long-new-word", "password2": "a-long-new-word"}).status_code
        == 302
    )


def test_who_is_switched_off_here_is_signed_out_for_good(admin: User, dave: User, web: Web) -> None:
    """Browsers and tokens of before stay shut when the person is switched on again."""
    browser, (token, _) = web(dave), tokens.make(dave, name="program", scopes=["read"])
    assert browser.get("/profile/").status_code == 200
    client, address = web(admin), f"/admin/playbooks_app/user/{dave.pk}/change/"
    assert client.post(address, form_of(client, address, is_active=False)).status_code == 302
    assert client.post(address, form_of(client, address, is_active="on")).status_code == 302

    assert User.objects.get(pk=dave.pk).is_active and browser.get("/profile/").status_code == 302
    assert ApiToken.objects.get(pk=token.pk).state == "revoked"


def test_who_may_only_look_does_nothing(alice: User, web: Web) -> None:
    """The deeds of lists need the right to change."""
    token, _ = tokens.make(alice, name="program", scopes=["read"])
    stan = staff("view_apitoken")

    web(stan).post("/admin/playbooks_app/apitoken/", {"action": "revoke", "_selected_action": [str(token.pk)], "confirmed": "1"})
    assert ApiToken.objects.get(pk=token.pk).revoked_at is None
    stan.user_permissions.add(Permission.objects.get(codename="change_apitoken"))
    web(stan).post("/admin/playbooks_app/apitoken/", {"action": "revoke", "_selected_action": [str(token.pk)], "confirmed": "1"})
    assert ApiToken.objects.get(pk=token.pk).revoked_at is not None


def test_lists_can_be_searched_or_filtered_and_ask_few_questions(
    people: dict[str, User], alice: User, published: Callable[..., PlaybookVersion], web: Web
) -> None:
    """However many rows they show; what grows has a search or a filter."""
    scene.make_scene(people)
    payments_run(published(PAYMENTS), alice, 20)
    bare, slow = [], []
    for model, page in site.site._registry.items():
        if not model._meta.app_label.endswith("_app"):
            continue
        if model._meta.model_name not in SHORT and not page.search_fields and not page.list_filter:
            bare.append(model._meta.label)
        with CaptureQueriesContext(connection) as asked:
            web(people["admin"]).get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/")
        if len(asked) > 40:
            slow.append((model._meta.label, len(asked)))
    assert not bare, bare
    assert not slow

"""The builder: a playbook's draft as a drawing that can be changed. Whoever may not change it sees it read-only."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from playbooks_app.errors import OutOfSight
from playbooks_app.language.catalogue import describe
from playbooks_app.language.guards import GUARDS
from playbooks_app.language.playbook_settings import SETTINGS
from playbooks_app.language.registry import step_types
from playbooks_app.models import Account, Calendar, Connection, Department, Group, Membership, Playbook, Role, Secret, User
from playbooks_app.pages import icons
from playbooks_app.permissions import Person, may_edit, may_keep_secrets

MOST_PEOPLE = 500  # suggestions; more can still be written by hand


@login_required
def builder(request: HttpRequest, playbook_id: int) -> HttpResponse:
    """`/playbooks/<id>/edit/`."""
    playbook = Playbook.objects.visible_to(request.user).select_related("account").filter(pk=playbook_id).first()
    if playbook is None:
        raise OutOfSight("There is no playbook at this address, or it is not shared with you.")
    newest = playbook.versions.values_list("number", flat=True).first() or 0
    state = page_state(playbook, request.user, newest)
    shown = {"playbook": playbook, "state": state, "next_number": newest + 1, "may_edit": state["playbook"]["may_edit"]}
    return render(request, "playbooks_app/builder.html", shown)


def page_state(playbook: Playbook, user: Person, newest: int) -> dict[str, Any]:
    """All that the page's script needs, as JSON: playbook, document, problems, catalogue of step types, people to suggest, addresses."""
    return {
        "playbook": {
            "id": playbook.pk,
            "revision": playbook.draft_revision,
            "saved_at": playbook.draft_saved_at.isoformat(),
            "version": newest,
            "may_edit": playbook.archived_at is None and may_edit(user, playbook),
            "address": reverse("playbook", args=[playbook.pk]),
        },
        "document": playbook.draft,
        "problems": [problem.as_json() for problem in playbook.problems()],
        "catalogue": [{**each, "icon": icons.symbol(each["icon"])} for each in describe(step_types)],
        "known": {"guards": list(GUARDS), "settings": list(SETTINGS)},
        "pinned": playbook.pinned,
        "seen_tips": getattr(user, "seen_tips", []),
        "people": suggestions(playbook.account) | named_things(playbook.account, user),
        "addresses": {
            "playbook": reverse("api-playbook-detail", args=[playbook.pk]),
            "publish": reverse("api-playbook-publish", args=[playbook.pk]),
            "text": reverse("api-document-text"),
            "evaluate": reverse("api-document-evaluate"),
            "pinned": reverse("api-playbook-pinned", args=[playbook.pk]),
            "editors": reverse("api-playbook-editors", args=[playbook.pk]),
            "versions": reverse("api-playbook-versions", args=[playbook.pk]),
            "version": reverse("api-version-detail", args=[0]).removesuffix("0/"),
            "samples": reverse("playbook-samples", args=[playbook.pk]),
            "try": reverse("playbook-try", args=[playbook.pk]),
            "runs": reverse("run-list"),
            "approvals": reverse("approval-list"),
            "tips": reverse("api-me-tips"),
        },
    }


def suggestions(account: Account) -> dict[str, list[dict[str, str]]]:
    """Who can be named in this account, by kind of selector: [{value, label}]."""
    users = User.objects.filter(memberships__in=Membership.objects.filter(account=account, active=True)).order_by("username")
    return {
        "user": [{"value": user.username, "label": user.display_name} for user in users[:MOST_PEOPLE]],
        "group": [{"value": each.slug, "label": each.name} for each in Group.objects.filter(account=account).order_by("name")],
        "department": [{"value": each.slug, "label": each.name} for each in Department.objects.filter(account=account).order_by("name")],
        "role": [{"value": str(value), "label": str(label)} for value, label in Role.choices],
    }


def named_things(account: Account, user: Person) -> dict[str, list[dict[str, str]]]:
    """What steps may name, by kind: [{value, label}]; connections and secrets only for those who may see which there are, and never their values."""
    playbooks = Playbook.objects.visible_to(user).filter(account=account, archived_at=None).order_by("name").values_list("name", flat=True)
    found = {
        "playbook": [{"value": name, "label": name} for name in playbooks[:MOST_PEOPLE]],
        "calendar": [
            {"value": name, "label": name} for name in Calendar.objects.filter(account=account).order_by("name").values_list("name", flat=True)
        ],
    }
    if may_keep_secrets(user, account):
        connections = Connection.objects.filter(account=account)
        found["connection"] = [
            {"value": each.name, "label": f"{each.name} ({each.host or 'no address'})", "address": each.base_url} for each in connections
        ]
        found["secret"] = [{"value": name, "label": name} for name in Secret.objects.filter(account=account).values_list("name", flat=True)]
    return found

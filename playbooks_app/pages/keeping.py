"""Settings, Connections and Secrets: kept, replaced, deleted; no value is ever shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from playbooks_app.errors import OutOfSight, Refused, WrongState
from playbooks_app.language.problem import Problem
from playbooks_app.models import Account, Connection, Playbook, Secret, User
from playbooks_app.pages import programs
from playbooks_app.pages.finding import render_part, viewer
from playbooks_app.permissions import may_keep_secrets, require
from playbooks_app.secrecy import keeping


@dataclass(frozen=True, slots=True)
class Shown:
    """A secret or a connection as its page shows it. `uses`: (playbook, where) in the viewer's sight; `hidden`: how many more there are."""

    thing: Any
    uses: list[tuple[Playbook, str]]
    hidden: int

    @property
    def playbooks(self) -> list[Playbook]:
        """Each once."""
        return list({playbook.pk: playbook for playbook, _ in self.uses}.values())


@login_required
def connection_list(request: HttpRequest) -> HttpResponse:
    """`/settings/connections/`."""
    account, user = _account(request), viewer(request)
    shown = [_shown(each, user) for each in Connection.objects.filter(account=account).select_related("set_by")]
    return render(request, "playbooks_app/connections.html", {"shown": shown, "kinds": keeping.KINDS, **programs.tabs(user, "connections")})


@login_required
def connection_new(request: HttpRequest) -> HttpResponse:
    """`/settings/connections/new/`."""
    account = _account(request)
    return _form(request, None, lambda given: keeping.add_connection(account, by=viewer(request), **_of_connection(given, new=True)), "connections")


@login_required
def connection_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """`/settings/connections/<id>/`."""
    found = _found(Connection.objects.filter(account=_account(request)), pk)
    return _form(request, found, lambda given: keeping.change_connection(found, by=viewer(request), **_of_connection(given)), "connections")


@require_POST
@login_required
def connection_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """`/settings/connections/<id>/delete/`."""
    return _delete(request, _found(Connection.objects.filter(account=_account(request)), pk), "connections")


@login_required
def secret_list(request: HttpRequest) -> HttpResponse:
    """`/settings/secrets/`."""
    account, user = _account(request), viewer(request)
    shown = [_shown(each, user) for each in Secret.objects.filter(account=account).select_related("set_by")]
    return render(request, "playbooks_app/secrets.html", {"shown": shown, **programs.tabs(user, "secrets")})


@login_required
def secret_new(request: HttpRequest) -> HttpResponse:
    """`/settings/secrets/new/`."""
    account = _account(request)
    return _form(request, None, lambda given: keeping.add_secret(account, by=viewer(request), **_of_secret(given, new=True)), "secrets")


@login_required
def secret_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """`/settings/secrets/<id>/`."""
    found = _found(Secret.objects.filter(account=_account(request)), pk)
    return _form(request, found, lambda given: keeping.change_secret(found, by=viewer(request), **_of_secret(given)), "secrets")


@require_POST
@login_required
def secret_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """`/settings/secrets/<id>/delete/`."""
    return _delete(request, _found(Secret.objects.filter(account=_account(request)), pk), "secrets")


def _account(request: HttpRequest) -> Account:
    """Raises OutOfSight, NotAllowed."""
    user = viewer(request)
    if user.account is None:
        raise OutOfSight("You work in no account.")
    require(may_keep_secrets(user, user.account), "handle secrets and connections")
    return user.account


def _found(things: QuerySet[Any], pk: int) -> Any:
    found = things.select_related("set_by").filter(pk=pk).first()
    if found is None:
        raise OutOfSight("There is nothing like that in your account.")
    return found


def _form(request: HttpRequest, thing: Any, save: Any, place: str, problems: Iterable[Problem] = ()) -> HttpResponse:
    """Show the form, or save what was sent; what was typed is kept, but for the value."""
    if request.method == "POST":
        try:
            made = save(request.POST) or thing
            messages.success(request, f"Saved {made.name}")
            return redirect(place)
        except Refused as refused:
            problems = refused.problems
    return _page(request, thing, place, list(problems))


def _page(request: HttpRequest, thing: Any, place: str, problems: list[Problem]) -> HttpResponse:
    typed = request.POST if problems else _as_typed(thing)
    context = {"thing": thing, "shown": _shown(thing, viewer(request)) if thing else None, "typed": typed, "problems": problems}
    more = {"kinds": keeping.KINDS, "is_connection": place == "connections", "back": place}
    status = 422 if problems else 200
    return render_part(request, "playbooks_app/kept_edit.html", "playbooks_app/_kept_edit.html", {**context, **more}, status=status)


def _delete(request: HttpRequest, thing: Any, place: str) -> HttpResponse:
    try:
        keeping.delete(thing, by=viewer(request), although_used="although_used" in request.POST)
    except WrongState as used:
        return _page(request, thing, place, [Problem("", used.code, used.message, used.hint)])
    messages.success(request, f"Deleted {thing.name}")
    return redirect(place)


def _shown(thing: Any, user: User) -> Shown:
    uses = keeping.used_by(thing)
    seen = set(Playbook.objects.visible_to(user).filter(pk__in={use.playbook.pk for use in uses}).values_list("pk", flat=True))
    return Shown(
        thing,
        [(use.playbook, use.where) for use in uses if use.playbook.pk in seen],
        len({use.playbook.pk for use in uses if use.playbook.pk not in seen}),
    )


def _as_typed(thing: Any) -> dict[str, Any]:
    if thing is None:
        return {"kind": "http"}
    address = {"kind": thing.kind, "base_url": thing.base_url} if isinstance(thing, Connection) else {}
    return {"name": thing.name, "hosts": "\n".join(thing.hosts), **address}


def _of_connection(given: QueryDict, *, new: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": given.get("kind", ""), "base_url": given.get("base_url", ""), "hosts": _lines(given.get("hosts", ""))}
    if given.get("api_key"):
        found["api_key"] = given["api_key"]
    elif "no_key" in given:
        found["api_key"] = ""
    return {**found, "name": given.get("name", "")} if new else found


def _of_secret(given: QueryDict, *, new: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {"hosts": _lines(given.get("hosts", ""))}
    if given.get("value") or new:
        found["value"] = given.get("value", "")
    return {**found, "name": given.get("name", "").strip()} if new else found


def _lines(text: str) -> list[str]:
    return [each for each in text.replace(",", " ").split() if each]

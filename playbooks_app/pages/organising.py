"""Settings, People: departments with heads and deputies, groups with members."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from playbooks_app.errors import HandrailError, OutOfSight, Refused, WrongState
from playbooks_app.language.problem import Problem
from playbooks_app.models import Department, Group, User
from playbooks_app.pages.audit import account_managed_by
from playbooks_app.pages.finding import render_part, viewer
from playbooks_app.people import organising


@login_required
def department_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """`/settings/departments/new/` and `/<id>/`: name, head, deputies; `delete` deletes it."""
    return _edit(request, Department, pk)


@login_required
def group_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """`/settings/groups/new/` and `/<id>/`: name and members; `delete` deletes it."""
    return _edit(request, Group, pk)


def _edit(request: HttpRequest, kind: Any, pk: int | None) -> HttpResponse:
    account = account_managed_by(viewer(request))
    thing = _found(kind, account.pk, pk) if pk is not None else None
    problems: list[Problem] = []
    if request.method == "POST" and not (problems := _save(request, kind, thing)):
        return redirect("people")
    word = "department" if kind is Department else "group"
    people = User.objects.filter(memberships__account=account, memberships__active=True).order_by("first_name", "username")
    context = {"thing": thing, "problems": problems, "people": people, "word": word, **_chosen(request, word, thing)}
    return render_part(request, "playbooks_app/organise.html", "playbooks_app/_organise.html", context, status=422 if problems else 200)


def _save(request: HttpRequest, kind: Any, thing: Any) -> list[Problem]:
    """What was sent, or what is wrong with it."""
    form, by = request.POST, viewer(request)
    account = account_managed_by(by)
    try:
        if thing is not None and "delete" in form:
            organising.delete(thing, by=by)
            messages.success(request, f"Deleted {thing}")
        elif kind is Department:
            changes = {"name": form.get("name", ""), "head": form.get("head", ""), "deputies": form.getlist("people")}
            messages.success(request, f"Saved {organising.save_department(account, by=by, department=thing, **changes)}")
        else:
            saved = organising.save_group(account, by=by, group=thing, name=form.get("name", ""), members=form.getlist("people"))
            messages.success(request, f"Saved {saved}")
    except (Refused, WrongState) as refused:
        return _problems(refused)
    return []


def _problems(refused: HandrailError) -> list[Problem]:
    return refused.problems if isinstance(refused, Refused) else [Problem("", refused.code, refused.message, refused.hint)]


def _chosen(request: HttpRequest, word: str, thing: Any) -> dict[str, Any]:
    """What the form shows as chosen: what was sent, else what is so."""
    if request.method == "POST":
        return {"name": request.POST.get("name", ""), "head": request.POST.get("head", ""), "chosen": request.POST.getlist("people")}
    if thing is None:
        return {"name": "", "head": "", "chosen": []}
    people = thing.deputies if word == "department" else thing.members
    head = thing.head.username if word == "department" and thing.head else ""
    return {"name": thing.name, "head": head, "chosen": list(people.values_list("username", flat=True))}


def _found(kind: Any, account_id: int, pk: int) -> Any:
    found = kind.objects.filter(account=account_id, pk=pk).first()
    if found is None:
        raise OutOfSight(f"There is no such {kind._meta.verbose_name}.")
    return found

"""Settings, People: who works in the account, in which role, department and groups."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from playbooks_app import limits
from playbooks_app.errors import OutOfSight, Refused
from playbooks_app.language.problem import Problem
from playbooks_app.models import Account, Calendar, Department, Group, Membership, Playbook, Role, User
from playbooks_app.pages import panels
from playbooks_app.pages.finding import render_part, viewer
from playbooks_app.people import inviting, leaving, membership
from playbooks_app.permissions import may_manage_account, require


@dataclass(frozen=True, slots=True)
class Right:
    """A row of "What roles may do", in the order of COLUMNS."""

    deed: str
    roles: tuple[bool, ...]


COLUMNS = ("View", "Appr.", "Oper.", "Build", "Admin")
RIGHTS = (
    Right("see progress", (True, True, True, True, True)),
    Right("decide when asked", (True, True, True, True, True)),
    Right("start", (False, False, True, True, True)),
    Right("repair runs", (False, False, True, True, True)),
    Right("draw, publish", (False, False, False, True, True)),
    Right("share others' work", (False, False, False, False, True)),
    Right("people", (False, False, False, False, True)),
)


@login_required
def people_page(request: HttpRequest) -> HttpResponse:
    """`/settings/people/?q=`."""
    user, text = viewer(request), request.GET.get("q", "").replace("\0", "").strip()[:100]
    if user.account is None:
        raise OutOfSight("You work in no account.")
    members = list(membership.members_visible_to(user))
    standing = panels.standings_of(user, [each.user_id for each in members])
    context = {
        "members": [(each, _groups_of(each), standing.get(each.user_id)) for each in members if _is_called(each, text)],
        "total": len(members),
        "query": text,
        "can_edit": may_manage_account(user, user.account),
        "invitations": inviting.invitations_of(user),
        **_choices(user.account),
    }
    return render(request, "playbooks_app/people.html", {**context, "columns": COLUMNS, "rights": RIGHTS})


@login_required
def person_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """`/settings/people/<id>/`: role, department, groups, and whether the person is active. For admins."""
    member = membership.members_visible_to(request.user).filter(pk=pk).first()
    if member is None:
        raise OutOfSight("There is nobody like that in your account.")
    require(may_manage_account(request.user, member.account), "change people")
    problems: list[Problem] = []
    if request.method == "POST" and not (problems := _save(request, member)):
        messages.success(request, f"Saved {member.user.display_name}")
        return redirect("people")
    in_groups = {group.slug for group in _groups_of(member)}
    context = {"member": member, "problems": problems, "in_groups": in_groups, **_choices_for(member)}
    return render_part(request, "playbooks_app/person_edit.html", "playbooks_app/_person_edit.html", context, status=422 if problems else 200)


def _save(request: HttpRequest, member: Membership) -> list[Problem]:
    """What was sent, or what is wrong with it."""
    asked = request.POST
    wanted = {
        "role": asked.get("role", ""),
        "department": asked.get("department") or None,
        "groups": asked.getlist("groups"),
        "heir": asked.get("heir") or None,
    }
    wanted |= {key: asked.get(key) or None for key in ("manager", "calendar") if key in asked}
    try:
        membership.change(member, by=viewer(request), active="active" in asked, **wanted)
    except Refused as refused:
        return refused.problems
    return []


def _is_called(member: Membership, text: str) -> bool:
    return text.lower() in f"{member.user.display_name} {member.user.username} {member.user.email}".lower()


def _groups_of(member: Membership) -> list[Group]:
    """Of this account; read with the members."""
    return [group for group in member.user.account_groups.all() if group.account_id == member.account_id]


def _choices_for(member: Membership) -> dict[str, object]:
    owned = Playbook.objects.filter(account=member.account_id, owner=member.user).count()
    more = {"heirs": leaving.heirs_of(member)[:500], "owned": owned}
    return {"roles": Role.choices, "colleagues": _colleagues(member), **more, **_choices(member.account)}


def _colleagues(member: Membership) -> list[User]:
    """Who may be this person's manager."""
    working = User.objects.filter(is_active=True, memberships__account=member.account_id, memberships__active=True)
    return list(working.exclude(pk=member.user_id).order_by("first_name", "username")[:500])


def _choices(account: Account) -> dict[str, object]:
    departments = Department.objects.filter(account=account).select_related("head").order_by("name")
    calendars = Calendar.objects.filter(account=account).order_by("name")
    return {
        "limits": limits.of(account),
        "calendars": calendars,
        "departments": departments,
        "groups": Group.objects.filter(account=account).prefetch_related("members").order_by("name"),
    }

"""Settings, People: who works in the account, in which role, department and groups."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from playbooks_app import membership
from playbooks_app.errors import OutOfSight, Refused
from playbooks_app.models import Department, Group, Role
from playbooks_app.pages.finding import render_part, viewer
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
    shown = [each for each in members if text.lower() in f"{each.user.display_name} {each.user.username} {each.user.email}".lower()]
    context = {
        "members": [(each, [group for group in each.user.account_groups.all() if group.account_id == each.account_id]) for each in shown],
        "total": len(members),
        "query": text,
        "departments": Department.objects.filter(account=user.account).select_related("head").order_by("name"),
        "groups": Group.objects.filter(account=user.account).prefetch_related("members").order_by("name"),
        "can_edit": may_manage_account(user, user.account),
        "columns": COLUMNS,
        "rights": RIGHTS,
    }
    return render(request, "playbooks_app/people.html", context)


@login_required
def person_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """`/settings/people/<id>/`: role, department, groups, and whether the person is active. For admins."""
    member = get_object_or_404(membership.members_visible_to(request.user), pk=pk)
    require(may_manage_account(request.user, member.account), "change people")
    problems = []
    if request.method == "POST":
        asked = request.POST
        try:
            wanted = {
                "role": asked.get("role", ""),
                "department": asked.get("department") or None,
                "groups": asked.getlist("groups"),
                "active": "active" in asked,
            }
            membership.change(member, by=viewer(request), **wanted)
            messages.success(request, f"Saved {member.user.display_name}")
            return redirect("people")
        except Refused as refused:
            problems = refused.problems
    context = {"member": member, "problems": problems, "roles": Role.choices, **_choices(member.account_id)}
    context["in_groups"] = set(member.user.account_groups.values_list("slug", flat=True))
    return render_part(request, "playbooks_app/person_edit.html", "playbooks_app/_person_edit.html", context, status=422 if problems else 200)


def _choices(account_id: int) -> dict[str, object]:
    of_account = {"account": account_id}
    return {"departments": Department.objects.filter(**of_account).order_by("name"), "groups": Group.objects.filter(**of_account).order_by("name")}

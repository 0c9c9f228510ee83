"""Settings, Calendars: the hours and holidays of the account, and which of them is whose."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import available_timezones

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from playbooks_app import clock
from playbooks_app.errors import OutOfSight, Refused
from playbooks_app.language import working_time
from playbooks_app.language.problem import Problem
from playbooks_app.models import Account, Calendar, Membership
from playbooks_app.pages.finding import viewer
from playbooks_app.people import calendars
from playbooks_app.permissions import may_manage_account, require

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOST_TRIED = 1000  # working days that the page counts for somebody who asks


@login_required
def calendar_list(request: HttpRequest) -> HttpResponse:
    """`/settings/calendars/`: the first calendar, or the invitation to make one."""
    return _page(request, _first(request))


@login_required
def calendar_page(request: HttpRequest, pk: int) -> HttpResponse:
    """`/settings/calendars/<id>/?day=&count=`: one calendar; POST saves it."""
    calendar = _of(request, pk)
    if request.method != "POST":
        return _page(request, calendar)
    require(may_manage_account(request.user, calendar.account), "change calendars")
    try:
        calendars.change(calendar, _given(request.POST), viewer(request))
    except Refused as refused:
        return _page(request, _of(request, pk), problems=refused.problems, typed=request.POST)
    messages.success(request, f"Saved {calendar.name}")
    return redirect("calendar", pk)


@login_required
def calendar_new(request: HttpRequest) -> HttpResponse:
    """`/settings/calendars/new/`."""
    account = _account(request)
    require(may_manage_account(request.user, account), "make calendars")
    if request.method != "POST":
        return _page(request, None, new=True)
    try:
        made = calendars.make(account, _given(request.POST), viewer(request))
    except Refused as refused:
        return _page(request, None, new=True, problems=refused.problems, typed=request.POST)
    messages.success(request, f"Made {made.name}")
    return redirect("calendar", made.pk)


@login_required
@require_POST
def calendar_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """`/settings/calendars/<id>/drop/`."""
    calendar = _of(request, pk)
    require(may_manage_account(request.user, calendar.account), "drop calendars")
    calendars.drop(calendar, viewer(request))
    messages.success(request, f"Dropped {calendar.name}")
    return redirect("calendars")


def _page(
    request: HttpRequest, calendar: Calendar | None, *, new: bool = False, problems: list[Problem] | None = None, typed: QueryDict | None = None
) -> HttpResponse:
    account = _account(request)
    every = list(Calendar.objects.filter(account=account).order_by("name"))
    context = {
        "calendars": every,
        "calendar": calendar,
        "new": new,
        "problems": problems or [],
        "can_edit": may_manage_account(request.user, account),
        "form": _form(calendar, account, typed),
        "zones": sorted(available_timezones()),
        **(_about(request, calendar) if calendar else {}),
    }
    return render(request, "playbooks_app/calendars.html", context, status=422 if problems else 200)


def _about(request: HttpRequest, calendar: Calendar) -> dict[str, Any]:
    """What the page tells of a calendar: its people, the next days without work, and the answer to "how many days from"."""
    today = timezone.localtime(clock.now(), calendar.working.zone).date()
    people = Membership.objects.filter(calendar=calendar, active=True).select_related("user").order_by("user__first_name")
    days = [date.fromisoformat(each) for each in calendar.holidays]
    coming = [(day, calendar.holiday_names.get(day.isoformat(), "")) for day in days if day >= today][:12]
    tried, count = _day(request.GET.get("day", ""), today), _number(request.GET.get("count", ""), 3)
    return {"people": people, "coming": coming, "tried": tried, "count": count, "ends": calendar.working.day_after(tried, count)}


def _form(calendar: Calendar | None, account: Account, typed: QueryDict | None) -> dict[str, Any]:
    """The values of the fields: as typed, else as stored."""
    hours = calendar.hours if calendar else dict(working_time.USUAL_HOURS)
    holidays = calendar.holidays if calendar else []
    named = calendar.holiday_names if calendar else {}
    lines = "\n".join(f"{day} {named.get(day, '')}".strip() for day in holidays)
    usual = {"name": calendar.name if calendar else "", "timezone": calendar.timezone if calendar else account.timezone, "holidays": lines}
    stored = {**usual, **{f"hours-{day}": ", ".join(hours.get(day, [])) for day in working_time.DAYS}}
    found = {key: typed.get(key, "") if typed is not None else value for key, value in stored.items()}
    days = [(day, name, found[f"hours-{day}"]) for day, name in zip(working_time.DAYS, DAY_NAMES, strict=True)]
    return {**found, "days": days, "is_default": "is_default" in typed if typed is not None else bool(calendar and calendar.is_default)}


def _given(posted: QueryDict) -> dict[str, Any]:
    """A form as `calendars.change` takes it; a holiday is a line "2026-12-25 Christmas"."""
    lines = [line.split(maxsplit=1) for line in posted.get("holidays", "").splitlines() if line.strip()]
    return {
        "name": posted.get("name", ""),
        "timezone": posted.get("timezone", ""),
        "hours": {day: posted.get(f"hours-{day}", "") for day in working_time.DAYS},
        "holidays": [{"date": line[0], "name": line[1] if len(line) > 1 else ""} for line in lines],
        "holiday_names": {},
        "is_default": "is_default" in posted,
    }


def _account(request: HttpRequest) -> Account:
    account = viewer(request).account
    if account is None:
        raise OutOfSight("You work in no account.")
    return account


def _first(request: HttpRequest) -> Calendar | None:
    return Calendar.objects.filter(account=_account(request)).order_by("name").first()


def _of(request: HttpRequest, pk: int) -> Calendar:
    found = Calendar.objects.filter(account=_account(request), pk=pk).select_related("account").first()
    if found is None:
        raise OutOfSight("There is no such calendar in your account.")
    return found


def _day(text: str, usual: date) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return usual


def _number(text: str, usual: int) -> int:
    return min(int(text), MOST_TRIED) if text.isascii() and text.isdigit() and len(text) < 6 else usual

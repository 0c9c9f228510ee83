"""Starting a playbook by the clock: the schedules of a playbook, and one of them with its times."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from playbooks_app.errors import OutOfSight, Refused
from playbooks_app.models import Playbook
from playbooks_app.pages.finding import playbook_in_sight, require_plan, viewer
from playbooks_app.pages.playbook import frame_of
from playbooks_app.pages.start import StartForm
from playbooks_app.permissions import may_start, require
from runs_app.entry import scheduling
from runs_app.models import Occasion, Schedule
from runs_app.models.schedule import Overlap
from runs_app.pages.schedule_form import DAYS, WAYS, ScheduleForm, in_words
from runs_app.pages.start import document_of, newest_version

DEED = "start it by the clock"
SHOWN = 20  # times of a schedule, newest first


@login_required
def schedule_list(request: HttpRequest, playbook_id: int) -> HttpResponse:
    """`/playbooks/<id>/schedules/`: those of a playbook, and the form for another one; a POST of the start page brings its inputs along."""
    playbook = playbook_in_sight(request, playbook_id)
    if request.method != "POST":
        return _page(request, playbook, None, ScheduleForm(timezone=_zone(request, playbook)), _start_form(playbook, request))
    require(may_start(viewer(request), playbook), DEED)
    return _save(request, playbook, None)


@login_required
def schedule_page(request: HttpRequest, pk: int) -> HttpResponse:
    """`/schedules/<id>/`: one, to change, with what came of its times."""
    schedule = _in_sight(request, pk)
    if request.method != "POST":
        form = _start_form(schedule.playbook, request, schedule.inputs)
        return _page(request, schedule.playbook, schedule, ScheduleForm.of(schedule), form)
    require(may_start(viewer(request), schedule.playbook), DEED)
    return _save(request, schedule.playbook, schedule)


@login_required
@require_POST
def schedule_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """`/schedules/<id>/remove/`."""
    schedule = _in_sight(request, pk)
    require(may_start(viewer(request), schedule.playbook), DEED)
    scheduling.remove(schedule, viewer(request))
    messages.success(request, "The schedule is gone. Runs that it has started go on.")
    return redirect("playbook_schedules", schedule.playbook_id)


@login_required
@require_safe
def schedule_next(request: HttpRequest) -> HttpResponse:
    """`/schedules/next/?how=&at=…`: the next five times of what stands in the form."""
    return render(request, "runs_app/_schedule_times.html", {"schedule_form": ScheduleForm.posted(request.GET, "UTC")})


def _save(request: HttpRequest, playbook: Playbook, schedule: Schedule | None) -> HttpResponse:
    """Keep it, or show the form again: with its faults, or because only its times were asked for."""
    typed, form = ScheduleForm.posted(request.POST, _zone(request, playbook)), _start_form(playbook, request)
    if "how" not in request.POST or "look" in request.POST or form is None:
        if form is not None and "how" not in request.POST:
            form.forgive()
        return _page(request, playbook, schedule, typed, form)
    try:
        if form.problems:
            raise Refused(form.problems)
        given = {**typed.given(), "inputs": form.inputs}
        viewing = viewer(request)
        kept = scheduling.change(schedule, viewing, **given) if schedule else scheduling.make(playbook, viewing, **given)
    except Refused as refused:
        typed.problems = [each for each in refused.problems if not each.address.startswith("inputs")]
        if not form.problems:
            form.refuse(each for each in refused.problems if each not in typed.problems)
        return _page(request, playbook, schedule, typed, form, status=422)
    messages.success(request, f"Saved. {in_words(kept.cron)}." if kept.enabled else "Saved. It is off.")
    return redirect("playbook_schedules", playbook.pk)


def _page(
    request: HttpRequest, playbook: Playbook, schedule: Schedule | None, typed: ScheduleForm, form: StartForm | None, status: int = 200
) -> HttpResponse:
    schedules = Schedule.objects.filter(playbook=playbook).select_related("owner", "version").order_by("pk")
    newest = {each.schedule_id: each for each in Occasion.objects.filter(schedule__in=schedules).order_by("schedule", "-at").distinct("schedule")}
    context: dict[str, Any] = {
        **frame_of(request, playbook),
        "here": reverse("playbook_schedules", args=[playbook.pk]),
        "schedule": schedule,
        "rows": [(each, in_words(each.cron), newest.get(each.pk)) for each in schedules],
        "occasions": list(schedule.occasions.order_by("-at")[:SHOWN]) if schedule else [],
        "schedule_form": typed,
        "form": form,
        "may_change": may_start(viewer(request), playbook) and playbook.archived_at is None,
        "ways": WAYS,
        "days": list(enumerate(DAYS, start=1)),
        "overlaps": Overlap.choices,
        "zones": sorted(available_timezones()),
    }
    return render(request, "runs_app/schedules.html", context, status=status)


def _start_form(playbook: Playbook, request: HttpRequest, values: dict[str, Any] | None = None) -> StartForm | None:
    """The inputs of the version that would start; None when there is none."""
    if playbook.archived_at is not None or playbook.newest is None:
        return None
    posted = request.POST if request.method == "POST" else None
    return StartForm(document_of(newest_version(playbook)), posted, request.FILES if posted is not None else None, values=values)


def _zone(request: HttpRequest, playbook: Playbook) -> str:
    return viewer(request).timezone or playbook.account.timezone


def _in_sight(request: HttpRequest, pk: int) -> Schedule:
    require_plan(request)
    found = Schedule.objects.visible_to(viewer(request)).select_related("playbook__account", "version", "owner").filter(pk=pk).first()
    if found is None:
        raise OutOfSight(f"There is no schedule {pk}, or its playbook is not shared with you.")
    return found

"""The bell: what the viewer was told, the newest first; and following runs."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from playbooks_app import clock
from playbooks_app.pages.finding import viewer
from runs_app.models import Follower, Notification
from runs_app.pages.run import run_in_sight
from runs_app.reading.words import run_state

PAGE = 50


@login_required
def notifications(request: HttpRequest) -> HttpResponse:
    """`/notifications/?page=`; POST marks one (`read`) or all as read, and goes where `go` says it is about."""
    own = Notification.objects.filter(person=viewer(request))
    if request.method == "POST":
        return _read(request)
    page = Paginator(own.select_related("run__playbook").order_by("-pk"), PAGE).get_page(request.GET.get("page"))
    rows = [(each, run_state(each.run) if each.run is not None and each.kind == "run_ended" else None) for each in page]
    return render(request, "runs_app/notifications.html", {"page": page, "rows": rows, "unread": own.filter(read_at=None).count()})


@login_required
@require_POST
def follow(request: HttpRequest, run_id: int) -> HttpResponse:
    """`/runs/<id>/follow/`: be told when it ends, or (with `stop`) no more."""
    run = run_in_sight(request, run_id)
    if "stop" in request.POST:
        Follower.objects.filter(person=viewer(request), run=run).delete()
        messages.success(request, "You are not told when it ends.")
    else:
        Follower.objects.get_or_create(person=viewer(request), run=run)
        messages.success(request, "You are told when it ends.")
    return redirect("run", run.pk)


def _read(request: HttpRequest) -> HttpResponse:
    own = Notification.objects.filter(person=viewer(request))
    chosen = request.POST.get("read", "")
    one = own.filter(pk=int(chosen)).first() if chosen.isascii() and chosen.isdigit() and len(chosen) < 16 else None
    (own.filter(pk=one.pk) if one else own).filter(read_at=None).update(read_at=clock.now())
    return redirect(one.address if one is not None and one.address else "notifications")

"""The list of playbooks."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from playbooks_app.models import Playbook


@login_required
def playbook_list(request: HttpRequest) -> HttpResponse:
    """`/playbooks/`."""
    found = Playbook.objects.visible_to(request.user).current().select_related("account", "owner", "department", "group").order_by("name")
    return render(request, "playbooks_app/playbooks.html", {"playbooks": found})

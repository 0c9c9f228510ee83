"""The words under which a playbook is found."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from playbooks_app.errors import Refused
from playbooks_app.language.problem import Problem
from playbooks_app.models import Playbook
from playbooks_app.pages.finding import playbook_in_sight, render_part, viewer
from playbooks_app.pages.playbooks import tags_of
from playbooks_app.permissions import may_edit, require


@login_required
def playbook_tags(request: HttpRequest, pk: int) -> HttpResponse:
    """`/playbooks/<id>/tags/`: words with commas between."""
    playbook = playbook_in_sight(request, pk)
    require(may_edit(request.user, playbook), "change its tags")
    problems: list[Problem] = []
    if request.method == "POST":
        try:
            playbook.tag(request.POST.get("tags", "").split(","), by=viewer(request))
            messages.success(request, "Saved")
            return redirect("playbook", pk)
        except Refused as refused:
            problems = refused.problems
    known = [tag for tag in tags_of(Playbook.objects.visible_to(request.user)) if tag not in playbook.tags]
    context = {"playbook": playbook, "problems": problems, "known": known, "written": request.POST.get("tags", ", ".join(playbook.tags))}
    return render_part(request, "playbooks_app/tags.html", "playbooks_app/_tags.html", context, status=422 if problems else 200)

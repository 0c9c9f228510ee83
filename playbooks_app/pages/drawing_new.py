"""A playbook from nothing, or from a file."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse

from playbooks_app.drafting import drawing
from playbooks_app.errors import Refused
from playbooks_app.language.problem import Problem
from playbooks_app.language.reading import LONGEST_BYTES
from playbooks_app.models import Playbook
from playbooks_app.pages.finding import render_part, require_plan, viewer
from playbooks_app.permissions import may_create, require


@login_required
def playbook_new(request: HttpRequest) -> HttpResponse:
    """`/playbooks/new/`: a name, and then the builder."""
    _require_right(request)
    name, problems = request.POST.get("name", "").replace("\0", "").strip(), []
    if request.method == "POST":
        if name and len(name) <= 200:
            return redirect(_builder_of(drawing.draw(by=viewer(request), name=name, keep_faults=True)))
        problems = [Problem("name", "Missing", "Give it a name of at most 200 characters, such as “Supplier payments”.")]
    context = {"name": name, "problems": problems}
    return render_part(request, "playbooks_app/new.html", "playbooks_app/_new.html", context, status=422 if problems else 200)


@login_required
def playbook_import(request: HttpRequest) -> HttpResponse:
    """`/playbooks/import/`: a file or text in YAML or JSON; faults are shown and the text is kept."""
    _require_right(request)
    text, problems = "", []
    if request.method == "POST":
        try:
            text = _text(request)
            made = drawing.draw(by=viewer(request), document=drawing.read_document(text), keep_faults="keep_faults" in request.POST)
            messages.success(request, f"“{made}” is here as a draft. Look it over, then publish.")
            return redirect("playbook", made.pk)
        except Refused as refused:
            problems = refused.problems
    context = {"text": text, "problems": problems}
    return render_part(request, "playbooks_app/import.html", "playbooks_app/_import.html", context, status=422 if problems else 200)


def _require_right(request: HttpRequest) -> None:
    require_plan(request)
    require(may_create(request.user), "draw playbooks")


def _text(request: HttpRequest) -> str:
    """The file's, else what was typed. Raises Refused for what is no text."""
    file = request.FILES.get("file")
    if file is None:
        return request.POST.get("text", "")
    if file.size is not None and file.size > LONGEST_BYTES:
        raise Refused([Problem("file", "TooLarge", f"{file.name} is larger than 10 MB.")])
    try:
        return bytes(file.read()).decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise Refused([Problem("file", "NotText", f"{file.name} is not a text in UTF-8.", "Choose a YAML or JSON file.")]) from fault


def _builder_of(playbook: Playbook) -> str:
    """Where it is drawn."""
    try:
        return reverse("playbook_edit", args=[playbook.pk])
    except NoReverseMatch:
        return reverse("playbook", args=[playbook.pk])

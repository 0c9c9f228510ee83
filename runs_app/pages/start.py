"""Starting a playbook from a form made of its inputs."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from playbooks_app import audit, wording
from playbooks_app.errors import NotAllowed, OutOfSight, Refused, WrongState
from playbooks_app.language.document import Document, Step, parse
from playbooks_app.language.problem import Invalid
from playbooks_app.models import Playbook, PlaybookVersion
from playbooks_app.pages.finding import playbook_in_sight, viewer
from playbooks_app.pages.start import StartForm
from playbooks_app.permissions import may_start, require
from runs_app.engine.records import LIVE
from runs_app.pages import start_values
from runs_app.reading.forecast import usual_seconds
from runs_app.reading.outline import loops, named
from runs_app.starting import start

WATCH = "watch"  # the button that goes on to the run's page


@dataclass(frozen=True, slots=True)
class Ahead:
    """One step of the main line, as it is announced before the start."""

    name: str
    icon: str
    words: str


@login_required
def start_page(request: HttpRequest, playbook_id: int) -> HttpResponse:
    """`/playbooks/<id>/start/`: the form, and the start."""
    playbook = playbook_in_sight(request, playbook_id)
    require(may_start(viewer(request), playbook), "start it")
    version = newest_version(playbook)
    posted = request.POST if request.method == "POST" else None
    values = start_values.asked_for(request, playbook, version) if posted is None else {}
    form = StartForm(document_of(version), posted, request.FILES if posted is not None else None, values=values)
    if form.is_valid() and (answer := _start(request, playbook, version, form)):
        return answer
    context = {"playbook": playbook, "version": version, "form": form, "ahead": ahead_of(form), "usual": usual_seconds(playbook.pk)}
    context["fills"] = start_values.fills(request, playbook, version) if form.fields else []
    return render(request, "runs_app/start.html", context, status=422 if form.problems else 200)


@login_required
@require_POST
def start_check(request: HttpRequest, playbook_id: int) -> HttpResponse:
    """`/playbooks/<id>/start/check/?field=`: what is to be said of one field as it stands, for somebody who is typing. Nothing starts."""
    playbook = playbook_in_sight(request, playbook_id)
    require(may_start(viewer(request), playbook), "start it")
    form = StartForm(document_of(newest_version(playbook)), request.POST, request.FILES)
    field = form.field(request.GET.get("field", ""))
    if field is None:
        raise OutOfSight("There is no such input.")
    part = "playbooks_app/_start_field.html" if field.widget in ("list", "file") else "playbooks_app/_start_said.html"
    return render(request, part, {"field": field, "playbook": playbook})


def newest_version(playbook: Playbook) -> PlaybookVersion:
    """The one that starts. Raises WrongState, NotAllowed."""
    if playbook.archived_at is not None:
        raise NotAllowed("This playbook has been archived; it cannot be started.", hint="Its owner can bring it back.")
    version = playbook.versions.filter(deprecated_at=None).order_by("-number").first()
    if version is None:
        raise WrongState("This playbook has no published version yet.", hint="Publish it in the builder, then start it.")
    return version


def document_of(version: PlaybookVersion) -> Document:
    """What the version says. Raises Refused when rules have become stricter since it was published."""
    try:
        return parse(version.document)
    except Invalid as invalid:
        raise Refused(invalid.problems, "This version can no longer be started: it has faults.") from invalid


def ahead_of(form: StartForm) -> list[Ahead]:
    """What will happen, in the order of the main line."""
    return [Ahead(named(step), step.kind.icon, _words(step)) for step in (*form.document.steps, *form.document.finally_)]


def _start(request: HttpRequest, playbook: Playbook, version: PlaybookVersion, form: StartForm) -> HttpResponse | None:
    """Where to go after the start; None when it was refused, with the faults in the form."""
    try:
        started = start(version, inputs=form.inputs, by=viewer(request), trigger="page", from_form=True, mode=request.POST.get("mode") or LIVE)
        audit.note(viewer(request), "run.started", started.run)
    except Refused as refused:
        form.refuse(refused.problems)
        return None
    if WATCH in request.POST or started.run.mode != LIVE:
        return redirect("run", started.run.pk)
    messages.success(request, f"Started {playbook.name} #{started.run.pk}.")
    return redirect("runs")


def _words(step: Step) -> str:
    """What a container holds; a leaf says what its type does."""
    inside = sum(len(steps) for steps in step.blocks.values())
    if loops(step):
        together = step.settings.get("concurrency")
        many = f", {together} at a time" if isinstance(together, int) and together > 1 else ""
        return f"{wording.count(inside, 'step')} for each item{many}"
    return f"{wording.count(inside, 'step')} inside" if step.blocks else step.kind.summary

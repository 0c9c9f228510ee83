"""One run: its sentence, why it is not done yet, the timeline, and the details of a step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from playbooks_app.errors import OutOfSight, Refused
from playbooks_app.language.problem import Invalid
from playbooks_app.language.reading import read_text
from playbooks_app.models import User
from runs_app.models import Run, StepRun
from runs_app.pages import panels
from runs_app.permissions import may_edit_input, may_operate, may_share_run, may_skip, may_view_values, require
from runs_app.reading.details import Details, preview_of
from runs_app.reading.hiding import hide_from
from runs_app.reading.kept import kept_of
from runs_app.reading.look import look_of
from runs_app.reading.picture import picture_of
from runs_app.reading.trial import trial_of
from runs_app.reading.words import GIVEN_UP
from runs_app.repair import ahead, copying, overriding
from runs_app.repair.edited_input import check_input

DEEDS = {"pause": "Pausing", "resume": "Resumed", "cancel": "Cancelling", "archive": "Archived", "retry": "Trying again what failed"}
STEP_DEEDS = {"retry": "Trying again", "skip": "Skipped", "wake": "Woken", "resolve": "Kept with your name"}


NOTHING: Any = object()


def run_in_sight(request: HttpRequest, run_id: int) -> Run:
    """The run, if the viewer may see it. Raises OutOfSight."""
    runs = Run.objects.visible_to(request.user).select_related("playbook", "version", "owner", "account", "department", "group", "granted_by")
    run = runs.filter(pk=run_id).first()
    if run is None:
        raise OutOfSight("There is no such run, or it is not shared with you.")
    return cast(Run, run)


@login_required
@never_cache
def run_page(request: HttpRequest, run_id: int) -> HttpResponse:
    """The page, or for htmx its changing part."""
    run = run_in_sight(request, run_id)
    template = "runs_app/_run.html" if request.htmx else "runs_app/run.html"  # type: ignore[attr-defined]
    return render(request, template, run_context(request, run))


def run_context(request: HttpRequest, run: Run) -> dict[str, Any]:
    """What the templates of the page show."""
    user = cast(User, request.user)
    values, operates = may_view_values(user, run), may_operate(user, run)
    hide_from(user, [run])
    picture = picture_of(run, look_of(request.GET), values=values, operates=operates)
    details = _within_rights(picture.details, user, run)
    return {
        **_around(user, run, values),
        "run": run,
        "picture": picture,
        "values": values,
        "deeds": panels.deeds_of(user, run, [reason.approval for reason in picture.reasons if reason.approval]),
        **_step_of(request, run, picture.look.step, details),
        **_values_of(run, values),
    }


def _step_of(request: HttpRequest, run: Run, path: str, details: Details | None) -> dict[str, Any]:
    """What else the drawer shows: of a step that was reached, or of one that was not."""
    given = ahead.shown(run, path, cast(User, request.user)) if details is None else None
    return {"ahead": given, "panels": panels.step_panels(request, details.step) if details else []}


def _values_of(run: Run, values: bool) -> dict[str, Any]:
    """What went in and came out, and its checkpoints, for those who may read it; and its locks."""
    outputs = preview_of(run.outputs) if values and run.is_over else None
    return {"outputs": outputs, "inputs": preview_of(run.inputs) if values else None, "kept": kept_of(run, values=values)}


def _around(user: User, run: Run, values: bool) -> dict[str, Any]:
    """Whether the viewer may share it, follows it or may (who started it is told of its end anyway); its original and its copies."""
    shares = run.parent_step is None and may_share_run(user, run)
    following = not run.is_over and run.followers.filter(person=user).exists()
    deeds = {"operates": may_operate(user, run), "shares": shares, "follows_it": run.owner_id == user.pk, "following": following}
    return {**deeds, "trial": trial_of(run, user, values=values), "may_copy": copying.may_copy(user, run)}


def _within_rights(details: Details | None, user: User, run: Run) -> Details | None:
    """The same, without a button for what the viewer may not do."""
    if details is not None:
        details.can_skip = details.can_skip and may_skip(user, run, details.step)
        details.can_edit = details.can_edit and may_edit_input(user, run, details.step)
    return details


@login_required
@require_POST
def steer(request: HttpRequest, run_id: int, deed: str) -> HttpResponse:
    """Pause, resume, retry, cancel or archive."""
    run = run_in_sight(request, run_id)
    require(may_operate(cast(User, request.user), run), f"{deed} this run")
    reason = request.POST.get("reason", "").strip()[:1000]
    if deed == "retry":
        overriding.retry_run(run, cast(User, request.user), reason)
    else:
        getattr(run, deed)(by=request.user, **({"reason": reason} if reason else {}))
    return _back(request, run, "Given up" if deed == "archive" and run.code == GIVEN_UP else DEEDS[deed])


@login_required
@require_POST
def repair(request: HttpRequest, run_id: int, path: str, deed: str) -> HttpResponse:
    """Retry, skip or wake a step, or say what came of it."""
    run = run_in_sight(request, run_id)
    require(may_operate(cast(User, request.user), run), "repair this run")
    step = StepRun.objects.filter(run=run, path=path.replace("\0", "")).first()
    if step is None:
        raise OutOfSight("The run has not reached this step.")
    _REPAIRS[deed](request, run, step)
    return _back(request, run, STEP_DEEDS[deed])


def _skip(request: HttpRequest, run: Run, step: StepRun) -> None:
    overriding.skip(run, step, cast(User, request.user), request.POST.get("reason", "").strip()[:1000])


def _retry(request: HttpRequest, run: Run, step: StepRun) -> None:
    """Again; with the text of the form, if there is any, as its input. An input of null is no object, and refused as such. Or all failed items."""
    if request.POST.get("failed_items"):
        overriding.retry_items(run, step, cast(User, request.user))
        return
    input = written(request, "input")
    if input is NOTHING:
        overriding.retry(run, step, cast(User, request.user))
        return
    check_input(step.type, input, "input")
    overriding.retry(run, step, cast(User, request.user), input)


@login_required
@require_POST
def override(request: HttpRequest, run_id: int, path: str) -> HttpResponse:
    """Give a step that the run has not reached its input or its output, and go on."""
    run = run_in_sight(request, run_id)
    require(may_operate(cast(User, request.user), run), "repair this run")
    what = "input" if request.POST.get("what") == "input" else "output"
    value = written(request, "value")
    given = {"path": path, what: None if value is NOTHING else value}
    overriding.resume(run, cast(User, request.user), given, request.POST.get("reason", "").strip()[:1000])
    return _back(request, run, "Resumed; the step will have what you wrote")


def _resolve(request: HttpRequest, run: Run, step: StepRun) -> None:
    """It happened, with the output of the form if there is any, or it is done again."""
    happened, output = request.POST.get("happened") == "yes", written(request, "output")
    overriding.tell_outcome(run, step, cast(User, request.user), happened, None if output is NOTHING else output)


def written(request: HttpRequest, name: str) -> Any:
    """The JSON in a field of the form; NOTHING if it is empty. Raises Refused."""
    text = request.POST.get(name, "").strip()
    try:
        return read_text(text, "json") if text else NOTHING
    except Invalid as invalid:
        raise Refused(invalid.problems) from invalid


def _wake(request: HttpRequest, run: Run, step: StepRun) -> None:
    step.wake(by=cast(User, request.user))


_REPAIRS: Mapping[str, Callable[[HttpRequest, Run, StepRun], None]] = {"retry": _retry, "skip": _skip, "wake": _wake, "resolve": _resolve}


def _back(request: HttpRequest, run: Run, said: str) -> HttpResponse:
    """To the page one came from, or for scripts the words alone."""
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"said": said})
    messages.success(request, said)
    query = request.POST.get("back", "")
    return HttpResponseRedirect(reverse("run", args=[run.pk]) + (query if query.startswith("?") else ""))

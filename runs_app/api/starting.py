"""A start over the API: what it may say, and waiting for the end when the caller asks for it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from playbooks_app import audit
from playbooks_app.api.errors import problems_in
from playbooks_app.errors import OutOfSight, Refused, WrongState
from playbooks_app.language.problem import Problem
from playbooks_app.models import Playbook, PlaybookVersion, User
from playbooks_app.permissions import may_configure_start, may_start_autonomous
from runs_app.api.documents import StartBody
from runs_app.models import Run
from runs_app.permissions import may_start, require
from runs_app.starting import Started, When, start
from runs_app.statuses import RUN_OVER

LOOK_SECONDS = (0.02, 0.25)  # between two looks whether the run is over: at first, and at most
HANDED_ON = ("idempotency_key", "mode", "autonomous", "config", "labels", "timezone", "pinned")
LONGEST_WAIT = 300.0  # seconds (rule 31)


def start_as_asked(user: User, content: Mapping[str, Any]) -> Started:
    """Start what the body says. Raises Refused, OutOfSight, NotAllowed, WrongState."""
    body = read_body(content)
    playbook = Playbook.objects.visible_to(user).current().select_related("account").filter(pk=body["playbook"]).first()
    if playbook is None:
        raise OutOfSight("There is no such playbook, or it is not shared with you.", address="playbook")
    require(may_start(user, playbook), "start it")
    require(not body["autonomous"] or may_start_autonomous(user, playbook), "start a run that asks nobody for approval")
    require(not body.get("config") or may_configure_start(user, playbook), "start it with a config of your own")
    started = start(
        version_of(playbook, body.get("version")),
        inputs=body["inputs"],
        by=user,
        waiting_caller=bool(body.get("wait")),
        when=When(body.get("start_at"), body["priority"], body.get("concurrency")),
        **{key: body[key] for key in HANDED_ON if body.get(key) is not None},
    )
    if not started.deduplicated:
        audit.note(user, "run.started", started.run)
    if body.get("wait"):
        wait_until_over(started.run, body["wait"])
    return started


def read_body(content: Mapping[str, Any]) -> dict[str, Any]:
    """The checked body; `wait: true` is the longest wait. Raises Refused with every fault, keys that nobody knows among them."""
    if not isinstance(content, Mapping):
        raise Refused([Problem("", "invalid", "An object is expected.", 'Send for example {"playbook": 4, "inputs": {}}.')])
    wait = content.get("wait")
    content = {**content, "wait": LONGEST_WAIT if wait is True else min(wait, LONGEST_WAIT) if isinstance(wait, int | float) else wait}
    if wait is None or wait is False:
        del content["wait"]
    body = StartBody(data=content)
    body.is_valid(raise_exception=False)
    problems = problems_in(body.errors)
    known = f"Known are {', '.join(body.fields)}."
    problems += [Problem(key, "unknown_key", f"A start has no “{key}”.", known) for key in content if key not in body.fields]
    for key in ("inputs", "config", "labels", "pinned"):
        if content.get(key) is not None and not isinstance(content[key], dict):
            problems.append(Problem(key, "invalid", "An object is expected.", "Put it between { and }."))
    if problems:
        raise Refused(problems)
    return dict(body.validated_data)


def version_of(playbook: Playbook, number: int | None) -> PlaybookVersion:
    """The version with this number, or the newest that may be started. Raises Refused, WrongState."""
    versions = playbook.versions.select_related("playbook__account")
    if number is None:
        newest = versions.filter(deprecated_at=None).order_by("-number").first()
        if newest is None:
            raise WrongState("This playbook has no version that can be started.", hint="Publish it first.", address="version")
        return newest
    found = versions.filter(number=number).first()
    if found is None:
        raise Refused([Problem("version", "unknown", f"There is no version {number} of this playbook.", "GET playbooks/{id}/versions/ lists them.")])
    return found


def wait_until_over(run: Run, seconds: float) -> None:
    """Look again and again until the run is over or the time is up; the run's fields are fresh afterwards."""
    limit, pause = time.monotonic() + seconds, LOOK_SECONDS[0]
    while run.status not in RUN_OVER and (left := limit - time.monotonic()) > 0:
        time.sleep(min(pause, left))
        pause = min(LOOK_SECONDS[1], pause * 1.5)
        run.refresh_from_db()

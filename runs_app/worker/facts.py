"""What does not change while a run goes on, from its row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.conf import settings

from runs_app.engine.records import RunFacts
from runs_app.secrecy.references import Secrets, config_as_seen


def facts_of(row: Sequence[Any]) -> RunFacts:
    """A row of FACTS."""
    (
        run,
        account,
        playbook,
        _version,
        number,
        inputs,
        config,
        outright,
        mode,
        autonomous,
        timezone,
        starter,
        username,
        email,
        full_name,
        created,
        labels,
        trigger,
        _original,
    ) = row
    person = {"username": username, "email": email, "name": full_name or username} if starter else None
    root = {
        "id": run,
        "playbook": playbook,
        "version": number,
        "started_by": person,
        "started_at": created.isoformat(),
        "mode": mode,
        "labels": json.loads(labels),
        "trigger": trigger,
    }
    root["url"] = f"{settings.BASE_URL}/runs/{run}/"
    seen, seed = config_as_seen(config, run), f"{run}/"
    return RunFacts(
        run, account, playbook, number, json.loads(inputs), seen, root, outright, mode, autonomous, timezone, starter, seed, secrets=Secrets(run)
    )

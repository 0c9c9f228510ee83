"""How many live runs an account may have at once, counted one after the other: starts, and failed runs that open again."""

from __future__ import annotations

from django.db import connection

from playbooks_app import limits
from playbooks_app.models import Account
from runs_app.advisory import Advisory
from runs_app.engine.records import LIVE
from runs_app.models import Run
from runs_app.statuses import RUN_OPEN

LIMIT = "runs_at_once"


def is_counted(run: Run) -> bool:
    """Whether the account may have only so many such runs at once. What a run starts is its own affair."""
    return bool(run.mode == LIVE and run.parent_step is None and limits.most(run.account, LIMIT))


def used(account: Account) -> int:
    """How many there are at this moment."""
    return Run.objects.filter(account=account, mode=LIVE, parent_step=None, status__in=RUN_OPEN).count()


def require(run: Run) -> None:
    """Room for this run, which is not open yet. Raises LimitReached. Inside a transaction if it is counted; others wait for its end."""
    if not is_counted(run):
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [Advisory.ROOM, run.account_id])
    limits.require_room(run.account, LIMIT, used(run.account), more="Wait until some of them are over, or cancel what nobody needs.")

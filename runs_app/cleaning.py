"""Putting away runs that nobody cares about any more (S4-cleanup): failed or paused, and untouched for days. Never running ones."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import DateTimeField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from playbooks_app import clock
from playbooks_app.errors import WrongState
from playbooks_app.limits import most
from playbooks_app.models import Account, User
from playbooks_app.permissions import LEADS, has_role, require
from runs_app.models import Run, RunEvent
from runs_app.statuses import RunStatus

MOST = 500  # put away in one round


def stale(days: int) -> QuerySet[Run]:
    """Failed and paused runs in which nothing has happened for so many days, the oldest first."""
    newest = RunEvent.objects.filter(run=OuterRef("pk")).order_by("-number").values("at")[:1]
    touched = Coalesce(Subquery(newest, output_field=DateTimeField()), "created_at")
    runs = Run.objects.filter(status__in=[RunStatus.FAILED, RunStatus.PAUSED], archived_at=None)
    found: QuerySet[Run] = runs.annotate(touched=touched).filter(touched__lt=clock.now() - timedelta(days=days)).order_by("pk")
    return found


def clean_up(days: int, *, by: User | None = None, among: QuerySet[Run] | None = None) -> list[int]:
    """Archive them; those whose state changes meanwhile are left. Returns their numbers."""
    runs = stale(days) if among is None else stale(days).filter(pk__in=among.values("pk"))
    done = []
    for run in runs[:MOST]:
        try:
            run.archive(by)
        except WrongState:
            continue
        done.append(run.pk)
    return done


def clean_up_account(by: User, days: int) -> list[int]:
    """Those of the caller's account. Raises NotAllowed."""
    account = by.membership.account_id if by.membership is not None else 0
    require(has_role(by, account, LEADS), "clean up the runs of your account")
    return clean_up(days, by=by, among=Run.objects.filter(account=account))


def clean_up_by_setting() -> int:
    """The clock's duty, if CLEAN_UP_AFTER_DAYS says so, or an account has days of its own."""
    own = Account.objects.exclude(limit_clean_up_after_days=None)
    done = [clean_up(most(each, "clean_up_after_days"), among=Run.objects.filter(account=each)) for each in own.exclude(limit_clean_up_after_days=0)]
    days = int(settings.CLEAN_UP_AFTER_DAYS)
    others = clean_up(days, among=Run.objects.exclude(account__in=own)) if days else []
    return sum(map(len, done)) + len(others)

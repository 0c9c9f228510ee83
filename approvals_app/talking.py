"""What people say to each other while they decide: a thread, the questions in it, and who is told.

A question goes to who started the run, else to the others who are asked; an answer to whoever waits for one: in the bell and by mail.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from approvals_app import news
from playbooks_app import clock
from playbooks_app.errors import Refused
from playbooks_app.language.problem import Problem
from playbooks_app.models import User
from runs_app import timeline
from runs_app.engine.records import LIVE
from runs_app.news import telling

if TYPE_CHECKING:
    from approvals_app.models import Approval, Comment

LONGEST_COMMENT = 10_000


def say(approval: Approval, text: str, *, by: User, asks: bool) -> Comment:
    """Store a comment and tell who waits for it. Wants the run's lock. Raises Refused when it is empty or too long."""
    text = text.replace("\0", "").strip()
    if not text:
        raise Refused([Problem("text", "required", "Write something first.")])
    if len(text) > LONGEST_COMMENT:
        raise Refused([Problem("text", "too_long", f"At most {LONGEST_COMMENT:,} characters; this has {len(text):,}.")])
    answered = [each.person for each in unanswered(approval.comments.select_related("person")) if each.person_id != by.pk]
    made = approval.comments.create(person=by, text=text, asks=asks, at=clock.now())
    timeline.record(approval.run, "approval_commented", path=approval.step_run.path, by=by, data={"approval": approval.pk, "asks": asks})
    _tell(made, answered, f"{by.display_name} has answered you")
    if asks:
        _tell(made, [each for each in _questioned(approval, by) if each not in answered], f"{by.display_name} asks before deciding")
    news.inbox_changed(approval.account_id)
    return made


def unanswered(comments: Iterable[Comment]) -> list[Comment]:
    """Of a thread in its order the questions after which nobody but their author has said anything, one for each author."""
    waiting: dict[int, Comment] = {}
    for each in comments:
        waiting = {pk: question for pk, question in waiting.items() if pk == each.person_id}
        if each.asks:
            waiting[each.person_id] = each
    return list(waiting.values())


def _questioned(approval: Approval, by: User) -> list[User]:
    """Who started the run; where that person asks or has left, the others whose turn it is."""
    starter = approval.requester
    if starter is not None and starter != by and starter.is_active:
        return [starter]
    rows = approval.asked.filter(round=approval.round, ended_at=None, barred="").exclude(person=by)
    return [row.person for row in rows.select_related("person").order_by("pk")]


def _tell(made: Comment, people: Iterable[User], title: str) -> None:
    """In the bell and by mail, each who may read it. A trial tells nobody."""
    approval = made.approval
    address = reverse("approval", args=[approval.pk])
    for person in people:
        if approval.run.mode != LIVE or not type(approval).objects.readable_by(person).filter(pk=approval.pk).exists():
            continue
        reference = f"approval-{approval.pk}-comment-{made.pk}"
        text, subject, words = f"{approval.title}\n\n“{made.text}”", f"{title}: {approval.title}", "Answer" if made.asks else "See it"
        same: dict[str, Any] = {"address": address, "reference": reference, "run": approval.run}
        telling.tell(person, kind="approval", title=subject, text=made.text, **same)
        telling.mail(person, approval.account, subject=subject, title=title, text=text, words=words, **same)

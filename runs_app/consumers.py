"""The sockets: `{"type": "news", "upto": n}` and nothing else. What the news is, the page fetches with the viewer's own rights."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.urls import path
from django.utils.crypto import constant_time_compare

from playbooks_app.models import Playbook, User
from playbooks_app.permissions import may_edit
from runs_app.models import Run
from runs_app.news.live import TooManySubscriptions, switchboard

OUT_OF_SIGHT = 4404
TOO_MANY = 4429
ASK_AGAIN_SECONDS = 5.0  # at most so long does somebody who has lost the right hear that there is news


class NewsConsumer(AsyncJsonWebsocketConsumer):
    """Accepts who may see the topic and passes its newest number on."""

    kind: str
    _task: asyncio.Task[None] | None = None
    _asked_at = float("-inf")

    async def topic_number(self) -> int | None:
        """Which topic; None if it is out of the person's sight."""
        raise NotImplementedError

    async def connect(self) -> None:
        number = await self.topic_number()
        await self.accept()
        if number is None:
            await self.close(OUT_OF_SIGHT)
            return
        self._asked_at = time.monotonic()
        self._task = asyncio.create_task(self._pass_on(number))

    async def disconnect(self, code: int) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any) -> None:
        """Nothing that a page says matters here."""

    async def _is_allowed(self) -> bool:
        """Asked again every so often while news come: whoever was switched off or shut out hears no more."""
        if time.monotonic() - self._asked_at >= ASK_AGAIN_SECONDS:
            self._asked_at = time.monotonic()
            return await self.topic_number() is not None
        return True

    async def _pass_on(self, number: int) -> None:
        try:
            async with switchboard().subscribed(self.kind, number) as subscription:
                upto = await subscription.next()
                while await self._is_allowed():
                    await self.send_json({"type": "news", "upto": upto})
                    upto = await subscription.next()
                await self.close(OUT_OF_SIGHT)
        except TooManySubscriptions:
            with contextlib.suppress(Exception):
                await self.close(TOO_MANY)


class RunConsumer(NewsConsumer):
    """`/ws/runs/<id>/`: news of one run; `upto` is the number of its newest event."""

    kind = "run"

    async def topic_number(self) -> int | None:
        number: int | None = await _visible_run(self.scope, int(self.scope["url_route"]["kwargs"]["run_id"]))
        return number


class InboxConsumer(NewsConsumer):
    """`/ws/inbox/`: something about the approvals of the account changed; `upto` only rises and means nothing else."""

    kind = "inbox"

    async def topic_number(self) -> int | None:
        number: int | None = await _account_of(self.scope)
        return number


class DraftConsumer(NewsConsumer):
    """`/ws/playbooks/<id>/`: the draft or who edits it changed; `upto` only rises and means nothing else. For those who may edit."""

    kind = "draft"

    async def topic_number(self) -> int | None:
        number = int(self.scope["url_route"]["kwargs"]["playbook_id"])
        found: int | None = await _editable_playbook(self.scope, number)
        return found


def editable_playbook(person: User | None, playbook_id: int) -> int | None:
    """Its number, if this person may change its draft."""
    found = Playbook.objects.visible_to(person).filter(pk=playbook_id).first() if person is not None else None
    return found.pk if person is not None and found is not None and may_edit(person, found) else None


@database_sync_to_async
def _editable_playbook(scope: Any, playbook_id: int) -> int | None:
    return editable_playbook(_present(scope), playbook_id)


@database_sync_to_async
def _visible_run(scope: Any, run_id: int) -> int | None:
    """For somebody as they are at this moment: rights change while a socket is open."""
    person = _present(scope)
    return Run.objects.visible_to(person).filter(pk=run_id).values_list("pk", flat=True).first() if person is not None else None


@database_sync_to_async
def _account_of(scope: Any) -> int | None:
    person = _present(scope)
    return person.account.pk if person is not None and person.account is not None else None


def _present(scope: Any) -> User | None:
    """The person read again; None for strangers, who was switched off or signed out, and where the plan has no playbooks."""
    user = scope["user"]
    found = User.objects.filter(pk=user.pk, is_active=True).first() if user.is_authenticated else None
    if found is None or not _is_signed_in(scope, found):
        return None
    return found if found.account is not None and found.account.playbooks_enabled else None


def _is_signed_in(scope: Any, person: User) -> bool:
    """Whether the session with which the socket was opened is still there, and none of before a change of the password."""
    kept = SessionStore(scope["session"].session_key).load()
    return constant_time_compare(kept.get(HASH_SESSION_KEY, ""), person.get_session_auth_hash())


websocket_urlpatterns = [
    path("ws/runs/<int:run_id>/", RunConsumer.as_asgi()),
    path("ws/inbox/", InboxConsumer.as_asgi()),
    path("ws/playbooks/<int:playbook_id>/", DraftConsumer.as_asgi()),
]

"""Answers under idempotency keys: the same call again gets the first answer again, whoever of several clients comes first."""

from __future__ import annotations

import hashlib
import json
import time
from datetime import timedelta

from django.db import connection
from django.http import HttpResponse

from playbooks_app import clock
from playbooks_app.errors import WrongState
from playbooks_app.models import KeptAnswer, User
from playbooks_app.secrecy import sealing

KEPT_FOR = timedelta(days=7)
LOST_AFTER = timedelta(minutes=2)  # longer than a call may take; whoever comes then does it again
WAIT_SECONDS = 10.0  # for the first call to end
LOOK_SECONDS = 0.05
LONGEST_KEY = 200
KEPT_HEADERS = ("Content-Type", "ETag", "Location")
PURPOSE = "kept answer"

_TAKE = """
INSERT INTO playbooks_app_keptanswer AS a (user_id, key, asked, status, body, headers, created_at, taken_at) VALUES (%s, %s, %s, 0, '', '{}', %s, %s)
ON CONFLICT (user_id, key) DO UPDATE SET asked = EXCLUDED.asked, status = 0, created_at = EXCLUDED.created_at, taken_at = EXCLUDED.taken_at
WHERE a.created_at <= %s OR (a.status = 0 AND a.taken_at <= %s AND a.asked = EXCLUDED.asked) RETURNING id
"""


class KeyInUse(WrongState):
    """409: the key belongs to another call."""

    code = "idempotency_key_in_use"
    hint = "Take a new key for a new call; the same key only for the very same one."


def digest(method: str, address: str, body: bytes) -> str:
    """Of what is asked."""
    return hashlib.sha256(b"\0".join([method.encode(), address.encode("utf-8", "replace"), body])).hexdigest()


def take(user: User, key: str, asked: str) -> int | HttpResponse:
    """The number under which the answer is to be kept, or the first answer. Waits for a first call that has not ended. Raises KeyInUse."""
    end = time.monotonic() + WAIT_SECONDS
    while True:
        number = _taken(user, key, asked)
        if number is not None:
            return number
        kept = KeptAnswer.objects.filter(user=user, key=key).first()
        if kept is not None and kept.asked != asked:
            raise KeyInUse("This Idempotency-Key was used for another call.")
        if kept is not None and kept.status:
            return _again(kept)
        if time.monotonic() > end:
            raise KeyInUse(
                "The first call with this Idempotency-Key is still being worked on.", hint="Ask again in a few seconds, with the same key."
            )
        time.sleep(LOOK_SECONDS)


def keep(number: int, answer: HttpResponse) -> None:
    """Keep a success; what was refused may be asked again."""
    if not 200 <= answer.status_code < 300:
        KeptAnswer.objects.filter(pk=number).delete()
        return
    headers = {name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers}
    body = sealing.seal(answer.content.decode("utf-8", "surrogateescape"), PURPOSE) if answer.content else ""
    KeptAnswer.objects.filter(pk=number).update(status=answer.status_code, body=body, headers=headers)


def forget_old() -> int:
    """Those older than seven days; how many."""
    return KeptAnswer.objects.filter(created_at__lte=clock.now() - KEPT_FOR).delete()[0]


def _taken(user: User, key: str, asked: str) -> int | None:
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [user.pk, key, asked, now, now, now - KEPT_FOR, now - LOST_AFTER])
        found = cursor.fetchone()
    return int(found[0]) if found else None


def _again(kept: KeptAnswer) -> HttpResponse:
    try:
        body = sealing.unseal(kept.body, PURPOSE) if kept.body else ""
    except sealing.Unreadable:
        body = json.dumps(
            {"code": "kept_elsewhere", "message": "The call has been done; its answer can no longer be read.", "hint": "", "address": ""}
        )
    return HttpResponse(body.encode("utf-8", "surrogateescape"), status=kept.status, headers={**kept.headers, "Idempotent-Replayed": "true"})

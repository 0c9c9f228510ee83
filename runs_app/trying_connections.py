"""Tests a connection: one GET of its address with its key, through the one way out, and a sentence about what came back."""

from __future__ import annotations

from django.db import transaction

from playbooks_app import audit, clock
from playbooks_app.language.step_type import StepFailed
from playbooks_app.models import Connection, User
from runs_app import egress
from runs_app.secrecy import revealing

TRY_SECONDS = 10.0  # somebody is looking at the button
TRY_BYTES = 1_000_000


def try_connection(connection: Connection, *, by: User) -> None:
    """Find out whether it works, and keep what was found. Takes as long as the other side does, at most ten seconds."""
    ok, said = _tried(connection, by)
    with transaction.atomic():
        connection.tested_at, connection.test_ok, connection.test_said = clock.now(), ok, said[:300]
        connection.save(update_fields=["tested_at", "test_ok", "test_said"])
        audit.note(by, "connection.tested", connection, new={"ok": ok, "said": said[:300]})


def _tried(connection: Connection, by: User) -> tuple[bool, str]:
    if not connection.base_url:
        return False, "It has no address that could be called."
    with revealing.in_hand(0, connection.account_id, f"test of {connection.name}", by=by) as hand:
        try:
            over = egress.connected(connection.name, connection.account_id)
            answer = egress.call("GET", over.address(""), headers=over.headers, timeout_seconds=TRY_SECONDS, limit_bytes=TRY_BYTES)
        except StepFailed as failure:
            return _verdict(hand.masker().failure(failure))
    return True, f"It answered {answer.status}."


def _verdict(failure: StepFailed) -> tuple[bool, str]:
    """A refusal is an answer: only one of the key says that the connection does not work."""
    status = failure.details.get("status") if isinstance(failure.details, dict) else None
    if failure.code == "ClientError" and status in (401, 403):
        return False, f"It answered {status}: the key is refused."
    if failure.code == "ClientError" and isinstance(status, int) and status >= 400:
        return True, f"It answered {status}, so it is there and takes the key."
    return False, failure.message

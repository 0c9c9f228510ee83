"""What can go wrong when somebody asks for something, each with a way out.

HandrailError
├── NotAllowed     403  no right to do that
├── OutOfSight     404  not there, or not shared with you
├── WrongState     409  not possible in the present state
├── Stale          412  somebody else has saved since you read it
├── Refused        422  the content has faults; carries them all
└── TooMany        429  too often; carries the seconds to wait
"""

from __future__ import annotations

from typing import Any

from playbooks_app.language.problem import Problem

PROBLEM = "application/problem+json"  # the content type of every refusal over REST


class HandrailError(Exception):
    """Base of all errors that a door turns into an answer: `{code, message, hint, address}`."""

    code = "error"
    http_status = 400
    hint = ""

    def __init__(self, message: str, *, hint: str = "", address: str = "", details: Any = None) -> None:
        super().__init__(message)
        self.message, self.hint, self.address, self.details = message, hint or self.hint, address, details

    def as_json(self) -> dict[str, Any]:
        """The body of the answer."""
        found = {"code": self.code, "message": self.message, "hint": self.hint, "address": self.address}
        return found if self.details is None else {**found, "details": self.details}


class NotAllowed(HandrailError):
    """You may see this, but not do that."""

    code, http_status = "not_allowed", 403
    hint = "Ask the owner or an admin of your account for the right."


class OutOfSight(HandrailError):
    """Not there, or not shared with you; the two are never told apart."""

    code, http_status = "not_found", 404
    hint = "Check the address, or ask its owner to share it with you."


class WrongState(HandrailError):
    """That is not possible in the present state."""

    code, http_status = "wrong_state", 409
    hint = "Reload: somebody else may have acted."


class Stale(HandrailError):
    """Made from an older state than the present one; `details` says which is the present one."""

    code, http_status = "stale", 412
    hint = "Read it again, put your change on top, and save with the revision you read."


class Refused(HandrailError):
    """The content cannot be accepted; every fault is listed at once."""

    code, http_status = "invalid", 422
    hint = "Mend the listed faults and send it again."

    def __init__(self, problems: list[Problem], message: str = "") -> None:
        super().__init__(message or (problems[0].message if problems else "Not valid."))
        self.problems = problems

    def as_json(self) -> dict[str, Any]:
        """`{code, message, hint, address, problems}`; a single fault is said at the top, too."""
        (one,) = self.problems if len(self.problems) == 1 else (Problem("", "", ""),)
        top = {**super().as_json(), "hint": one.hint or self.hint, "address": one.address}
        return {**top, "problems": [p.as_json() for p in self.problems]}


class TooMany(HandrailError):
    """Tried too often; `seconds` is how long to wait."""

    code, http_status = "rate_limited", 429
    hint = "Wait a little, then try again."

    def __init__(self, message: str, *, hint: str = "", seconds: int) -> None:
        super().__init__(message, hint=hint, details={"retry_after": seconds})
        self.seconds = seconds

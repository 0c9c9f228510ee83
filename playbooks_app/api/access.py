"""Who may knock at the REST doors at all."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from playbooks_app.errors import NotAllowed, Refused
from playbooks_app.language.problem import Problem
from playbooks_app.models import User

TRUTHS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


def signed_in(request: Request) -> User:
    """The person behind a request that has passed a permission class."""
    assert isinstance(request.user, User)
    return request.user


def truth_asked_for(request: Request, name: str) -> bool:
    """A flag of the query: absent is false. Raises Refused for what is neither true nor false."""
    text = request.query_params.get(name, "false").lower()
    if text not in TRUTHS:
        raise Refused([Problem(name, "WrongType", f"“{name}” is true or false.", "Write 1 or 0.")])
    return TRUTHS[text]


def number_asked_for(request: Request, name: str) -> int | None:
    """A number of the query; None where it is absent or empty. Raises Refused for what is none."""
    text = request.query_params.get(name, "").strip()
    if text and not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Refused([Problem(name, "WrongType", f"“{name}” is a number, and “{text[:40]}” is none.", "Write digits alone, such as 12.")])
    return int(text) if text else None


def choice_asked_for(request: Request, name: str, choices: tuple[str, ...]) -> str:
    """One of these words; the first where nothing is said. Raises Refused for another."""
    text = request.query_params.get(name, "") or choices[0]
    if text not in choices:
        raise Refused([Problem(name, "NotOneOf", f"“{text[:40]}” is not known for “{name}”.", f"Choose one of {', '.join(filter(None, choices))}.")])
    return text


class InAccountWithPlaybooks(IsAuthenticated):
    """Signed in, at work in an account, and the account's plan has playbooks switched on (S0-plan-gate)."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Raises NotAllowed with the reason where it is the plan that says no."""
        if not super().has_permission(request, view):
            return False
        account = signed_in(request).account
        if account is not None and not account.playbooks_enabled:
            raise NotAllowed(f"Playbooks are not part of {account}'s plan.", hint="Ask an owner of your account to switch them on.")
        return True

"""How allauth signs somebody in here."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from playbooks_app.entrance.addresses import address_of

BACKEND = "playbooks_app.entrance.sign_in.EmailOrUsername"
UNKNOWN_ADDRESS = "0.0.0.0"  # nosec: a value in a list, nothing listens there


class AccountAdapter(DefaultAccountAdapter):
    """Named in settings.ACCOUNT_ADAPTER."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up: an owner or admin invites."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """As the audit log says it."""
        return address_of(request) or UNKNOWN_ADDRESS

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """After the last stage. Whoever came by another door is looked after by the same backend, which refuses who is switched off."""
        user.backend = BACKEND
        super().login(request, user)

    def add_message(self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **more: Any) -> None:
        """The pages say what happened; allauth's own greetings are left out, its refusals are not."""
        if not message_template:
            super().add_message(request, level, message_template, *args, **more)

"""Signing in with an e-mail address or a username, whatever the case of either."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models import Q
from django.http import HttpRequest

from playbooks_app.entrance import throttle
from playbooks_app.models import User


class EmailOrUsername(ModelBackend):
    """A username that looks like somebody else's address never wins over the address: usernames are tried second."""

    def authenticate(self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **more: Any) -> User | None:
        """The person, or None; takes the same time whether or not the name exists. Raises TooMany."""
        if not username or password is None or "\0" in username:
            return None
        throttle.count("sign-in", username, request)
        person = self._person(username, password)
        if person is not None:
            throttle.forgive("sign-in", username, request)
        return person

    def _person(self, username: str, password: str) -> User | None:
        found = sorted(
            User.objects.filter(Q(email__iexact=username) | Q(username__iexact=username)), key=lambda user: user.email.lower() != username.lower()
        )
        if not found:
            User().set_password(password)
            return None
        person = found[0]
        return person if person.check_password(password) and self.user_can_authenticate(person) else None

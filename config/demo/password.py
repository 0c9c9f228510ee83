"""The password everybody knows opens nothing outside the demo, not even in a database that was once a demo's."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import BaseBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from approvals_app.demo.people import DEMO_PASSWORD


class NoDemoPassword(BaseBackend):
    """First in AUTHENTICATION_BACKENDS: refuses, and with PermissionDenied no other backend is asked."""

    def authenticate(self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **more: Any) -> None:
        """Lets every other password pass on to the next backend."""
        if password == DEMO_PASSWORD and not settings.DEMO:
            raise PermissionDenied

"""The second factor: an app's codes, a security key or passkey, and codes for when both are lost."""

from __future__ import annotations

from typing import Any

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base import forms
from django.http import HttpRequest

from playbooks_app.entrance import throttle
from playbooks_app.models import User
from playbooks_app.secrecy import sealing

NAME = "Handrail"
PURPOSE = "second factor"
SEALED = ("secret", "seed")


class SecondFactor(DefaultMFAAdapter):
    """Named in settings.MFA_ADAPTER."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "The code does not fit. Type the one that the app shows at this moment.",
    }

    def get_totp_issuer(self) -> str:
        """What the app shows above the code."""
        return NAME

    def encrypt(self, text: str) -> str:
        """Keys of apps and recovery codes are sealed like other secrets."""
        return sealing.seal(text, PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        """Raises Unreadable when the sealing key is not there any more."""
        return sealing.unseal(encrypted_text, PURPOSE)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Keys are bound to the host that the browser shows."""
        return {"id": context.request.get_host().partition(":")[0], "name": NAME}


def resealed(data: dict[str, Any]) -> dict[str, Any]:
    """What an Authenticator keeps, under the newest key: a key of an app, or the seed of recovery codes. Raises Unreadable."""
    return {name: sealing.resealed(kept) if name in SEALED else kept for name, kept in data.items()}


class CodeForm(forms.AuthenticateForm):
    """A code after the password. Tries are counted like passwords; raises TooMany."""

    user: User

    def clean_code(self) -> str:
        """Counted before it is compared."""
        _count(self.user)
        code: str = super().clean_code()
        _forgive(self.user)
        return code


class CodeAgainForm(forms.ReauthenticateForm):
    """A code before something that matters."""

    user: User

    def clean_code(self) -> str:
        """Counted before it is compared."""
        _count(self.user)
        code: str = super().clean_code()
        _forgive(self.user)
        return code


def _count(user: User) -> None:
    throttle.count("second-factor", user.username, _request())


def _forgive(user: User) -> None:
    throttle.forgive("second-factor", user.username, _request())


def _request() -> HttpRequest:
    found: HttpRequest = context.request
    return found

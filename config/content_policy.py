"""The Content-Security-Policy of every answer: what a page may load and run."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

HEADER = "Content-Security-Policy"
LEADS_ELSEWHERE = {"login", "account_login", "openid_connect_login", "saml_login"}  # views whose form ends at a service for single sign-on
NO_DEVICES = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"  # no page of ours asks for any
STRICT = {
    "default-src": "'none'",
    "script-src": "'self'",  # no inline scripts, no eval
    "style-src": "'self'",
    "style-src-attr": "'unsafe-inline'",  # style="--w: 40%" on charts and bars
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "frame-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def policy(**changes: str) -> str:
    """The header's value; `policy(style_src="'self' 'unsafe-inline'")` for the rare page that needs more."""
    rules = {**STRICT, **{name.replace("_", "-"): value for name, value in changes.items()}}
    return "; ".join(f"{name} {value}".strip() for name, value in rules.items())


class ContentPolicy:
    """Middleware: adds the strict policy unless the view has set one of its own, and shuts the devices that no page needs."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Sets the header."""
        response = self.answer(request)
        response.headers.setdefault(HEADER, policy(**self._changes(request)))
        response.headers.setdefault("Permissions-Policy", NO_DEVICES)
        return response

    def _changes(self, request: HttpRequest) -> dict[str, str]:
        """Browsers ask for the address after a redirect, too."""
        services = any(provider["APPS"] for provider in settings.SOCIALACCOUNT_PROVIDERS.values())
        if not services or request.resolver_match is None or request.resolver_match.view_name not in LEADS_ELSEWHERE:
            return {}
        return {"form_action": "'self' https:" if settings.SECURE else "'self' https: http:"}

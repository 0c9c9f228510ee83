"""Single sign-on: another service (OpenID Connect or SAML, set by the installation's operator) says who somebody is.

A service may speak for addresses of its own domains only, and only for people who are here already: it opens the door, it invites nobody.
"""

from __future__ import annotations

from typing import Any

import structlog
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base import Provider
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from playbooks_app.models import User

log = structlog.get_logger()

STRANGER = "stranger"  # nobody here has that address
FOREIGN = "foreign"  # the service does not speak for that address
BROKEN = "broken"  # the two did not understand each other


class SingleSignOn(DefaultSocialAccountAdapter):
    """Named in settings.SOCIALACCOUNT_ADAPTER."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Nobody signs up."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find the person. Raises ImmediateHttpResponse with a page that says why it is nobody."""
        found = _addresses(sociallogin)
        if not found:
            raise ImmediateHttpResponse(refused(request, FOREIGN, sociallogin.provider.name))
        if sociallogin.is_existing:
            return
        person = User.objects.filter(email__iexact=found[0]).first()
        if person is None:
            raise ImmediateHttpResponse(refused(request, STRANGER, sociallogin.provider.name, found[0]))
        sociallogin.connect(request, person)

    def on_authentication_error(
        self, request: HttpRequest, provider: Provider, error: Any = None, exception: Exception | None = None, extra_context: Any = None
    ) -> None:
        """The service refused, or its answer was not right. Raises ImmediateHttpResponse."""
        log.warning("single_sign_on_failed", provider=provider.name, error=str(error), exception=repr(exception))
        raise ImmediateHttpResponse(refused(request, BROKEN, provider.name))


def refused(request: HttpRequest, why: str, service: str, address: str = "") -> HttpResponse:
    """403: a page with the way back."""
    return render(request, "registration/single_sign_on_refused.html", {"why": why, "service": service, "address": address}, status=403)


def _addresses(sociallogin: SocialLogin) -> list[str]:
    """Verified addresses of the domains that the service speaks for."""
    domains = {domain.lower() for domain in sociallogin.provider.app.settings["domains"]}
    verified = [each.email for each in sociallogin.email_addresses if each.verified]
    return [address for address in verified if address.rpartition("@")[2].lower() in domains]

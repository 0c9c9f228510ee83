"""What a request is once somebody has signed in; for annotations only."""

from __future__ import annotations

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from playbooks_app.models import User


class SignedIn(HttpRequest):
    """Behind `login_required`, with the htmx middleware."""

    user: User
    htmx: HtmxDetails

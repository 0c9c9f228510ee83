"""Who calls: scoped tokens, and the whole tokens of Django's admin and the demo."""

from __future__ import annotations

from typing import Any

from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from playbooks_app import clock
from playbooks_app.api.scopes import scope_of
from playbooks_app.errors import NotAllowed
from playbooks_app.models import ApiToken, User
from playbooks_app.models.api_token import PREFIX, digest_of

DOOR = "api/v1/"


class ByToken(TokenAuthentication):
    """`Authorization: Token …`, or `Bearer …`."""

    def authenticate(self, request: Request) -> tuple[User, Any] | None:
        """(person, token); None where no token was sent. Raises AuthenticationFailed, and NotAllowed where the token lacks the scope."""
        self.keyword = "Bearer" if request.headers.get("Authorization", "")[:7].lower() == "bearer " else "Token"
        found: tuple[User, Any] | None = super().authenticate(request)
        if found is not None and isinstance(found[1], ApiToken):
            require_scope(found[1], request)
        return found

    def authenticate_credentials(self, key: str) -> tuple[User, Any]:
        """Raises AuthenticationFailed for what is unknown, revoked or expired, and for people who have been switched off."""
        if not key.startswith(PREFIX):
            return super().authenticate_credentials(key)
        token = ApiToken.objects.select_related("user").filter(digest=digest_of(key)).first()
        if token is None or token.revoked_at is not None or not token.user.is_active:
            raise AuthenticationFailed("This token is not valid.")
        if token.state == "expired":
            raise AuthenticationFailed("This token has expired.")
        token.used(clock.now())
        return token.user, token


def require_scope(token: ApiToken, request: Request) -> None:
    """Raises NotAllowed unless the token was made for this door."""
    match = request._request.resolver_match
    route = (match.route if match else "").removeprefix(DOOR)
    scope = scope_of(plain(route), request.method or "GET")
    if scope is None or not token.allows(scope):
        wanted = f"It needs the scope “{scope}”." if scope else "No scope leads there."
        raise NotAllowed(f"This token may not be used for that. {wanted}", hint="Make a token with this scope under Set up, Connections, API tokens.")


def plain(route: str) -> str:
    """The address of a route without what its pattern adds: `runs/(?P<pk>\\d+)/$` is `runs/x/`."""
    found, depth = [], 0
    for letter in route.replace("^", "").replace("$", ""):
        depth += letter in "(<"
        if depth == 0:
            found.append(letter)
        elif depth == 1 and letter in ")>":
            found.append("x")
        depth -= letter in ")>"
    return "".join(found)


def caller_key(request: Request) -> str:
    """By whom calls are counted: each token for itself."""
    if isinstance(request.auth, ApiToken):
        return f"token:{request.auth.pk}"
    return f"user:{request.user.pk}" if isinstance(request.user, User) else ""

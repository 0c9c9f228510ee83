"""REST: scoped tokens. The key is in the answer that makes it, and never again."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework import serializers as s
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from playbooks_app.api.access import signed_in
from playbooks_app.api.bodies import Body, checked
from playbooks_app.api.etag import Edited, as_read
from playbooks_app.models import ApiToken
from playbooks_app.models.api_token import Scope
from playbooks_app.secrecy import tokens


class TokenShape(s.ModelSerializer[ApiToken]):
    """A token, without its key."""

    user = s.SlugRelatedField[Any](slug_field="username", read_only=True)
    scopes = s.ListField(child=s.ChoiceField(choices=Scope.choices), read_only=True)
    state = s.ChoiceField(choices=["active", "expired", "revoked"], read_only=True)

    class Meta:
        model = ApiToken
        fields = ["id", "name", "user", "shown", "scopes", "state", "created_at", "expires_at", "last_used_at", "revoked_at"]
        read_only_fields = fields


class MadeTokenShape(TokenShape):
    """With its key, this once."""

    token = s.CharField(read_only=True)

    class Meta(TokenShape.Meta):
        fields = [*TokenShape.Meta.fields, "token"]
        read_only_fields = fields


class TokenBody(Body):
    name = s.CharField(max_length=100, help_text="What it is for.")
    scopes = s.ListField(child=s.ChoiceField(choices=Scope.choices), help_text="What it may be used for.")
    expires_at = s.DateTimeField(required=False, allow_null=True, default=None, help_text="Null: never.")


@extend_schema(tags=["tokens"])
class TokenViewSet(Edited, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[ApiToken]):
    """Your tokens; for admins those of the account."""

    queryset = ApiToken.objects.none()
    serializer_class = TokenShape
    permission_classes = [IsAuthenticated]
    filter_backends: list[Any] = []
    lookup_value_regex = r"\d{1,15}"

    def get_queryset(self) -> QuerySet[ApiToken]:
        """In the caller's sight, the newest first."""
        return tokens.tokens_visible_to(signed_in(self.request)).order_by("-pk")

    @extend_schema(request=TokenBody, responses={201: MadeTokenShape})
    def create(self, request: Request) -> Response:
        """Make one for yourself. `token` is shown this once."""
        through = request.auth if isinstance(request.auth, ApiToken) else None
        made, key = tokens.make(signed_in(request), through=through, **checked(TokenBody, request))
        return Response({**TokenShape(made).data, "token": key}, status=201, headers={"Cache-Control": "no-store"})

    @extend_schema(responses={204: None})
    @as_read
    def destroy(self, request: Request, pk: str) -> Response:
        """Revoke it: it opens nothing from here on."""
        tokens.revoke(self.get_object(), by=signed_in(request))
        return Response(status=204)

"""REST: secrets and connections. Values go in and never come out."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers as s
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from playbooks_app.api import shapes
from playbooks_app.api.access import InAccountWithPlaybooks, signed_in, truth_asked_for
from playbooks_app.api.bodies import Body, checked
from playbooks_app.api.etag import Edited, as_read
from playbooks_app.errors import NotAllowed, OutOfSight
from playbooks_app.models import Account, Connection, Secret
from playbooks_app.permissions import may_keep_secrets, require
from playbooks_app.secrecy import keeping

Thing = TypeVar("Thing", Secret, Connection)
HOSTS = "Hosts to which it may be sent: `bank.example.com`, `*.example.com`, `bank.example.com:8443`."
IN_USE = OpenApiResponse(shapes.ErrorShape, description="Used by playbooks; `details.used_by` names those that you see.")
ANYWAY = OpenApiParameter("although_used", bool, description="Delete it although playbooks use it: their steps will fail.")


class SecretShape(s.ModelSerializer[Secret]):
    """A secret, without its value."""

    set_by = s.SlugRelatedField[Any](slug_field="username", read_only=True, allow_null=True)
    hosts = s.ListField(child=s.CharField(), read_only=True, help_text=f"{HOSTS} None: where the playbook sends it first, and no further.")

    class Meta:
        model = Secret
        fields = ["id", "name", "hosts", "set_at", "set_by", "last_used_at", "created_at"]
        read_only_fields = fields


class ConnectionShape(s.ModelSerializer[Connection]):
    """A connection, without its key."""

    set_by = s.SlugRelatedField[Any](slug_field="username", read_only=True, allow_null=True)
    hosts = s.ListField(child=s.CharField(), read_only=True, source="allowed_hosts", help_text=HOSTS)
    has_key = s.SerializerMethodField()

    class Meta:
        model = Connection
        fields = [
            "id",
            "name",
            "kind",
            "base_url",
            "hosts",
            "has_key",
            "set_at",
            "set_by",
            "last_used_at",
            "tested_at",
            "test_ok",
            "test_said",
            "created_at",
        ]
        read_only_fields = fields

    def get_has_key(self, connection: Connection) -> bool:
        """Whether a key goes along with its calls."""
        return bool(connection.sealed)


class SecretBody(Body):
    name = s.CharField(max_length=100, help_text="Letters, digits, _ and -; steps write `{{ secrets.<name> }}`.")
    value = s.CharField(trim_whitespace=False, write_only=True, max_length=keeping.LONGEST)
    hosts = s.ListField(child=s.CharField(max_length=255), required=False, default=list, help_text=HOSTS)


class SecretChange(Body):
    value = s.CharField(trim_whitespace=False, write_only=True, required=False, max_length=keeping.LONGEST)
    hosts = s.ListField(child=s.CharField(max_length=255), required=False, help_text=f"{HOSTS} Further ones need the value again.")


class ConnectionChange(Body):
    kind = s.CharField(max_length=40, required=False, help_text="How the key is sent: http (Bearer), basic (user:password), api_key (X-API-Key) …")
    base_url = s.CharField(max_length=500, required=False, allow_blank=True)
    api_key = s.CharField(
        trim_whitespace=False,
        write_only=True,
        required=False,
        allow_blank=True,
        allow_null=True,
        max_length=keeping.LONGEST,
        help_text="Empty: none.",
    )
    hosts = s.ListField(child=s.CharField(max_length=255), required=False, help_text=f"{HOSTS} None: that of base_url.")


class ConnectionBody(ConnectionChange):
    name = s.CharField(max_length=100, help_text="Steps write `connection: <name>`.")


class _KeptViewSet(Edited, viewsets.GenericViewSet[Thing], Generic[Thing]):
    """What both have in common."""

    permission_classes = [InAccountWithPlaybooks]
    filter_backends: list[Any] = []
    lookup_value_regex = r"[^/]+"
    model: type[Any]

    def get_queryset(self) -> QuerySet[Any]:
        """Those of the caller's account. Raises NotAllowed."""
        if getattr(self, "swagger_fake_view", False):
            return self.model.objects.none()  # type: ignore[no-any-return]
        return self.model.objects.filter(account=account_of(self.request)).select_related("set_by").order_by("name")  # type: ignore[no-any-return]

    def held(self) -> Any:
        """As in Edited."""
        return self.found()

    def found(self) -> Any:
        """By number or by name. Raises OutOfSight."""
        asked = str(self.kwargs["pk"]).replace("\0", "")
        named = {"pk": int(asked)} if asked.isascii() and asked.isdigit() and len(asked) < 18 else {"name": asked}
        found = self.get_queryset().filter(**named).first()
        if found is None:
            raise OutOfSight("There is nothing of this name or number in your account.")
        return found

    def list(self, request: Request) -> Response:
        """All of the account, by name."""
        page: Any = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def retrieve(self, request: Request, pk: str) -> Response:
        """One, by number or name."""
        return Response(self.get_serializer(self.found()).data)

    @extend_schema(parameters=[ANYWAY], responses={204: None, 409: IN_USE})
    @as_read
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete it. Refused while playbooks use it."""
        keeping.delete(self.found(), by=signed_in(request), although_used=truth_asked_for(request, "although_used"))
        return Response(status=204)


@extend_schema(tags=["secrets"])
class SecretViewSet(_KeptViewSet[Secret]):
    """Secrets of your account, for builders. No value is ever read back."""

    model, queryset, serializer_class = Secret, Secret.objects.none(), SecretShape

    @extend_schema(request=SecretBody, responses={201: SecretShape})
    def create(self, request: Request) -> Response:
        """Keep a value under a name."""
        made = keeping.add_secret(account_of(request), by=signed_in(request), **checked(SecretBody, request))
        return Response(SecretShape(made).data, status=201)

    @extend_schema(request=SecretChange, responses={200: SecretShape})
    @as_read
    def partial_update(self, request: Request, pk: str) -> Response:
        """Replace the value, or the hosts."""
        found = self.found()
        keeping.change_secret(found, by=signed_in(request), **checked(SecretChange, request))
        return Response(SecretShape(found).data)


@extend_schema(tags=["secrets"])
class ConnectionViewSet(_KeptViewSet[Connection]):
    """Systems that playbooks talk to, for builders. No key is ever read back."""

    model, queryset, serializer_class = Connection, Connection.objects.none(), ConnectionShape

    @extend_schema(request=ConnectionBody, responses={201: ConnectionShape})
    def create(self, request: Request) -> Response:
        """Keep a connection."""
        made = keeping.add_connection(account_of(request), by=signed_in(request), **checked(ConnectionBody, request))
        return Response(ConnectionShape(made).data, status=201)

    @extend_schema(request=ConnectionChange, responses={200: ConnectionShape})
    @as_read
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change it, or replace its key; `api_key: ""` takes it away."""
        found = self.found()
        keeping.change_connection(found, by=signed_in(request), **checked(ConnectionChange, request))
        return Response(ConnectionShape(found).data)


def account_of(request: Request) -> Account:
    """The account of a caller who may keep secrets there. Raises NotAllowed."""
    user = signed_in(request)
    if user.account is None:
        raise NotAllowed("You work in no account.", hint="Ask an admin to add you to theirs.")
    require(may_keep_secrets(user, user.account), "handle secrets and connections")
    return user.account

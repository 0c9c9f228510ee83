"""REST: webhooks out, and their deliveries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers as s
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from playbooks_app.api.access import InAccountWithPlaybooks, signed_in
from playbooks_app.api.bodies import Body, checked
from playbooks_app.api.etag import Edited, as_read
from playbooks_app.api.secrets import account_of
from playbooks_app.errors import OutOfSight
from runs_app.api.paging import Pages
from runs_app.models import Webhook, WebhookDelivery
from runs_app.news import webhooks

EVENTS = f"Any of {', '.join((*webhooks.KINDS, *webhooks.GROUPS))}."
LONGEST_OVERLAP = int(timedelta(days=30).total_seconds())


class WebhookShape(s.ModelSerializer[Webhook]):
    """A webhook, without its secret."""

    owner = s.SlugRelatedField[Any](slug_field="username", read_only=True)
    events = s.ListField(child=s.CharField(), read_only=True, help_text=EVENTS)
    playbooks = s.ListField(child=s.IntegerField(), read_only=True, help_text="Of these alone; none: of every playbook.")

    class Meta:
        model = Webhook
        fields = [
            "id",
            "url",
            "description",
            "owner",
            "events",
            "playbooks",
            "enabled",
            "disabled_why",
            "failing_since",
            "delivered_at",
            "old_until",
            "created_at",
        ]
        read_only_fields = fields


class MadeWebhookShape(WebhookShape):
    """With its secret, this once."""

    secret = s.CharField(read_only=True)

    class Meta(WebhookShape.Meta):
        fields = [*WebhookShape.Meta.fields, "secret"]
        read_only_fields = fields


class DeliveryShape(s.ModelSerializer[WebhookDelivery]):
    """One event for one webhook."""

    payload = s.JSONField(read_only=True)

    class Meta:
        model = WebhookDelivery
        fields = ["id", "event", "kind", "status", "tries", "due_at", "last_status", "last_said", "last_ms", "created_at", "ended_at", "payload"]
        read_only_fields = fields


class WebhookChange(Body):
    url = s.CharField(max_length=1000, required=False)
    description = s.CharField(max_length=200, required=False, allow_blank=True)
    events = s.ListField(child=s.CharField(max_length=40), required=False, help_text=EVENTS)
    playbooks = s.ListField(child=s.IntegerField(min_value=1), required=False, max_length=200)
    enabled = s.BooleanField(required=False)


class WebhookBody(Body):
    url = s.CharField(max_length=1000, help_text="Called with POST; must answer below 300 within 15 seconds.")
    description = s.CharField(max_length=200, required=False, allow_blank=True, default="")
    events = s.ListField(child=s.CharField(max_length=40), help_text=EVENTS)
    playbooks = s.ListField(child=s.IntegerField(min_value=1), required=False, default=list, max_length=200)


class RotateBody(Body):
    keep_old_for = s.IntegerField(
        min_value=0, max_value=LONGEST_OVERLAP, required=False, default=int(webhooks.OVERLAP.total_seconds()), help_text="Seconds."
    )


@extend_schema(tags=["webhooks"])
class WebhookViewSet(Edited, viewsets.GenericViewSet[Webhook]):
    """Your webhooks; for admins those of the account. They tell of runs that their owners see."""

    queryset = Webhook.objects.none()
    serializer_class = WebhookShape
    pagination_class = Pages
    permission_classes = [InAccountWithPlaybooks]
    filter_backends: list[Any] = []
    lookup_value_regex = r"\d{1,15}"

    def get_queryset(self) -> QuerySet[Webhook]:
        """In the caller's sight. Raises NotAllowed for who does not build."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        account_of(self.request)
        return Webhook.objects.visible_to(signed_in(self.request)).select_related("owner").order_by("-pk")

    def list(self, request: Request) -> Response:
        """The newest first."""
        page: Any = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(WebhookShape(page, many=True).data)

    def retrieve(self, request: Request, pk: str) -> Response:
        """One."""
        return Response(WebhookShape(self.get_object()).data)

    @extend_schema(request=WebhookBody, responses={201: MadeWebhookShape})
    def create(self, request: Request) -> Response:
        """Subscribe. `secret` signs the deliveries and is shown this once."""
        made, secret = webhooks.make(account_of(request), by=signed_in(request), **checked(WebhookBody, request))
        return Response({**WebhookShape(made).data, "secret": secret}, status=201, headers={"Cache-Control": "no-store"})

    @extend_schema(request=WebhookChange, responses={200: WebhookShape})
    @as_read
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change it, or switch it off and on."""
        found = self.get_object()
        webhooks.change(found, by=signed_in(request), **checked(WebhookChange, request))
        return Response(WebhookShape(found).data)

    @extend_schema(responses={204: None})
    @as_read
    def destroy(self, request: Request, pk: str) -> Response:
        """Unsubscribe; its deliveries are forgotten."""
        webhooks.delete(self.get_object(), by=signed_in(request))
        return Response(status=204)

    @extend_schema(request=RotateBody, responses={200: MadeWebhookShape})
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, pk: str) -> Response:
        """A new secret, shown this once; the old one signs as well for `keep_old_for` seconds, a day when left out."""
        found, seconds = self.get_object(), checked(RotateBody, request)["keep_old_for"]
        secret = webhooks.renew_secret(found, by=signed_in(request), keep_old_for=timedelta(seconds=seconds))
        return Response({**WebhookShape(found).data, "secret": secret}, headers={"Cache-Control": "no-store"})

    @extend_schema(request=None, responses={202: DeliveryShape})
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str) -> Response:
        """Deliver a `webhook.test`."""
        return Response(DeliveryShape(webhooks.send_test(self.get_object(), by=signed_in(request))).data, status=202)

    @extend_schema(responses=DeliveryShape(many=True))
    @action(detail=True, methods=["get"])
    def deliveries(self, request: Request, pk: str) -> Response:
        """What was delivered, and what came of it, the newest first; kept for 30 days."""
        page: Any = self.paginate_queryset(webhooks.deliveries_of(self.get_object()))  # type: ignore[arg-type]
        return self.get_paginated_response(DeliveryShape(page, many=True).data)

    @extend_schema(operation_id="webhooks_deliveries_again", request=None, responses={202: DeliveryShape})
    @action(detail=True, methods=["post"], url_path=r"deliveries/(?P<delivery>\d{1,15})/again")
    def again(self, request: Request, pk: str, delivery: str) -> Response:
        """Deliver it once more, under the same `webhook-id`."""
        found = webhooks.deliveries_of(self.get_object()).filter(pk=int(delivery)).first()
        if found is None:
            raise OutOfSight("There is no such delivery of this webhook.")
        return Response(DeliveryShape(webhooks.deliver_again(found, by=signed_in(request))).data, status=202)

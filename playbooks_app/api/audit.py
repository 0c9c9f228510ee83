"""REST: the audit log of an account, for its owners and admins."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.permissions import IsAuthenticated

from playbooks_app import audit_reading
from playbooks_app.api.access import signed_in
from playbooks_app.api.shapes import ErrorShape, FaultsShape
from playbooks_app.models import AuditEntry
from playbooks_app.pages.audit import account_managed_by

WORDS = {
    "actor": "A username.",
    "action": "Such as `playbook.shared`.",
    "kind": "Of the thing, such as `playbook`.",
    "thing": "Id of the thing.",
    "q": "In the name of the thing, or its id.",
    "since": "At or after this moment or day.",
    "until": "Before this moment, or on or before this day.",
}


class AuditShape(serializers.ModelSerializer[AuditEntry]):
    """One deed. `old` and `new` are what changed, secrets masked."""

    actor = serializers.CharField(source="actor_name", read_only=True)

    class Meta:
        model = AuditEntry
        fields = ["id", "at", "actor", "action", "kind", "thing_id", "thing_name", "address", "old", "new"]
        read_only_fields = fields


@extend_schema(tags=["people"])
@extend_schema_view(
    list=extend_schema(
        parameters=[OpenApiParameter(key, str, description=words) for key, words in WORDS.items()],
        responses={200: AuditShape(many=True), 403: OpenApiResponse(ErrorShape), 422: OpenApiResponse(FaultsShape)},
    )
)
class AuditViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[AuditEntry]):
    """Who did what in your account, newest first. Entries are never changed or deleted."""

    queryset = AuditEntry.objects.none()
    serializer_class = AuditShape
    permission_classes = [IsAuthenticated]
    filter_backends: list[Any] = []
    lookup_value_regex = r"\d{1,15}"

    def get_queryset(self) -> QuerySet[AuditEntry]:
        """Raises NotAllowed for all but owners and admins."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        account_managed_by(signed_in(self.request))
        return audit_reading.chosen(signed_in(self.request), self.request.query_params if self.action == "list" else {})

"""REST: published versions."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from playbooks_app.api import shapes
from playbooks_app.api.access import InAccountWithPlaybooks, signed_in
from playbooks_app.api.parsers import JsonParser
from playbooks_app.drafting.differences import differences
from playbooks_app.models import PlaybookVersion
from playbooks_app.permissions import may_publish, require

NOT_HERE = OpenApiResponse(shapes.ErrorShape, description="Not there, or not shared with you.")
WRONG_STATE = OpenApiResponse(shapes.ErrorShape, description="It is so already.")


@extend_schema(tags=["versions"])
class VersionViewSet(mixins.RetrieveModelMixin, viewsets.GenericViewSet[PlaybookVersion]):
    """Published versions of playbooks that you may see. They never change."""

    queryset = PlaybookVersion.objects.none()
    serializer_class = shapes.VersionWhole
    permission_classes = [InAccountWithPlaybooks]
    parser_classes = [JsonParser]
    filter_backends: list[Any] = []

    def get_queryset(self) -> QuerySet[PlaybookVersion]:
        """With what permissions and shapes need, in one query."""
        return PlaybookVersion.objects.visible_to(self.request.user).select_related("playbook__account", "published_by", "deprecated_by")

    @extend_schema(request=shapes.DeprecationReason, responses={200: shapes.VersionRow, 404: NOT_HERE, 409: WRONG_STATE})
    @action(detail=True, methods=["post"])
    def deprecate(self, request: Request, pk: str) -> Response:
        """Start nothing with it any more; runs that have begun go on."""
        version = self.get_object()
        require(may_publish(signed_in(request), version.playbook), "deprecate versions of this playbook")
        wanted = shapes.DeprecationReason(data=request.data)
        wanted.is_valid(raise_exception=True)
        version.deprecate(by=signed_in(request), **wanted.validated_data)
        return Response(shapes.VersionRow(version).data)

    @extend_schema(request=None, responses={200: shapes.VersionRow, 404: NOT_HERE, 409: WRONG_STATE})
    @action(detail=True, methods=["post"])
    def revive(self, request: Request, pk: str) -> Response:
        """Allow starts with it again."""
        version = self.get_object()
        require(may_publish(signed_in(request), version.playbook), "revive versions of this playbook")
        version.revive(by=signed_in(request))
        return Response(shapes.VersionRow(version).data)

    @extend_schema(
        parameters=[OpenApiParameter("other", OpenApiTypes.INT, OpenApiParameter.PATH, description="Id of the version to compare with.")],
        responses={200: shapes.DifferenceShape, 404: NOT_HERE},
    )
    @action(detail=True, methods=["get"], url_path=r"diff/(?P<other>\d+)")
    def diff(self, request: Request, pk: str, other: str) -> Response:
        """What is different in the other version, step by step."""
        old = self.get_object()
        new = get_object_or_404(self.get_queryset(), pk=other)
        changes = [asdict(change) for change in differences(old.document, new.document)]
        return Response({"from": _name(old), "to": _name(new), "changes": changes})


def _name(version: PlaybookVersion) -> dict[str, int]:
    return {"id": version.pk, "number": version.number}

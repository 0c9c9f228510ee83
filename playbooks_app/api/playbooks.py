"""REST: playbooks, their drafts, checking, publishing, import and export."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from playbooks_app.api import shapes
from playbooks_app.api.access import InAccountWithPlaybooks, signed_in, truth_asked_for
from playbooks_app.api.etag import Edited, as_read, revision_asked_for
from playbooks_app.api.parsers import JsonParser, YamlDocumentParser
from playbooks_app.drafting import drawing
from playbooks_app.drafting.exporting import exported
from playbooks_app.models import Playbook, PlaybookVersion
from playbooks_app.permissions import may_create, may_edit, may_publish, may_share, require

FAULTS = OpenApiResponse(shapes.FaultsShape, description="Refused: every fault at once. Nothing is kept.")
NOT_ALLOWED = OpenApiResponse(shapes.ErrorShape, description="In sight, but not yours to change.")
NOT_HERE = OpenApiResponse(shapes.ErrorShape, description="Not there, or not shared with you.")
STALE = OpenApiResponse(shapes.ErrorShape, description="Saved by somebody since you read it; `details.revision` is the present one.")
WRONG_STATE = OpenApiResponse(shapes.ErrorShape, description="Not possible in the present state.")
IF_MATCH = OpenApiParameter("If-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, description="The ETag that was read; a stale one is 412.")


@extend_schema(tags=["playbooks"])
@extend_schema_view(
    list=extend_schema(
        parameters=[
            OpenApiParameter("q", OpenApiTypes.STR, description="In name, description, owner or draft."),
            OpenApiParameter("owner", OpenApiTypes.STR, description="A username."),
            OpenApiParameter("tag", OpenApiTypes.STR, description="One of its tags."),
            OpenApiParameter("archived", OpenApiTypes.BOOL, description="The archived ones instead."),
        ]
    ),
    retrieve=extend_schema(responses={200: shapes.PlaybookWhole, 404: NOT_HERE}),
)
class PlaybookViewSet(Edited, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Playbook]):
    """Playbooks that you may see. A draft may have faults; a published version has none and never changes."""

    queryset = Playbook.objects.none()
    serializer_class = shapes.PlaybookRow
    permission_classes = [InAccountWithPlaybooks]
    parser_classes = [JsonParser, YamlDocumentParser]
    filter_backends: list[Any] = []
    edited = frozenset({"name", "description", "owner", "tags", "visibility", "department", "group"})

    def basis(self, request: Request) -> Mapping[str, Any]:
        """As in Edited, without a look at the draft: its revision stands for it."""
        return cast("Mapping[str, Any]", shapes.PlaybookRow(self.get_object()).data)

    def get_queryset(self) -> QuerySet[Playbook]:
        """Five queries for a page of any length."""
        versions = Prefetch("versions", PlaybookVersion.objects.only("id", "number", "deprecated_at", "playbook_id"))
        found = Playbook.objects.visible_to(self.request.user).with_people().prefetch_related(versions).order_by("name", "pk")
        archived = self.action == "restore" or (self.action == "list" and truth_asked_for(self.request, "archived"))
        found = found.filter(archived_at__isnull=not archived)
        return self._narrowed(found).defer("draft") if self.action == "list" else found

    def _narrowed(self, found: Any) -> Any:
        text, owner, tag = (self.request.query_params.get(key, "").replace("\0", "") for key in ("q", "owner", "tag"))
        found = found.matching(text) if text else found
        found = found.filter(tags__contains=[tag]) if tag else found
        return found.filter(owner__username=owner) if owner else found

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One playbook with its draft, its faults and its ETag."""
        return self._whole(self.get_object())

    @extend_schema(
        request={"application/json": shapes.PlaybookDrawing, "application/yaml": OpenApiTypes.OBJECT},
        responses={201: shapes.PlaybookWhole, 403: NOT_ALLOWED, 422: FAULTS},
    )
    def create(self, request: Request) -> Response:
        """Make a playbook from a document, in JSON or YAML."""
        user = signed_in(request)
        require(may_create(user), "draw playbooks")
        wanted = shapes.PlaybookDrawing(data=request.data)
        wanted.is_valid(raise_exception=True)
        return self._whole(drawing.draw(by=user, **wanted.validated_data), status.HTTP_201_CREATED)

    @extend_schema(
        request={"application/json": shapes.PlaybookChange},
        responses={200: shapes.PlaybookWhole, 403: NOT_ALLOWED, 422: FAULTS},
    )
    @as_read
    def partial_update(self, request: Request, pk: str) -> Response:
        """Save the draft, or change who sees the playbook. The answer carries the faults of the draft and its ETag."""
        playbook, user = self.get_object(), signed_in(request)
        wanted = shapes.PlaybookChange(data=request.data)
        wanted.is_valid(raise_exception=True)
        changes = wanted.validated_data
        require(may_share(user, playbook) if changes.keys() <= drawing.SHARING_KEYS and changes else may_edit(user, playbook), "change this playbook")
        require(may_share(user, playbook) or not drawing.changes_sharing(changes), "decide who sees this playbook")
        drawing.change(playbook, by=user, revision=revision_asked_for(request), **changes)
        return self._whole(playbook)

    @extend_schema(responses={204: None, 403: NOT_ALLOWED})
    @as_read
    def destroy(self, request: Request, pk: str) -> Response:
        """Archive it: no list shows it and nothing starts; its runs and versions stay, and `restore` brings it back."""
        playbook = self.get_object()
        require(may_edit(signed_in(request), playbook), "archive this playbook")
        playbook.archive(by=signed_in(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={200: shapes.PlaybookWhole, 403: NOT_ALLOWED})
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        """Take it out of the archive."""
        playbook = self.get_object()
        require(may_edit(signed_in(request), playbook), "restore this playbook")
        playbook.restore(by=signed_in(request))
        return self._whole(playbook)

    @extend_schema(
        request={"application/json": shapes.DocumentShape, "application/yaml": OpenApiTypes.OBJECT}, responses={200: shapes.CheckedShape, 422: FAULTS}
    )
    @action(detail=False, methods=["post"])
    def validate(self, request: Request) -> Response:
        """Every fault of a document, without keeping it."""
        wanted = shapes.DocumentShape(data=request.data)
        wanted.is_valid(raise_exception=True)
        problems = drawing.look_at(wanted.validated_data["document"], signed_in(request))
        return Response({"valid": all(problem.level != "error" for problem in problems), "problems": [problem.as_json() for problem in problems]})

    @extend_schema(
        request={"application/json": shapes.PublishNote},
        parameters=[IF_MATCH],
        responses={201: shapes.VersionWhole, 403: NOT_ALLOWED, 409: WRONG_STATE, 412: STALE, 422: FAULTS},
    )
    @action(detail=True, methods=["post"])
    @as_read
    def publish(self, request: Request, pk: str) -> Response:
        """Make the draft the next version: checked, with an id for every step, never to change again."""
        playbook, user = self.get_object(), signed_in(request)
        require(may_publish(user, playbook), "publish this playbook")
        wanted = shapes.PublishNote(data=request.data)
        wanted.is_valid(raise_exception=True)
        version = playbook.publish(by=user, revision=revision_asked_for(request), **wanted.validated_data)
        return Response(shapes.VersionWhole(version).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses=shapes.VersionRow(many=True))
    @action(detail=True, methods=["get"])
    def versions(self, request: Request, pk: str) -> Response:
        """Its versions, newest first."""
        found: Any = PlaybookVersion.objects.filter(playbook=self.get_object()).select_related("published_by", "deprecated_by").defer("document")
        page: Any = self.paginate_queryset(found)
        return self.get_paginated_response(shapes.VersionRow(page, many=True).data)

    @extend_schema(
        parameters=[
            OpenApiParameter("as", enum=["yaml", "json"], default="yaml"),
            OpenApiParameter("version", OpenApiTypes.INT, description="Its number; without it the draft."),
            OpenApiParameter("usual", OpenApiTypes.BOOL, description="With every usual value written out: what holds although nobody wrote it."),
        ],
        responses={(200, "application/yaml"): OpenApiTypes.OBJECT, (200, "application/json"): OpenApiTypes.OBJECT, 404: NOT_HERE, 422: FAULTS},
    )
    @action(detail=True, methods=["get"])
    def export(self, request: Request, pk: str) -> HttpResponse:
        """The draft or a version as a file."""
        asked = request.query_params
        usual = truth_asked_for(request, "usual")
        return exported(self.get_object(), asked.get("version", ""), asked.get("as", "yaml"), by=signed_in(request), usual=usual)

    @extend_schema(request={"application/json": shapes.ImportText}, responses={201: shapes.PlaybookWhole, 403: NOT_ALLOWED, 422: FAULTS})
    @action(detail=False, methods=["post"], url_path="import")
    def import_text(self, request: Request) -> Response:
        """Make a playbook from the text of a document."""
        user = signed_in(request)
        require(may_create(user), "draw playbooks")
        wanted = shapes.ImportText(data=request.data)
        wanted.is_valid(raise_exception=True)
        return self._whole(drawing.draw(by=user, document=drawing.read_document(wanted.validated_data["text"])), status.HTTP_201_CREATED)

    def _whole(self, playbook: Playbook, code: int = status.HTTP_200_OK) -> Response:
        return Response(shapes.PlaybookWhole(playbook).data, status=code)

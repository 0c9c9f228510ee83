"""REST: approvals. Deciding, handing over and talking; the rules are the model's."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from approvals_app import deciding, links, permissions
from approvals_app.api import documents, shapes
from approvals_app.models import Approval
from approvals_app.models.approval import ApprovalQuerySet
from approvals_app.pages.decision import heir
from approvals_app.pages.files import answer as file_answer
from approvals_app.pages.records import of_one
from playbooks_app.api.access import choice_asked_for, number_asked_for, truth_asked_for
from playbooks_app.errors import OutOfSight, Refused
from playbooks_app.language.problem import Problem
from playbooks_app.models import User
from runs_app.api.paging import Pages

STATUSES = ("open", "approved", "rejected", "decided", "expired", "cancelled")
FILTERS = [
    OpenApiParameter("status", str, enum=STATUSES, description="One status or several, with commas between."),
    OpenApiParameter("run", int, description="Number of the run."),
    OpenApiParameter("all", bool, description="Also those that others are asked to decide, of every run in sight."),
]
TOO_LATE = OpenApiResponse(description="Decided already, or what was shown has changed; `details.decisions` says who and when.")
OTHERS = OpenApiResponse(description="Others are asked.")
NO_CHOICE = OpenApiResponse(description="Not one of the choices.")


@extend_schema_view(
    list=extend_schema(parameters=FILTERS, responses=documents.ApprovalShape(many=True)), retrieve=extend_schema(responses=documents.ApprovalShape)
)
@extend_schema(tags=["approvals"])
class ApprovalViewSet(GenericViewSet[Approval]):
    """Questions to people, and their answers."""

    serializer_class = documents.ApprovalShape
    pagination_class = Pages
    queryset = Approval.objects.none()
    lookup_value_regex = r"\d{1,15}"

    def get_queryset(self) -> QuerySet[Approval]:
        """Those in the caller's sight."""
        if getattr(self, "swagger_fake_view", False):
            return Approval.objects.none()
        return Approval.objects.visible_to(self.request.user).with_place()

    def list(self, request: Request) -> Response:
        """Those that the caller is or was asked to decide, newest first; with `all=1` all whose run is in sight."""
        found = chosen(self.get_queryset(), request)
        page = cast(list[Approval], self.paginate_queryset(found.order_by("-pk")))
        return self.get_paginated_response(shapes.shapes(page, _caller(request)))

    def retrieve(self, request: Request, pk: str) -> Response:
        """One, with its comments."""
        return Response(shapes.shape(self.in_sight(pk), _caller(request)))

    @extend_schema(request=documents.DecideRequest, responses={200: documents.ApprovalShape, 403: OTHERS, 409: TOO_LATE, 422: NO_CHOICE})
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: str) -> Response:
        """Vote. The vote that settles it lets the run go on."""
        given = read(documents.DecideRequest(data=request.data))
        self.in_sight(pk).decide(**given, by=_caller(request), channel="api", address=links.address_of(request))
        return Response(shapes.shape(self.in_sight(pk), _caller(request)))

    @extend_schema(request=documents.DelegateRequest, responses={200: documents.ApprovalShape, 403: OTHERS, 409: TOO_LATE})
    @action(detail=True, methods=["post"])
    def delegate(self, request: Request, pk: str) -> Response:
        """Hand one's own task over; both names stay in the record."""
        approval = self.in_sight(pk)
        deciding.asked_or_refuse(approval, _caller(request))
        to = heir(approval, read(documents.DelegateRequest(data=request.data))["to"])
        approval.delegate(to, by=_caller(request))
        return Response(shapes.shape(self.in_sight(pk), _caller(request)))

    @extend_schema(request=documents.CommentRequest, responses={201: documents.CommentShape})
    @action(detail=True, methods=["post"])
    def comment(self, request: Request, pk: str) -> Response:
        """Say something to everybody concerned."""
        approval, given = self.in_sight(pk), read(documents.CommentRequest(data=request.data))
        permissions.require(permissions.may_comment(_caller(request), approval), "comment on this")
        made = approval.say(given["text"], by=_caller(request), asks=given["asks"])
        return Response({"by": made.person.username, "at": made.at, "text": made.text, "asks": made.asks}, status=201)

    @extend_schema(parameters=[OpenApiParameter("as", str, enum=["csv", "pdf"])], responses={(200, "text/csv"): str, (200, "application/pdf"): bytes})
    @action(detail=True, methods=["get"])
    def record(self, request: Request, pk: str) -> Any:
        """Everything that happened: who was asked, by which rule, reminders, opens, decisions, comments, hashes, as CSV or PDF."""
        approval = self.in_sight(pk)
        permissions.require(permissions.may_read(_caller(request), approval), "read what it was about")
        return of_one(approval, _caller(request), choice_asked_for(request, "as", ("csv", "pdf")))

    @extend_schema(responses={(200, "application/octet-stream"): bytes})
    @action(detail=True, methods=["get"], url_path=r"files/(?P<sha256>[0-9a-f]{1,64})")
    def files(self, request: Request, pk: str, sha256: str) -> Any:
        """A file among what is shown, by its SHA-256; for who may read what is decided on."""
        approval = self.in_sight(pk)
        permissions.require(permissions.may_read(_caller(request), approval), "read what it was about")
        return file_answer(approval, sha256)

    @extend_schema(request=None, responses={200: documents.ApprovalShape, 403: OTHERS, 409: TOO_LATE})
    @action(detail=True, methods=["post"])
    def claim(self, request: Request, pk: str) -> Response:
        """Take it out of the inboxes of the others."""
        self.in_sight(pk).claim(_caller(request))
        return Response(shapes.shape(self.in_sight(pk), _caller(request)))

    @extend_schema(request=None, responses={200: documents.ApprovalShape, 403: OTHERS, 409: TOO_LATE})
    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: str) -> Response:
        """Give it back to all who are asked."""
        self.in_sight(pk).release(_caller(request))
        return Response(shapes.shape(self.in_sight(pk), _caller(request)))

    def in_sight(self, pk: str) -> Approval:
        """The approval, if the caller may see it. Raises OutOfSight."""
        own = _asked_of(_caller(self.request)).with_place()  # who was asked sees it: no need to look through the runs
        found = own.filter(pk=int(pk)).first() or self.get_queryset().filter(pk=int(pk)).first()
        if found is None:
            raise OutOfSight("There is no such approval, or it is not yours to see.")
        return found


def chosen(approvals: QuerySet[Approval], request: Request) -> QuerySet[Approval]:
    """By the filters of the address. Raises Refused for values that mean nothing."""
    asked = request.query_params
    if not truth_asked_for(request, "all"):
        approvals = _asked_of(_caller(request)).with_place()
    if (run := number_asked_for(request, "run")) is not None:
        approvals = approvals.filter(run=run)
    return _of_status(approvals, asked.get("status", ""))


def _asked_of(caller: User) -> ApprovalQuerySet:
    """Those of the caller's account that the caller is or was asked to decide."""
    place = caller.membership
    return Approval.objects.filter(account=place.account_id).asked_of(caller) if place is not None else Approval.objects.none()


def read(serializer: Any) -> dict[str, Any]:
    """What came in, checked for its form."""
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _of_status(approvals: Any, written: str) -> QuerySet[Approval]:
    wanted = [each.strip() for each in written.split(",") if each.strip()]
    if unknown := [each for each in wanted if each not in STATUSES]:
        raise Refused([Problem("status", "choice", f"“{unknown[0]}” is no status.", f"One of: {', '.join(STATUSES)}.")])
    if not wanted:
        return cast(QuerySet[Approval], approvals)
    found = approvals.with_status(wanted[0])
    for each in wanted[1:]:
        found = found | approvals.with_status(each)
    return cast(QuerySet[Approval], found)


def _caller(request: Request) -> User:
    return cast(User, request.user)

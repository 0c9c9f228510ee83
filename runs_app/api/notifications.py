"""REST: the bell, and following runs."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from playbooks_app import clock
from playbooks_app.api.access import truth_asked_for
from playbooks_app.api.bodies import Body
from playbooks_app.errors import OutOfSight
from playbooks_app.models import User
from runs_app.api.paging import Pages
from runs_app.models import Follower, Notification, Run


class NotificationShape(serializers.ModelSerializer[Notification]):
    """Something that the caller was told."""

    class Meta:
        model = Notification
        fields = ["id", "kind", "title", "text", "address", "run", "at", "read_at"]
        read_only_fields = fields


class ReadRequest(Body):
    """Which were read; all when it is left out."""

    ids = serializers.ListField(child=serializers.IntegerField(), required=False, max_length=1000)


class FollowShape(serializers.Serializer[Any]):
    """Whether the caller is told when the run ends."""

    following = serializers.BooleanField(default=True)


@extend_schema(tags=["notifications"], parameters=[OpenApiParameter("unread", bool, description="Only those that were not read.")])
class NotificationViewSet(mixins.ListModelMixin, GenericViewSet[Notification]):
    """What the caller was told, the newest first."""

    serializer_class = NotificationShape
    pagination_class = Pages
    queryset = Notification.objects.none()
    filter_backends: list[Any] = []

    def get_queryset(self) -> QuerySet[Notification]:
        """The caller's own."""
        if getattr(self, "swagger_fake_view", False):
            return Notification.objects.none()
        own = Notification.objects.filter(person=cast(User, self.request.user)).order_by("-pk")
        return own.filter(read_at=None) if truth_asked_for(self.request, "unread") else own

    @extend_schema(request=ReadRequest, responses={204: None}, parameters=[])
    @action(detail=False, methods=["post"])
    def read(self, request: Request) -> Response:
        """Mark as read."""
        asked = ReadRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        own = Notification.objects.filter(person=cast(User, request.user), read_at=None)
        if "ids" in asked.validated_data:
            own = own.filter(pk__in=asked.validated_data["ids"])
        own.update(read_at=clock.now())
        return Response(status=204)


class FollowView(APIView):
    """Being told when a run ends."""

    @extend_schema(tags=["runs"], request=FollowShape, responses=FollowShape)
    def post(self, request: Request, run_id: int) -> Response:
        """`{following: true}` begins, `{following: false}` ends."""
        run = Run.objects.visible_to(request.user).filter(pk=run_id).first()
        if run is None:
            raise OutOfSight("There is no such run, or it is not shared with you.")
        asked = FollowShape(data=request.data)
        asked.is_valid(raise_exception=True)
        person = cast(User, request.user)
        if asked.validated_data["following"]:
            Follower.objects.get_or_create(person=person, run=run)
        else:
            Follower.objects.filter(person=person, run=run).delete()
        return Response(asked.validated_data)

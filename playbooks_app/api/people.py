"""REST: the people of an account."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from playbooks_app import membership
from playbooks_app.api import shapes
from playbooks_app.api.access import signed_in
from playbooks_app.api.parsers import JsonParser
from playbooks_app.models import Department, Group, Membership
from playbooks_app.permissions import may_manage_account, require


@extend_schema(tags=["people"])
class MemberViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Membership]):
    """People of your account."""

    queryset = Membership.objects.none()
    serializer_class = shapes.MemberShape
    permission_classes = [IsAuthenticated]
    parser_classes = [JsonParser]
    filter_backends: list[Any] = []

    def get_queryset(self) -> QuerySet[Membership]:
        """Three queries for a page of any length."""
        return membership.members_visible_to(self.request.user)

    @extend_schema(
        request=shapes.MemberChange, responses={200: shapes.MemberShape, 403: shapes.ErrorShape, 409: shapes.ErrorShape, 422: shapes.FaultsShape}
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change role, department, groups, or whether the person may sign in to the account. For admins."""
        member = self.get_object()
        require(may_manage_account(signed_in(request), member.account), "change people")
        wanted = shapes.MemberChange(data=request.data)
        wanted.is_valid(raise_exception=True)
        membership.change(member, by=signed_in(request), **wanted.validated_data)
        return Response(self.get_serializer(self.get_object()).data)


@extend_schema(tags=["people"])
class DepartmentViewSet(viewsets.ReadOnlyModelViewSet[Department]):
    """Departments of your account."""

    queryset = Department.objects.none()
    serializer_class = shapes.DepartmentShape
    permission_classes = [IsAuthenticated]
    filter_backends: list[Any] = []

    def get_queryset(self) -> QuerySet[Department]:
        """Of the account the caller works in."""
        return Department.objects.filter(account=signed_in(self.request).account).select_related("head").order_by("name")


@extend_schema(tags=["people"])
class GroupViewSet(viewsets.ReadOnlyModelViewSet[Group]):
    """Groups of your account."""

    queryset = Group.objects.none()
    serializer_class = shapes.GroupShape
    permission_classes = [IsAuthenticated]
    filter_backends: list[Any] = []

    def get_queryset(self) -> QuerySet[Group]:
        """Of the account the caller works in."""
        return Group.objects.filter(account=signed_in(self.request).account).prefetch_related("members").order_by("name")


class MeView(APIView):
    """Who is asking."""

    permission_classes = [IsAuthenticated]

    @extend_schema(tags=["people"], responses=shapes.MeShape)
    def get(self, request: Request) -> Response:
        """The person behind the token."""
        return Response(shapes.MeShape(signed_in(request)).data)

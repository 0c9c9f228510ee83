"""REST: the people of an account."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from playbooks_app.api import shapes
from playbooks_app.api.access import signed_in
from playbooks_app.api.bodies import checked
from playbooks_app.api.etag import Edited, as_read
from playbooks_app.api.parsers import JsonParser
from playbooks_app.errors import OutOfSight, Refused
from playbooks_app.language.problem import Problem
from playbooks_app.models import Account, Department, Group, Invitation, Membership
from playbooks_app.pages.audit import account_managed_by
from playbooks_app.people import inviting, membership, organising
from playbooks_app.permissions import may_manage_account, require

REFUSALS = {403: OpenApiResponse(shapes.ErrorShape), 404: OpenApiResponse(shapes.ErrorShape), 422: OpenApiResponse(shapes.FaultsShape)}


@extend_schema(tags=["people"])
class MemberViewSet(Edited, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Membership]):
    """People of your account."""

    queryset = Membership.objects.none()
    serializer_class = shapes.MemberShape
    permission_classes = [IsAuthenticated]
    parser_classes = [JsonParser]
    filter_backends: list[Any] = []

    lookup_value_regex = r"[\w.@+-]{1,150}"

    def held(self) -> Account:
        """The account: whoever changes its people comes one after the other."""
        return self.get_object().account

    def get_object(self) -> Membership:
        """By number, or by username. Raises OutOfSight."""
        name = str(self.kwargs["pk"])
        by = Q(user__username__iexact=name) | (Q(pk=int(name)) if name.isascii() and name.isdigit() and len(name) < 18 else Q())
        found = self.get_queryset().filter(by).first()
        if found is None:
            raise OutOfSight("There is nobody like that in your account.")
        return found

    @extend_schema(request=shapes.MemberWish, responses={200: shapes.MemberShape, 201: shapes.InvitationShape, **REFUSALS})
    def create(self, request: Request) -> Response:
        """A place for somebody: 200 for who has or had one (`username`), 201 for who is invited (`email`) and takes it by accepting."""
        account = account_managed_by(signed_in(request))
        wanted = checked(shapes.MemberWish, request)
        member = self.get_queryset().filter(user__username__iexact=wanted.pop("username", "")).first()
        if member is None:
            return Response(_invited_as(account, request, wanted), status=status.HTTP_201_CREATED)
        if wanted.pop("email", member.user.email).lower() != member.user.email.lower():
            raise Refused([Problem("email", "WrongValue", "This person has another address.", "Leave it out: people change it themselves.")])
        membership.change(member, by=signed_in(request), **wanted)
        return Response(self.get_serializer(self.get_queryset().get(pk=member.pk)).data)

    @extend_schema(responses={204: None, 409: shapes.ErrorShape, **REFUSALS})
    @as_read
    def destroy(self, request: Request, pk: str) -> Response:
        """Switch the person off in your account: what they look after is handed over, what they did stays."""
        member = self.get_object()
        require(may_manage_account(signed_in(request), member.account), "change people")
        membership.change(member, by=signed_in(request), active=False)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def get_queryset(self) -> QuerySet[Membership]:
        """Three queries for a page of any length."""
        return membership.members_visible_to(self.request.user)

    @extend_schema(
        request=shapes.MemberChange, responses={200: shapes.MemberShape, 403: shapes.ErrorShape, 409: shapes.ErrorShape, 422: shapes.FaultsShape}
    )
    @as_read
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change role, department, groups, or whether the person may sign in to the account. For admins."""
        member = self.get_object()
        require(may_manage_account(signed_in(request), member.account), "change people")
        wanted = shapes.MemberChange(data=request.data)
        wanted.is_valid(raise_exception=True)
        membership.change(member, by=signed_in(request), **wanted.validated_data)
        return Response(self.get_serializer(self.get_object()).data)


@extend_schema(tags=["people"])
class InvitationViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Invitation]):
    """People who are asked by mail to work in your account. For admins."""

    queryset = Invitation.objects.none()
    serializer_class = shapes.InvitationShape
    permission_classes = [IsAuthenticated]
    parser_classes = [JsonParser]
    filter_backends: list[Any] = []
    lookup_value_regex = r"\d{1,15}"

    def get_queryset(self) -> QuerySet[Invitation]:
        """The open ones. Raises NotAllowed for all but owners and admins."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        account_managed_by(signed_in(self.request))
        return inviting.invitations_of(signed_in(self.request)).prefetch_related("groups")

    @extend_schema(request=shapes.InvitationWish, responses={201: shapes.InvitationShape, **REFUSALS})
    def create(self, request: Request) -> Response:
        """Invite somebody by e-mail; the link in the mail works once."""
        return Response(_invited(request), status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None, **REFUSALS})
    def destroy(self, request: Request, pk: str) -> Response:
        """Withdraw it."""
        inviting.withdraw(self.get_object(), by=signed_in(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={200: shapes.InvitationShape, **REFUSALS})
    @action(detail=True, methods=["post"], url_path="send-again")
    def send_again(self, request: Request, pk: str) -> Response:
        """A new link; the ones before it stop working."""
        invitation = self.get_object()
        inviting.send_again(invitation, by=signed_in(request))
        return Response(shapes.InvitationShape(invitation).data)


def _invited(request: Request) -> Any:
    account = account_managed_by(signed_in(request))
    wanted = checked(shapes.InvitationWish, request)
    return shapes.InvitationShape(inviting.invite(account, by=signed_in(request), **wanted)).data


def _invited_as(account: Account, request: Request, wanted: dict[str, Any]) -> Any:
    """The invitation of somebody who has no place here. Raises Refused where no address says whom to invite."""
    if not wanted.pop("active"):
        raise Refused([Problem("active", "WrongValue", "Who is invited cannot be switched off yet.", "Leave it out.")])
    if "email" not in wanted:
        named = "username" in request.data
        fault = ("username", "Unknown", "Nobody of this username has a place in your account.") if named else ("email", "Missing", "Who is it?")
        raise Refused([Problem(*fault, "Send `email` to invite somebody, or `username` for who has worked here.")])
    return shapes.InvitationShape(inviting.invite(account, by=signed_in(request), **wanted)).data


class _Organised(Edited, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    """Read by everybody of the account, changed by those who lead it."""

    permission_classes = [IsAuthenticated]
    parser_classes = [JsonParser]
    filter_backends: list[Any] = []
    wish: type[Any]

    def save(self, request: Request, thing: Any = None) -> Any:
        """What the body asks for. Raises Refused, NotAllowed."""
        raise NotImplementedError

    def asked(self, request: Request, *, partial: bool) -> dict[str, Any]:
        """The checked body. Raises NotAllowed, ValidationError."""
        account_managed_by(signed_in(request))
        wanted = self.wish(data=request.data, partial=partial)
        wanted.is_valid(raise_exception=True)
        return dict(wanted.validated_data)

    def create(self, request: Request) -> Response:
        """Make one. For admins."""
        return Response(self.get_serializer(self.save(request)).data, status=status.HTTP_201_CREATED)

    @as_read
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change it. For admins."""
        thing = self.save(request, self.get_object())
        return Response(self.get_serializer(self.get_queryset().get(pk=thing.pk)).data)

    @as_read
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete it, unless something is shared with it. For admins."""
        account_managed_by(signed_in(request))
        organising.delete(self.get_object(), by=signed_in(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(tags=["people"])
@extend_schema_view(
    create=extend_schema(request=shapes.DepartmentWish, responses={201: shapes.DepartmentShape, **REFUSALS}),
    partial_update=extend_schema(request=shapes.DepartmentWish, responses={200: shapes.DepartmentShape, **REFUSALS}),
    destroy=extend_schema(responses={204: None, 409: shapes.ErrorShape, **REFUSALS}),
)
class DepartmentViewSet(_Organised):
    """Departments of your account."""

    queryset = Department.objects.none()
    serializer_class = shapes.DepartmentShape
    wish = shapes.DepartmentWish

    def get_queryset(self) -> QuerySet[Department]:
        """Of the account the caller works in."""
        found = Department.objects.filter(account=signed_in(self.request).account)
        return found.select_related("head").prefetch_related("deputies").order_by("name")

    def save(self, request: Request, thing: Any = None) -> Department:
        """As in _Organised."""
        asked = self.asked(request, partial=thing is not None)
        return organising.save_department(account_managed_by(signed_in(request)), by=signed_in(request), department=thing, **asked)


@extend_schema(tags=["people"])
@extend_schema_view(
    create=extend_schema(request=shapes.GroupWish, responses={201: shapes.GroupShape, **REFUSALS}),
    partial_update=extend_schema(request=shapes.GroupWish, responses={200: shapes.GroupShape, **REFUSALS}),
    destroy=extend_schema(responses={204: None, 409: shapes.ErrorShape, **REFUSALS}),
)
class GroupViewSet(_Organised):
    """Groups of your account."""

    queryset = Group.objects.none()
    serializer_class = shapes.GroupShape
    wish = shapes.GroupWish

    def get_queryset(self) -> QuerySet[Group]:
        """Of the account the caller works in."""
        return Group.objects.filter(account=signed_in(self.request).account).prefetch_related("members").order_by("name")

    def save(self, request: Request, thing: Any = None) -> Group:
        """As in _Organised."""
        asked = self.asked(request, partial=thing is not None)
        return organising.save_group(account_managed_by(signed_in(request)), by=signed_in(request), group=thing, **asked)


class MeView(APIView):
    """Who is asking."""

    permission_classes = [IsAuthenticated]

    @extend_schema(tags=["people"], responses=shapes.MeShape)
    def get(self, request: Request) -> Response:
        """The person behind the token."""
        return Response(shapes.MeShape(signed_in(request)).data)

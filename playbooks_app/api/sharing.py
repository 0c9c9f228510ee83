"""REST: rights on a playbook, who sees what, and handing it over."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from playbooks_app.api.access import InAccountWithPlaybooks, signed_in
from playbooks_app.api.shapes import ErrorShape, FaultsShape
from playbooks_app.errors import OutOfSight, Refused
from playbooks_app.language.problem import Problem
from playbooks_app.models import Playbook, PlaybookGrant
from playbooks_app.models.grant import PRINCIPALS, Grant
from playbooks_app.pages.sharing import builders_of
from playbooks_app.permissions import may_share, require
from playbooks_app.rights import sharing

REFUSALS = {403: OpenApiResponse(ErrorShape), 404: OpenApiResponse(ErrorShape), 422: OpenApiResponse(FaultsShape)}


class GrantShape(serializers.Serializer[Any]):
    """A right. Exactly one of `user` (a username), `group` and `department` (slugs) is given; `level` is view, run, operate, edit or manage."""

    id = serializers.IntegerField(read_only=True)
    user = serializers.CharField(required=False, allow_null=True)
    group = serializers.CharField(required=False, allow_null=True)
    department = serializers.CharField(required=False, allow_null=True)
    level = serializers.ChoiceField(choices=list(sharing.LEVELS), required=False, default="view")
    values = serializers.BooleanField(required=False, default=False)


class SeenShape(serializers.Serializer[Any]):
    """What one person may do with it, and why."""

    user = serializers.CharField(source="person.username")
    name = serializers.CharField(source="person.display_name")
    department = serializers.CharField(allow_blank=True)
    may = serializers.CharField(source="deed")
    values = serializers.BooleanField()
    because = serializers.CharField()


class HandOverShape(serializers.Serializer[Any]):
    """Who is to look after it: a username."""

    to = serializers.CharField()


def grant_shape(grant: Grant) -> dict[str, Any]:
    """As GrantShape says it."""
    kind, _ = grant.principal
    named = {each: grant.to_slug if each == kind else None for each in PRINCIPALS}
    return {"id": grant.pk, **named, "level": grant.get_level_display(), "values": grant.values}


def wish_in(content: Any) -> sharing.Wish:
    """One right as a body says it. Raises Refused."""
    body = GrantShape(data=content)
    body.is_valid(raise_exception=True)
    given = [(kind, body.validated_data[kind]) for kind in PRINCIPALS if body.validated_data.get(kind)]
    if len(given) != 1:
        raise Refused([Problem("user", "Missing", "Say exactly one of user, group and department.")])
    return sharing.Wish(*given[0], body.validated_data["level"], body.validated_data["values"])


def one_grant(thing: Any, number: int) -> Grant:
    """Raises OutOfSight."""
    found: Grant | None = thing.grants.select_related("user", "group", "department").filter(pk=number).first()
    if found is None:
        raise OutOfSight("There is no such right on this.")
    return found


def give(thing: Any, wish: sharing.Wish, kind: type[Grant], request: Request) -> Response:
    """Make the right, or change the one that this person, group or department has."""
    (grant,) = sharing.wishes_to_grants(thing, [wish], kind)
    present = next((each for each in thing.grants.all() if each.principal == grant.principal), None)
    kept = sharing.give(grant, instead_of=present, by=signed_in(request))
    return Response(grant_shape(kept), status=status.HTTP_200_OK if present else status.HTTP_201_CREATED)


class _OfPlaybook(APIView):
    """What those do who may share it."""

    permission_classes = [InAccountWithPlaybooks]

    def playbook(self, request: Request, pk: int) -> Playbook:
        """Raises OutOfSight, NotAllowed."""
        found: Playbook | None = Playbook.objects.visible_to(signed_in(request)).with_people().filter(pk=pk).first()
        if found is None:
            raise OutOfSight(f"There is no playbook {pk}, or it is not shared with you.")
        require(may_share(signed_in(request), found), "decide who sees this playbook")
        return found


@extend_schema(tags=["sharing"])
class PlaybookGrantsView(_OfPlaybook):
    """`playbooks/{id}/grants/`."""

    @extend_schema(operation_id="playbooks_grants_list", responses={200: GrantShape(many=True), **REFUSALS})
    def get(self, request: Request, pk: int) -> Response:
        """Rights beside the visibility, in order of making."""
        return Response([grant_shape(each) for each in self.playbook(request, pk).all_grants()])

    @extend_schema(operation_id="playbooks_grants_create", request=GrantShape, responses={200: GrantShape, 201: GrantShape, **REFUSALS})
    def post(self, request: Request, pk: int) -> Response:
        """Give a right, on the playbook and its runs; 200 when it replaces the one that was there."""
        return give(self.playbook(request, pk), wish_in(request.data), PlaybookGrant, request)


@extend_schema(tags=["sharing"])
class PlaybookGrantView(_OfPlaybook):
    """`playbooks/{id}/grants/{number}/`."""

    @extend_schema(operation_id="playbooks_grants_destroy", responses={204: None, **REFUSALS})
    def delete(self, request: Request, pk: int, number: int) -> Response:
        """Take it back."""
        sharing.take_back(one_grant(self.playbook(request, pk), number), by=signed_in(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(tags=["sharing"])
class PlaybookSeenView(_OfPlaybook):
    """`playbooks/{id}/seen-by/`."""

    @extend_schema(operation_id="playbooks_seen_by", responses={200: SeenShape(many=True), **REFUSALS})
    def get(self, request: Request, pk: int) -> Response:
        """Everybody who sees it, what they may do, and why."""
        playbook = self.playbook(request, pk)
        return Response(SeenShape(sharing.preview(playbook, playbook.all_grants()), many=True).data)


@extend_schema(tags=["sharing"])
class PlaybookHandOverView(_OfPlaybook):
    """`playbooks/{id}/hand-over/`."""

    @extend_schema(operation_id="playbooks_hand_over", request=HandOverShape, responses={204: None, **REFUSALS})
    def post(self, request: Request, pk: int) -> Response:
        """Give it another owner: a builder, an admin or an owner of the account."""
        playbook = self.playbook(request, pk)
        body = HandOverShape(data=request.data)
        body.is_valid(raise_exception=True)
        heir = next((each for each in builders_of(playbook) if each.username == body.validated_data["to"]), None)
        if heir is None:
            raise Refused([Problem("to", "NotOneOf", "Nobody like that could look after it.", "Name a builder, an admin or an owner.")])
        playbook.hand_over(heir, by=signed_in(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

"""REST: what only a builder needs: sample data of the author, previews of expressions, who else edits, hints that were put away."""

from __future__ import annotations

from typing import Any, cast

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from playbooks_app.api import shapes
from playbooks_app.api.access import InAccountWithPlaybooks, signed_in
from playbooks_app.api.bodies import Body
from playbooks_app.api.etag import Edited, as_read
from playbooks_app.api.parsers import JsonParser
from playbooks_app.drafting import editing, sampling
from playbooks_app.errors import OutOfSight
from playbooks_app.models import Playbook
from playbooks_app.people import hints
from playbooks_app.permissions import may_edit, require

FAULTS = OpenApiResponse(shapes.FaultsShape, description="Refused: every fault at once. Nothing is kept.")


class SampleShape(serializers.Serializer[Any]):
    """Sample data of the author. Of a change: `inputs` replaces all, each step is `{output}`, or null to let go of it."""

    inputs = serializers.DictField(required=False)
    steps = serializers.DictField(child=serializers.JSONField(allow_null=True), required=False)

    def validate_steps(self, steps: dict[str, Any]) -> dict[str, Any]:
        """Each an object with an output, or nothing."""
        if any(each is not None and not (isinstance(each, dict) and "output" in each) for each in steps.values()):
            raise serializers.ValidationError("Each step is {output: …}, or null.")
        return steps


class PreviewShape(serializers.Serializer[Any]):
    """A template or expression as it is written, and the sample values by root: `{inputs, vars, steps: {id: {output}}, item …}`."""

    text = serializers.JSONField()
    scope = serializers.DictField()


class EditorsAsk(Body):
    """A sign of life of one open page; `leaving` when it is closed."""

    tab = serializers.RegexField(r"^[\w-]{1,40}$")
    leaving = serializers.BooleanField(required=False, default=False)


class EditorShape(serializers.Serializer[Any]):
    """Somebody else."""

    username = serializers.CharField()
    name = serializers.CharField()
    initials = serializers.CharField()


class EditorsShape(serializers.Serializer[Any]):
    """Who else has the builder open, and which draft the server has."""

    others = EditorShape(many=True)
    revision = serializers.IntegerField()
    saved_at = serializers.DateTimeField()
    saved_by = serializers.CharField(allow_null=True)


class TipShape(serializers.Serializer[Any]):
    """A hint for newcomers that was put away; `all` brings every hint back with `seen: false`."""

    tip = serializers.RegexField(r"^[a-z-]{1,40}$")
    seen = serializers.BooleanField(required=False, default=True)


def drawn_by(request: Request, pk: int) -> Playbook:
    """The playbook, if the caller may change its draft. Raises OutOfSight, NotAllowed."""
    playbook = Playbook.objects.visible_to(signed_in(request)).with_people().filter(pk=pk).first()
    if playbook is None:
        raise OutOfSight("There is no such playbook, or it is not shared with you.")
    require(may_edit(signed_in(request), playbook), "change this playbook")
    return cast(Playbook, playbook)


class PinnedView(Edited, APIView):
    """`playbooks/{id}/pinned/`: kept with the draft, no part of the document, never sent anywhere."""

    permission_classes = [InAccountWithPlaybooks]
    parser_classes = [JsonParser]

    def held(self) -> Playbook:
        """As in Edited."""
        return drawn_by(self.request, self.kwargs["pk"])

    @extend_schema(tags=["playbooks"], responses=SampleShape)
    def get(self, request: Request, pk: int) -> Response:
        """`{inputs, steps: {id: output}}`."""
        return Response({"inputs": {}, "steps": {}, **drawn_by(request, pk).pinned})

    @extend_schema(tags=["playbooks"], request=SampleShape, responses={200: SampleShape, 422: FAULTS})
    @as_read
    def patch(self, request: Request, pk: int) -> Response:
        """Keep inputs or outputs, or let go of them."""
        playbook = drawn_by(request, pk)
        wanted = SampleShape(data=request.data)
        wanted.is_valid(raise_exception=True)
        playbook.pin(**wanted.validated_data)
        return Response(playbook.pinned)


class EvaluateView(APIView):
    """`documents/evaluate/`: what an expression gives with sample values."""

    permission_classes = [InAccountWithPlaybooks]
    parser_classes = [JsonParser]

    @extend_schema(
        tags=["playbooks"],
        request=PreviewShape,
        responses={200: OpenApiResponse(OpenApiTypes.OBJECT, description="`{value, kind}`, or `{problem: {code, message, hint}}`.")},
    )
    def post(self, request: Request) -> Response:
        """Computed with the sample values that were sent; nothing is called and nothing is kept."""
        wanted = PreviewShape(data=request.data)
        wanted.is_valid(raise_exception=True)
        return Response(sampling.preview(wanted.validated_data["text"], wanted.validated_data["scope"]))


class EditorsView(APIView):
    """`playbooks/{id}/editors/`: who has the builder open."""

    permission_classes = [InAccountWithPlaybooks]
    parser_classes = [JsonParser]

    @extend_schema(tags=["playbooks"], request=EditorsAsk, responses=EditorsShape)
    def post(self, request: Request, pk: int) -> Response:
        """A sign of life, every 15 s; the answer says who else is there and whether the draft has changed."""
        playbook, user = drawn_by(request, pk), signed_in(request)
        wanted = EditorsAsk(data=request.data)
        wanted.is_valid(raise_exception=True)
        (editing.leave if wanted.validated_data["leaving"] else editing.arrive)(playbook, user, wanted.validated_data["tab"])
        return Response(EditorsShape(editing.state(playbook, user)).data)


class TipsView(APIView):
    """`me/tips/`: hints for newcomers that this person has put away."""

    permission_classes = [IsAuthenticated]
    parser_classes = [JsonParser]

    @extend_schema(tags=["people"], request=TipShape, responses={200: OpenApiResponse(OpenApiTypes.OBJECT, description="`{seen: [name]}`")})
    def post(self, request: Request) -> Response:
        """Put one away, or with `seen: false` bring it back (`all`: every one)."""
        wanted = TipShape(data=request.data)
        wanted.is_valid(raise_exception=True)
        tip, seen = wanted.validated_data["tip"], wanted.validated_data["seen"]
        return Response({"seen": hints.put_away(signed_in(request), tip, seen=seen)})

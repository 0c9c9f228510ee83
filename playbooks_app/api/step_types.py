"""REST: what steps there are, and documents as text."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from playbooks_app.api import shapes
from playbooks_app.api.access import InAccountWithPlaybooks, signed_in
from playbooks_app.api.bodies import Body
from playbooks_app.api.parsers import JsonParser
from playbooks_app.drafting import drafts, drawing
from playbooks_app.drafting.text_places import with_lines
from playbooks_app.language.catalogue import describe
from playbooks_app.language.reading import read_text, write_yaml
from playbooks_app.language.registry import step_types


class StepTypeShape(serializers.Serializer[Any]):
    """One step type; besides these: its settings, blocks, examples and outputs."""

    name = serializers.CharField()
    label: Any = serializers.CharField()
    summary = serializers.CharField()
    icon = serializers.CharField()
    family = serializers.CharField()


class StepTypesView(APIView):
    """The step types that documents may name."""

    permission_classes = [InAccountWithPlaybooks]

    @extend_schema(
        tags=["playbooks"],
        responses={200: StepTypeShape(many=True)},
    )
    def get(self, request: Request) -> Response:
        """Every step type: label, help, settings, blocks of nested steps, examples, outputs."""
        return Response(describe(step_types))


class DocumentOrText(Body):
    """Either a document to be written as YAML, or text to be read."""

    document = serializers.JSONField(required=False, allow_null=True)
    text = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    as_ = serializers.ChoiceField(choices=["yaml", "json"], default="yaml")

    def get_fields(self) -> dict[str, Any]:
        """`as` is a word of Python."""
        fields = super().get_fields()
        fields["as"] = fields.pop("as_")
        return fields


class DocumentTextView(APIView):
    """A document as YAML and back. Nothing is kept."""

    permission_classes = [InAccountWithPlaybooks]
    parser_classes = [JsonParser]

    @extend_schema(
        tags=["playbooks"],
        request=DocumentOrText,
        responses={
            200: OpenApiResponse(
                OpenApiTypes.OBJECT, description="`{text}` of a document, or `{document, problems}` of a text; each problem with its `line`."
            ),
            422: OpenApiResponse(shapes.FaultsShape, description="The text cannot be read, or not be stored."),
        },
    )
    def post(self, request: Request) -> Response:
        """`{document}` → `{text}`, `{text, as}` → `{document, problems}`."""
        wanted = DocumentOrText(data=request.data)
        wanted.is_valid(raise_exception=True)
        given = wanted.validated_data
        if "text" not in given:
            drafts.require_storable(given.get("document"))
            return Response({"text": write_yaml(given["document"])})
        document = read_text(given["text"], given["as"])
        return Response({"document": document, "problems": with_lines(drawing.look_at(document, signed_in(request)), given["text"])})

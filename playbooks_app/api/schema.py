"""REST: the JSON Schema of playbook documents, made from the step types."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from playbooks_app.language.registry import step_types
from playbooks_app.language.schema import playbook_schema


class PlaybookSchemaView(APIView):
    """`/api/v1/schema/playbook.json`: for editors and integrations; the same for everybody, hence without signing in."""

    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []

    @extend_schema(tags=["playbooks"], responses=OpenApiTypes.OBJECT, auth=[])
    def get(self, request: Request) -> Response:
        """The schema of one document."""
        return Response(playbook_schema(step_types), headers={"Cache-Control": "public, max-age=300"})

"""The REST doors under /api/v1/: the apps' own, their OpenAPI description, and its pages."""

from __future__ import annotations

from typing import Any, ClassVar

from django.urls import include, path
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

from config.content_policy import HEADER, policy


class MadeOnce(SchemaGenerator):
    """Remembers what it has made: the description takes a second, and is the same for everybody until the process ends."""

    made: ClassVar[dict[str, Any]] = {}

    def get_schema(self, request: Any = None, public: bool = False) -> dict[str, Any]:
        """The whole of it."""
        if not self.made:
            self.made.update(super().get_schema(request=None, public=True))  # type: ignore[no-untyped-call]
        return self.made


FIRST_RUN = """\
export TOKEN=...
export HANDRAIL={address}
call() {{ curl -sS --fail-with-body -H "Authorization: Token $TOKEN" "$@"; }}
number() {{ python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])'; }}

cat > greet.yaml <<'END'
handrail: 1
name: First greeting
description: Says hello to somebody.
owner: You
inputs:
  - {{name: who, type: string, required: true}}
steps:
  - {{id: done, type: return, with: {{outputs: {{said: "Hello, {{{{ inputs.who }}}}"}}}}}}
END

call -H "Content-Type: application/yaml" --data-binary @greet.yaml $HANDRAIL/playbooks/validate/
PLAYBOOK=$(call -H "Content-Type: application/yaml" --data-binary @greet.yaml $HANDRAIL/playbooks/ | number)
call -X POST $HANDRAIL/playbooks/$PLAYBOOK/publish/
RUN=$(call -H "Content-Type: application/json" $HANDRAIL/runs/ -d '{{"playbook": '$PLAYBOOK', "inputs": {{"who": "world"}}, "wait": 30}}' | number)
call $HANDRAIL/runs/$RUN/
"""


class Description(SpectacularAPIView):
    """The OpenAPI description of every call."""

    generator_class = MadeOnce


class DocumentationPage(SpectacularSwaggerSplitView):
    """How to begin, and Swagger UI from our own static files; that writes style elements, so its policy allows these."""

    url_name = "schema"
    schema = None  # no part of what it describes
    template_name = "api.html"

    def handle_exception(self, exc: Exception) -> Response:
        """A page, which is refused in words and not in the JSON of the other doors."""
        answer: Response = super().handle_exception(exc)
        answer.content_type = None
        return answer

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The page, or with `?script=` its script."""
        response: Response = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]
        response.headers[HEADER] = policy(style_src="'self' 'unsafe-inline'")
        if isinstance(response.data, dict):
            response.data["first_run"] = FIRST_RUN.format(address=request.build_absolute_uri("/api/v1"))
        return response


urlpatterns = [
    path("schema/", Description.as_view(), name="schema"),
    path("docs/", DocumentationPage.as_view(), name="docs"),
    path("", include("playbooks_app.api.urls")),
    path("", include("runs_app.api.urls")),
    path("", include("approvals_app.api.urls")),
]

"""The REST doors under /api/v1/: the apps' own, their OpenAPI description, and its pages."""

from __future__ import annotations

from typing import Any

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

from config.content_policy import HEADER, policy


class DocumentationPage(SpectacularSwaggerSplitView):
    """Swagger UI from our own static files; it writes style elements, so its policy allows these."""

    url_name = "schema"
    schema = None  # no part of what it describes

    def handle_exception(self, exc: Exception) -> Response:
        """A page, which is refused in words and not in the JSON of the other doors."""
        answer: Response = super().handle_exception(exc)
        answer.content_type = None
        return answer

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The page, or with `?script=` its script."""
        response: Response = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]
        response.headers[HEADER] = policy(style_src="'self' 'unsafe-inline'")
        return response


urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", DocumentationPage.as_view(), name="docs"),
    path("", include("playbooks_app.api.urls")),
    path("", include("runs_app.api.urls")),
    path("", include("approvals_app.api.urls")),
]

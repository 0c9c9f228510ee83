"""Addresses: composes the apps' own."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from config import health
from config.parts import existing

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("config.api")),
    *(path("", include(module)) for module in existing("playbooks_app.urls", "runs_app.urls", "approvals_app.urls")),
]
if settings.DEMO:
    urlpatterns.append(path("", include("config.demo.urls")))

handler400 = "playbooks_app.pages.errors.bad_request"
handler403 = "playbooks_app.pages.errors.not_allowed"
handler404 = "playbooks_app.pages.errors.not_found"
handler500 = "playbooks_app.pages.errors.broken"

"""Addresses: composes the apps' own."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from config import health
from playbooks_app.pages.accounts import admin_door

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("admin/login/", admin_door),  # the admin's own would ask for no second factor
    path("admin/", admin.site.urls),
    path("api/v1/", include("config.api")),
    path("", include("playbooks_app.urls")),
    path("", include("runs_app.urls")),
    path("", include("approvals_app.urls")),
]
if settings.DEMO:
    urlpatterns.append(path("", include("config.demo.urls")))

handler400 = "playbooks_app.pages.errors.bad_request"
handler403 = "playbooks_app.pages.errors.not_allowed"
handler404 = "playbooks_app.pages.errors.not_found"
handler500 = "playbooks_app.pages.errors.broken"

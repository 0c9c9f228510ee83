"""Addresses: composes the apps' own."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("playbooks_app.urls")),
]

handler400 = "playbooks_app.pages.errors.bad_request"
handler403 = "playbooks_app.pages.errors.not_allowed"
handler404 = "playbooks_app.pages.errors.not_found"
handler500 = "playbooks_app.pages.errors.broken"

"""Addresses of effects and trials under /api/v1/."""

from django.urls import path

from runs_app.api import trials

urlpatterns = [
    path("runs/<int:run_id>/effects/", trials.EffectsView.as_view(), name="run-effects"),
    path("runs/<int:run_id>/steps/<path:path>/resolve/", trials.ResolveView.as_view(), name="run-step-resolve"),
]

"""Addresses of effects and trials under /api/v1/."""

from django.urls import path

from runs_app.api import trials

urlpatterns = [
    path("runs/<int:run_id>/replay/", trials.ReplayView.as_view(), name="run-replay"),
    path("runs/<int:run_id>/fork/", trials.ForkView.as_view(), name="run-fork"),
    path("runs/<int:run_id>/diff/", trials.DiffView.as_view(), name="run-diff"),
    path("runs/<int:run_id>/steps/<path:path>/rerun/", trials.RerunView.as_view(), name="run-step-rerun"),
    path("runs/<int:run_id>/effects/", trials.EffectsView.as_view(), name="run-effects"),
    path("runs/<int:run_id>/steps/<path:path>/resolve/", trials.ResolveView.as_view(), name="run-step-resolve"),
]

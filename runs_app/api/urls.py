"""Addresses of runs under /api/v1/. The deeds come before the step itself, because a path may contain anything but those endings."""

from django.urls import path, register_converter
from rest_framework.routers import SimpleRouter

from runs_app.api import connections, notifications, sharing, signals, steps, trying
from runs_app.api.checkpoints import CheckpointViewSet
from runs_app.api.insights import InsightsView
from runs_app.api.locks import LockViewSet
from runs_app.api.names import NamesView
from runs_app.api.runs import RunViewSet
from runs_app.api.schedules import ScheduleViewSet
from runs_app.api.trial_urls import urlpatterns as trial_addresses
from runs_app.api.webhooks import WebhookViewSet


class Which:
    """`input` or `output`."""

    regex = "input|output"

    def to_python(self, value: str) -> str:
        """As it is."""
        return value

    def to_url(self, value: str) -> str:
        """As it is."""
        return value


register_converter(Which, "value_name")

router = SimpleRouter()
router.register("runs", RunViewSet, basename="run")
router.register("webhooks", WebhookViewSet, basename="webhook")
router.register("locks", LockViewSet, basename="lock")
router.register("checkpoints", CheckpointViewSet, basename="checkpoint")

router.register("notifications", notifications.NotificationViewSet, basename="notification")
router.register("schedules", ScheduleViewSet, basename="schedule")

urlpatterns = [
    *router.urls,
    path("playbooks/<int:pk>/names/", NamesView.as_view(), name="playbook-names"),
    *trial_addresses,
    path("connections/<int:pk>/test/", connections.TryConnectionView.as_view(), name="connection-test"),
    path("runs/<int:run_id>/follow/", notifications.FollowView.as_view(), name="run-follow"),
    path("events/<str:name>/", signals.EventView.as_view(), name="event"),
    path("playbooks/<int:pk>/insights/", InsightsView.as_view(), name="playbook-insights"),
    path("playbooks/<int:pk>/samples/", trying.SamplesView.as_view(), name="playbook-samples"),
    path("playbooks/<int:pk>/try/", trying.TryView.as_view(), name="playbook-try"),
    path("runs/<int:run_id>/glance/", trying.GlanceView.as_view(), name="run-glance"),
    path("runs/<int:run_id>/sharing/", sharing.RunSharingView.as_view(), name="run-sharing"),
    path("runs/<int:run_id>/signals/<str:name>/", signals.SignalView.as_view(), name="run-signal"),
    path("runs/<int:run_id>/steps/", steps.StepsView.as_view(), name="run-steps"),
    path("runs/<int:run_id>/steps/<path:path>/retry/", steps.RetryView.as_view(), name="run-step-retry"),
    path("runs/<int:run_id>/steps/<path:path>/skip/", steps.SkipView.as_view(), name="run-step-skip"),
    path("runs/<int:run_id>/steps/<path:path>/wake/", steps.WakeView.as_view(), name="run-step-wake"),
    path("runs/<int:run_id>/steps/<path:path>/<value_name:which>/", steps.StepValueView.as_view(), name="run-step-value"),
    path("runs/<int:run_id>/steps/<path:path>/", steps.StepView.as_view(), name="run-step"),
]

"""The machine: what happens."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Runs, strands, step runs, workers and the timeline."""

    name = "runs_app"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Runs"

    def ready(self) -> None:
        """Make the step types known to the language."""
        from runs_app import step_types

        step_types.register_all()

"""The language: what may be written, by whom, and who may see it."""

from django.apps import AppConfig


class PlaybooksConfig(AppConfig):
    """Documents, versions, people and sharing."""

    name = "playbooks_app"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Playbooks and people"

    def ready(self) -> None:
        """Signing in and out goes into the audit log, whichever way it is done."""
        from playbooks_app import signing

        signing.watch()

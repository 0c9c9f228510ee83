"""The people: who decides."""

from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    """Approvals, decisions, mail and the inbox."""

    name = "approvals_app"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Approvals"

    def ready(self) -> None:
        """Make the step types known to the language, the duties to the clock, and the inbox to the pages."""
        from approvals_app import hooks, step_types
        from approvals_app.models import MailRules
        from playbooks_app.secrecy import resealing

        step_types.register_all()
        resealing.register(MailRules, "reply_secret")
        hooks.register_all()

"""The language: what may be written, by whom, and who may see it."""

from django.apps import AppConfig


class PlaybooksConfig(AppConfig):
    """Documents, versions, people and sharing."""

    name = "playbooks_app"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Playbooks and people"

    def ready(self) -> None:
        """Signing in and out goes into the audit log, whichever way it is done; what is sealed is known to whoever changes keys."""
        from allauth.mfa.models import Authenticator

        from playbooks_app.entrance import second_factor, signing
        from playbooks_app.models import Account, Connection, KeptAnswer, Secret
        from playbooks_app.secrecy import resealing, sealing

        signing.watch()
        resealing.register(Secret, "sealed")
        resealing.register(Connection, "sealed")
        resealing.register(KeptAnswer, "body")
        resealing.register(Account, "config", sealing.resealed_json)
        resealing.register(Authenticator, "data", second_factor.resealed)

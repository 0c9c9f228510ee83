"""`manage.py reseal_secrets`: puts every sealed value under the newest key of SECRETS_KEYS."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from playbooks_app.secrecy.resealing import reseal_all


class Command(BaseCommand):
    """May be run while everything works, and again."""

    help = "Seal everything that is sealed with the newest of SECRETS_KEYS. Then the older keys can be taken away."

    def handle(self, *args: Any, **options: Any) -> None:
        """All of them; those that no key opens are counted and left as they are."""
        done, unreadable = reseal_all()
        self.stdout.write(f"{done} sealed values are under the newest key.")
        if unreadable:
            self.stderr.write(f"{unreadable} could not be read with any of the keys and were left as they are: set them again, or add their key.")

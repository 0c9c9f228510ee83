"""`manage.py seal_key`: makes a key for SECRETS_KEYS."""

from __future__ import annotations

from typing import Any

from cryptography.fernet import Fernet
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Prints it; nothing is kept."""

    help = "Make a key for SECRETS_KEYS: put it before the present ones, restart, and run reseal_secrets."

    def handle(self, *args: Any, **options: Any) -> None:
        """One line."""
        self.stdout.write(Fernet.generate_key().decode("ascii"))

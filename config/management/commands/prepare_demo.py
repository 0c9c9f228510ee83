"""`manage.py prepare_demo`: what must be there before the demo's processes start. Called by the demo; doing it twice changes nothing."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from approvals_app.demo.seed import seed


class Command(BaseCommand):
    """Migrates, collects static files and seeds; prints who is there as one line of JSON."""

    help = "Migrate, collect static files and seed the demo's people and playbooks."

    def handle(self, *args: Any, **options: Any) -> None:
        """In demo mode only: the people's password is known to everybody."""
        if not settings.DEMO:
            raise CommandError("This makes people with a known password; it works with HANDRAIL_DEMO=1 only.")
        call_command("migrate", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        self.stdout.write(json.dumps(seed()))

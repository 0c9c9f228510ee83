"""`manage.py clean_up --older-than 7`: archives runs that have failed, or are paused, and that nobody has touched for so many days."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from playbooks_app import wording
from runs_app.cleaning import clean_up, stale


class Command(BaseCommand):
    """Never touches a run that goes on."""

    help = "Archive failed and paused runs that nobody has touched for days."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How old, and whether only to look."""
        parser.add_argument("--older-than", type=int, default=7, metavar="DAYS", help="untouched for so many days (7)")
        parser.add_argument("--dry-run", action="store_true", help="say how many there are, and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say how many there were."""
        days = max(1, options["older_than"])
        count = stale(days).count() if options["dry_run"] else len(clean_up(days))
        self.stdout.write(f"{wording.count(count, 'run', 'runs')} {'would be' if options['dry_run'] else 'were'} archived.")

"""`manage.py prepare_demo`: what must be there before the demo's processes start. Called by the demo; doing it twice changes nothing."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
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
        _collect_static_files()
        self.stdout.write(json.dumps(seed()))


def _collect_static_files() -> None:
    """Unless these very files were collected already: hashing and compressing them takes most of a second start."""
    stamp, wanted = Path(settings.STATIC_ROOT) / ".collected", _fingerprint()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    stamp.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(wanted)


def _fingerprint() -> str:
    """Of place, size and moment of change of all static files, and of how they are stored."""
    found = [json.dumps(settings.STORAGES["staticfiles"])]
    for finder in get_finders():
        for name, storage in finder.list([]):
            about = Path(storage.path(name)).stat()
            found.append(f"{storage.path(name)} {about.st_size} {about.st_mtime_ns}")
    return hashlib.sha256("\n".join(found).encode()).hexdigest()

"""`manage.py demo` as a command among the others. From the command line manage.py calls config/demo/command.py straight, before settings are read."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from config.demo import command


class Command(BaseCommand):
    """Starts the whole product with demo data and keeps it running."""

    help = "Start the whole product with demo data: database, mail, web, worker and clock."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Those of the demo."""
        command.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Runs until it is stopped."""
        raise SystemExit(command.main(["--port", str(options["port"]), "--data-dir", options["data_dir"]]))

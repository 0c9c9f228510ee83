#!/usr/bin/env python3
"""Django's command line for Handrail."""

import os
import sys


def main() -> None:
    """Run the command named on the command line."""
    if sys.argv[1:2] == ["demo"]:  # settles the environment that settings.py reads, so it comes before Django
        from config.demo import command

        sys.exit(command.main(sys.argv[2:]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()

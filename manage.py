#!/usr/bin/env python3
"""Django's command line for Handrail."""

import os
import sys

from config.demo import command as demo


def main() -> None:
    """Run the command named on the command line."""
    if sys.argv[1:2] == ["demo"]:  # settles the environment that settings.py reads, so it comes before Django
        sys.exit(demo.main(sys.argv[2:]))
    from django.core.management import execute_from_command_line  # not sooner: the demo watches over everything without Django in its memory

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()

"""`python3 run.py bench [S1 S2 …] [--port N]`: prints each measure beside what must be reached (DESIGN.md, Performance law)."""

from __future__ import annotations

import argparse

import django

from tests.bench.stack import Stack

ALL = ["S1", "S2", "S3", "S4", "S5", "S7", "resume", "overhead", "save", "S6", "inbox", "noisy"]


def main() -> None:
    """Start the product, measure, stop it."""
    parser = argparse.ArgumentParser(prog="run.py bench")
    parser.add_argument("which", nargs="*", default=ALL, help=f"some of {' '.join(ALL)}")
    parser.add_argument("--port", type=int, default=8765)
    asked = parser.parse_args()
    stack = Stack(asked.port)
    try:
        stack.manage("migrate")
        stack.manage("collectstatic", "--noinput")
        django.setup()
        from tests.bench.measures import Bench

        stack.start()
        bench = Bench(stack)
        for name in asked.which or ALL:
            bench.measure(name)
    finally:
        stack.close()


if __name__ == "__main__":
    main()

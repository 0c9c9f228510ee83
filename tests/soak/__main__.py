"""`make soak`: the races of approvals, 300 rounds each with 2, 8 and 20 clients on PostgreSQL. Takes long; the usual test run does a few rounds."""

from __future__ import annotations

import os
import sys
import time

import pytest

ROUNDS, CLIENTS = "300", "2,8,20"
RACES = ["tests/approvals/test_races.py"]


def main() -> int:
    """Run them; further arguments go to pytest."""
    os.environ.setdefault("SOAK_ROUNDS", ROUNDS)
    os.environ.setdefault("SOAK_CLIENTS", CLIENTS)
    print(f"{os.environ['SOAK_ROUNDS']} rounds with {os.environ['SOAK_CLIENTS']} clients", flush=True)
    began = time.monotonic()
    found = pytest.main(["-v", "-p", "no:cacheprovider", "--durations=0", "--durations-min=1", *RACES, *sys.argv[1:]])
    print(f"took {time.monotonic() - began:.0f} s", flush=True)
    return int(found)


if __name__ == "__main__":
    sys.exit(main())

"""demo.json: everything needed to drive the demo from outside."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

SHOWN = (
    "DJANGO_SETTINGS_MODULE", "DATABASE_URL", "HANDRAIL_DATA_DIR", "HANDRAIL_DEMO", "MOVABLE_CLOCK", "BASE_URL", "EMAIL_URL", "SECRET_KEY",
    "EGRESS_ALLOW", "SERVICES", "TEST_HOSTS", "LEASE_SECONDS", "WORKERS",
)  # fmt: skip


def write(path: Path, base_url: str, seeded: dict[str, Any], pids: dict[str, int | None], environment: dict[str, str]) -> None:
    """Replace the file in one move, readable by its owner only."""
    content = {
        "base_url": base_url,
        "users": seeded["users"],
        "accounts": seeded["accounts"],
        "pids": {"web": None, "worker": None, "clock": None, **pids, "supervisor": os.getpid()},
        "python": sys.executable,
        "database_url": environment["DATABASE_URL"],
        "environment": {name: environment[name] for name in SHOWN if name in environment},
    }
    unfinished = path.with_suffix(".unfinished")
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(content, file, indent=2)
    unfinished.replace(path)

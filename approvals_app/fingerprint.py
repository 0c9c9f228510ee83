"""What a decision is bound to: the hash of exactly what was shown. Pure."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def hash_of(title: str, summary: str, shown: Any) -> str:
    """SHA-256 in hex (64 characters) of what the approver sees."""
    return hashlib.sha256(canonical({"title": title, "summary": summary, "shown": shown}).encode()).hexdigest()


def short(payload_hash: str) -> str:
    """As people read it: `7f3a·c21e`."""
    return f"{payload_hash[:4]}·{payload_hash[4:8]}"

"""Pages of a collection: those of playbooks_app."""

from __future__ import annotations

from playbooks_app.api.paging import Pages

__all__ = ["Pages"]

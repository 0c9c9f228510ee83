"""Votes, one after the other, and the end that the last of them makes. Every function here wants the run's lock (`Approval.changing`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playbooks_app.models import User

if TYPE_CHECKING:
    from approvals_app.models import Approval, Decision


def decide(approval: Approval, decision: str, *, by: User, **more: Any) -> Decision:
    """To be written."""
    raise NotImplementedError

"""What a person has typed and pressed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from approvals_app.models import Approval
from approvals_app.verdict import REJECT
from playbooks_app.errors import Refused
from playbooks_app.language.problem import Problem

LONGEST_COMMENT = 10_000


@dataclass(frozen=True, slots=True)
class Answer:
    """A form as it came: the pressed button, the comment, answers to questions, and the hash of what was on the page."""

    decision: str
    comment: str = ""
    payload_hash: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, posted: Mapping[str, str]) -> Answer:
        """Of a POST; answers to questions stand under `value-<name>`."""
        values = {key.removeprefix("value-"): str(posted[key]) for key in posted if key.startswith("value-")}
        comment = posted.get("comment", "").replace("\0", "")[:LONGEST_COMMENT]
        return cls(posted.get("decision", "")[:100], comment, posted.get("payload_hash", ""), values)

    def checked(self, approval: Approval) -> dict[str, Any]:
        """What `Approval.decide` takes. On a page a rejection needs a comment. Raises Refused."""
        if self.decision == REJECT and not self.comment.strip():
            raise Refused([Problem("comment", "required", "Say why you reject it.", "Who asked and the record will see it.")])
        return {"comment": self.comment, "payload_hash": self.payload_hash or None, "values": dict(self.values)}

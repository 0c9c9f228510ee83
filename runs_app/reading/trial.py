"""What the page of a run says about where it came from and what was made from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from playbooks_app.models import User
from runs_app.models import Run
from runs_app.models.run import MadeAs

MOST_COPIES = 6
TITLES = {
    MadeAs.TRY: "A draft, tried in the sandbox",
    MadeAs.REPLAY: "Played again in the sandbox",
    MadeAs.FORK: "Forked",
    MadeAs.RERUN: "One step again",
    MadeAs.ITSELF: "In the sandbox",
}
COPY_WORDS = {MadeAs.REPLAY: "played again", MadeAs.FORK: "forked", MadeAs.RERUN: "one step again"}


@dataclass(frozen=True, slots=True)
class Copy:
    """A run made from this one."""

    run: Run
    words: str


@dataclass(frozen=True, slots=True)
class Trial:
    """The banner. `original` is None where there is none or the viewer does not see it."""

    title: str = ""
    text: str = ""
    original: Run | None = None
    plan: dict[str, Any] | None = None
    copies: list[Copy] = field(default_factory=list)


def trial_of(run: Run, user: User, *, values: bool) -> Trial:
    """Two queries."""
    seen = Run.objects.visible_to(user)
    original = seen.filter(pk=run.original_id).first() if run.original_id else None
    copies = [Copy(each, COPY_WORDS.get(MadeAs(each.made_as), "copied")) for each in seen.filter(original=run).order_by("-pk")[:MOST_COPIES]]
    if run.mode == "what_if":
        plan = (run.outputs or {}).get("plan") if values else None
        return Trial("A plan: nothing was run", "Each step shows the input that it would get.", original, plan, copies)
    if run.mode == "sandbox":
        return Trial(TITLES[MadeAs(run.made_as)], "Nothing leaves the house; nobody but its starter is asked.", original, None, copies)
    if run.made_as:
        return Trial(TITLES[MadeAs(run.made_as)], "For real: its steps act, under keys of their own.", original, None, copies)
    return Trial(copies=copies)

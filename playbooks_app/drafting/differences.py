"""What is different between two versions, step by step: pure comparison of two checked documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from playbooks_app.language.document import Document, Step, parse
from playbooks_app.language.reading import write_yaml
from playbooks_app.language.step_type import Block

FRAME = ("name", "description", "owner", "inputs", "outputs", "settings")
AROUND = 2  # lines that stand the same, shown before and after one that does not
What = Literal["added", "removed", "moved", "changed"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a change: `was` is gone, `is` has come, `same` stands around them, `gap` stands for lines left out."""

    sign: Literal["was", "is", "same", "gap"]
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `step` is the id of the step it is about, None for the frame; `before` and `after` are as written."""

    what: What
    address: str
    step: str | None
    before: Any
    after: Any

    @property
    def title(self) -> str:
        """What people call it: the name of the step, else its id; the key of the frame."""
        if self.step is None:
            return self.address
        found = next((each for each in (self.after, self.before) if isinstance(each, dict) and each.get("name")), {})
        return str(found.get("name", self.step))

    @property
    def lines(self) -> list[Line]:
        """As text, line by line, with a little of what is the same around it."""
        was, now = _text_of(self.before), _text_of(self.after)
        found: list[Line] = []
        for sign, begin, end, new_begin, new_end in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
            if sign == "equal":
                found += _around(was[begin:end], first=begin == 0, last=end == len(was))
            else:
                found += [*(Line("was", text) for text in was[begin:end]), *(Line("is", text) for text in now[new_begin:new_end])]
        return found


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Of two documents that were published: the frame first, then steps in the order of the new one, then what was removed."""
    before, after = parse(old), parse(new)
    return [*_of_frames(old, new), *_of_steps(before, after)]


def _text_of(value: Any) -> list[str]:
    if value is None:
        return []
    return (write_yaml(value) if isinstance(value, dict | list) else str(value)).strip().splitlines()


def _around(same: Sequence[str], *, first: bool, last: bool) -> list[Line]:
    """Its beginning and its end, where they touch a change; what is left out between them is counted."""
    head, tail = 0 if first else AROUND, 0 if last else AROUND
    left_out = len(same) - head - tail
    if left_out < 2:
        return [Line("same", text) for text in same]
    gap = Line("gap", f"{left_out} lines are the same")
    return [*(Line("same", text) for text in same[:head]), gap, *(Line("same", text) for text in same[len(same) - tail :])]


def _of_frames(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for key in FRAME:
        if old.get(key) != new.get(key):
            what: What = "added" if key not in old else "removed" if key not in new else "changed"
            yield Change(what, key, None, old.get(key), new.get(key))


def _of_steps(old: Document, new: Document) -> Iterator[Change]:
    was_written, is_written = _written(old), _written(new)
    for step in new.by_id.values():
        was, now = old.by_id.get(step.id), is_written[step.id]
        if was is None:
            yield Change("added", step.address, step.id, None, now)
            continue
        if _place(old, was, new) != _place(new, step, old):
            yield Change("moved", step.address, step.id, was.address, step.address)
        if was_written[step.id] != now:
            yield Change("changed", step.address, step.id, was_written[step.id], now)
    for step in old.by_id.values():
        if step.id not in new.by_id:
            yield Change("removed", step.address, step.id, was_written[step.id], None)


def _place(document: Document, step: Step, other: Document) -> tuple[str | None, str, str | None]:
    """The block that it is in, and the step before it there, among those that both documents have in this block."""
    before = None
    for each in document.by_id.values():
        if each.id == step.id:
            break
        there = other.by_id.get(each.id)
        if _block(each) == _block(step) and there is not None and _block(there) == _block(step):
            before = each.id
    return *_block(step), before


def _block(step: Step) -> tuple[str | None, str]:
    return step.parent, step.parent_block


def _written(document: Document) -> dict[str, dict[str, Any]]:
    """Each step as it stands in the document, without the steps inside it."""
    found: dict[str, dict[str, Any]] = {}
    waiting = [*document.raw.get("steps", []), *document.raw.get("finally", [])]
    waiting += [step for clause in document.raw.get("catch", []) for step in clause.get("steps", [])]
    while waiting:
        written = waiting.pop()
        own = dict(written)
        for block in document.by_id[written["id"]].kind.blocks:
            if isinstance(block, Block):
                waiting += own.pop(block.key, None) or []
            else:
                clauses = own.get(block.key) or []
                waiting += [step for clause in clauses for step in clause.get("steps") or []]
                own[block.key] = [{key: value for key, value in clause.items() if key != "steps"} for clause in clauses]
        found[written["id"]] = own
    return found

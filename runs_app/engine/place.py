"""Where in a document and in a run something stands.

A path such as `each/body[3]/both/people/sign` is read as pairs: step id, block, step id, block …, step id.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_BLOCK = re.compile(r"^(?P<name>[^\[\]]+)(?:\[(?P<n>\d+)\])?$")


@dataclass(frozen=True, slots=True)
class Frame:
    """One enclosing container: its step id, its own path, and the block (with iteration) that is being gone through."""

    step: str
    path: str
    block: str
    iteration: int | None

    @property
    def prefix(self) -> str:
        """Path of what lies inside, with the final slash."""
        return f"{self.path}/{block_name(self.block, self.iteration)}/"


def block_name(block: str, iteration: int | None) -> str:
    """A block as it stands in a path: `then`, `body[3]`."""
    return block if iteration is None else f"{block}[{iteration}]"


def frames_of(path: str, block: str, iteration: int | None) -> list[Frame]:
    """The enclosing frames of a block of the step run at `path`, outermost first."""
    parts = path.split("/")
    if len(parts) % 2 == 0:  # under the playbook's own catch or finally
        parts = ["/".join(parts[:2]), *parts[2:]]
    found, walked = [], ""
    for position in range(0, len(parts), 2):
        walked = f"{walked}/{parts[position]}" if walked else parts[position]
        if position + 1 < len(parts):
            name, number = split_block(parts[position + 1])
            found.append(Frame(parts[position].rpartition("/")[2], walked, name, number))
            walked = f"{walked}/{parts[position + 1]}"
    found.append(Frame(parts[-1].rpartition("/")[2], path, block, iteration))
    return found


def split_block(text: str) -> tuple[str, int | None]:
    """`body[3]` is ("body", 3), `then` is ("then", None)."""
    match = _BLOCK.match(text)
    if match is None:
        raise ValueError(f"not a block of a path: {text!r}")
    return match["name"], int(match["n"]) if match["n"] is not None else None


class Spot:
    """Where a step run is about to stand."""

    __slots__ = ("block", "iteration", "parent", "path", "position")

    def __init__(self, parent: int, block: str, iteration: int, position: int, path: str) -> None:
        self.parent, self.block, self.iteration, self.position, self.path = parent, block, iteration, position, path

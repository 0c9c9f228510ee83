"""A document as a picture made by the server: the drawing of the builder to look at, and a small sketch for lists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from playbooks_app import wording
from playbooks_app.language.document import Document, Step
from playbooks_app.language.setting_fields import fields_of
from playbooks_app.language.step_type import Block
from playbooks_app.language.tree import every_step

SPEAKING = frozenset({"text", "long_text", "expression", "name", "number", "integer", "duration", "choice"})
TONES = {"then": "tone-yes", "else": "tone-no"}
LONGEST = 60
COLUMN_PX, MARGIN_PX, ROOM_PX = 272, 70, 740  # of the drawing: a column, what surrounds it, and the room that a page has for it
SMALLEST, LARGEST = 0.5, 0.9
_BRACES = re.compile(r"\$?\{\{\s*(.*?)\s*\}\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Branch:
    """One block of a step: its label, and what stands in it."""

    label: str
    tone: str
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """One step as a card."""

    id: str
    title: str
    line: str
    icon: str
    family: str
    loops: bool
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """The main line, and beside it what happens when the run fails and at its end."""

    nodes: tuple[Node, ...]
    after: tuple[Branch, ...]
    inputs: int
    words: str  # for those who do not see it

    @property
    def fit(self) -> float:
        """The zoom at which its width has room on the page, as far as it can still be read."""
        width = _columns(self.nodes) * COLUMN_PX + MARGIN_PX
        return round(min(LARGEST, max(SMALLEST, ROOM_PX / width)), 2)


def picture_of(document: Document) -> Picture:
    """To be included with `playbooks_app/_diagram.html`."""
    after = [Branch("If the run fails" if each.code == "*" else f"If the run fails: {each.code}", "", _nodes(each.steps)) for each in document.catch]
    if document.finally_:
        after.append(Branch("Always at the end", "", _nodes(document.finally_)))
    return Picture(_nodes(document.steps), tuple(after), len(document.inputs), words_of(document))


def words_of(document: Document) -> str:
    """`12 steps: Put the charge into one form, First provider, …`: the main line by name."""
    count = sum(1 for _ in every_step(document.steps))
    return f"{wording.count(count, 'step')}: {', '.join(_title(step) for step in document.steps)}"


def _columns(nodes: Sequence[Node]) -> int:
    """How many cards stand side by side at most."""
    return max((max(1, sum(_columns(branch.nodes) for branch in node.branches)) for node in nodes), default=1)


def _nodes(steps: Sequence[Step]) -> tuple[Node, ...]:
    return tuple(_node(step) for step in steps)


def _node(step: Step) -> Node:
    loops = any(isinstance(spec, Block) and spec.iterated for spec in step.kind.blocks)
    return Node(step.id, _title(step), _line(step), step.kind.icon, step.kind.family, loops, tuple(_branches(step)))


def _branches(step: Step) -> Iterator[Branch]:
    """In the order of the step type. Empty ones are shown where there are only two ways, a yes and a no."""
    only_blocks = all(isinstance(spec, Block) for spec in step.kind.blocks)
    for spec in step.kind.blocks:
        if isinstance(spec, Block):
            nodes = _nodes(step.blocks.get(spec.name, ()))
            if nodes or (only_blocks and len(step.kind.blocks) > 1):
                yield Branch(_each(step) if spec.iterated else spec.label, TONES.get(spec.name, ""), nodes)
        else:
            for clause in step.clauses.get(spec.key, ()):
                yield Branch(_label(spec.label, clause.name, clause.values, spec.name_field), "", _nodes(clause.steps))


def _label(what: str, block: str, values: Mapping[str, Any], name_field: str | None) -> str:
    if name_field is not None:
        return str(values.get(name_field) or block)
    code = values.get("code", "*")
    return what if code == "*" else f"{what}: {code}"


def _each(step: Step) -> str:
    item = step.settings.get("item")
    return f"each {item}" if isinstance(item, str) and item else "each turn"


def _title(step: Step) -> str:
    return step.name or step.kind.label


def _line(step: Step) -> str:
    """The most telling settings, at most two; else what type it is."""
    told = []
    for setting in fields_of(step.kind.Config):
        value = step.settings.get(setting.key)
        if setting.kind in SPEAKING and not setting.advanced and isinstance(value, str | int | float) and not isinstance(value, bool) and value != "":
            told.append(plain(str(value)))
    return " · ".join(told[:2]) or step.kind.label


def plain(text: str) -> str:
    """Text for people: templates without their braces, what is long cut."""
    bare = " ".join(_BRACES.sub(r"\1", text).split())
    return bare if len(bare) <= LONGEST else f"{bare[: LONGEST - 1]}…"


# ---- the small sketch -------------------------------------------------------------------------------------------------

WIDE, HIGH, GAP, SIDE, INSET = 44.0, 9.0, 6.0, 8.0, 5.0


@dataclass(slots=True)
class Sketch:
    """Rectangles and lines in units of a view box; boxes carry the family of their step."""

    width: float = 0.0
    height: float = 0.0
    words: str = ""
    boxes: list[tuple[float, float, str]] = field(default_factory=list)  # left, top, family
    frames: list[tuple[float, float, float, float]] = field(default_factory=list)  # left, top, width, height
    lines: list[tuple[float, float, float, float]] = field(default_factory=list)
    wide: float = WIDE
    high: float = HIGH


def sketch_of(document: Document) -> Sketch:
    """To be included with `playbooks_app/_sketch.html`."""
    nodes = _nodes(document.steps)
    width, height = _size(nodes)
    made = Sketch(width=width + 4, height=height + 4, words=words_of(document))
    _place(made, nodes, 2 + width / 2, 2.0)
    return made


def _size(nodes: Sequence[Node]) -> tuple[float, float]:
    sizes = [_size_of(node) for node in nodes]
    return max((width for width, _ in sizes), default=WIDE / 2), sum(height for _, height in sizes) + GAP * max(0, len(nodes) - 1)


def _size_of(node: Node) -> tuple[float, float]:
    if not node.branches:
        return WIDE, HIGH
    sizes = [_size(branch.nodes) for branch in node.branches]
    width = sum(width for width, _ in sizes) + SIDE * (len(sizes) - 1) + (2 * INSET if node.loops else 0)
    return max(WIDE, width), HIGH + GAP + max(height for _, height in sizes) + (2 * INSET if node.loops else GAP / 2)


def _place(made: Sketch, nodes: Sequence[Node], middle: float, top: float) -> None:
    for number, node in enumerate(nodes):
        width, height = _size_of(node)
        made.boxes.append((middle - WIDE / 2, top, node.family))
        if node.branches:
            _place_branches(made, node, middle, top + HIGH, width)
        if number < len(nodes) - 1:
            made.lines.append((middle, top + height, middle, top + height + GAP))
        top += height + GAP


def _place_branches(made: Sketch, node: Node, middle: float, top: float, width: float) -> None:
    sizes = [_size(branch.nodes) for branch in node.branches]
    inset = INSET if node.loops else 0
    inner, high = sum(each for each, _ in sizes) + SIDE * (len(sizes) - 1), max(height for _, height in sizes)
    below = top + GAP + inset
    if node.loops:
        made.lines.append((middle, top, middle, top + GAP))
        made.frames.append((middle - width / 2, top + GAP - 1, width, high + 2 * INSET))
    left = middle - inner / 2
    for branch, (wide, height) in zip(node.branches, sizes, strict=True):
        centre = left + wide / 2
        if not node.loops:
            made.lines += [(middle, top + GAP / 2, centre, top + GAP / 2), (centre, top + GAP / 2, centre, below)]
            made.lines += [(centre, below + height, centre, below + high + GAP / 2), (centre, below + high + GAP / 2, middle, below + high + GAP / 2)]
        _place(made, branch.nodes, centre, below)
        left += wide + SIDE
    if not node.loops:
        made.lines.append((middle, top, middle, top + GAP / 2))

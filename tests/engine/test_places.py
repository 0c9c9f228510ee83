"""Paths and places: what stands where in a run (DOORS.md, part A)."""

from __future__ import annotations

import pytest

from playbooks_app.language.document import parse
from runs_app.engine.place import Frame, frames_of, split_block
from runs_app.engine.program import Program
from tests.engine.kinds import document, registry
from tests.engine.steps import each, effect, guarded, throw


def test_frames_are_the_containers_from_the_outside_in() -> None:
    """Each with its own path; iterations only where the block is gone through several times."""
    assert frames_of("each/body[3]/both", "people", None) == [Frame("each", "each", "body", 3), Frame("both", "each/body[3]/both", "people", None)]
    assert frames_of("each", "body", 0) == [Frame("each", "each", "body", 0)]


@pytest.mark.parametrize("block", ["catch", "finally"])
def test_under_the_playbooks_own_blocks_the_first_frame_is_a_step(block: str) -> None:
    """The block is part of the path, not a container."""
    assert frames_of(f"{block}/p", "a", None) == [Frame("p", f"{block}/p", "a", None)]
    assert frames_of(f"{block}/c/then/p", "a", None) == [Frame("c", f"{block}/c", "then", None), Frame("p", f"{block}/c/then/p", "a", None)]


@pytest.mark.parametrize(
    ("frame", "prefix"), [(Frame("l", "l", "body", 12), "l/body[12]/"), (Frame("c", "finally/c", "then", None), "finally/c/then/")]
)
def test_what_lies_inside_begins_with_the_prefix_of_its_frame(frame: Frame, prefix: str) -> None:
    """And the frames of a path lead back to it."""
    assert frame.prefix == prefix
    assert frames_of(frame.path, frame.block, frame.iteration)[-1] == frame


@pytest.mark.parametrize(
    ("text", "parts"), [("body[3]", ("body", 3)), ("body[0]", ("body", 0)), ("then", ("then", None)), ("catch-1", ("catch-1", None))]
)
def test_a_block_of_a_path_is_a_name_and_perhaps_a_number(text: str, parts: tuple[str, int | None]) -> None:
    """Brackets mean nothing else."""
    assert split_block(text) == parts


@pytest.mark.parametrize("text", ["", "body[", "body[]", "body[x]", "[3]", "body[3]x", "body[3][4]"])
def test_anything_else_is_no_block(text: str) -> None:
    """A damaged path is told as one."""
    with pytest.raises(ValueError, match="not a block"):
        split_block(text)


def test_a_program_knows_where_failures_go() -> None:
    """Outwards from the step: the nearest that deals with its code (rule 35)."""
    inner = guarded("t", [throw("a")], {"Boom": [throw("b")]}, [effect("f")])
    program = Program(parse(document([each("l", [1], [inner], on_item_error="continue"), throw("z")], **{"finally": [effect("last")]}), registry()))
    handled = {name: program.is_handled(program.step(name), "Boom") for name in ("a", "b", "f", "z", "last")}

    assert handled == {"a": True, "b": True, "f": True, "z": False, "last": True}
    assert [above.step.id for above in program.ancestors(program.step("b"))] == ["l", "t"]
    assert not program.is_handled(program.step("a"), "NeedsPerson")
    assert program.ancestors(program.step("z")) == ()

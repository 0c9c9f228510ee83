"""What people give to steps that have not begun, and items that are gone through again beside their loop."""

from __future__ import annotations

from runs_app.engine.memory_store import MemoryStrand
from runs_app.engine.records import StrandRecord
from tests.engine.kinds import document
from tests.engine.simulation import Simulation
from tests.engine.steps import ask, each, effect, flaky


def test_a_given_output_takes_the_place_of_the_step(forget: bool) -> None:
    """In one item of a loop; it is told with who gave it, and the others run."""
    s = Simulation(document([each("loop", [1, 2], [effect("x", "{{ item }}"), effect("y", "{{ steps.x.output.value }}")])]))
    s.run.overrides["loop/body[1]/x"] = {"output": {"value": 7}, "by": 5, "reason": "By hand"}
    s.drive(forget=forget)

    assert s.made == ["loop/body[0]/x", "loop/body[0]/y", "loop/body[1]/y"]
    assert s.output("loop/body[1]/y")["value"] == 7
    assert ("step_overridden", "loop/body[1]/x", 1, {"by": 5, "reason": "By hand"}) in s.run.events


def test_a_given_input_takes_the_place_of_the_documents(forget: bool) -> None:
    """The step runs with it."""
    s = Simulation(document([ask("q"), effect("x", 1)]))
    s.run.overrides["x"] = {"input": {"value": 2}, "by": 5, "reason": ""}
    s.drive(forget=forget)
    s.answer("q")
    s.drive(forget=forget)

    assert s.output("x")["value"] == 2


def test_an_item_that_fails_again_beside_its_loop_is_set_aside_again(forget: bool) -> None:
    """Its strand ends well, and nothing of the loop changes."""
    body = [flaky("x", transient=False)]
    s = Simulation(document([each("loop", [1], body, on_item_error="continue"), ask("q")])).drive(forget=forget)
    row, loop = s.row("loop/body[0]/x"), s.row("loop")
    record = StrandRecord(s.journal.new_id(), s.run_id, 1, loop.id, "loop", "loop", "body", 0)
    row.strand, row.status, row.resume_as, row.finished_at = record.id, "running", "again", None
    s.journal.strands[record.id] = MemoryStrand(record)
    s.drive(forget=forget)

    assert s.journal.strands[record.id].status == "finished"
    assert (s.row("loop/body[0]/x").status, s.row("loop/body[0]/x").attempt, s.row("loop").status) == ("failed", 2, "succeeded")

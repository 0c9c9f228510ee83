"""Where the engine can be taken apart in a unit test: other storage, other values behind names, other control steps."""

from __future__ import annotations

import pytest

from playbooks_app.language.scope import Missing
from playbooks_app.language.step_type import Json
from playbooks_app.language.template import render
from runs_app.engine.memory import MemoryJournal
from tests.engine.kinds import document
from tests.engine.simulation import Simulation
from tests.engine.steps import effect, var


class Stub:
    """Knows one name."""

    def lookup(self, root: str, name: str | None) -> Json:
        """Always the same value, for that name."""
        if (root, name) != ("steps", "pay"):
            raise Missing(f"{root}.{name}")
        return {"output": {"total": 5}}


@pytest.mark.spec("S4-NFR-3.3")
def test_templates_take_their_values_from_whoever_knows_names() -> None:
    """A stub of one method is enough; no run, no document."""
    assert render({"a": "{{ steps.pay.output.total }}", "b": '{{ inputs.x | "none" }}'}, Stub()) == {"a": 5, "b": "none"}


@pytest.mark.spec("S4-NFR-3.2", "S4-FR-4.1")
def test_a_control_step_from_elsewhere_runs_on_storage_in_memory(forget: bool) -> None:
    """It goes through its nested steps by what the contract gives it; each is a step run of its own with its place in the path."""
    inside = [var("n", 9), effect("one", "{{ inputs.x }}")]
    steps = [var("n", 5, id="first"), {"id": "d", "type": "draw", "steps": inside}, effect("after", "{{ steps.d.output }}")]
    s = Simulation(document(steps, inputs=[{"name": "x"}]), {"x": 7}).drive(forget=forget)

    assert isinstance(s.journal, MemoryJournal) and s.output("after")["value"] == [5, 5]
    effects = {row.path: row.output["value"] for row in s.journal.rows.values() if row.type == "effect"}
    assert effects == {"d/body/one": 7, "after": [5, 5]}

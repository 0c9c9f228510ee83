"""Steps that wait for something beyond their run: another run, an event."""

from typing import Any

from playbooks_app.language.step_type import StepType
from runs_app.step_types.linked.playbook import PlaybookStep
from runs_app.step_types.linked.wait_for_event import WaitForEvent

LINKED: tuple[StepType[Any], ...] = (PlaybookStep(), WaitForEvent())

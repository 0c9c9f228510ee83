"""Steps that wait for something beyond their run: another run, an event."""

from typing import Any

from playbooks_app.language.step_type import StepType
from runs_app.step_types.linked.playbook import PlaybookStep

LINKED: tuple[StepType[Any], ...] = (PlaybookStep(),)

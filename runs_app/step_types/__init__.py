"""The machine's own step types, listed by hand: a list can be read, a folder scan cannot."""

from playbooks_app.language.registry import step_types
from runs_app.step_types.actions import ACTIONS
from runs_app.step_types.control import CONTROL
from runs_app.step_types.data import DATA
from runs_app.step_types.time import TIME


def register_all() -> None:
    """Register them with the language."""
    for step_type in (*ACTIONS, *CONTROL, *TIME, *DATA):
        step_types.register(step_type)

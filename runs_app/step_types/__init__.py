"""The machine's own step types, listed by hand: a list can be read, a folder scan cannot. Others come with installed packages.

A package adds step types by an entry point in the group `handrail.step_types` that names a list or tuple of `StepType` instances; STEP_TYPES in the
environment names further ones as `module:attribute`.
"""

from importlib import import_module
from importlib.metadata import entry_points

from django.conf import settings

from playbooks_app.language.registry import step_types
from runs_app.step_types.actions import ACTIONS
from runs_app.step_types.control import CONTROL
from runs_app.step_types.data import DATA
from runs_app.step_types.linked import LINKED
from runs_app.step_types.time import TIME


def register_all() -> None:
    """Register them with the language."""
    for step_type in (*ACTIONS, *CONTROL, *TIME, *LINKED, *DATA):
        step_types.register(step_type)
    for entry_point in entry_points(group="handrail.step_types"):
        for step_type in entry_point.load():
            step_types.register(step_type)
    for address in settings.STEP_TYPES:
        module, _, attribute = address.partition(":")
        for step_type in getattr(import_module(module), attribute):
            step_types.register(step_type)

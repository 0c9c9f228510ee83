"""The people's step types, listed by hand: a list can be read, a folder scan cannot."""

from approvals_app.step_types.approval import Approval
from approvals_app.step_types.form import Form
from approvals_app.step_types.handoff import Handoff
from playbooks_app.language.registry import step_types

ALL = (Approval(), Form(), Handoff())


def register_all() -> None:
    """Register them with the language."""
    for each in ALL:
        step_types.register(each)

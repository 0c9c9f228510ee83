"""Finds steps that name a connection which the account does not have."""

from __future__ import annotations

from playbooks_app.language.faults import Faults
from playbooks_app.language.names import did_you_mean
from playbooks_app.language.problem import Problem
from playbooks_app.language.setting_fields import fields_of
from playbooks_app.language.template import is_template
from playbooks_app.language.tree import Document, Step

SETTING = "connection"  # its key, whatever the step type


def check_connections(document: Document, names: frozenset[str] | None, faults: Faults) -> None:
    """`names`: the connections there are; None = not looked up. A name that is a template shows when the step runs."""
    for step in document.by_id.values():
        name = connection_of(step)
        if name and names is not None and name not in names and not is_template(name):
            hint = did_you_mean(name, names, "Add it under Set up, Connections, first.")
            faults.extend([Problem(f"{step.address}/with/{SETTING}", "MissingReference", f"There is no connection “{name[:60]}”.", hint)])


def connection_of(step: Step) -> str:
    """The connection that a step names; "" if none, or if its type knows of none."""
    name = step.settings.get(SETTING)
    return name if isinstance(name, str) and any(setting.key == SETTING for setting in fields_of(step.kind.Config)) else ""

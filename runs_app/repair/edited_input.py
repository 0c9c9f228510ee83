"""Whether an input that a person wrote fits the step that is to get it."""

from __future__ import annotations

from collections.abc import Mapping

from playbooks_app.errors import Refused
from playbooks_app.language.names import did_you_mean
from playbooks_app.language.problem import Problem
from playbooks_app.language.registry import step_types
from playbooks_app.language.settings import build, fields_of
from playbooks_app.language.step_type import Json, StepFailed


def check_input(type_name: str, input: Json, address: str) -> None:
    """Whether steps of this type can act on it. Raises Refused with the address of the setting."""
    if not isinstance(input, Mapping):
        raise Refused(
            [Problem(address, "WrongType", "The input of a step is an object with its settings.", "GET the step: its `input` is what it had.")]
        )
    if type_name not in step_types:
        return
    kind = step_types.get(type_name)
    if kind.is_container:
        raise Refused([Problem(address, "Unknown", "A step with steps inside has no input of its own.", "Give an input to a step inside it.")])
    known = [field.key for field in fields_of(kind.Config)]
    problems = [
        Problem(f"{address}/{key}", "UnknownSetting", f"There is no setting “{key[:60]}”.", did_you_mean(key, known))
        for key in input
        if key not in known
    ]
    try:
        build(kind.Config, input)
    except StepFailed as fault:
        field = fault.details["field"] if isinstance(fault.details, Mapping) else ""
        problems.append(Problem(f"{address}/{field}", fault.code, str(fault), fault.hint))
    if problems:
        raise Refused(problems)

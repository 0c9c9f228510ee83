"""Steps that do something outside: call a service, send a mail; and the one that leaves a line in the timeline."""

from typing import Any

from playbooks_app.language.step_type import StepType
from runs_app.step_types.actions.email import Email
from runs_app.step_types.actions.http import Http
from runs_app.step_types.actions.log import Log

ACTIONS: tuple[StepType[Any], ...] = (Http(), Email(), Log())

"""Steps that decide what happens next."""

from runs_app.step_types.control.ab_split import AbSplit
from runs_app.step_types.control.condition import Condition
from runs_app.step_types.control.for_each import ForEach
from runs_app.step_types.control.loop import Loop
from runs_app.step_types.control.parallel import Parallel
from runs_app.step_types.control.race import Race
from runs_app.step_types.control.return_ import ReturnStep
from runs_app.step_types.control.router import Router
from runs_app.step_types.control.scope_ import ProtectedScope
from runs_app.step_types.control.throw import Throw
from runs_app.step_types.control.try_ import Try

CONTROL = (Condition(), Router(), ForEach(), Loop(), Parallel(), Race(), AbSplit(), Try(), ProtectedScope(), ReturnStep(), Throw())

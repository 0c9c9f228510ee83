"""Steps that keep values."""

from runs_app.step_types.data.checkpoint import CheckpointStep
from runs_app.step_types.data.var import Var

DATA = (Var(), CheckpointStep())

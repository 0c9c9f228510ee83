"""Steps that wait for time to pass."""

from runs_app.step_types.time.delay import Delay

TIME = (Delay(),)

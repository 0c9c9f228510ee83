"""Steps that wait for time to pass."""

from runs_app.step_types.time.delay import Delay
from runs_app.step_types.time.wait_until import WaitUntil

TIME = (Delay(), WaitUntil())

"""How control leaves a step other than by ending it. None of them is an `Exception`: a plug-in's broad `except` lets them pass.

BaseException
├── StrandParked     the strand can go no further; unwinds to the driver
│   ├── StrandHeld   … because a failed step waits for a person
│   ├── LaneOver     … because its loop has no further item; the commit that asked has ended it
│   └── StrandLost   … because it is somebody else's, or the run is paused
├── Cancelled        the run, or the fork above, is being cancelled
└── Returned         a `return` ends the playbook
"""

from __future__ import annotations

from playbooks_app.language.step_type import Json


class StrandParked(BaseException):
    """The strand can go no further at present; unwinds to the driver. Not an error, hence not an Exception."""


class StrandHeld(StrandParked):
    """A failed step that nobody handles waits for a person. `step_run` is its id."""

    def __init__(self, step_run: int) -> None:
        super().__init__()
        self.step_run = step_run


class LaneOver(StrandParked):
    """The lane asked for its next item and there was none: the same commit has ended it."""


class StrandLost(StrandParked):
    """The strand was taken away or handed back; nothing more may be written."""


class Cancelled(BaseException):
    """The strand is to unwind: `catch` does not see it, `finally` runs."""


class Returned(BaseException):
    """A `return` passes through. `value` is {code, message, outputs}."""

    def __init__(self, value: Json) -> None:
        super().__init__()
        self.value = value

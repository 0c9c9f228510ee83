"""A worker process for tests: the real driver, with the counting step types; killed, stopped and continued by the test that starts it.

Run as `python -m tests.engine.worker_process FILE`: each delivery is one appended line `run path attempt`.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import django


def main() -> None:
    """Drive until killed."""
    django.setup()
    from playbooks_app.language.registry import step_types
    from playbooks_app.language.step_type import Done, StepContext
    from runs_app.worker.driver import Driver
    from tests.engine.kinds import ASK, Effect

    log = os.open(sys.argv[1], os.O_APPEND | os.O_CREAT | os.O_WRONLY)

    class Recorded(Effect):
        def run(self, context: StepContext[Any]) -> Done:
            os.write(log, f"{context.run_id} {context.path} {context.attempt} {os.getpid()}\n".encode())
            return super().run(context)

    step_types.register(Recorded())
    step_types.register(ASK)
    Driver(threads=8).run()


if __name__ == "__main__":
    main()

"""Why a run has failed, in words of an operator, without a value of the run: which step, what happened, what to do."""

from __future__ import annotations

from runs_app.models import Run
from runs_app.worker.documents import document_of

OPEN = "Open the run: it says why."
MEANT: dict[str, tuple[str, str]] = {  # code -> what happened, what to do
    "ClientError": ("the system that it called refused what was sent", "Open the run to read what was criticised, mend it, then retry the step."),
    "ServerError": ("the system that it called had a fault of its own", "Retry the step when that system is well."),
    "RateLimited": ("the system that it called wanted fewer calls", "Retry the step later, or give it a limit."),
    "Timeout": ("there was no answer in time", "Retry the step, or allow it more time."),
    "ConnectionFailed": ("the system that it called could not be reached", "Check the address and the system, then retry the step."),
    "BreakerOpen": ("the system that it calls has failed too often, so calls to it are held back", "Retry the step when that system is well."),
    "EgressBlocked": ("its address may not be called from here", "Change the address, or ask who operates this installation to allow it."),
    "PayloadTooLarge": ("the answer was too large", "Ask for less in the step, then retry it."),
    "InputInvalid": ("it was given a value that does not fit", "Correct the value in the run, then retry the step."),
    "TemplateError": ("a value that it names is not there", "Open the run to see which, and give it a usual value in the playbook."),
    "ExpressionError": ("its formula could not be worked out", "Open the run to see why, and correct the formula in the playbook."),
    "ApprovalRejected": ("a person said no", "Open the run to read the reason."),
    "ApprovalExpired": ("nobody decided in time", "Open the run, and retry the step to ask again."),
    "Interrupted": ("it was interrupted too often", "Open the run, and say whether it happened."),
}


def reason(run: Run) -> str:
    """Of a failed run: one or two sentences, the code at the end for who looks it up. Own codes of authors stand as they are."""
    name, code = _step(run), run.code or "Failed"
    where = f"“{name}” failed" if name else "The run failed"
    if code not in MEANT:
        return f"{where} with {code}. {OPEN}"
    what, deed = MEANT[code]
    return f"{where}: {what}. {deed} ({code})"


def _step(run: Run) -> str:
    """The name of the step that the error names; "" for an error of the run itself."""
    path = (run.error or {}).get("address") or ""
    step = document_of(run.version).by_id.get(str(path).rpartition("/")[2])
    return step.name if step is not None else ""

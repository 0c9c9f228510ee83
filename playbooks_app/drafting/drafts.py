"""What the product asks of a draft before it keeps it, and before it publishes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playbooks_app import limits
from playbooks_app.drafting.cycles import faults_of_calls
from playbooks_app.drafting.known import names_known_to
from playbooks_app.errors import Refused
from playbooks_app.language.block_reader import MOST_STEPS
from playbooks_app.language.check import check
from playbooks_app.language.document import every_step, parse
from playbooks_app.language.problem import Problem
from playbooks_app.language.reading import check_json

if TYPE_CHECKING:
    from playbooks_app.models import Account, Playbook, User

FRAME = frozenset({"name", "description", "owner", "steps"})
UNTITLED = "Untitled playbook"
MOST_NAME = 200


def require_storable(document: Any) -> None:
    """Raises Refused for what no database or browser would keep as it is: NUL, lone surrogates, endless numbers, too deep, too long."""
    problems = [problem for problem in check_json(document) if problem.level == "error"]
    if not problems and not isinstance(document, dict):
        problems = [Problem("", "NotAnObject", "A playbook is an object with `name` and `steps`.", "Begin with `name: …`.")]
    if problems:
        raise Refused(problems)


def problems_of(document: Any, account: Account, *, by: User | None = None, playbook: Playbook | None = None) -> list[Problem]:
    """Every fault of a document, with the names that this account knows and the playbooks that `by` sees; `playbook`: whose draft it is."""
    found = check(document, known=names_known_to(account))
    if any(problem.level == "error" for problem in found):
        return found
    return found + _too_many_steps(document, account) + faults_of_calls(document, account, by=by, playbook=playbook)


def _too_many_steps(document: Any, account: Account) -> list[Problem]:
    """More than this account may have; the language has a limit of its own."""
    if limits.most(account, "steps") >= MOST_STEPS:
        return []
    read = parse(document)
    blocks = (read.steps, *(clause.steps for clause in read.catch), read.finally_)
    return limits.step_problems(account, sum(1 for block in blocks for _ in every_step(block)))


def title_of(document: dict[str, Any]) -> tuple[str, str]:
    """Name and description for lists, from the document itself; whatever else stands there is a fault that `check` names."""
    name, description = document.get("name"), document.get("description")
    return (name.strip()[:MOST_NAME] if isinstance(name, str) else "") or UNTITLED, description if isinstance(description, str) else ""


def blank(name: str, owner: str) -> dict[str, Any]:
    """The document of an empty playbook."""
    return {"handrail": 1, "name": name, "description": "", "owner": owner, "inputs": [], "steps": []}


def is_wrong(problem: Problem) -> bool:
    """Whether a fault is more than something to be settled before publishing: a draft may lack its owner or a playbook that it runs."""
    is_not_there_yet = problem.code in ("PlaybookNotFound", "PlaybookCycle") or (problem.code in ("Required", "Empty") and problem.address in FRAME)
    return problem.level == "error" and not is_not_there_yet

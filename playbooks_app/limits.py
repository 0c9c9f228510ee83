"""What an account may use: set by whoever operates the installation, per account in the administration, else for all in the environment.

0 is no limit, where one can be done without. Reaching a limit is said with its number, and who can raise it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

from playbooks_app import call_limits
from playbooks_app.errors import TooMany, WrongState
from playbooks_app.language.problem import Problem

if TYPE_CHECKING:
    from playbooks_app.models import Account

RAISE = "Whoever operates this installation can raise it for your account."


@dataclass(frozen=True, slots=True)
class Limit:
    """One kind of limit. The account's field is `limit_<name>`; `setting` counts where it is empty."""

    name: str
    setting: str
    words: str  # what is counted, for people


LIMITS = (
    Limit("runs_at_once", "RUNS_AT_ONCE_OF_ACCOUNT", "runs that are not over"),
    Limit("starts_per_minute", "STARTS_PER_MINUTE_OF_ACCOUNT", "runs started in a minute"),
    Limit("calls_per_minute", "API_CALLS_PER_MINUTE_OF_ACCOUNT", "calls to the REST doors in a minute, of all together"),
    Limit("calls_per_minute_each", "API_CALLS_PER_MINUTE", "calls to the REST doors in a minute, of one person or token"),
    Limit("steps", "STEPS_OF_PLAYBOOK", "steps of one playbook"),
    Limit("input_bytes", "INPUT_BYTES_OF_RUN", "bytes of one run's inputs"),
    Limit("people", "PEOPLE_OF_ACCOUNT", "people, invited ones included"),
    Limit("file_megabytes", "FILE_MEGABYTES_OF_ACCOUNT", "megabytes of files kept with approvals"),
    Limit("clean_up_after_days", "CLEAN_UP_AFTER_DAYS", "days after which failed and paused runs that nobody touched are archived"),
)
_BY_NAME = {limit.name: limit for limit in LIMITS}
_used: dict[str, Callable[[Account], int]] = {}


class LimitReached(WrongState):
    """The account has as many as it may have; `details` has {limit, most, used}."""

    code = "LimitReached"
    hint = RAISE


def most(account: Account, name: str) -> int:
    """The limit of this name; 0 = none."""
    own = getattr(account, f"limit_{name}")
    return int(getattr(settings, _BY_NAME[name].setting) if own is None else own)


def count_by(name: str, used: Callable[[Account], int]) -> None:
    """Apps say in AppConfig.ready how much of a limit an account has used, where that is known at any moment."""
    _used[name] = used


def of(account: Account) -> list[tuple[str, str, str]]:
    """Every limit for people: what is counted, how many it is, and how many are used; "" where there is none, or nobody knows."""
    found = [(limit, most(account, limit.name)) for limit in LIMITS]
    return [
        (limit.words, f"{allowed:,}" if allowed else "", f"{_used[limit.name](account):,}" if limit.name in _used else "") for limit, allowed in found
    ]


def require_room(account: Account, name: str, used: int, *, more: str = "") -> None:
    """Room for one more. Raises LimitReached. `more`: what else would help."""
    allowed = most(account, name)
    if allowed and used >= allowed:
        said = f"{account} may have {allowed:,} {_BY_NAME[name].words}, and has {used:,}."
        raise LimitReached(said, hint=f"{more} {RAISE}".strip(), details={"limit": name, "most": allowed, "used": used})


def count_start(account: Account) -> None:
    """One more run is started. Raises TooMany, with the seconds until the next minute."""
    allowed = most(account, "starts_per_minute")
    if not allowed:
        return
    standing = call_limits.count({f"starts:{account.pk}": allowed})
    if standing.left < 0:
        hint = f"Go on in {standing.reset} s. {RAISE}"
        raise TooMany(f"{account} may start {allowed:,} runs in a minute.", hint=hint, seconds=standing.reset)


def step_problems(account: Account, steps: int) -> list[Problem]:
    """What is wrong with a playbook of so many steps."""
    allowed = most(account, "steps")
    if steps <= allowed:
        return []
    return [
        Problem("steps", "TooLarge", f"The playbook has {steps:,} steps; {account} may have {allowed:,} in one.", f"Split it into several. {RAISE}")
    ]


def input_problems(account: Account, size: int) -> list[Problem]:
    """What is wrong with inputs of so many bytes (as JSON)."""
    allowed = most(account, "input_bytes")
    if not allowed or size <= allowed:
        return []
    said = f"The inputs are {size:,} bytes long; {account} may give a run {allowed:,}."
    return [Problem("inputs", "PayloadTooLarge", said, f"Give less, or several runs a part each. {RAISE}")]


def require_place(account: Account, invited: int = 0) -> None:
    """Room for one more person, beside so many who are invited. Raises LimitReached."""
    if most(account, "people"):
        used = account.memberships.filter(active=True).count() + invited
        require_room(account, "people", used, more="Switch off who has left.")

"""What the author has written about an approval, as the machine keeps it: rules with people, deadlines, and what silence means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from approvals_app import people, questions
from approvals_app.verdict import Policy, Rule
from playbooks_app.language import durations
from playbooks_app.language.problem import Problem
from playbooks_app.language.step_type import Json, StepFailed

if TYPE_CHECKING:
    from approvals_app.models import Approval
    from playbooks_app.models import User

SILENCES = ("wait", "approve", "reject", "fail")
SILENCE_WORDS = {"approve": "it counts as approved", "reject": "it counts as rejected", "fail": "the step fails", "wait": "it goes on waiting"}
MODES = ("share", "move")


@dataclass(frozen=True, slots=True)
class Silence:
    """What happens when nobody answers within `after` seconds."""

    after: float
    do: str


@dataclass(frozen=True, slots=True)
class Escalation:
    """Who is asked next when nobody has answered within `after` seconds. share: as well; move: instead."""

    after: float
    to: Json
    mode: str = "share"


def silence_of(written: Json) -> Silence | None:
    """`on_silence` as rendered; None when it is to wait for ever."""
    if not isinstance(written, Mapping) or written.get("do", "wait") == "wait" or "after" not in written:
        return None
    return Silence(_seconds(written["after"], "on_silence/after"), str(written["do"]))


def escalation_of(written: Json) -> Escalation | None:
    """`escalate` as rendered."""
    if not isinstance(written, Mapping) or "after" not in written or not written.get("to"):
        return None
    return Escalation(_seconds(written["after"], "escalate/after"), written["to"], str(written.get("mode", "share")))


def refuse_unfit(needs: Iterable[Json], escalate: Json, on_silence: Json) -> None:
    """Raises StepFailed InputInvalid for what templates may have made of numbers and words; everything else was checked before."""
    for need in needs:
        if not _is_need(need):
            raise _unfit("rules/need", f"“{need}” is not how many are needed.", "A number from 1, `all` or `any`.")
    for key, written, field, known in (("escalate", escalate, "mode", MODES), ("on_silence", on_silence, "do", SILENCES)):
        if isinstance(written, Mapping) and field in written and written[field] not in known:
            raise _unfit(f"{key}/{field}", f"“{written[field]}” is not known here.", f"One of: {', '.join(known)}.")
    silence_of(on_silence), escalation_of(escalate)


def note(escalation: Escalation | None, silence: Silence | None, now: datetime) -> dict[str, Json]:
    """What the waiting step remembers for who looks at it: `until` (ISO 8601) and what happens then. Counted on the wall, until people are asked."""
    moments = [(each.after, what) for each, what in ((escalation, "escalate"), (silence, silence.do if silence else "")) if each is not None]
    if not moments:
        return {}
    after, what = min(moments)
    return {"until": (now + timedelta(seconds=after)).isoformat(), "then": what}


def rules_of(who: Sequence[tuple[Json, Json, int]], account_id: int, barred: Mapping[int, str], starter: User | None) -> list[dict[str, Json]]:
    """The rules with their people, fixed at this moment, as `Approval.rules` stores them; who is barred has no vote."""
    found = []
    for selectors, need, stage in who:
        meant = people.chosen(selectors, account_id, starter)
        chosen = [each for each in meant if each.person.pk not in barred]
        kept_out = [each.person.pk for each in meant if each.person.pk in barred]
        members = {str(each.person.pk): {"weight": each.weight, "why": each.why, "through": each.through} for each in chosen}
        weight = needed(need, sum(each.weight for each in chosen))
        found.append({"need": weight, "stage": stage, "name": people.named(selectors), "people": members, "barred": kept_out})
    return found


def needed(need: Json, everybody: float) -> float:
    """`all`, `any` or a number (also as text) as a weight; at least 1, so that a rule without people is never satisfied."""
    if need == "all":
        return max(everybody, 1.0)
    return 1.0 if need in ("any", None) else max(float(need), 1.0)


def policy_of(approval: Approval) -> Policy:
    """For the verdict."""
    rules = [Rule({int(pk): each["weight"] for pk, each in rule["people"].items()}, rule["need"], rule["stage"]) for rule in approval.rules]
    return Policy(rules, approval.choice_values)


def unreachable(approval: Approval) -> str:
    """Why this can never be approved with the people it has; "" when it can."""
    for rule, stored in zip(policy_of(approval).rules, approval.rules, strict=True):
        if not rule.weights:
            return f"Nobody is there to decide: {stored['name'] or 'no approver is named'}."
        if not rule.reachable:
            return f"{rule.need:g} are needed of {stored['name']}, but only {sum(rule.weights.values()):g} may decide."
    return ""


def check(settings: Mapping[str, Json], address: str, *, who: str = "approvers", fields: str = "form") -> list[Problem]:
    """Faults that the schema cannot see. `who` and `fields`: the keys under which the step type has its people and its questions."""
    where = f"{address}/with" if not address.endswith("/with") else address
    found = []
    rules = settings.get("rules") or []
    if not settings.get(who) and not (rules and all(isinstance(rule, Mapping) and rule.get("approvers") for rule in rules)):
        found.append(Problem(f"{where}/{who}", "Required", "Nobody is asked.", "Name a person, a group, a department or a role."))
    for number, rule in enumerate(rules if isinstance(rules, list) else []):
        if isinstance(rule, Mapping) and not _is_template(rule.get("need")) and not _is_need(rule.get("need")):
            found.append(
                Problem(f"{where}/rules/{number}/need", "WrongChoice", "This is not how many are needed.", "A number from 1, `all` or `any`.")
            )
    found += questions.faults_of(settings.get(fields), where, fields)
    found += _check_ladder(settings.get("escalate"), f"{where}/escalate", "mode", MODES, "share")
    found += _check_ladder(settings.get("on_silence"), f"{where}/on_silence", "do", SILENCES, "wait")
    return found


def _check_ladder(written: Any, where: str, key: str, known: tuple[str, ...], usual: str) -> list[Problem]:
    if written is None or _is_template(written):
        return []
    if not isinstance(written, Mapping):
        return [Problem(where, "WrongType", "This is an object.", f"For example {{after: 2d, {key}: {usual}}}.")]
    found = []
    chosen = written.get(key, usual)
    if chosen not in known and not _is_template(chosen):
        found.append(Problem(f"{where}/{key}", "WrongChoice", f"“{chosen}” is not known here.", f"One of: {', '.join(known)}."))
    wants_span = (chosen != "wait" or key == "mode") and not _is_template(written.get("after"))
    if wants_span and durations.seconds(written.get("after")) is None:
        found.append(Problem(f"{where}/after", "BadDuration", "A span of time is needed.", durations.HINT))
    if key == "mode" and not written.get("to"):
        found.append(Problem(f"{where}/to", "Required", "Nobody is asked next.", "Name a person, a group, a department or a role."))
    return found


def _seconds(written: Json, field: str) -> float:
    found = durations.seconds(written)
    if found is None:
        raise _unfit(field, f"“{field}” is not a span of time.", durations.HINT)
    return found


def _unfit(field: str, message: str, hint: str) -> StepFailed:
    return StepFailed("InputInvalid", message, hint=hint, details={"field": field})


def _is_need(written: Json) -> bool:
    if written in ("all", "any", None):
        return True
    try:
        return not isinstance(written, bool) and 1 <= float(written) <= 1000
    except (TypeError, ValueError):
        return False


def _is_template(value: Any) -> bool:
    return isinstance(value, str) and "{{" in value

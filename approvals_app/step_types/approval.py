"""Ask people. Approve ends the step well, reject fails it with a code of its own, silence does what the author has chosen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from approvals_app import opening, people, policy
from approvals_app.verdict import APPROVE
from playbooks_app.language.problem import Problem
from playbooks_app.language.settings import setting
from playbooks_app.language.step_type import Done, Example, Json, StepContext, StepType, Wait

DEFAULT_CHOICES = ({"value": "approve", "label": "Approve"}, {"value": "reject", "label": "Reject"})
AUTO_APPROVED = "auto_approved"  # the event of a question that nobody was asked: its author is who started the run autonomously
_PATH = re.compile(r"[A-Za-z_][\w-]*(\.[\w-]+|\[\d+\])*")
_NAME_IN_TEMPLATE = re.compile(r"[A-Za-z_][\w.-]*")


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule: so many of these people. All rules have to be satisfied."""

    approvers: Json = setting("people", label="Who", help="Left out: the people named above.")
    need: Json = setting("json", label="How many", default=1, help="A number, `all`, or `any`.", example="2")
    stage: int = setting("integer", label="Stage", default=1, minimum=1, maximum=20, help="Stage 2 is asked when stage 1 is through.")


@dataclass(frozen=True, slots=True)
class ChoiceRow:
    """One answer that people can give."""

    value: str = setting("name", label="Value", required=True, help="What later steps see; `reject` rejects.", example="later")
    label: str = setting("text", label="Words on the button", example="Ask again in a week")


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings, under `with`; `on_reject` stands beside it."""

    title: str = setting("text", label="Question", required=True, help="One question, with amount or name.", example="Pay {{ invoice.vendor }}?")
    summary: str = setting("long_text", label="Why it is asked", default="", help="What somebody must know who sees nothing else.")
    show: tuple[Json, ...] = setting("list", label="What is decided on", default=[], help="Names of data; shown in page and mail.", example="invoice")
    approvers: Json = setting("people", label="Who decides", help="A person, a group, a department, a role, or an expression.")
    rules: tuple[RuleRow, ...] = setting("rows", label="Rules", default=[], row=RuleRow, advanced=True, help="Without rules any one of them decides.")
    choices: tuple[ChoiceRow, ...] = setting("rows", label="Choices", default=[], row=ChoiceRow, advanced=True, help="Without: approve and reject.")
    form: tuple[Json, ...] = setting("list", label="Questions to answer", default=[], advanced=True, help="Declared like the inputs of a playbook.")
    four_eyes: bool = setting("boolean", label="Not who started it", default=False, help="Who started the run may not decide.")
    comment_required: tuple[str, ...] = setting("texts", label="Choices that need a comment", default=[], advanced=True, example="reject")
    remind_every: float | None = setting("duration", label="Remind every", minimum=60, group="silence", example="1d")
    escalate: Json = setting("json", label="Escalate", group="silence", help="{after, to, mode: share or move}: who is asked next.")
    on_silence: Json = setting("json", label="When nobody answers", group="silence", help="{after, do: wait, approve, reject or fail}.")
    on_reject: str = setting(
        "choice", label="After a rejection", default="fail", choices=(("fail", "the step fails (ApprovalRejected)"), ("continue", "the run goes on"))
    )


class Approval(StepType[Settings]):
    """Somebody decides. Nothing of the run sits in memory meanwhile."""

    name = "approval"
    label = "Ask for approval"
    summary = "Somebody decides, in the inbox, from a mail or by the API."
    icon = "stamp"
    family = "people"
    effect = False
    Config = Settings
    beside = ("on_reject",)
    output_help: ClassVar[Mapping[str, str]] = {
        "decision": "The choice: approve, or another one.",
        "by": "Username of the last who decided; null when nobody did.",
        "at": "When, UTC.",
        "comment": "What they wrote.",
        "values": "Answers to the questions.",
    }
    examples = (
        Example(
            "A large payment",
            {
                "type": "approval",
                "with": {"title": "Pay {{ payment.vendor }}?", "approvers": {"group": "finance-leads"}, "show": ["payment"], "remind_every": "1d"},
            },
        ),
        Example(
            "Two of the leads, and then the head",
            {
                "type": "approval",
                "with": {
                    "title": "Open the account?",
                    "rules": [{"approvers": {"group": "finance-leads"}, "need": 2}, {"approvers": {"role": "owner"}, "need": 1, "stage": 2}],
                },
                "on_reject": "continue",
            },
        ),
    )

    def written_out(self, settings: Mapping[str, Json]) -> Mapping[str, Json]:
        """`show: [invoice]` becomes `[{label: invoice, value: "{{ invoice }}"}]`, `choices: [later]` becomes `[{value: later, label: Later}]`."""
        found = dict(settings)
        if "show" in found:
            found["show"] = list(shown_as_pairs(found["show"]))
        if isinstance(found.get("choices"), list):
            found["choices"] = [{"value": each} if isinstance(each, str) else each for each in found["choices"]]
        return found

    def check(self, settings: Mapping[str, Json], address: str) -> list[Problem]:
        """Somebody must be asked, and silence must be said in words that are known."""
        return policy.check(settings, address)

    def run(self, context: StepContext[Settings]) -> Done | Wait:
        """Nobody is asked in an autonomous run; the output says so."""
        policy.refuse_unfit(context.config)
        if context.mode != "live":
            return Wait(cause="approval", name=opening.WHO_STARTED)
        if context.autonomous:
            output: dict[str, Json] = {
                "decision": APPROVE,
                "by": None,
                "at": context.now.isoformat(),
                "comment": "auto-approved",
                "values": {},
                "automatic": True,
            }
            return Done(output, told=((AUTO_APPROVED, {"by": context.starter_id, "decision": APPROVE}),))
        asked = policy.asked_selectors(context.config)
        return Wait(cause="approval", name=people.named(asked), note=policy.note(context.config, context.now), guarded=True)

    def opened(self, context: StepContext[Settings], wait: Wait) -> None:
        """Store the question, who is asked, their links and their mails, in the transaction that parks the step."""
        opening.open_approval(context)


def shown_as_pairs(show: Json) -> Iterator[dict[str, Json]]:
    """What the author wrote under `show`, as {label, value}: a name of data, a template, text, or {label: value}."""
    for each in show if isinstance(show, list) else [show]:
        if isinstance(each, Mapping) and set(each) == {"label", "value"}:
            yield dict(each)
        elif isinstance(each, Mapping):
            yield from ({"label": str(label), "value": value} for label, value in each.items())
        elif isinstance(each, str) and _PATH.fullmatch(each):
            yield {"label": label_of(each), "value": f"{{{{ {each} }}}}"}
        else:
            yield {"label": label_of(str(each)) if isinstance(each, str) and "{{" in each else "", "value": each}


def label_of(text: str) -> str:
    """The last name of a path that means something: `steps.check.output` -> check, `invoice.amount` -> amount."""
    found = _NAME_IN_TEMPLATE.search(text.partition("{{")[2] or text)
    parts = [part for part in (found.group().split(".") if found else []) if part not in ("output", "")]
    return parts[-1] if parts else ""

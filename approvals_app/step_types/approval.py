"""Ask people. Approve ends the step well, reject fails it with a code of its own, silence does what the author has chosen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from approvals_app import opening, people, policy, questions, storage
from approvals_app.facts import worded
from approvals_app.question import EDITORS, STARTER, Question
from approvals_app.step_types.rows import EscalationRow, QuestionRow, SilenceRow
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
    form: tuple[Json, ...] = setting("list", label="Questions to answer", default=[], row=QuestionRow, advanced=True, help="Asked beside the choice.")
    four_eyes: bool = setting("boolean", label="Four eyes", default=False, help="Who started the run, or changed its data, may not decide.")
    four_eyes_for: str = setting(
        "choice",
        label="Four eyes bar",
        default="both",
        advanced=True,
        choices=(("both", "who started it and who changed its data"), (STARTER, "who started it"), (EDITORS, "who changed its data")),
    )
    conflicts: tuple[Json, ...] = setting(
        "list", label="Not who is named in", default=[], advanced=True, help="Names of data; people in it may not decide.", example="invoice.buyer"
    )
    comment_required: tuple[str, ...] = setting("texts", label="Choices that need a comment", default=[], advanced=True, example="reject")
    remind_every: float | None = setting("duration", label="Remind every", minimum=60, group="silence", example="1d")
    working_time: bool = setting(
        "boolean", label="Count working time", default=False, group="silence", help="By the calendars of those who are asked; a day is a working day."
    )
    escalate: Json = setting("json", label="Escalate", row=EscalationRow, group="silence", help="Who is asked next.")
    on_silence: Json = setting("json", label="When nobody answers", row=SilenceRow, group="silence", help="Silence approves only where you say so.")
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
        if "conflicts" in found:
            found["conflicts"] = [pair["value"] for pair in shown_as_pairs(found["conflicts"])]
        if "form" in found:
            found["form"] = questions.plain_checks(found["form"])
        if isinstance(found.get("choices"), list):
            found["choices"] = [{"value": each} if isinstance(each, str) else each for each in found["choices"]]
        return found

    def check(self, settings: Mapping[str, Json], address: str) -> list[Problem]:
        """Somebody must be asked, and silence must be said in words that are known."""
        return policy.check(settings, address)

    def run(self, context: StepContext[Settings]) -> Done | Wait:
        """Nobody is asked in an autonomous run; the output says so."""
        config = context.config
        policy.refuse_unfit([row.need for row in config.rules], config.escalate, config.on_silence)
        if context.mode != "live":
            return Wait(cause="approval", name=opening.WHO_STARTED)
        if context.autonomous:
            by_itself: dict[str, Json] = {"decision": APPROVE, "by": None, "comment": "auto-approved", "values": {}, "automatic": True}
            output = {**by_itself, "at": context.now.isoformat()}
            return Done(output, told=((AUTO_APPROVED, {"by": context.starter_id, "decision": APPROVE}),))
        asked = question_of(config)
        storage.require_room(context.account_id, asked.shown or {})
        return Wait(
            cause="approval", name=people.named(asked.everybody), note=policy.note(asked.escalation, asked.silence, context.now), guarded=True
        )

    def opened(self, context: StepContext[Settings], wait: Wait) -> None:
        """Store the question, who is asked, their links and their mails, in the transaction that parks the step."""
        opening.open_approval(context, question_of(context.config))


def question_of(config: Settings) -> Question:
    """What people are asked. Raises StepFailed for spans of time that are none."""
    barred = {"both": (STARTER, EDITORS)}.get(config.four_eyes_for, (config.four_eyes_for,)) if config.four_eyes else ()
    rows = [(row.approvers or config.approvers, row.need, row.stage) for row in config.rules]
    return Question(
        title=config.title,
        who=rows or [(config.approvers, 1, 1)],
        summary=config.summary or "",
        shown=shown_of(config.show),
        choices=[{"value": each.value, "label": each.label or worded(each.value)} for each in config.choices] or DEFAULT_CHOICES,
        form=config.form,
        four_eyes=frozenset(barred),
        conflicts=config.conflicts,
        comment_required=config.comment_required,
        remind_every=config.remind_every,
        escalation=policy.escalation_of(config.escalate),
        silence=policy.silence_of(config.on_silence),
        on_reject=config.on_reject,
        working_time=config.working_time,
    )


def shown_of(pairs: Json) -> dict[str, Json]:
    """{label: value} of what the author shows; a label that comes twice gets a number."""
    found: dict[str, Json] = {}
    for pair in pairs:
        label = str(pair.get("label") or "") or "Details"
        name, number = label, 2
        while name in found:
            name, number = f"{label} ({number})", number + 1
        found[name] = pair.get("value")
    return found


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

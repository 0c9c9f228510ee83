"""Ask somebody for data: the run waits until the form is filled in. In the same inbox, with the same mails and rules, as approvals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from approvals_app import opening, people, policy, questions, storage
from approvals_app.question import FORM, SUBMIT, Question
from approvals_app.step_types.approval import shown_as_pairs, shown_of
from approvals_app.step_types.rows import EscalationRow, FormSilenceRow, QuestionRow
from playbooks_app.language.problem import Problem
from playbooks_app.language.settings import setting
from playbooks_app.language.step_type import Done, Example, Json, StepContext, StepType, Wait


@dataclass(frozen=True, slots=True)
class FormSettings:
    """Settings, under `with`."""

    title: str = setting("text", label="What is asked for", required=True, help="One sentence.", example="Bank details of {{ inputs.supplier }}")
    fields: tuple[Json, ...] = setting("list", label="Fields", required=True, row=QuestionRow, help="What is to be filled in.")
    assignee: Json = setting(
        "people", label="Who fills it in", help="A person, a group, a department, a role, or an expression. The first to answer counts."
    )
    summary: str = setting("long_text", label="Why it is asked", default="", help="What somebody must know who sees nothing else.")
    show: tuple[Json, ...] = setting(
        "list", label="What to show with it", default=[], help="Names of data; shown in page and mail.", example="invoice"
    )
    remind_every: float | None = setting("duration", label="Remind every", minimum=60, group="silence", example="1d")
    working_time: bool = setting(
        "boolean", label="Count working time", default=False, group="silence", help="By the calendars of those who are asked; a day is a working day."
    )
    escalate: Json = setting("json", label="Escalate", row=EscalationRow, group="silence", help="Who is asked next.")
    on_silence: Json = setting("json", label="When nobody answers", row=FormSilenceRow, group="silence", help="Without it the form stays open.")


class Form(StepType[FormSettings]):
    """Somebody types in what is missing. Nothing of the run sits in memory meanwhile."""

    name = "form"
    label = "Ask for data"
    summary = "Somebody fills in a form, in the inbox, from a mail or by the API."
    icon = "form"
    family = "people"
    effect = False
    Config = FormSettings
    output_help: ClassVar[Mapping[str, str]] = {
        "<field>": "Each answer, under the name of its field.",
        "by": "Username of who filled it in.",
        "at": "When, UTC.",
    }
    examples = (
        Example(
            "Bank details of a new supplier",
            {
                "type": "form",
                "with": {
                    "title": "Bank details of {{ inputs.supplier }}",
                    "assignee": {"group": "finance-leads"},
                    "fields": [{"name": "iban", "type": "string", "required": True}, {"name": "confirmed_on", "type": "date"}],
                },
            },
        ),
    )

    def written_out(self, settings: Mapping[str, Json]) -> Mapping[str, Json]:
        """`show: [invoice]` becomes pairs, as for approvals; rules of fields are about the answer, not about the run."""
        found = dict(settings)
        if "show" in found:
            found["show"] = list(shown_as_pairs(found["show"]))
        if "fields" in found:
            found["fields"] = questions.plain_checks(found["fields"])
        return found

    def check(self, settings: Mapping[str, Json], address: str) -> list[Problem]:
        """Somebody must be asked, for something, and silence cannot answer for them."""
        where = f"{address}/with" if not address.endswith("/with") else address
        found = policy.check(settings, where, who="assignee", fields="fields")
        if settings.get("fields") == []:
            found.append(Problem(f"{where}/fields", "Required", "The form has no field.", "Add one, as for the inputs of a playbook."))
        silence = settings.get("on_silence")
        if isinstance(silence, Mapping) and silence.get("do") in ("approve", "reject"):
            found.append(Problem(f"{where}/on_silence/do", "WrongChoice", "Nobody's silence fills in a form.", "Choose wait or fail."))
        return found

    def sample(self, settings: Mapping[str, Json]) -> Json:
        """The usual answers, where the fields have any."""
        usual = {each.name: each.default if each.has_default else None for each in questions.declared(list(settings.get("fields") or []))}
        return {**usual, "by": None, "at": None}

    def run(self, context: StepContext[FormSettings]) -> Done | Wait:
        """A person is asked in autonomous runs too: nobody else knows the answer."""
        config = context.config
        policy.refuse_unfit([], config.escalate, config.on_silence)
        if context.mode != "live":
            return Wait(cause="approval", name=opening.WHO_STARTED)
        asked = question_of(config)
        storage.require_room(context.account_id, asked.shown or {})
        return Wait(
            cause="approval", name=people.named(asked.everybody), note=policy.note(asked.escalation, asked.silence, context.now), guarded=True
        )

    def opened(self, context: StepContext[FormSettings], wait: Wait) -> None:
        """Store the question, who is asked, their links and their mails, in the transaction that parks the step."""
        opening.open_approval(context, question_of(context.config))


def question_of(config: FormSettings) -> Question:
    """What people are asked. Raises StepFailed for spans of time that are none."""
    return Question(
        kind=FORM,
        title=config.title,
        who=[(config.assignee, 1, 1)],
        summary=config.summary or "",
        shown=shown_of(config.show),
        choices=[{"value": SUBMIT, "label": "Submit"}],
        form=config.fields,
        remind_every=config.remind_every,
        escalation=policy.escalation_of(config.escalate),
        silence=policy.silence_of(config.on_silence),
        working_time=config.working_time,
    )

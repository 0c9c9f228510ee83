"""Tell people that something is theirs to look at. It waits for nobody: the next step begins at once, whether or not mail can be sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from django.db import transaction
from django.urls import reverse

from approvals_app import people
from playbooks_app.language.problem import Problem
from playbooks_app.language.settings import setting
from playbooks_app.language.step_type import Done, Example, Json, StepContext, StepFailed, StepType
from playbooks_app.models import User
from runs_app.models import Run
from runs_app.news import telling

MOST_TOLD = 500


@dataclass(frozen=True, slots=True)
class HandoffSettings:
    """Settings, under `with`: a department, a group or people, and what they are told."""

    message: str = setting(
        "long_text", label="Message", required=True, help="What to do, in a sentence or two.", example="Call {{ inputs.customer }} back."
    )
    department: str = setting("text", label="Department", default="", names="department", example="finance")
    group: str = setting("text", label="Group", default="", names="group", example="finance-leads")
    user: Json = setting("people", label="Person", help="One or several; also from data.", example="alice")
    title: str = setting("text", label="Subject", default="", help="Left out: the first line of the message.", advanced=True)


class Handoff(StepType[HandoffSettings]):
    """Notifies people in the product and by mail."""

    name = "handoff"
    label = "Hand over"
    summary = "Tells a department, a group or people, and goes on at once."
    icon = "forward"
    family = "people"
    Config = HandoffSettings
    acts = True
    blocking = True  # it writes to the database
    output_help: ClassVar[Mapping[str, str]] = {"notified": "Usernames of those who were told."}
    examples = (
        Example("Finance takes over", {"type": "handoff", "with": {"department": "finance", "message": "Check {{ inputs.invoice }} by hand."}}),
    )

    def check(self, settings: Mapping[str, Json], address: str) -> list[Problem]:
        """Somebody must be told."""
        where = f"{address}/with" if not address.endswith("/with") else address
        if any(settings.get(key) for key in ("department", "group", "user")):
            return []
        return [Problem(f"{where}/department", "Required", "Nobody is told.", "Name a department, a group or a person.")]

    def sample(self, settings: Mapping[str, Json]) -> Json:
        """Somebody was told."""
        return {"notified": ["somebody"]}

    def run(self, context: StepContext[HandoffSettings]) -> Done:
        """Tell each of them once, however often the step is tried. Raises StepFailed NeedsPerson when there is nobody."""
        config = context.config
        wanted = [{"department": config.department}, {"group": config.group}, {"user": config.user}]
        told = [each.person for each in people.chosen([each for each in wanted if all(each.values())], context.account_id, _starter(context))][
            :MOST_TOLD
        ]
        if not told:
            raise StepFailed("NeedsPerson", "Nobody is there to be told.", hint="Name somebody who works in the account, then retry the step.")
        _tell(context, told)
        return Done({"notified": [person.username for person in told]})


def _tell(context: StepContext[HandoffSettings], told: list[User]) -> None:
    run = Run.objects.select_related("playbook", "account").get(pk=context.run_id)
    text = context.config.message.strip()
    title = context.config.title.strip() or text.partition("\n")[0][:120] or run.playbook.name
    reference, body = f"handoff-{context.idempotency_key}", "" if title == text else text
    with transaction.atomic():
        for person in told:
            address = reverse("run", args=[run.pk]) if Run.objects.visible_to(person).filter(pk=run.pk).exists() else ""
            telling.tell(person, kind="handoff", title=title, text=text, address=address, reference=reference, run=run)
            subject = f"{run.playbook.name}: {title}"
            telling.mail(person, run.account, subject=subject, title=title, text=body, address=address or "/", reference=reference, run=run)


def _starter(context: StepContext[HandoffSettings]) -> User | None:
    return User.objects.filter(pk=context.starter_id).first() if context.starter_id else None

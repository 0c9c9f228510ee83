"""One of each thing, and every text that somebody may choose tries to become a part of the page."""

from __future__ import annotations

from typing import Any

from django.test import Client

from approvals_app.models import Comment
from approvals_app.opening import open_approval
from approvals_app.step_types.approval import question_of
from playbooks_app import audit
from playbooks_app.language.document import normalise
from playbooks_app.models import Account, Calendar, Connection, Department, Group, Playbook, PlaybookVersion, User
from runs_app.models import Notification, OutboxMail, Webhook, WebhookDelivery
from runs_app.statuses import StepStatus
from tests.approvals.conftest import QUESTION, config_of, context_for
from tests.runs.factories import RunBuilder
from tests.security import scene

MARK = "zq7"  # stands in every text: a page that has it shows something of ours
SHORT = f"{MARK}\"'><img src=x onerror=hit()>"
TEXT = (
    f"{MARK}</title></textarea></script></style><script>hit()</script><img src=x onerror=hit()><svg onload=hit()>"
    "<a href='javascript:hit()'>go</a><iframe srcdoc='<script>hit()</script>'></iframe><form action=javascript:hit()><input autofocus onfocus=hit()>"
    "\" onmouseover=hit() ' onfocus=hit() <!-- ]]> \\{{7*7}} ${7*7} {% debug %} \u202e\u2028 &lt;script&gt;hit()&lt;/script&gt;"
    "<math><mi xlink:href=javascript:hit()>"
)
LINK = f"javascript:hit('{MARK}')"
VALUE = {
    SHORT: TEXT,
    "link": LINK,
    "list": [TEXT, {SHORT: [SHORT]}],
    "data": "data:text/html,<script>hit()</script>",
    "html": f"<b onclick=hit()>{MARK}",
}
DOCUMENT: dict[str, Any] = {
    "handrail": 1,
    "name": SHORT,
    "description": TEXT,
    "owner": TEXT,
    "inputs": [
        {"name": "rows", "type": "array", "description": TEXT, "default": [VALUE]},
        {"name": "kind", "type": "string", "description": TEXT, "allowed": [SHORT, TEXT], "default": SHORT},
        {"name": "free", "type": "string", "description": SHORT, "default": TEXT, "pattern": ".*<script>hit\\(\\)</script>.*"},
    ],
    "steps": [
        {"id": "note", "type": "log", "name": SHORT, "with": {"message": TEXT}},
        {
            "id": "both",
            "type": "parallel",
            "name": SHORT,
            "branches": [
                {
                    "name": "a<img src=x onerror=hit()>",
                    "steps": [{"id": "call", "type": "http", "name": SHORT, "with": {"url": f"https://api.example.com/?q={LINK}"}}],
                }
            ],
        },
        {"id": "sign", "type": "approval", "name": SHORT, "with": {**QUESTION, "title": TEXT}},
    ],
}
PROBLEM = {"code": "Odd", "message": TEXT, "hint": TEXT, "address": SHORT, "details": VALUE}


def make(people: dict[str, User]) -> scene.Things:
    """The things of `scene`, and beside them hostile ones, which take the places of the playbook, the version, the run and the approval."""
    things = scene.make_scene(people)
    acme, alice, bob = Account.objects.get(slug="acme"), people["alice"], people["bob"]
    _rename(acme)
    document = normalise(DOCUMENT)
    playbook = Playbook.objects.create(
        account=acme, owner=alice, name=SHORT, description=TEXT, draft=document, tags=[SHORT[:40]], visibility="account"
    )
    versions = [PlaybookVersion.objects.create(playbook=playbook, number=n, document=document, published_by=alice, note=TEXT) for n in (1, 2)]
    built = RunBuilder(versions[0], alice, status="pending_approval", inputs=VALUE, labels={SHORT[:30]: SHORT[:30]}, code="Odd", message=TEXT)
    built.step("note", input=VALUE, output=VALUE)
    built.step("call", "http", status=StepStatus.FAILED, input=VALUE, error=PROBLEM)
    sign = built.step("sign", "approval", status=StepStatus.WAITING, end=None)
    run = built.save()
    built.events([("run_started", "", 0), ("step_failed", "call", 1)], data=VALUE)
    settings = {**QUESTION, "title": TEXT, "summary": TEXT, "show": [{"label": SHORT, "value": VALUE}], "choices": [{"value": "go", "label": SHORT}]}
    config = config_of(settings)
    approval = open_approval(context_for(run, sign, config, alice), question_of(config))
    Comment.objects.create(approval=approval, person=bob, text=TEXT, asks=True)
    _say(people, playbook, run)
    return {**things, "playbooks": playbook.pk, "versions": versions[0].pk, "runs": run.pk, "approvals": approval.pk}


def _rename(acme: Account) -> None:
    """What people may call themselves and their things."""
    User.objects.filter(memberships__account=acme).update(first_name=SHORT, last_name=SHORT[:150])
    Account.objects.filter(pk=acme.pk).update(name=SHORT)
    for model in (Department, Group, Calendar):
        model.objects.filter(account=acme).update(name=SHORT)
    Connection.objects.filter(account=acme).update(name=SHORT, test_said=SHORT, base_url=LINK)
    Webhook.objects.filter(account=acme).update(description=SHORT, url=f"https://hooks.example.com/{SHORT}")
    WebhookDelivery.objects.update(last_said=SHORT, kind=SHORT[:40])


def _say(people: dict[str, User], playbook: Playbook, run: Any) -> None:
    """What is told and written down."""
    audit.note(people["admin"], "thing.tested", playbook, old={SHORT: TEXT}, new=VALUE)
    OutboxMail.objects.create(to=people["bob"].email, subject=SHORT, text=TEXT, reference="x", last_error=TEXT)
    for number, person in enumerate(people.values()):
        Notification.objects.create(person=person, run=run, kind="run_ended", title=SHORT, text=TEXT, address="/runs/", reference=f"r{number}")
    strange = Client(headers={"User-Agent": TEXT})
    strange.force_login(people["admin"], backend=scene.BACKEND)
    strange.get("/profile/security/")

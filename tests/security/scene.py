"""One account with one of each thing, and one of each kind of person who may come by."""

from __future__ import annotations

import hashlib
from typing import Any

from django.test import Client

from approvals_app import links
from approvals_app.opening import open_approval
from approvals_app.step_types.approval import question_of
from playbooks_app import audit, clock
from playbooks_app.language.document import normalise
from playbooks_app.models import Account, AuditEntry, Calendar, Department, Group, Membership, Playbook, PlaybookGrant, PlaybookVersion, Role, User
from playbooks_app.people import inviting
from playbooks_app.secrecy import keeping, tokens
from runs_app.entry import scheduling
from runs_app.models import OutboxMail, Run, WebhookDelivery
from runs_app.news import webhooks
from tests.approvals.conftest import QUESTION, config_of, context_for, make_step_run

BACKEND = "playbooks_app.entrance.sign_in.EmailOrUsername"
MISSING = 999_999_999
DOCUMENT = {"handrail": 1, "name": "Pay", "description": "Pays.", "owner": "Finance", "steps": [{"type": "log", "with": {"message": "m"}}]}
REPORT = {"name": "report.txt", "content": "All green."}
REPORT_SHA256 = hashlib.sha256(b"All green.").hexdigest()

Things = dict[str, Any]


def make_scene(people: dict[str, User]) -> Things:
    """What an address can be about, by the noun in it. Everything is Acme's; alice owns the playbook and the run, bob is asked to decide."""
    acme, alice, admin = Account.objects.get(slug="acme"), people["alice"], people["admin"]
    document = normalise(DOCUMENT)
    playbook = Playbook.objects.create(account=acme, owner=alice, name="Pay", description="Pays.", draft=document, visibility="account")
    version = PlaybookVersion.objects.create(playbook=playbook, number=1, document=document, published_by=alice)
    run = Run.objects.create(account=acme, owner=alice, playbook=playbook, version=version, status="pending_approval", visibility="account")
    config = config_of({**QUESTION, "show": [{"label": "report", "value": REPORT}]})
    approval = open_approval(context_for(run, make_step_run(run, "sign"), config, alice), question_of(config))
    webhook, _ = webhooks.make(acme, by=admin, url="https://hooks.example.com/x", events=["*"])
    audit.note(admin, "login.succeeded", admin)
    mail = OutboxMail.objects.create(to="bob@acme.example", subject="s", text="t", reference="r", given_up_at=clock.now())
    return {
        "schedules": scheduling.make(playbook, alice, cron="0 8 * * *").pk,
        "mails": mail.pk,
        "playbooks": playbook.pk,
        "versions": version.pk,
        "runs": run.pk,
        "approvals": approval.pk,
        "token": links.make(approval, people["bob"]).address.rstrip("/").rpartition("/")[2],
        "departments": Department.objects.get(account=acme, slug="finance").pk,
        "groups": Group.objects.get(account=acme).pk,
        "members": Membership.objects.get(user=people["dave"]).pk,
        "people": Membership.objects.get(user=people["dave"]).pk,
        "calendars": Calendar.objects.create(account=acme, name="Office").pk,
        "secrets": keeping.add_secret(acme, by=admin, name="bank", value="s3cret", hosts=["bank.example.com"]).pk,
        "connections": keeping.add_connection(
            acme, by=admin, name="crm", kind="http", base_url="https://crm.example.com", api_key="k3y-of-crm", hosts=["crm.example.com"]
        ).pk,
        "tokens": tokens.make(admin, name="program", scopes=["read"])[0].pk,
        "webhooks": webhook.pk,
        "delivery": WebhookDelivery.objects.create(webhook=webhook, event="e", kind="run.completed", payload={}).pk,
        "audit": AuditEntry.objects.latest("pk").pk,
        "invitations": inviting.invite(acme, by=admin, email="new@acme.example", role="viewer").pk,
        "grants": PlaybookGrant.objects.create(playbook=playbook, user=people["carol"], made_by=alice).pk,
    }


def make_principals(people: dict[str, User]) -> dict[str, User | None]:
    """Whoever may come by. `head` leads a department, `owner-of-it` owns the playbook and the run, `nobody` has an account of no company."""
    acme = Account.objects.get(slug="acme")

    def one(name: str, role: Role | None, **fields: Any) -> User:
        user = User.objects.create(username=name, email=f"{name}@acme.example", **fields)
        if role:
            Membership.objects.create(user=user, account=acme, role=role)
        return user

    head = one("hedda", Role.VIEWER)
    Department.objects.filter(account=acme, slug="support").update(head=head)
    return {
        "anonymous": None,
        "deactivated": one("zara", Role.OWNER, is_active=False),
        "nobody": one("nobody", None),
        "foreign": people["eve"],
        "viewer": people["dave"],
        "operator": people["carol"],
        "builder": one("ben", Role.BUILDER),
        "approver": people["bob"],
        "head": head,
        "owner-of-it": people["alice"],
        "admin": one("adam", Role.ADMIN),
        "superuser": people["admin"],
    }


def client_of(user: User | None) -> Client:
    """A browser in which that person is signed in, as far as that goes."""
    client = Client(raise_request_exception=False)
    if user is not None:
        client.force_login(user, backend=BACKEND)
    return client

"""Names and numbers of another account's things, wherever a body or a document may name a thing: refused like those of nothing, and never used.

The places are found, not listed: every field of every body in the OpenAPI description, every setting of every step type. A field that nobody has
said to be a name or plain content fails the test, so that no new one is forgotten.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from rest_framework.test import APIClient

from approvals_app import people as selectors
from approvals_app.models import Approval
from playbooks_app.language.document import normalise
from playbooks_app.language.registry import step_types
from playbooks_app.language.setting_fields import fields_of
from playbooks_app.language.step_type import StepFailed
from playbooks_app.models import Account, Calendar, Department, Group, Playbook, PlaybookVersion, User
from playbooks_app.people import inviting
from playbooks_app.secrecy import keeping, tokens
from runs_app.entry import scheduling
from runs_app.models import OutboxMail, Run
from runs_app.news import webhooks
from runs_app.secrecy import references, revealing
from tests.security import addresses, scene

Api = Callable[[User | None], APIClient]
pytestmark = pytest.mark.django_db

# What a field of a body names; "" is content. By `operation.field` where the name alone does not tell.
NAMES = {
    "playbook": "playbook", "playbooks": "playbook", "run": "run", "user": "user", "to": "user", "requester": "user", "head": "user",
    "deputies": "user", "members": "user", "manager": "user", "heir": "user", "group": "group", "groups": "group", "department": "department",
    "username": "user", "calendar": "calendar", "ids": "notification", "connection": "connection", "session": "run",
}  # fmt: skip
PLAIN = {
    "active", "api_key", "as", "asks", "at", "autonomous", "base_url", "comment", "concurrency", "config", "confirm", "cron", "data",
    "decision", "description", "document", "dry", "email", "enabled", "events", "expires_at", "failed_items", "following", "happened",
    "holiday_names", "holidays", "hosts", "hours", "idempotency_key", "inherit", "input", "inputs", "is_default", "keep", "keep_faults",
    "keep_old_for", "key", "kind", "labels", "leaving", "level", "live", "mode", "name", "note", "older_than_days", "only", "output", "overlap",
    "override", "path", "payload", "payload_hash", "pinned", "priority", "reason", "role", "scope", "scopes", "seen", "slug", "start_at",
    "step", "steps", "tab", "tags", "text", "timezone", "tip", "url", "value", "values", "vars", "version", "visibility", "wait",
}  # fmt: skip
SAMPLES: dict[str, Any] = {
    "playbook": lambda things: things["playbooks"], "run": lambda things: things["runs"], "cron": "0 8 * * *", "name": "n", "slug": "s-new",
    "step": "sign", "keep": 1, "email": "who@acme.example", "role": "viewer", "url": "https://hooks.example.com/y", "events": ["*"], "active": False,
}  # fmt: skip
KINDS_IN_ROWS = {"grants": ("user", "group", "department")}


def of_globex(eve: User) -> dict[str, Any]:
    """One of each thing of the other account: by which name or number a body would mean it."""
    globex = Account.objects.get(slug="globex")
    document = normalise({**scene.DOCUMENT, "name": "Globex pay"})
    playbook = Playbook.objects.create(account=globex, owner=eve, name="Globex pay", draft=document, visibility="account")
    version = PlaybookVersion.objects.create(playbook=playbook, number=1, document=document, published_by=eve)
    run = Run.objects.create(account=globex, owner=eve, playbook=playbook, version=version, status="waiting", visibility="account")
    department = Department.objects.create(account=globex, name="Globex law", slug="globex-law", head=eve)
    group = Group.objects.create(account=globex, name="Globex board", slug="globex-board")
    group.members.add(eve)
    eve.memberships.update(department=department)
    keeping.add_secret(globex, by=eve, name="globex_key", value="g-planted-secret", hosts=[])
    keeping.add_connection(globex, by=eve, name="globex-bank", kind="http", base_url="https://bank.globex.example", api_key="g-planted-key", hosts=[])
    scheduling.make(playbook, eve, cron="0 8 * * *")
    webhooks.make(globex, by=eve, url="https://hooks.globex.example/x", events=["*"])
    tokens.make(eve, name="theirs", scopes=["read"])
    inviting.invite(globex, by=eve, email="new@globex.example", role="viewer")
    Calendar.objects.create(account=globex, name="Globex office")
    return {
        "playbook": [playbook.pk], "run": [run.pk], "user": ["eve", eve.email, str(eve.pk)], "group": ["globex-board", str(group.pk)],
        "department": ["globex-law", str(department.pk)], "calendar": ["Globex office"], "connection": ["globex-bank"], "secret": ["globex_key"],
        "notification": [1],
    }  # fmt: skip


MISSING: dict[str, Any] = {"playbook": scene.MISSING, "run": scene.MISSING, "notification": scene.MISSING}


def held_by(account: str) -> str:
    """Every row of every table that belongs to an account, or to its people, as text."""
    found = []
    with connection.cursor() as cursor:
        for model in apps.get_models():
            if any(field.name == "account" and field.remote_field for field in model._meta.fields):
                cursor.execute(
                    f'SELECT t::text FROM "{model._meta.db_table}" t JOIN playbooks_app_account a ON a.id = t.account_id'
                    " WHERE a.slug = %s ORDER BY 1",
                    [account],
                )
                found += [row[0] for row in cursor.fetchall()]
    return "\n".join(found)


def across() -> list[str]:
    """Rows that refer to a row of another account, over every foreign key and every list between models."""
    found = []
    for model in apps.get_models():
        if not any(field.name == "account" and field.remote_field for field in model._meta.fields):
            continue
        for field in (*model._meta.fields, *model._meta.many_to_many):
            target: Any = field.related_model
            if field.name == "account" or target is None or isinstance(target, str):
                continue
            if any(each.name == "account" for each in target._meta.fields):
                rows = model._default_manager.exclude(**{f"{field.name}__isnull": True}).exclude(account=None)
                found += [
                    f"{model.__name__}.{field.name} {each}"
                    for each in rows.values_list("account", f"{field.name}__account", "pk")
                    if each[0] != each[1]
                ]
            elif target is User and field.name not in ("actor", "owner", "by", "sender", "made_by", "requester"):
                rows = model._default_manager.exclude(**{f"{field.name}__isnull": True})
                strangers = rows.filter(account__slug="acme", **{f"{field.name}__username": "eve"})
                found += [f"{model.__name__}.{field.name} of eve {each}" for each in strangers.values_list("pk", flat=True)]
    return found


def operations(client: APIClient) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(method, route, {field: schema}) of every call with a body, references resolved."""
    described = client.get("/api/v1/schema/?format=json").json()
    schemas = described["components"]["schemas"]

    def whole(schema: Any) -> Any:
        for each in (schema, *schema.get("allOf", ()), *schema.get("oneOf", ())):
            if "$ref" in each:
                return whole(schemas[each["$ref"].rpartition("/")[2]])
        return schema

    for route, calls in described["paths"].items():
        for method, operation in calls.items():
            body = operation.get("requestBody") if isinstance(operation, dict) else None
            kinds = (body or {}).get("content", {})
            if "application/json" in kinds:
                schema = whole(kinds["application/json"]["schema"])
                yield (
                    method,
                    route,
                    {name: whole(each) for name, each in schema.get("properties", {}).items() if not each.get("readOnly")}
                    | {"": schema.get("required", [])},
                )


def route_of(method: str, path: str, things: scene.Things) -> str:
    """The address of an operation, filled with Acme's own things."""
    said = re.sub(r"\{(\w+)\}", lambda found: f"<int:{found[1]}>" if found[1] != "path" else "<path:path>", path.lstrip("/"))
    said = re.sub(r"<int:(id|run_id|playbook_id|approval_id)>", "<int:pk>", said.replace("<int:username>", "dave"))
    return addresses.address(said, things)


def plain_body(fields: dict[str, Any], things: scene.Things) -> dict[str, Any]:
    """As little as the call asks for."""
    found = {}
    for name in fields[""]:
        sample = SAMPLES.get(name, "x")
        found[name] = sample(things) if callable(sample) else sample
    return found


def test_bodies_name_nothing_of_others(people: dict[str, User], api: Api) -> None:
    """Each name in each field of each call: the answer is that of a name that nobody has, nothing of theirs changes, and no row refers to it."""
    things, foreign, client = scene.make_scene(people), of_globex(people["eve"]), api(people["admin"])
    before, unknown, differs, tried = held_by("globex"), [], [], 0
    for method, route, fields in operations(client):
        address = route_of(method, route, things)
        for name in fields:
            kind = NAMES.get(name)
            if name and kind is None and name not in PLAIN and name not in KINDS_IN_ROWS:
                unknown.append(f"{method} {route}: {name}")
            for key, row in [(name, "")] if kind else [(each, name) for each in KINDS_IN_ROWS.get(name, ())]:
                for theirs in foreign[NAMES[key]]:
                    told = [
                        _said(client, method, address, {**plain_body(fields, things)}, key, row, fields, each) for each in (theirs, _nobody(theirs))
                    ]
                    tried += 1
                    nowhere = told[0][0] in (404, 405) and NAMES[key] not in ("playbook", "run")
                    if nowhere or told[0] != told[1] or (told[0][0] < 300 and NAMES[key] not in ("notification",)):
                        differs.append((method, route, key, theirs, told))
    assert not unknown, f"Say in {__file__} what each of these names, or that it names nothing: {unknown}"
    assert not differs, "\n".join(map(str, differs))
    assert tried > 40 and held_by("globex") == before and not across()


def _nobody(theirs: Any) -> Any:
    """What nobody has, of the same kind and length, so that only the name differs."""
    return scene.MISSING if isinstance(theirs, int) else "9" * 9 if theirs.isdigit() else "nobody@nowhere.example" if "@" in theirs else "nosuch"


def _said(
    client: APIClient, method: str, address: str, body: dict[str, Any], key: str, row: str, fields: dict[str, Any], value: Any
) -> tuple[int, str]:
    """Status and text of one call, the name itself and numbers left out; nothing of it stays."""
    from django.db import transaction

    given: Any = [value] if fields.get(key, {}).get("type") == "array" else value
    if row:
        given, key = [{key: value, "level": "view"}], row
    if key == "heir":
        body = {**body, "active": False}
    if key in ("group", "department") and "visibility" in fields:
        body = {**body, "visibility": key}
    with transaction.atomic():
        answer: Any = getattr(client, method)(address, {**body, key: given}, format="json")
        transaction.set_rollback(True)
    text = answer.content.decode().replace(f"“{value}”", "…")
    text = text.replace(str(value), "…") if isinstance(value, str) and len(value) > 3 else text
    return answer.status_code, re.sub(r"Did you mean[^\"]*|\d+", "", text)


SELECTORS = ["eve", "eve@globex.example", "EVE", {"group": "globex-board"}, {"group": "Globex board"}, {"department": "globex-law"}]
SELECTORS += [{"department": "Globex law"}, {"manager_of": "eve"}, {"user": ["eve", "eve@globex.example"]}, {"expression": {"group": "globex-board"}}]


def test_documents_name_nothing_of_others(people: dict[str, User], api: Api) -> None:
    """At save: every setting of every step type that names something refuses what is not there, in the same words. At run: nobody, nothing."""
    foreign, acme, client = of_globex(people["eve"]), people["admin"].account, api(people["alice"])
    assert acme is not None
    places = 0
    for kind in step_types.all():
        names = {each.key: each.names for each in fields_of(kind.Config) if each.names and each.names != "timezone"}
        names |= {each.key: "user" for each in fields_of(kind.Config) if each.kind == "people"}
        for key, what in names.items():
            example = json.loads(json.dumps(dict(kind.examples[0].step) if kind.examples else {"type": kind.name}))
            plain = {name: value for name, value in example.get("with", {}).items() if "{{" not in json.dumps(value)}
            for theirs in foreign[what]:
                told = []
                for value in (theirs, _nobody(theirs)):
                    step = {**example, "id": "it", "type": kind.name, "with": {**plain, key: str(value)}}
                    answer = client.post("/api/v1/playbooks/validate/", {"document": {**scene.DOCUMENT, "steps": [step]}}, format="json").json()
                    said = [each for each in answer["problems"] if each["address"].endswith(f"with/{key}") or "Playbook" in each["code"]]
                    told.append(re.sub(r"\d+", "", json.dumps(said, ensure_ascii=False).replace(f"“{value}”", "“…”")))
                places += 1
                assert told[0] == told[1] and told[0] != "[]", (kind.name, key, theirs, told)
    assert places > 8

    number = str(people["eve"].pk)
    for each in [*SELECTORS, number, {"user": number}, {"manager_of": number}]:
        assert selectors.chosen(each, acme.pk, people["alice"]) == []
    told = [_refusal(name, acme.pk) for name in ("globex-bank", "nosuch")]
    assert told[0].replace("globex-bank", "nosuch") == told[1]
    with revealing.in_hand(1, acme.pk, "it") as hand:
        for root, name in (("secrets", "globex_key"), ("connections", str(scene.MISSING))):
            with pytest.raises(StepFailed):
                hand.reveal(references.Reference(root, name))
        theirs_pk = revealing.connection_called("globex-bank", Account.objects.get(slug="globex").pk).pk
        with pytest.raises(StepFailed, match="deleted"):
            hand.reveal(references.Reference("connections", str(theirs_pk)))


def _refusal(name: str, account: int) -> str:
    with pytest.raises(StepFailed) as refused:
        revealing.connection_called(name, account)
    return f"{refused.value.message} {refused.value.hint}"


@pytest.mark.django_db(transaction=True)
def test_what_is_computed_at_run_reaches_nobody_else(people: dict[str, User], api: Api) -> None:
    """Names that come with the inputs, past every check at save: nobody of them is asked, told or started; each fails like a name of nothing."""
    from tests.machine import drive

    foreign, client = of_globex(people["eve"]), api(people["alice"])
    steps: list[dict[str, Any]] = [
        {"id": "ask", "type": "approval", "with": {"title": "?", "approvers": {"expression": "${{ inputs.who }}"}}},
        {"id": "tell", "type": "handoff", "with": {"message": "m", "user": "{{ inputs.who }}", "group": "{{ inputs.group }}"}},
        {"id": "call", "type": "http", "with": {"url": "/x", "connection": "{{ inputs.connection }}"}, "retry": {"max_attempts": 1}},
        {"id": "run", "type": "playbook", "with": {"playbook": "{{ inputs.playbook }}"}},
    ]
    inputs = [{"name": each} for each in ("who", "group", "connection", "playbook")]
    document = {**scene.DOCUMENT, "inputs": inputs, "steps": [{**step, "on_error": "continue"} for step in steps[1:]] + steps[:1]}
    drawn = client.post("/api/v1/playbooks/", {"document": document}, format="json")
    assert drawn.status_code == 201, drawn.json()
    assert client.post(f"/api/v1/playbooks/{drawn.json()['id']}/publish/").status_code == 201
    before, told = held_by("globex"), []
    for nobody in (False, True):
        given = {
            name: str(foreign[kind][0])
            for name, kind in (("who", "user"), ("group", "group"), ("connection", "connection"), ("playbook", "playbook"))
        }
        sent = {name: str(_nobody(value)) for name, value in given.items()} if nobody else given
        started = client.post("/api/v1/runs/", {"playbook": drawn.json()["id"], "inputs": sent}, format="json").json()["id"]
        run = drive(Run.objects.get(pk=started))
        text = json.dumps([[each.path, each.status, each.error, each.output] for each in run.step_runs.order_by("path")])
        for value in sent.values():
            text = text.replace(value, "…")
        told.append(re.sub(r"\d+|Did you mean[^\"]*", "", text))
    assert told[0] == told[1]
    assert not Run.objects.filter(playbook__account__slug="globex").exclude(status="waiting").exists()
    assert not OutboxMail.objects.filter(to="eve@globex.example").exists() and not Approval.objects.filter(asked__person=people["eve"]).exists()
    assert held_by("globex") == before and not across()

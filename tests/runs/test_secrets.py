"""Secrets: written, used by reference, sent where they may go, and never seen again (law 12)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote, quote_plus

import pytest
from django.db import connection
from pytest_django import Settings
from rest_framework.test import APIClient

from playbooks_app.language.registry import step_types
from playbooks_app.language.settings import setting
from playbooks_app.language.step_type import Done, StepContext, StepType
from playbooks_app.models import Account, AuditEntry, PlaybookVersion, Secret, User
from runs_app.models import Run
from runs_app.secrecy import uses
from tests.machine import drive
from tests.recorder import Recorder
from tests.runs.test_machine import document

pytestmark = pytest.mark.django_db(transaction=True)

Published = Callable[..., PlaybookVersion]
Api = Callable[[User | None], APIClient]
PLANTED = 'pl4nted "Wert" ä/+%&=~<x>'
IN_HEADER = "sk-planted-0123456789+/="


@pytest.fixture(autouse=True)
def _unused() -> None:
    """What another test has used is no matter here."""
    uses.forget()


@pytest.fixture
def server(settings: Settings) -> Iterator[Recorder]:
    """A server inside that steps may reach under two names."""
    with Recorder() as found:
        settings.EGRESS_ALLOW = f"127.0.0.1:{found.port}"
        settings.MOVABLE_CLOCK, settings.TEST_HOSTS = True, "bank.example=127.0.0.1,other.example=127.0.0.1"
        yield found


def keep(api: APIClient, name: str, value: str, **more: Any) -> None:
    """Through the door."""
    answer = api.post("/api/v1/secrets/", {"name": name, "value": value, **more})
    assert answer.status_code == 201, answer.content
    assert value not in answer.content.decode()


def http(step_id: str, url: str, **settings: Any) -> dict[str, Any]:
    """A step that calls once."""
    return {"id": step_id, "type": "http", "with": {"url": url, **settings}, "retry": {"max_attempts": 1}}


def played(api: APIClient, steps: list[Any], **start: Any) -> Run:
    """Drawn, published and started through the doors, and driven to its end."""
    drawn = api.post("/api/v1/playbooks/", {"document": document(steps)})
    assert drawn.status_code == 201, drawn.content
    assert api.post(f"/api/v1/playbooks/{drawn.json()['id']}/publish/").status_code == 201
    started = api.post("/api/v1/runs/", {"playbook": drawn.json()["id"], **start})
    assert started.status_code == 201, started.content
    return drive(Run.objects.get(pk=started.json()["id"]))


def forms(value: str) -> list[str]:
    """How a careless answer, log or table may show a value."""
    raw = value.encode()
    encoded = [base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode(), base64.b64encode(b"user:" + raw).decode()]
    return [value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1], raw.hex(), *encoded]


def dump() -> str:
    """Every row of every table, as text."""
    with connection.cursor() as cursor:
        found = []
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            found += [row[0] for row in cursor.fetchall()]
    return "\n".join(found)


def used() -> set[tuple[str, str, int, str, str, str]]:
    """(name, used or refused, run, path, host, who) of the audit log."""
    found = AuditEntry.objects.filter(action__regex=r"^(secret|connection|config)\.(used|refused)$")
    return {
        (each.new.get("name") or each.thing_name, each.action.partition(".")[2], each.new["run"], each.new["path"], each.new["host"], each.actor_name)
        for each in found
        if isinstance(each.new, dict)
    }


def seen_over_the_api(api: APIClient, run: Run) -> str:
    """All that the doors tell about a run."""
    places = ["", "steps/", "steps/?flat=1", "events/", "inputs/", "outputs/"]
    texts = [api.get(f"/api/v1/runs/{run.pk}/{place}").content.decode() for place in places]
    exported = api.get(f"/api/v1/playbooks/{run.playbook_id}/export/?as=json").content.decode()
    return "\n".join([*texts, exported, api.get("/api/v1/runs/").content.decode()])


@pytest.mark.spec("S1-P04-config-secrets", "S1-P18-all-handlers")
def test_a_secret_arrives_and_is_nowhere_else(
    api: Api, web: Callable[..., Any], alice: User, server: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    """In header, address, JSON and form it arrives as it is; echoed in every form it is masked; no table, answer, page or log has it."""
    doors = api(alice)
    keep(doors, "body", PLANTED)
    keep(doors, "head", IN_HEADER, hosts=["bank.example"])
    echo = {"said": PLANTED, "forms": forms(PLANTED) + forms(IN_HEADER), PLANTED: 1, "list": [[IN_HEADER]]}
    server.answer(200, body=echo, headers={"X-Echo": IN_HEADER}, path="/json")
    server.answer(422, body={"message": f"refused {IN_HEADER} and {PLANTED}"}, path="/refuse")
    base = f"http://bank.example:{server.port}"
    head = {"Authorization": "Bearer {{ secrets.head }}"}
    run = played(
        doors,
        [
            http("a", f"{base}/json", method="POST", headers=head, query={"q": "{{ secrets.body }}"}, json={"k": ["x {{ secrets.body }}"]}),
            http("b", f"{base}/form", form={"k": "{{ secrets.body }}"}),
            {"id": "keep", "type": "var", "with": {"name": "kept", "value": "{{ steps.a.output }}"}},
            http("c", f"{base}/refuse", headers=head, body="{{ secrets.body }}", method="POST"),
        ],
    )

    first, second, third = server.calls
    assert first.headers["authorization"] == f"Bearer {IN_HEADER}" and third.headers["authorization"] == f"Bearer {IN_HEADER}"
    assert first.query == {"q": [PLANTED]} and first.json == {"k": [f"x {PLANTED}"]} and third.body == PLANTED
    assert second.body == f"k={quote_plus(PLANTED)}"
    assert run.status == "paused", run.message
    pages = "".join(web(alice).get(path).content.decode() for path in (f"/runs/{run.pk}/", f"/runs/{run.pk}/?step=a", f"/runs/{run.pk}/?step=c"))
    everything = "\n".join([dump(), seen_over_the_api(doors, run), pages, caplog.text])
    for value in (PLANTED, IN_HEADER):
        assert [form for form in forms(value) if form in everything] == []
    assert "••••••" in json.dumps(run.step_runs.get(path="a").output, ensure_ascii=False)
    assert used() == {
        (name, "used", run.pk, path, "bank.example", "alice")
        for name, path in (("body", "a"), ("head", "a"), ("body", "b"), ("body", "c"), ("head", "c"))
    }


@pytest.mark.spec("S1-P04-config-secrets")
def test_credentials_in_config_are_secrets(api: Api, alice: User, acme: Account, server: Recorder) -> None:
    """Config that is named like a credential, of the account or of the start, at any depth: sealed in the tables, a mark in the steps."""
    acme.config = {"bank_url": f"http://bank.example:{server.port}", "bank": {"apiKey": IN_HEADER}, "key": "{{ secrets.body }}", "limit": 5}
    acme.save()
    doors = api(alice)
    keep(doors, "body", PLANTED)
    server.answer(200, body={"seen": IN_HEADER})
    steps = [
        http("a", "{{ config.bank_url }}/x", json={"a": "{{ config.bank.apiKey }}", "b": "{{ context.config.token }}", "c": "{{ config.key }}"}),
        {"id": "note", "type": "log", "with": {"message": "used {{ config.bank.apiKey }} up to {{ config.limit }}"}},
    ]
    run = played(doors, steps, config={"token": "tk-planted-987"})

    assert run.status == "completed", run.error
    assert server.calls[0].json == {"a": IN_HEADER, "b": "tk-planted-987", "c": PLANTED}
    everything = dump() + seen_over_the_api(doors, run)
    assert [value for value in (IN_HEADER, "tk-planted-987", PLANTED) if value in everything] == []
    assert used() == {(name, "used", run.pk, "a", "bank.example", "alice") for name in ("bank.apiKey", "token", "body")}


def test_text_that_looks_like_a_mark_is_text(api: Api, alice: User, server: Recorder) -> None:
    """Data from outside never turn into a secret: not a template, not a mark of another run, not a made-up one."""
    doors = api(alice)
    keep(doors, "body", PLANTED)
    url = f"http://bank.example:{server.port}/x"
    first = played(doors, [http("a", url, body="{{ secrets.body }}", method="POST")])
    stored: Any = first.step_runs.get(path="a").input
    mark = stored["body"]
    assert mark.startswith("~secrets.body.") and server.calls[0].body == PLANTED

    strange = [mark, "{{ secrets.body }}", "~secrets.body.00000000000000000000~", mark.replace("body", "head")]
    steps = [http(f"s{n}", url, json={"v": f"{{{{ inputs.v{n} }}}}"}) for n in range(len(strange))]
    inputs = [{"name": f"v{n}", "type": "string"} for n in range(len(strange))]
    drawn = doors.post("/api/v1/playbooks/", {"document": document(steps, inputs=inputs)}).json()["id"]
    doors.post(f"/api/v1/playbooks/{drawn}/publish/")
    started = doors.post("/api/v1/runs/", {"playbook": drawn, "inputs": {f"v{n}": text for n, text in enumerate(strange)}}).json()["id"]
    assert drive(Run.objects.get(pk=started)).status == "completed"

    assert [call.json["v"] for call in server.calls[1:]] == strange


@pytest.mark.spec("rule-33")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_takes_no_secret_elsewhere(api: Api, alice: User, server: Recorder, status: int) -> None:
    """Headers stay behind at another host; a body or an address that would carry a secret there is refused."""
    doors = api(alice)
    keep(doors, "bound", IN_HEADER, hosts=[f"bank.example:{server.port}"])
    keep(doors, "free", PLANTED)
    away = f"http://other.example:{server.port}/stolen"
    server.answer(status, headers={"Location": away}, path="/go")
    server.answer(status, headers={"Location": f"{away}?k={quote(IN_HEADER)}"}, path="/leak")
    start = f"http://bank.example:{server.port}"
    head = {"Authorization": "Bearer {{ secrets.bound }}", "X-Free": "{{ secrets.free }}".replace("free", "bound")}
    run = played(
        doors,
        [
            {**http("head", f"{start}/go", headers=head), "on_error": "continue"},
            {**http("body", f"{start}/go", method="PUT", json={"k": "{{ secrets.bound }}"}), "on_error": "continue"},
            {**http("free", f"{start}/go", method="PUT", body="{{ secrets.free }}"), "on_error": "continue"},
            {**http("leak", f"{start}/leak", headers=head), "on_error": "continue"},
            {**http("direct", away, headers=head), "on_error": "continue"},
        ],
    )

    stolen = [call for call in server.calls if call.path.startswith("/stolen")]
    assert not [
        form
        for call in stolen
        for value in (IN_HEADER, PLANTED)
        for form in forms(value)
        if form in json.dumps([call.headers, call.query, call.body])
    ]
    failed = dict(run.step_runs.filter(status="failed").values_list("path", "error__code"))
    repeats = {"body": "EgressBlocked", "free": "EgressBlocked"} if status not in (303,) else {}
    assert failed == {"leak": "EgressBlocked", "direct": "EgressBlocked", **repeats}
    refused = {(name, path) for name, deed, _, path, host, _ in used() if (deed, host) == ("refused", "other.example")}
    assert refused == {("bound", "direct"), *((("bound", "body"), ("free", "free")) if repeats else ())}


def test_unknown_names_are_refused_at_save_at_publish_and_at_run(api: Api, alice: User, server: Recorder) -> None:
    """And a secret that is deleted later fails the step by name; deleting one in use is refused, saying where."""
    doors = api(alice)
    steps = [http("a", f"http://bank.example:{server.port}/x", body="{{ secrets.gone }}", method="POST")]
    refused = doors.post("/api/v1/playbooks/", {"document": document(steps)})
    assert refused.status_code == 422 and refused.json()["problems"][0]["code"] == "MissingReference"
    kept = doors.post("/api/v1/playbooks/", {"document": document(steps), "keep_faults": True}).json()["id"]
    assert doors.post(f"/api/v1/playbooks/{kept}/publish/").status_code == 422

    keep(doors, "gone", PLANTED)
    assert doors.post(f"/api/v1/playbooks/{kept}/publish/").status_code == 201
    used = doors.delete("/api/v1/secrets/gone/")
    assert used.status_code == 409 and {each["where"] for each in used.json()["details"]["used_by"]} == {"draft", "version 1"}
    assert doors.delete("/api/v1/secrets/gone/?although_used=1").status_code == 204
    started = doors.post("/api/v1/runs/", {"playbook": kept}).json()["id"]
    run = drive(Run.objects.get(pk=started))
    error: Any = run.step_runs.get(path="a").error
    assert run.status == "paused" and error["message"].startswith("There is no secret “gone”") and server.calls == []


def test_a_connection_brings_address_and_key(api: Api, alice: User, server: Recorder) -> None:
    """A path is enough; the key goes to its hosts only; a mail never shows one."""
    doors, base = api(alice), f"http://bank.example:{server.port}/api"
    made = doors.post("/api/v1/connections/", {"name": "House bank", "kind": "http", "base_url": base, "api_key": IN_HEADER})
    assert made.status_code == 201 and made.json()["hosts"] == [f"bank.example:{server.port}"] and IN_HEADER not in made.content.decode()
    basic = doors.post("/api/v1/connections/", {"name": "basic", "kind": "basic", "base_url": base, "api_key": f"me:{IN_HEADER}"})
    assert basic.status_code == 201
    run = played(
        doors,
        [
            http("a", "/payments", connection="House bank", json={"amount": 1}),
            http("b", f"{base}/whole", connection="basic"),
            {**http("c", f"http://other.example:{server.port}/", connection="House bank"), "on_error": "continue"},
            {**http("d", "//other.example/", connection="House bank"), "on_error": "continue"},
        ],
    )

    assert [call.path for call in server.calls] == ["/api/payments", "/api/whole", "/api/other.example/"]
    assert server.calls[0].headers["authorization"] == f"Bearer {IN_HEADER}"
    assert base64.b64decode(server.calls[1].headers["authorization"].removeprefix("Basic ")).decode() == f"me:{IN_HEADER}"
    error: Any = run.step_runs.get(path="c").error
    assert error["code"] == "EgressBlocked"
    assert not [form for form in forms(IN_HEADER) if form in dump() + seen_over_the_api(doors, run)]
    unknown = doors.post("/api/v1/playbooks/", {"document": document([http("a", "/x", connection="House bonk")])})
    assert unknown.status_code == 422 and "House bank" in unknown.json()["problems"][0]["hint"]


def test_testing_a_connection(api: Api, alice: User, server: Recorder) -> None:
    """One call with the key; a refused key is said; what comes back is masked; an inner address is not reached."""
    doors, base = api(alice), f"http://bank.example:{server.port}"
    made = doors.post("/api/v1/connections/", {"name": "bank", "base_url": f"{base}/x", "api_key": IN_HEADER}).json()
    tested = doors.post(f"/api/v1/connections/{made['id']}/test/").json()
    assert tested["test_ok"] is True and server.calls[0].headers["authorization"] == f"Bearer {IN_HEADER}"
    server.answer(401, body={"message": f"bad key {IN_HEADER}"})
    refused = doors.post(f"/api/v1/connections/{made['id']}/test/")
    assert refused.json()["test_ok"] is False and IN_HEADER not in refused.content.decode()
    inner = doors.post("/api/v1/connections/", {"name": "inner", "base_url": "http://169.254.169.254/latest/", "api_key": IN_HEADER}).json()
    blocked = doors.post(f"/api/v1/connections/{inner['id']}/test/").json()
    assert blocked["test_ok"] is False and "may not call" in blocked["test_said"]
    assert IN_HEADER not in dump()


@pytest.mark.parametrize("role", ["bob", "carol", "dave"])
def test_who_does_not_build_handles_no_secrets(api: Api, people: dict[str, User], role: str) -> None:
    """403 for those of the account, and nothing of it for others."""
    keep(api(people["alice"]), "one", PLANTED)

    for path in ("secrets", "connections"):
        assert api(people[role]).get(f"/api/v1/{path}/").status_code == 403
        assert api(people[role]).post(f"/api/v1/{path}/", {"name": "x", "value": "yyyyyyyy"}).status_code == 403
        assert api(None).get(f"/api/v1/{path}/").status_code == 401
    assert api(people["eve"]).get("/api/v1/secrets/").json()["results"] == []
    assert api(people["eve"]).get("/api/v1/secrets/one/").status_code == 404


def test_widening_needs_the_value_again(api: Api, alice: User) -> None:
    """Whoever sends a secret to a further host must know it; unknown keys, bad names and bad hosts are refused, each with its place."""
    doors = api(alice)
    keep(doors, "bound", PLANTED, hosts=["bank.example"])
    assert doors.patch("/api/v1/secrets/bound/", {"hosts": ["bank.example", "evil.example"]}).json()["problems"][0]["address"] == "value"
    assert doors.patch("/api/v1/secrets/bound/", {"hosts": []}).status_code == 422
    assert doors.patch("/api/v1/secrets/bound/", {"hosts": ["evil.example"], "value": PLANTED}).status_code == 200
    bad = doors.post("/api/v1/secrets/", {"name": "a b", "value": "x", "hosts": ["http://x/", "ok.example"], "account": 2})
    assert bad.status_code == 422
    assert {each["address"] for each in bad.json()["problems"]} >= {"account"}
    worse = doors.post("/api/v1/secrets/", {"name": "a b", "value": "x", "hosts": ["http://x/", "ok.example"]})
    assert {each["address"] for each in worse.json()["problems"]} == {"name", "value", "hosts/0"}
    assert doors.post("/api/v1/secrets/", {"name": "bound", "value": PLANTED}).status_code == 422


@dataclass(frozen=True, slots=True)
class PluginSettings:
    """What its author maps into it."""

    note: str = setting("text", label="Note", default="")


class Plugin(StepType[PluginSettings]):
    """Somebody else's step type: it tells all that it was given."""

    name, label, summary, icon, family = "test-plugin", "Plug-in", "For a test.", "bolt", "do"
    Config = PluginSettings
    acts = blocking = True
    takes_secrets = True
    told: ClassVar[list[str]] = []

    def run(self, context: StepContext[PluginSettings]) -> Done:
        """Everything within reach."""
        self.told.append(repr(context))
        return Done({"told": repr(context)})


@pytest.mark.spec("S4-FR-5.3", "S1-P18-all-handlers")
def test_a_plug_in_sees_its_own_settings_and_no_secret(api: Api, web: Callable[..., Any], alice: User, server: Recorder) -> None:
    """Of other steps only what is mapped; of a secret its mark; the database holds the value sealed, whichever kind of step used it."""
    step_types.register(Plugin())
    try:
        doors = api(alice)
        keep(doors, "head", IN_HEADER)
        base = f"http://bank.example:{server.port}"
        server.answer(200, body={"hidden": "only-in-the-other-output", "shown": "mapped"})
        run = played(
            doors,
            [
                http("a", f"{base}/x", headers={"A": "{{ secrets.head }}"}),
                {"id": "p", "type": "test-plugin", "with": {"note": "{{ steps.a.output.body.shown }} {{ secrets.head }} {{ config.api_key }}"}},
                {"id": "m", "type": "email", "with": {"to": ["a@example.com"], "subject": "k", "body": "{{ secrets.head }}"}, "on_error": "continue"},
            ],
            config={"api_key": "ck-planted-5555"},
        )
        assert run.step_runs.get(path="p").status == "succeeded" and "mapped ~secrets.head." in Plugin.told[-1]
        assert "only-in-the-other-output" not in Plugin.told[-1]
        everything = dump() + seen_over_the_api(doors, run) + Plugin.told[-1]
        assert not [form for value in (IN_HEADER, "ck-planted-5555") for form in forms(value) if form in everything]
    finally:
        step_types._types.pop("test-plugin")


def test_the_administration_shows_no_value(web: Callable[..., Any], api: Api, admin: User, alice: User) -> None:
    """Neither sealed nor in the clear."""
    keep(api(alice), "one", IN_HEADER)
    token = api(alice).post("/api/v1/tokens/", {"name": "t", "scopes": ["read"]}).json()
    hook = api(alice).post("/api/v1/webhooks/", {"url": "https://hooks.example.com/", "events": ["*"]}).json()
    client, secret = web(admin), Secret.objects.get()
    shown = [client.get(f"/admin/playbooks_app/secret/{path}").content.decode() for path in ("", f"{secret.pk}/change/")]
    shown += [client.get(f"/admin/{path}/").content.decode() for path in ("playbooks_app/apitoken", f"runs_app/webhook/{hook['id']}/change")]
    assert "one" in shown[0] and not [value for value in (secret.sealed, IN_HEADER, token["token"], hook["secret"]) if value in "".join(shown)]
    assert client.get("/admin/authtoken/tokenproxy/").status_code == 404

"""Answers to mails: signed by the provider, from the addressee's own address, quoted text ignored, a second decision told."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.test import Client

from approvals_app import replies
from approvals_app.models import Approval, MailRules
from playbooks_app import clock
from playbooks_app.models import Account, User
from runs_app.models import OutboxMail
from tests.house.source import ROOT

Ask = Callable[..., Approval]
pytestmark = pytest.mark.django_db
DOOR = "/hooks/mail-reply/acme/"


@pytest.fixture
def rules(acme: Account) -> MailRules:
    """Answers count for Acme."""
    return MailRules.objects.create(account=acme, replies=True, reply_address="decide@reply.acme.example")


def post(rules: MailRules, mail: Any, *, name: str = "m1", secret: str = "", moment: int | None = None) -> Any:
    body = json.dumps(mail).encode()
    stamp = str(moment or int(clock.now().timestamp()))
    mark = hmac.new((secret or rules.secret).encode(), f"{name}.{stamp}.".encode() + body, hashlib.sha256).digest()
    headers = {"webhook-id": name, "webhook-timestamp": stamp, "webhook-signature": f"v1,{base64.b64encode(mark).decode()}"}
    return Client().post(DOOR, body, content_type="application/json", headers=headers)


def reply_to(person: str = "bob") -> str:
    return str(OutboxMail.objects.filter(to=f"{person}@acme.example", headers__has_key="Reply-To").order_by("-pk")[0].headers["Reply-To"])


def answers() -> list[str]:
    return list(OutboxMail.objects.filter(reference__startswith="reply-").order_by("pk").values_list("subject", flat=True))


@pytest.mark.spec("F-12")
def test_an_answer_decides_and_what_is_quoted_does_not(ask: Ask, rules: MailRules, bob: User) -> None:
    """“Reject”, a reason, and the quoted mail below, which says approve: rejected, with the reason as the comment; the channel is kept."""
    approval = ask()
    text = "Reject: the account is wrong.\n\nBob\n\nOn Fri, 20 Nov 2026 Handrail wrote:\n> APPROVE\n> http://x/decide/"
    address = reply_to()
    assert re.fullmatch(r"decide\+[0-9a-f]{32}@reply\.acme\.example", address)

    answer = post(rules, {"from": "Bob Banks <BOB@acme.example>", "to": [address.upper()], "text": text})

    assert (answer.status_code, answer.json()) == (202, {"result": "decided"})
    made = approval.decisions.get()
    assert (made.decision, made.comment, made.channel, made.person, made.payload_hash) == (
        "reject", "the account is wrong.\n\nBob", "reply", bob, approval.payload_hash,
    )  # fmt: skip
    assert answers() == ["Recorded: Reject: Pay Kestrel Freight 48,200.00?"]


def test_a_second_decision_is_told_who_was_first(ask: Ask, rules: MailRules, lead: Callable[[str], User]) -> None:
    """Dana answers after Bob has approved: nothing changes, and she is told by whom it was decided."""
    dana = lead("dana")
    approval = ask()
    address = reply_to("dana")
    approval.decide("approve", by=User.objects.get(username="bob"))

    assert post(rules, {"from": dana.email, "to": address, "text": "no"}).json() == {"result": "refused"}
    assert "Bob Banks approved this already" in OutboxMail.objects.get(reference__startswith="reply-").text
    assert approval.decisions.count() == 1


@pytest.mark.parametrize(
    ("change", "result"),
    [
        ({"from": "mallory@evil.example"}, "ignored"),
        ({"to": "decide+" + "0" * 32 + "@reply.acme.example"}, "ignored"),
        ({"to": "decide@reply.acme.example"}, "ignored"),
        ({"auto_submitted": "auto-replied"}, "ignored"),
        ({"text": "> approve"}, "unclear"),
        ({"text": "Approval looks fine to me, but what is it for?"}, "unclear"),
        ({"text": ""}, "unclear"),
        ({"text": "reject"}, "unclear"),
    ],
)
def test_what_is_no_clear_answer_of_the_addressee_decides_nothing(ask: Ask, rules: MailRules, change: dict[str, Any], result: str) -> None:
    """Another sender, another token, a holiday answer, quotes alone, other words: nothing is decided; only what a person wrote is answered."""
    approval = ask()

    assert post(rules, {"from": "bob@acme.example", "to": reply_to(), "text": "approve", **change}).json() == {"result": result}
    assert not approval.decisions.exists()
    assert len(answers()) == (result == "unclear")


def test_a_message_that_comes_twice_is_answered_once(ask: Ask, rules: MailRules) -> None:
    """Providers repeat what they are not sure of."""
    ask()
    mail = {"from": "bob@acme.example", "to": reply_to(), "text": "what?"}

    assert [post(rules, mail).json(), post(rules, mail).json()] == [{"result": "unclear"}] * 2
    assert len(answers()) == 1


def test_old_mails_decide_nothing_after_the_data_changed(ask: Ask, rules: MailRules) -> None:
    """The token is bound to the round and to what the mail showed."""
    approval = ask()
    address = reply_to()
    again = ask(run=approval.run, tried=approval.step_run, show=[{"label": "invoice", "value": {"amount": 1}}])
    assert again.round == 2

    assert post(rules, {"from": "bob@acme.example", "to": address, "text": "approve"}).json() == {"result": "refused"}
    assert not approval.decisions.exists()


def test_the_program_of_the_guide_posts_what_the_door_takes(ask: Ask, rules: MailRules, tmp_path: Path) -> None:
    """A raw mail goes through the guide's program to a server; what arrived there decides once; out of reach, the mail is to be tried later."""
    approval = ask()
    [program] = re.findall(r"```python\n(.*?)```", (ROOT / "docs/how-to/let-answers-decide.md").read_text(), re.DOTALL)
    (tmp_path / "reply.py").write_text(program)
    head = f"From: Bob Banks <bob@acme.example>\nTo: {reply_to()}\nMessage-ID: <1@acme>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
    raw = f"{head}Content-Transfer-Encoding: 8bit\n\nApprove, checked by phone – ü\n".encode()
    arrived: list[tuple[dict[str, str], bytes]] = []

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            arrived.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(202)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    def handed_over(address: str) -> int:
        environment = {**os.environ, "HANDRAIL_DOOR": address, "HANDRAIL_REPLY_SECRET": rules.secret}
        return subprocess.run([sys.executable, tmp_path / "reply.py"], input=raw, env=environment, timeout=60).returncode

    with HTTPServer(("127.0.0.1", 0), Door) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        assert handed_over(f"http://127.0.0.1:{server.server_port}/hooks/mail-reply/acme/") == 0
        server.shutdown()
    assert handed_over(f"http://127.0.0.1:{server.server_port}/") == 75

    [(headers, body)] = arrived
    signed = {name: value for name, value in headers.items() if name.lower().startswith("webhook-")}
    said = [Client().post(DOOR, body, content_type="application/json", headers=signed).json()["result"] for _ in range(2)]
    assert said == ["decided", "refused"]
    assert (approval.decisions.get().comment, approval.decisions.get().channel) == ("checked by phone – ü", "reply")


def test_only_a_fresh_signature_of_the_account_opens_the_door(ask: Ask, rules: MailRules, settings: Any) -> None:
    """401 for another secret or an old moment; 422 for what is no object; 404 when answers are switched off or need more than a link."""
    ask()
    mail = {"from": "bob@acme.example", "to": reply_to(), "text": "approve"}

    assert post(rules, mail, secret="guess").status_code == 401
    assert post(rules, mail, moment=int(clock.now().timestamp()) - 301).status_code == 401
    assert Client().post(DOOR, mail, content_type="application/json").status_code == 401
    assert post(rules, ["approve"]).status_code == 422
    MailRules.objects.update(decisions="code")
    assert post(rules, mail).status_code == 404
    assert Client().post("/hooks/mail-reply/globex/", {}, content_type="application/json").status_code == 404
    assert not Approval.objects.get().decisions.exists()


@pytest.mark.parametrize(
    ("text", "choice", "comment"),
    [
        ("approve", "approve", ""),
        ("Approved, thanks!", "approve", "thanks!"),
        ("  YES - go ahead\n\n-- \nBob", "approve", "go ahead"),
        ("Reject\nToo expensive\r\n\r\nFrom: Handrail\nSent: Friday", "reject", "Too expensive"),
        ("ok\n\nAm 20.11.2026 um 14:32 schrieb Handrail:\n> reject", "approve", ""),
        ("nope", "", "nope"),
        ("okay?", "", "okay?"),
        ("ok?", "", "ok?"),
        ("Approve? By whom?", "", "Approve? By whom?"),
        ("No problem, I will look later", "", "No problem, I will look later"),
        ("No, too dear", "reject", "too dear"),
        ("ok, go ahead", "approve", "go ahead"),
    ],
)
def test_the_first_word_is_the_choice_and_the_rest_the_comment(text: str, choice: str, comment: str) -> None:
    """Signatures and quotes of the usual mail programs are left out."""
    approval = Approval(choices=[{"value": "approve", "label": "Approve"}, {"value": "reject", "label": "Reject"}])

    assert replies.read(text, approval) == replies.Said(choice, comment)


def test_own_choices_are_read_by_value_and_by_words() -> None:
    """The longest words first: “approve later” is a choice of its own."""
    approval = Approval(choices=[{"value": "approve", "label": "Approve"}, {"value": "later", "label": "Approve later"}])

    assert replies.read("approve later please", approval) == replies.Said("later", "please")

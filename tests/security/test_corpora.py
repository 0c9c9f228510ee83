"""What strangers and authors may try with files, mails, patterns, addresses and names. Pure rules in rows; one set-up for what needs a database."""

from __future__ import annotations

import email
import json
import re
import time
from collections.abc import Callable
from typing import Any

import httpcore
import pytest
from django.test import Client
from rest_framework.test import APIClient

from playbooks_app import audit_reading
from playbooks_app.language.json_schema import pattern_fault
from playbooks_app.language.step_type import StepFailed
from playbooks_app.models import AuditEntry, Playbook, User
from playbooks_app.pages.uploads import read_upload
from playbooks_app.spreadsheets import harmless
from runs_app import egress
from tests.house.source import ROOT
from tests.security import scene

Api = Callable[[User | None], APIClient]
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "\u200b=1", "\ufeff=1", "\u00ad@x", "\x0b=1", "\u3000=1"]
FORMULAS += ["＝1+1", "＋1", "－1", "＠x", "=cmd|' /C calc'!A0", '=HYPERLINK("https://evil.example")', "-2+3+cmd|' /C calc'!A0", "\u2060 \u200d=1"]
FORMULAS += [
    "\u22121+cmd|' /C calc'!A0",
    "\ufe631",
    "\ufe62x",
    "\ufe66x",
    "\ufe6bSUM(1)",
    "\u2796x",
    "\u202e=1",
    "\x00=1",
    '"=1+1"',
    "''=1",
    "\u201c=1\u201d",
]
FORMULAS += ['=DDE("cmd";"/C calc";"x")', "@DDE(1)", "=cmd|'/C notepad'!'A1'", "=rundll32|'URL.dll,OpenURL x'!A", '=IMPORTXML(CONCAT("",1),"//a")']
BETWEEN = (";", "\t", "|", "\r\n", "\n", "\r", "\u2028", "\x0b")  # where programs of other countries begin a cell, whatever our quotes say
LATER = ["a{0}=1+1", "a{0} \t-1", "a{0}\u200b@x", "a{0}'\"=1", "1{0}+1", "{0}=1", "a{0}b{0}\u22121", "\"x\"{0}=cmd|' /C calc'!A0", "{0} {0}-1"]
BEGINS = re.compile(
    '[\\s\\x00\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff"\u201c]*[=+@\u2212\u2796\ufe62\ufe63\ufe66\ufe6b\uff1d\uff0b\uff0d\uff20-]'
)


def test_no_cell_is_a_formula() -> None:
    """In any spelling that a spreadsheet might read as one, wherever it lets a cell begin; numbers stay numbers and words stay words."""
    for cell in (*FORMULAS, *(each.format(between) for each in LATER for between in BETWEEN)):
        told = str(harmless(cell))
        readings = [told, *(part for between in BETWEEN for part in told.split(between)), *re.split("[;\t|\r\n\x0b\u2028]", told)]
        assert not [part for part in readings if BEGINS.match(part)], (cell, told)
        assert told.replace("'", "") == cell.replace("'", "")
    plain = [-5, 1.5, "a=b", "2026-01-01", "", None, "a; b", "x|y", "e-mail\tyes"]
    assert [harmless(each) for each in plain] == plain


BREAKS = ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "%0d%0a", "\\r\\n", "=0D=0A", "=?utf-8?q?=0D=0A?="]


@pytest.mark.parametrize("line_end", BREAKS)
@pytest.mark.parametrize("place", ["subject", "to", "name", "cc", "reply_to", "header"])
def test_no_text_adds_a_line_to_the_head_of_a_mail(line_end: str, place: str) -> None:
    """Either no mail can be made of it, or it is read back without anything that was slipped in."""
    slipped = f"a{line_end}Bcc: evil@evil.example"
    parts: dict[str, Any] = {"key": "k", "to": ["bob@acme.example"], "subject": "Hello", "text": "x"}
    address = f"bob@acme.example{line_end}Bcc: evil@evil.example"
    change = {"subject": slipped, "to": [address], "name": [f'"{slipped}" <bob@acme.example>'], "cc": [address], "reply_to": address}
    parts |= {"to" if place == "name" else place: change[place]} if place != "header" else {"headers": {"In-Reply-To": slipped}}
    try:
        mail = egress.Mail(**parts)
        written = email.message_from_bytes(bytes(mail.message()))
    except ValueError:
        return
    assert written["Bcc"] is None and "evil@evil.example" not in mail.recipients


@pytest.mark.parametrize("address", ["@", "", "a b@c.example", "a@b@c.example", "<>", "a@", "Bob", "a@b.example>", "\ud800@b.example", "(a)@(b)"])
def test_what_is_no_address_makes_no_other_error(address: str) -> None:
    """A mail that cannot be made is given up with a reason; it does not stop the others."""
    try:
        bytes(egress.Mail("k", [address], "s", "t").message())
    except ValueError as refused:
        assert str(refused)


BOMBS = ["a{99999999}", "(a{5000}){5000}", "((a{300}){300}){300}", "[(](a{9000}){9000}[)]", "(?#[)a{99999999}(?#])", "(?:ab){1000000,}", "x{0999999}"]
HONEST = [r"[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", r"[A-Z]{2}\d{2}[A-Z0-9]{4}\d{7}([A-Z0-9]?){0,16}"]
HONEST += [r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z", r"[^@\s]{1,64}@[^@\s]{1,255}", r"\+?[0-9 ]{6,20}", "a{0,99999}", r".{1,10000}"]


@pytest.mark.parametrize("pattern", BOMBS)
def test_a_pattern_that_grows_when_it_is_read_is_refused_unread(pattern: str) -> None:
    """Twelve signs could hold a process for minutes before any time limit begins; honest ones pass."""
    began = time.process_time()

    assert "too often" in pattern_fault(pattern)
    assert time.process_time() - began < 2
    assert not [each for each in HONEST if pattern_fault(each)]


ADDRESSES = [
    "http://169.254.169.254/latest/meta-data/",
    "http://169.254.169.254.nip.example@169.254.169.254/",
    "http://[::ffff:169.254.169.254]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[0:0:0:0:0:ffff:a9fe:a9fe]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[64:ff9b:1::a9fe:a9fe]/",
    "http://[2002:a9fe:a9fe::]/",
    "http://[fe80::1%25eth0]/",
    "http://[::]:80/",
    "http://0251.0376.0251.0376/",
    "http://0xa9.0xfe.0xa9.0xfe/",
    "http://0xA9FEA9FE/",
    "http://2852039166/",
    "http://025177524776/",
    "http://169.254.43518/",
    "http://169.16689662/",
    "http://0251.254.169.254/",
    "http://169.254.169.254./",
    "http://169。254。169。254/",
    "http://①⑥⑨.②⑤④.①⑥⑨.②⑤④/",
    "http://127.0.0.1:22/",
    "http://127.0.0.1#@example.com/",
    "http://127.0.0.1?@example.com/",
    "http://example.com:80@127.0.0.1/",
    "http://127.1.1.1:80\\@127.2.2.2:80/",
    "http://localhost%00.example.com/",
    "http://LOCALHOST/",
    "http://a.localhost/",
    "http://0/",
    "http://0x0/",
    "http://00000000000/",
    "http://inner.example/",
    "https://inner.example:5432/",
    "http://100.100.100.200/",
    "http://[fd00:ec2::254]/",
    "http://metadata.google.internal/",
]


HOSTS = [
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[::ffff:0:127.0.0.1]",
    "[2001:0:7f00:1::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[::1%25lo]",
    "[0000::1]",
    "[::ffff:10.0.0.1]",
]
HOSTS += [
    "[64:ff9b::127.0.0.1]",
    "[2002:7f00:1::]",
    "[2001:db8::1]",
    "[3fff::1]",
    "[5f00::1]",
    "localhost.",
    "\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54",
    "\u24dbocalhost",
]
HOSTS += [
    "127\u30020\u30020\u30021",
    "0177.1",
    "0x7f.1",
    "127.0.1",
    "127.0x0.0.01",
    "017700000001",
    "0x7f000001",
    "2130706433",
    "0x07f000001",
    "127.0.0.1.",
    "127.1:0",
]
HOSTS += [
    "a:b@127.0.0.1",
    "example.com@127.0.0.1",
    "example.com%40127.0.0.1",
    "127.0.0.1\\@example.com",
    "127.0.0.1%2523@inner.example",
    "192.0.0.192",
    "198.18.0.1",
]
HOSTS += [
    "10.1",
    "172.16.1",
    "192.168.257",
    "169.254.169.254:443",
    "[fe80::a9fe:a9fe]",
    "[fd00::1]",
    "255.255.255.255",
    "224.0.0.1",
    "0.0.0.0",
    "00.00.00.00",
]
ADDRESSES += [f"{scheme}://{host}/x" for host in HOSTS for scheme in ("http", "https")]
SCHEMES = [
    "file:///etc/passwd",
    "ftp://127.0.0.1/",
    "gopher://127.0.0.1:6379/_x",
    "dict://127.0.0.1:11211/",
    "ldap://127.0.0.1/",
    "unix:///run/x.sock",
    "//127.0.0.1/",
]
SCHEMES += [
    "http+unix://%2Frun%2Fx.sock/",
    "jar:http://127.0.0.1/",
    "http:/127.0.0.1/",
    "http:127.0.0.1",
    "http:///127.0.0.1",
    "data:text/plain,x",
    "javascript:1",
    "",
    "http://",
]
SCHEMES += [
    "http://[::1",
    "http://]/",
    "http://127.0.0.1:99999/",
    "http://127.0.0.1:-1/",
    "http://127.0.0.1:8o/",
    "http://a b/",
    "http://\u202e127.0.0.1/",
    "ws://127.0.0.1/",
]


def test_no_spelling_reaches_the_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever resolvers make of it: no connection is opened, and no proxy is asked. Names lead inside here, as a hostile resolver would have it."""
    opened: list[Any] = []
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://93.184.216.34:3128")
    inside = [(2, 1, 6, "", ("169.254.169.254", 80)), (2, 1, 6, "", ("93.184.216.34", 80))]
    monkeypatch.setattr("runs_app.egress.network.socket.getaddrinfo", lambda *_, **__: inside)
    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", lambda self, host, *_, **__: opened.append(host))
    codes = {}
    for address in (*ADDRESSES, *SCHEMES):
        with pytest.raises(StepFailed) as refused:
            egress.call("GET", address, timeout_seconds=30)
        codes[address] = refused.value.code
    assert not opened and {code for address, code in codes.items() if address in ADDRESSES} == {"EgressBlocked"}, codes
    assert set(codes.values()) <= {"EgressBlocked", "InputInvalid"}, codes


def repr_short(value: object) -> str:
    """A name for a row."""
    return repr(value)[:20]


NAMES = [
    "../../etc/passwd",
    "..\\..\\x.csv",
    "/etc/passwd",
    "a\nb.csv",
    "x" * 5000 + ".csv",
    "<img src=x onerror=hit()>.csv",
    "",
    ".",
    "..",
    "con.csv",
]
CONTENTS = [
    b"PK\x03\x04" + b"\0" * 500,
    b"\x1f\x8b\x08" + b"\0" * 50,
    b"\x89PNG\r\n\x1a\n",
    b"%PDF-1.7",
    b"MZ\x90\0",
    b"\xff\xfe" * 50,
    b"",
    b"[" * 9000,
]
CONTENTS += [b'{"a": 1e999}', b"a: &x [*x]", b'[{"a": NaN}]', b"[1" + b",1" * 100_001 + b"]", b"a," * 20_000 + b"b\n1", b'"' * 5001]


@pytest.mark.parametrize(("content", "name"), [*((each, "rows.csv") for each in CONTENTS), *((b"a,b\n1,2", each) for each in NAMES)], ids=repr_short)
def test_any_file_is_read_or_refused_with_a_reason(content: bytes, name: str) -> None:
    """Archives are not opened, names lead nowhere, and nothing is raised."""
    found = read_upload(content, name, "inputs/rows")

    assert "/" not in found.name and (found.rows or found.problems)


def documents() -> dict[str, str]:
    """JSON that is small on the wire and large, deep or ambiguous inside."""
    laughs = ["a: &a [x, x]", *(f"{name}: &{name} [*{before}, *{before}]" for before, name in zip("abcdefgh", "bcdefghi", strict=True))]
    return {
        "deep": '{"document": ' + "[" * 100_000 + "]" * 100_000 + "}",
        "deep objects": '{"document": ' + '{"a":' * 20_000 + "1" + "}" * 20_000 + "}",
        "wide": '{"document": {"steps": [' + "0," * 300_001 + "0]}}",
        "many keys": '{"document": {' + ",".join(f'"k{number}": 0' for number in range(20_000)) + "}}",
        "big whole": '{"document": {"limit": ' + "9" * 100_000 + "}}",
        "big power": '{"document": {"limit": 1e999999999}}',
        "endless": '{"document": {"limit": Infinity}}',
        "twice": '{"document": {"name": "a", "name": "b"}}',
        "nul": '{"document": {"name": "a\\u0000"}}',
        "half": '{"document": {"name": "\\ud83d"}}',
        "prototype": '{"document": {"__proto__": {"a": 1}, "constructor": {"prototype": 1}}, "__proto__": {"x": 1}}',
        "not closed": '{"document": {',
        "yaml laughs": "\n".join(laughs),
        "yaml tag": "name: !!python/object/apply:os.system ['id']",
        "yaml merge": "a: &a {x: 1}\nb: {<<: *a}",
    }


@pytest.mark.django_db
def test_bombs_are_refused_at_the_door(alice: User, api: Api) -> None:
    """Every one with a 4xx, in little time, and nothing is kept."""
    client, began = api(alice), time.process_time()
    client.raise_request_exception = False
    for name, body in documents().items():
        kind = "application/yaml" if name.startswith("yaml") else "application/json"
        answer: Any = client.post("/api/v1/playbooks/", body, content_type=kind)
        assert 400 <= answer.status_code < 500, (name, answer.status_code)
        text: Any = client.post("/api/v1/playbooks/import/", json.dumps({"text": body}), content_type="application/json")
        assert 400 <= text.status_code < 500, (name, text.status_code)
    assert not Playbook.objects.exists()
    assert time.process_time() - began < 60  # on a busy machine that measures coverage


@pytest.mark.django_db
def test_what_leaves_the_house_is_on_record(people: dict[str, User]) -> None:
    """Playbooks, lists of runs and approvals, records and the audit log itself; each entry reads as a sentence."""
    things, client = scene.make_scene(people), Client()
    client.force_login(people["admin"], backend=scene.BACKEND)
    AuditEntry.objects.count()
    number = things["approvals"]
    for address in (
        f"/playbooks/{things['playbooks']}/export/",
        "/runs/?as=csv",
        "/approvals/export.csv",
        "/approvals/export.pdf",
        f"/approvals/{number}/record.csv",
        f"/approvals/{number}/record.pdf",
        f"/api/v1/approvals/{number}/record/",
        "/settings/audit/?as=csv",
    ):
        before = AuditEntry.objects.count()
        assert client.get(address).status_code == 200, address
        assert AuditEntry.objects.count() == before + 1, address
    client.post("/accounts/logout/")
    told = [audit_reading.deed_of(entry) for entry in AuditEntry.objects.order_by("pk")]
    assert {"exported", "took out the record of", "took out a list of the approvals of", "exported runs of", "signed out"} <= set(told)


def test_every_deed_of_the_log_has_words() -> None:
    """No reader is shown `noun: verb`."""
    found = set()
    for path in (each for app in ("playbooks_app", "runs_app", "approvals_app") for each in (ROOT / app).rglob("*.py")):
        if "audit" in (text := path.read_text()):
            found |= set(re.findall(r"(?:audit\.note|_note)\([\w.()\[\]]+, \"([a-z_]+\.[a-z_]+)\"", text))
            found |= set(re.findall(r"\"((?:schedule|webhook|run|step)\.[a-z_]+)\"", text)) if "note(by, action" in text else set()
    assert len(found) > 40
    assert sorted(found - set(audit_reading.DEEDS)) == []

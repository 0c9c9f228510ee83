"""The `email` step."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from html import escape

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from playbooks_app.language.problem import Problem
from playbooks_app.language.settings import setting
from playbooks_app.language.step_type import Done, Effect, Example, Json, StepContext, StepFailed, StepType
from playbooks_app.language.template import is_template
from runs_app import egress

MOST_RECIPIENTS = 100
_LINK = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]]")
_PAGE = '<div style="font:16px/1.5 system-ui,-apple-system,Segoe UI,sans-serif;color:#1d1f24;max-width:560px">\n{}\n</div>\n'


@dataclass(frozen=True, slots=True)
class EmailSettings:
    """One mail."""

    to: Sequence[str] = setting("texts", label="To", required=True, help="One address or several.", example="{{ run.started_by.email }}")
    subject: str = setting(
        "text", label="Subject", required=True, help="What it is about, in a line.", example="{{ steps.each.output.completed }} payments are done"
    )
    body: str = setting(
        "long_text",
        label="Text",
        default="",
        help="Plain text. An empty line begins a paragraph, a line with - an item of a list; addresses become links.",
        example="All payments of {{ inputs.month }} are out.",
    )
    cc: Sequence[str] = setting("texts", label="Copy to", default=[], help="Who else gets it.", example="finance@example.com", advanced=True)
    reply_to: str = setting(
        "text",
        label="Answers go to",
        default="",
        help="An address; when left out, answers go to Handrail's own.",
        example="finance@example.com",
        advanced=True,
    )


class Email(StepType[EmailSettings]):
    """Sends one mail through the house's mail server; a repeat carries the same Message-ID, so that it can be recognised."""

    name = "email"
    label = "E-mail"
    summary = "Sends an e-mail."
    icon = "mail"
    family = "do"
    Config = EmailSettings
    acts = True
    blocking = True
    takes_secrets = True
    examples = (
        Example(
            "Report at the end",
            {
                "type": "email",
                "with": {"to": ["{{ run.started_by.email }}"], "subject": "Payments done", "body": "{{ steps.each.output.completed }} paid."},
            },
        ),
    )
    output_help = {"message_id": "The mail's own number, the same on every try", "refused": "Addresses that the mail server did not take"}

    def check(self, settings: Mapping[str, Json], address: str) -> list[Problem]:
        """Addresses that are written out and are none."""
        return [problem for key in ("to", "cc", "reply_to") for problem in _faults_of_addresses(settings.get(key), key, f"{address}/{key}")]

    def intends(self, context: StepContext[EmailSettings]) -> Effect:
        """Who gets which mail."""
        config = context.config
        return Effect("mail", ", ".join([*config.to, *config.cc]), {"subject": config.subject, "body": config.body})

    def sample(self, settings: Mapping[str, Json]) -> Json:
        """It went out."""
        return {"message_id": "<sandbox@localhost>", "refused": []}

    def run(self, context: StepContext[EmailSettings]) -> Done:
        """Send it. Raises StepFailed InputInvalid (addresses, subject), ConnectionFailed, Timeout, ClientError (refused for good)."""
        mail = _mail(context.config, context.idempotency_key)
        with egress.mail_server().opened(context.timeout_seconds) as connection:
            refused = egress.send(connection, mail)
        return Done({"message_id": mail.message_id, "refused": refused})


def _mail(config: EmailSettings, key: str) -> egress.Mail:
    to, cc = _addresses(config.to, "to"), _addresses(config.cc, "cc")
    if not to or len(to) + len(cc) > MOST_RECIPIENTS:
        raise StepFailed(
            "InputInvalid", f"A mail goes to 1 to {MOST_RECIPIENTS} addresses, not to {len(to) + len(cc)}.", hint="Check what `to` comes to."
        )
    reply_to = next(iter(_addresses([config.reply_to], "reply_to")), "")
    return egress.Mail(
        key=key, to=to, cc=cc, reply_to=reply_to, subject=" ".join(config.subject.split())[:250], text=config.body, html=as_html(config.body)
    )


def _addresses(texts: Iterable[str], setting_name: str) -> list[str]:
    """The addresses in a list of texts; one text may hold several with commas between. Raises StepFailed InputInvalid naming the bad one."""
    found = []
    for text in (part.strip() for whole in texts if whole for part in _split(whole)):
        plain = parseaddr(text)[1] if not re.search(r"[\r\n\x00]", text) else ""
        try:
            validate_email(plain)
        except ValidationError:
            raise StepFailed(
                "InputInvalid",
                f"{text[:100]!r} in `{setting_name}` is not an e-mail address.",
                hint="Write name@example.com or Name <name@example.com>.",
            ) from None
        found.append(text)
    return list(dict.fromkeys(found))


def _faults_of_addresses(written: Json, key: str, address: str) -> list[Problem]:
    """Templates are left to the run."""
    try:
        _addresses([text for text in (written if isinstance(written, list) else [written]) if isinstance(text, str) and not is_template(text)], key)
    except StepFailed as failure:
        return [Problem(address, failure.code, failure.message, failure.hint)]
    return []


def _split(text: str) -> list[str]:
    """At commas and semicolons outside of quotes."""
    return [part for part in re.findall(r'(?:"[^"]*"|[^,;"])+', text) if part.strip()]


def as_html(text: str) -> str:
    """Plain text as simple HTML: paragraphs, lists, links. Everything else that looks like HTML is shown as written, not obeyed."""
    blocks = [block for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip("\n")) if block.strip()]
    return _PAGE.format("\n".join(_block(block.split("\n")) for block in blocks))


def _block(lines: list[str]) -> str:
    if all(re.match(r"\s*[-*] ", line) for line in lines):
        items = "".join(f"<li>{_linked(line.lstrip()[2:])}</li>" for line in lines)
        return f"<ul>{items}</ul>"
    return f"<p>{'<br>'.join(_linked(line) for line in lines)}</p>"


def _linked(line: str) -> str:
    parts, end = [], 0
    for found in _LINK.finditer(line):
        parts += [escape(line[end : found.start()]), f'<a href="{escape(found[0])}">{escape(found[0])}</a>']
        end = found.end()
    return "".join(parts) + escape(line[end:])

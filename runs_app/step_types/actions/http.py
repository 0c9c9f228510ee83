"""The `http` step."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from playbooks_app.language.problem import Problem
from playbooks_app.language.settings import setting
from playbooks_app.language.step_type import Done, Effect, Example, Json, StepContext, StepFailed, StepType
from runs_app import egress
from runs_app.secrecy.written_out import keys_written_out

KEY_HEADER = "Idempotency-Key"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})  # methods that ask and change nothing
_BODIES = ("json", "body", "form")


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """One request."""

    method: str | None = setting(
        "choice",
        label="Method",
        choices=tuple((method, method) for method in egress.METHODS),
        help="What to do there. When left out: POST if something is sent, GET if not.",
        example="POST",
    )
    connection: str = setting(
        "text",
        label="Connection",
        default="",
        names="connection",
        help="A system that the account knows: its address stands before the path, its key goes along.",
        example="House bank",
    )
    url: str = setting(
        "text",
        label="Address",
        default="",
        required=True,
        unless="connection",
        help="Begins with https:// or http://. With a connection a path is enough, and it may be left out.",
        example="https://api.example.com/payments/{{ payment.id }}",
    )
    query: Mapping[str, Json] = setting(
        "map",
        label="Query",
        default={},
        help="Added to the address after the question mark. A list gives its name several times.",
        example="status: open",
    )
    json: Json = setting(
        "json",
        label="Send as JSON",
        help="Any value; templates inside it keep their types.",
        example='{"amount": "{{ payment.amount }}"}',
        group="What is sent",
    )
    form: Mapping[str, Json] = setting(
        "map", label="Send as a form", default={}, help="Fields, as a web form sends them.", example="amount: 12.50", group="What is sent"
    )
    body: str | None = setting(
        "long_text",
        label="Send as text",
        help="Sent as it stands. Say what it is in the header Content-Type.",
        example="<invoice/>",
        group="What is sent",
    )
    headers: Mapping[str, Json] = setting(
        "map",
        label="Headers",
        default={},
        help="Further headers. Idempotency-Key is always sent, the same on every try, so that a repeat does nothing twice.",
        example="Authorization: Bearer {{ secrets.bank }}",
        advanced=True,
    )


class Http(StepType[HttpSettings]):
    """Calls a web service once and keeps its answer; every try carries the same Idempotency-Key (rule 32)."""

    name = "http"
    label = "HTTP request"
    summary = "Calls a web service and keeps its answer."
    icon = "http"
    family = "do"
    Config = HttpSettings
    acts = True
    blocking = True
    takes_secrets = True
    examples = (
        Example(
            "Send a payment",
            {
                "type": "http",
                "with": {
                    "method": "POST",
                    "url": "https://bank.example.com/payments",
                    "json": {"invoice": "{{ invoice.id }}", "amount": "{{ invoice.amount }}"},
                },
            },
        ),
        Example(
            "Look something up",
            {"type": "http", "with": {"url": "https://register.example.com/companies", "query": {"number": "{{ inputs.company }}"}}},
        ),
    )
    output_help = {
        "status": "The number of the answer, such as 200",
        "headers": "The answer's headers, names in small letters",
        "body": "The answer: an object or list if it was JSON, else text",
    }

    def check(self, settings: Mapping[str, Json], address: str) -> list[Problem]:
        """Two bodies, an address that can never be called, a header that is not the author's to set, a key that stands there for everybody."""
        return [
            *_faults_of_body(settings, address),
            *_faults_of_url(settings.get("url"), address, is_connected=bool(settings.get("connection"))),
            *_faults_of_headers(settings.get("headers"), address),
            *keys_written_out(settings.get("url"), {part: settings.get(part) for part in ("headers", "query")}, address),
        ]

    def intends(self, context: StepContext[HttpSettings]) -> Effect | None:
        """What is sent, and where to."""
        config, method = context.config, _method(context.config)
        given = next((value for value in (config.json, config.form, config.body) if value not in (None, {})), None)
        return None if method in SAFE else Effect(method, _with_query(config.url, config.query), given)

    def sample(self, settings: Mapping[str, Json]) -> Json:
        """It went well."""
        return {"status": 200, "headers": {}, "body": {}}

    def run(self, context: StepContext[HttpSettings]) -> Done:
        """Call, and hand the answer on. Raises StepFailed, see egress.call."""
        config = context.config
        content, kind = _content(config)
        over = egress.connected(config.connection, context.account_id) if config.connection else None
        headers = {**dict(over.headers if over else ()), **dict(_header_lines(config.headers))}
        if kind and not any(name.lower() == "content-type" for name in headers):
            headers["Content-Type"] = kind
        answer = egress.call(
            _method(config),
            _with_query(over.address(config.url) if over else config.url, config.query),
            headers=[*headers.items(), (KEY_HEADER, context.idempotency_key)],
            content=content,
            timeout_seconds=context.timeout_seconds,
        )
        return Done({"status": answer.status, "headers": answer.headers, "body": answer.value()})


def _method(config: HttpSettings) -> str:
    """As written; else by whether anything is sent."""
    return config.method or ("POST" if config.json is not None or config.form or config.body is not None else "GET")


def _content(config: HttpSettings) -> tuple[bytes, str]:
    """The body, and its Content-Type unless the author names one; "" if nothing is sent."""
    if config.json is not None:
        return _as_json(config.json), "application/json"
    if config.form:
        return urlencode(list(_pairs(config.form))).encode("ascii"), "application/x-www-form-urlencoded"
    if config.body is not None:
        return config.body.encode("utf-8"), "text/plain; charset=utf-8"
    return b"", ""


def _as_json(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")


def _as_text(value: Json) -> str:
    return value if isinstance(value, str) else _as_json(value).decode("utf-8")


def _pairs(values: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """Names and texts; a list gives its name several times, null leaves it out."""
    for name, value in values.items():
        for each in value if isinstance(value, list) else [value]:
            if each is not None:
                yield name, _as_text(each)


def _with_query(url: str, query: Mapping[str, Json]) -> str:
    added = urlencode(list(_pairs(query)))
    if not added:
        return url
    start, mark, fragment = url.partition("#")
    return f"{start}{'&' if '?' in start else '?'}{added}{mark}{fragment}"


def _header_lines(headers: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """The author's headers; one with null is left out. Raises StepFailed InputInvalid for the key, which belongs to the run."""
    for name, value in headers.items():
        if name.strip().lower() == KEY_HEADER.lower():
            raise StepFailed("InputInvalid", f"The header {KEY_HEADER} is set by Handrail itself.", hint="Leave it out.")
        if value is not None:
            yield name.strip(), _as_text(value)


def _faults_of_body(settings: Mapping[str, Json], address: str) -> list[Problem]:
    given = [name for name in _BODIES if settings.get(name) not in (None, {}, "")]
    if len(given) < 2:
        return []
    return [Problem(f"{address}/{given[1]}", "Contradiction", f"{' and '.join(given)} are given, but only one can be sent.", "Keep one of them.")]


def _faults_of_url(url: Json, address: str, *, is_connected: bool) -> list[Problem]:
    """A path under a connection is fine, and so is none. Whether a whole address is one of the connection's hosts shows when it is called."""
    if not isinstance(url, str) or not url.strip():
        return []  # that it is missing or no text has been said already
    if is_connected and not egress.is_absolute(url):
        return []
    fault = egress.fault_of_written(url, egress.present_rules())
    return (
        [Problem(f"{address}/url", "EgressBlocked", fault, "Use a public http or https address, or ask your administrator to allow this one.")]
        if fault
        else []
    )


def _faults_of_headers(headers: Json, address: str) -> list[Problem]:
    if not isinstance(headers, dict):
        return []
    taken = {KEY_HEADER.lower(), *egress.OWN_HEADERS}
    return [
        Problem(f"{address}/headers/{name}", "Reserved", f"The header {name} is set by Handrail itself.", "Leave it out.")
        for name in headers
        if name.strip().lower() in taken
    ]

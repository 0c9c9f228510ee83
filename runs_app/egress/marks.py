"""Puts secrets into a request on its way out, where they may go there; and takes their values out of what comes back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote, quote_plus

from playbooks_app.language.step_type import StepFailed
from runs_app.egress.answers import Answer
from runs_app.egress.requests import VALUE, Request
from runs_app.secrecy import references, revealing

Headers = list[tuple[str, str]]


def filled(asked: Request, first: Request) -> tuple[bytes, Headers, bytes]:
    """Target, headers and content as they are sent. `first`: what was asked before any redirect. Raises StepFailed EgressBlocked, InputInvalid."""
    hand = revealing.present()
    if hand is None:
        return asked.url.raw_path, list(asked.headers), asked.content
    target = _put(asked.url.raw_path.decode("ascii"), asked, first, hand, lambda value: quote(value, safe="")).encode("ascii")
    headers = [(name, _put(value, asked, first, hand, _in_header)) for name, value in asked.headers]
    content = asked.content
    if b"~" in content:
        content = _put(content.decode("utf-8", "surrogateescape"), asked, first, hand, _body_form(asked)).encode("utf-8", "surrogateescape")
    return target, headers, content


def require_no_leak(onward: Request, asked: Request) -> None:
    """A redirect to another origin must not carry a value in its address. Raises StepFailed EgressBlocked."""
    hand = revealing.present()
    if hand is not None and hand.revealed and onward.origin != asked.origin:
        address = str(onward.url)
        if hand.masker().text(address) != address:
            raise _blocked("A secret of this step", onward, asked.url.host)


def masked(answer: Answer) -> Answer:
    """The answer without the values of secrets."""
    hand = revealing.present()
    masker = hand.masker() if hand is not None else None
    if not masker:
        return answer
    return replace(answer, headers={name: masker.text(value) for name, value in answer.headers.items()}, content=masker.content(answer.content))


def goes_to(pattern: str, host: str, port: int) -> bool:
    """Whether an allowed host (`bank.example.com`, `*.example.com`, `bank.example.com:8443`, `[::1]:8443`) means this one."""
    name, colon, wanted = pattern.lower().rpartition(":")
    if not colon or not wanted.isdecimal() or (":" in name and not name.startswith("[")):
        name, wanted = pattern.lower(), ""
    name, host = name.strip("[]").rstrip("."), host.lower().strip("[]").rstrip(".")
    fits = host.endswith(name[1:]) and host != name[2:] if name.startswith("*.") else host == name
    return fits and (not wanted or int(wanted) == port)


def _put(text: str, asked: Request, first: Request, hand: revealing.Hand, written: Callable[[str], str]) -> str:
    for found in reversed(list(references.MARK.finditer(text)) if "~" in text else []):
        reference = references.reference(found, hand.run)
        if reference is not None:
            revealed = hand.reveal(reference)
            _require_allowed(hand, reference, asked, first)
            hand.note("used", reference, asked.url.host)
            text = text[: found.start()] + written(revealed.value) + text[found.end() :]
    return text


def _require_allowed(hand: revealing.Hand, reference: references.Reference, asked: Request, first: Request) -> None:
    """Of what has been revealed already: whether it may go there."""
    revealed = hand.reveal(reference)
    allowed = (first.url.host,) if revealed.hosts is None else revealed.hosts
    is_same = asked.origin == first.origin
    fits = is_same if revealed.hosts is None else any(goes_to(each, asked.url.host, asked.port) for each in allowed)
    if not fits or (first.url.scheme == "https" and asked.url.scheme != "https"):
        hand.note("refused", reference, asked.url.host)
        raise _blocked(f"The {revealed.title}", asked, ", ".join(allowed) or "no host at all")


def _blocked(what: str, asked: Request, allowed: str) -> StepFailed:
    return StepFailed(
        "EgressBlocked",
        f"{what} may be sent to {allowed} only, not to {asked.url.scheme}://{asked.url.host}.",
        hint="Correct the address, or add the host to those that it is bound to.",
    )


def _in_header(value: str) -> str:
    if not VALUE.fullmatch(value):
        raise StepFailed("InputInvalid", "A secret has a line break or a letter that headers cannot carry.", hint="Set its value again, in one line.")
    return value


def _body_form(asked: Request) -> Callable[[str], str]:
    kind = next((value for name, value in asked.headers if name.lower() == "content-type"), "").split(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        return lambda value: json.dumps(value, ensure_ascii=False)[1:-1]
    return quote_plus if kind == "application/x-www-form-urlencoded" else lambda value: value

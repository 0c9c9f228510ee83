"""Texts stay texts: on every page that shows what people, programs or playbooks may choose, in a real browser with its scripts running."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from playwright.sync_api import Dialog, FilePayload, Page

from playbooks_app.models import User
from tests.security import addresses, hostile, scene

pytestmark = pytest.mark.django_db(transaction=True)
WATCH = """
window.hits = [];
window.hit = () => window.hits.push("a script ran");
window.alert = window.confirm = window.prompt = () => { window.hits.push("a dialog opened"); };
document.addEventListener("securitypolicyviolation", event => window.hits.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`));
"""
FOUND = """const found = page => [...page.querySelectorAll("*")].flatMap(each => {
  const said = [...each.attributes].filter(a => /^on/i.test(a.name) || (/^(href|src|action|formaction|data|xlink:href)$/i.test(a.name)
    && /^\\s*(javascript:|data:text)/i.test(a.value)) || a.name === "srcdoc").map(a => `${each.tagName} ${a.name}=${a.value.slice(0, 60)}`);
  if (each.tagName === "SCRIPT" && !each.src && !/json/.test(each.type)) said.push(`SCRIPT ${each.textContent.slice(0, 60)}`);
  if (each.tagName === "IMG" && each.getAttribute("src") === "x") said.push("IMG x");
  return said; });"""
HERE = f"() => {{ {FOUND} return [...window.hits, ...found(document)]; }}"
EACH = f"""async addresses => {{ {FOUND}
  const told = [];
  for (const address of addresses) {{
    const answer = await fetch(address), text = await answer.text();
    const isPage = /html/.test(answer.headers.get("Content-Type") || "");
    const said = isPage ? found(new DOMParser().parseFromString(text, "text/html")) : [];
    told.push([address, answer.status, text.includes(MARK), said]);
  }}
  return told; }}""".replace("MARK", f"'{hostile.MARK}'")
ALIVE: tuple[str, ...] = (
    "/",
    "/runs/",
    "/playbooks/",
    "/approvals/",
    "/playbooks/{playbooks}/",
    "/playbooks/{playbooks}/edit/",
    "/playbooks/{playbooks}/start/",
)
ALIVE += ("/runs/{runs}/?step=call", "/playbooks/{playbooks}/versions/1/2/", "/approvals/{approvals}/", "/jump/?q=img", "/gallery/")
FILES = re.compile(r"export|record|\.csv|/decide/|readyz|metrics|healthz|/docs|accounts/|join/")
ADMIN = ("run", "steprun", "runevent", "notification", "outboxmail", "webhookdelivery")


def pages(things: scene.Things) -> list[str]:
    """Every address that may show a page, what is asked for and found there, and errors."""
    known = (addresses.address(pattern, things) for pattern in addresses.patterns())
    found = [address for address in known if not address.startswith("/api/") and not FILES.search(address)]
    asked = quote(hostile.SHORT)
    lists = ("/runs/", "/playbooks/", "/approvals/", "/jump/", "/settings/audit/", "/gallery/", "/notifications/")
    found += [f"{each}?q={asked}&by={asked}&actor={asked}&view={asked}&tag={asked}&next={asked}" for each in lists]
    run = f"/runs/{things['runs']}/"
    found += [f"{run}?step=call", f"{run}?step=note", f"{run}?step=sign", f"{run}?find={asked}&only={asked}&open={asked}", f"/{asked}/"]
    return found


def see(page: Page, address: str) -> list[str]:
    """What is wrong on that page, once its scripts have run."""
    page.goto(address, wait_until="load")
    assert hostile.MARK in page.content() or "/gallery/" in address, address
    return [f"{address}: {each}" for each in page.evaluate(HERE)]


def test_no_text_of_anybody_becomes_a_part_of_a_page(people: dict[str, User], open_as: Callable[..., Page]) -> None:
    """Nothing runs, nothing is even blocked: no element, attribute or link is made of it.

    Every page, dialog, fragment, error and list of the administration as the browser parses it; those that scripts draw with their scripts.
    """
    things = hostile.make(people)
    page = open_as(people["admin"], "/profile/")
    page.context.add_init_script(WATCH)
    dialogs: list[str] = []

    def note(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    known = pages(things)
    known += [f"/admin/runs_app/{each}/" for each in ADMIN] + [f"/admin/playbooks_app/playbook/{things['playbooks']}/change/"]
    told = page.evaluate(EACH, known)
    wrong = [f"{address}: {each}" for address, _, _, said in told for each in said]
    broken = [address for address, status, _, _ in told if status >= 500]
    for address in ALIVE:
        wrong += see(page, address.format_map(things))
    assert not wrong and not dialogs and not broken, "\n".join([*wrong, *dialogs, *broken])
    assert len(told) > 60 and sum(shows for _, _, shows, _ in told) > 40, told

    page.goto(f"/playbooks/{things['playbooks']}/start/")
    rows = f'{hostile.MARK},=1+1\n"{hostile.LINK}",<img src=x>\n'
    name = f"shown-{hostile.SHORT}.csv".replace("/", "")
    page.locator("input[type=file]").first.set_input_files(FilePayload(name=name, mimeType="text/csv", buffer=rows.encode()))
    page.wait_for_function("() => document.body.innerText.includes('shown-')")
    assert not page.evaluate(HERE)

    page.evaluate("text => document.body.insertAdjacentHTML('beforeend', text)", hostile.TEXT)
    assert len(page.evaluate(HERE)) > 3, "what is looked for would be found"

    bob = open_as(people["bob"], "/profile/")
    bob.context.add_init_script(WATCH)
    for address in ("/approvals/", f"/decide/{things['token']}/"):
        bob.goto(address)
        assert not bob.evaluate(HERE), address

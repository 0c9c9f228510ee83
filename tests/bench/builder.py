"""How fluent the builder is with 500 steps: `python -m tests.bench.builder http://127.0.0.1:8000`, against a running demo.

Prints, for a drag from the library and for a drag of a card, what the page's main thread worked for the first frame and for the slowest later one, in
milliseconds of processor time, so that a busy machine does not count. The target is 50 ms a frame, the first one included.
"""

from __future__ import annotations

import sys
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests import browser

STEPS = 500
TARGET_MS = 50.0
CATEGORIES = "devtools.timeline,disabled-by-default-devtools.timeline,v8"
Event = dict[str, Any]


def document(steps: int) -> dict[str, Any]:
    """Conditions with steps on both sides, one after the other."""
    found: list[dict[str, Any]] = []
    for number in range(steps // 5):
        inside = [{"id": f"{name}{number}", "type": "log", "with": {"message": "x"}} for name in "abd"]
        found.append({"id": f"c{number}", "type": "condition", "if": "${{ true }}", "then": inside[:2], "else": inside[2:]})
        found.append({"id": f"e{number}", "type": "log", "with": {"message": "{{ steps.a0.output.message }}"}})
    return {"handrail": 1, "name": f"{steps} steps", "description": "For measuring.", "owner": "Bench", "steps": found}


def signed_in(page: Page, base: str) -> Page:
    """As alice of the demo."""
    page.goto(f"{base}/accounts/login/")
    page.fill("[name=username]", "alice")
    page.fill("[name=password]", "demo")
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda address: "login" not in address)
    return page


def call(page: Page, method: str, address: str, body: Any = None) -> Any:
    """The answer of the API, with the rights of the page."""
    script = """async ([method, address, body]) => {
        const token = document.cookie.match(/csrftoken=([^;]+)/)?.[1] ?? document.querySelector('[name=csrfmiddlewaretoken]')?.value;
        const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
        const answer = await fetch(address, { method, headers, body: body && JSON.stringify(body) });
        return answer.status === 204 ? null : answer.json(); }"""
    return page.evaluate(script, [method, address, body])


def frames_of(page: Page, source: str) -> list[float]:
    """Processor time of the main thread's tasks for each move of a drag, in ms; the first begins the drag."""
    box = page.locator(source).bounding_box()
    assert box is not None
    x, y = box["x"] + 24, box["y"] + 14
    page.mouse.move(x, y)
    page.mouse.down()
    found = [_cost(page, x + 7, y + 7)]
    found += [_cost(page, 620.0 + 5 * step, 300.0 + 12 * step) for step in range(15)]
    page.keyboard.press("Escape")
    page.mouse.up()
    return found


def _cost(page: Page, x: float, y: float) -> float:
    events: list[Event] = []
    ended: list[bool] = []
    devtools = page.context.new_cdp_session(page)
    devtools.on("Tracing.dataCollected", lambda data: events.extend(data["value"]))
    devtools.on("Tracing.tracingComplete", lambda _: ended.append(True))
    devtools.send("Tracing.start", {"categories": CATEGORIES, "transferMode": "ReportEvents"})
    page.wait_for_timeout(150)  # what the measuring itself costs is not counted
    page.mouse.move(x, y)
    page.wait_for_timeout(120)
    devtools.send("Tracing.end")
    while not ended:
        page.wait_for_timeout(20)
    devtools.detach()
    return _worked(events)


def _worked(events: list[Event]) -> float:
    """The costliest task of the main thread from the pointer's move on."""
    moved = min((each for each in events if each["name"] == "EventDispatch" and each["args"]["data"]["type"] == "pointermove"), key=_at, default=None)
    if moved is None:
        return 0.0
    tasks = [each for each in events if each["name"] == "RunTask" and each["tid"] == moved["tid"] and _at(each) + each.get("dur", 0) >= _at(moved)]
    return max((each.get("tdur", 0) / 1000 for each in tasks), default=0.0)


def _at(event: Event) -> float:
    return float(event["ts"])


def main() -> None:
    """Draw, measure, put away."""
    base = sys.argv[1].rstrip("/")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser.provide(), args=browser.FLAGS)
        page = signed_in(chromium.new_page(base_url=base, viewport={"width": 1440, "height": 900}), base)
        page.goto("/playbooks/new/")
        playbook = call(page, "POST", "/api/v1/playbooks/", {"document": document(STEPS)})["id"]
        page.goto(f"/playbooks/{playbook}/edit/")
        page.wait_for_selector(".builder[data-ready]")
        page.wait_for_timeout(1500)
        for name, source in (("from the library", '[data-palette="http"]'), ("a card", '[data-step="e0"] > .card')):
            first, *later = frames_of(page, source)
            word = "within" if max(first, *later) < TARGET_MS else "OVER"
            print(f"{STEPS} steps, drag {name}: first frame {first:.1f} ms, slowest later {max(later):.1f} ms ({word} {TARGET_MS:g} ms)")
        call(page, "DELETE", f"/api/v1/playbooks/{playbook}/")
        chromium.close()


if __name__ == "__main__":
    main()

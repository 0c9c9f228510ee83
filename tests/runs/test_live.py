"""News: from a commit to a page, without gaps, and only to those who may see."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, connections
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect

from config.asgi import application
from playbooks_app.models import Account, PlaybookVersion, User
from runs_app.models import Run, StepRun
from runs_app.news.live import Subscription
from runs_app.statuses import StepStatus
from tests.processes import wait_until
from tests.runs.factories import RunBuilder
from tests.runs.serving import web_process

OpenPage = Callable[[User, str], Page]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def half_way(three_steps: PlaybookVersion, alice: User) -> RunBuilder:
    """s1 is done, s2 at work; one event."""
    built = RunBuilder(three_steps, alice)
    built.step("s1")
    built.step("s2", status=StepStatus.RUNNING, begin=1, end=None)
    built.save()
    built.events([("run_started", "", 0)])
    return built


BLOCKED = """
window.WebSocket = class extends EventTarget {
  static OPEN = 1;
  constructor() { super(); this.readyState = 3; setTimeout(() => this.dispatchEvent(new CloseEvent("close"))); }
};
"""


@pytest.fixture(scope="module")
def served(django_db_setup: None) -> Iterator[str]:
    """A real web process."""
    with web_process() as address:
        yield address


@pytest.fixture
def look(served: str, new_context: Callable[..., BrowserContext]) -> OpenPage:
    """A browser page of the real web process, signed in."""

    def open_page(user: User, address: str) -> Page:
        context = new_context(base_url=served)
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session_of(user), "url": served}])
        page = context.new_page()
        page.goto(address)
        return page

    return open_page


def session_of(user: User) -> str:
    """A session's key, as the cookie has it."""
    client = Client()
    client.force_login(user, backend="playbooks_app.entrance.sign_in.EmailOrUsername")
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def finish(built: RunBuilder, path: str) -> None:
    """The step succeeds, as the machine writes it: state, event and news in one transaction."""
    StepRun.objects.filter(run=built.run, path=path).update(status=StepStatus.SUCCEEDED, finished_at=built.at(30))
    built.events([("step_succeeded", path, 30)])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('handrail_news', %s)", [f"{built.run.pk}:{built.run.event_count}"])


def run_apart(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """In a thread with an event loop of its own: Playwright keeps one in this thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result(60)


def news_of(path: str, user: User | None, *, count: int, origin: str = "http://testserver", during: Callable[[], Any] | None = None) -> list[Any]:
    """What a socket to the application says; a refusal is [False, code]."""
    headers = [(b"origin", origin.encode()), (b"host", b"testserver")]
    if user is not None:
        headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={session_of(user)}".encode()))

    def act() -> None:
        try:
            during()  # type: ignore[misc]
        finally:
            connection.close()  # of this thread

    async def talk() -> list[Any]:
        socket = WebsocketCommunicator(application, path, headers=headers)
        connected, code = await socket.connect(timeout=5)
        if not connected:
            return [False, code]
        said = []
        for number in range(count):
            if number == 1 and during is not None:
                await asyncio.to_thread(act)
            said.append(await socket.receive_output(timeout=5))
        await socket.disconnect()
        return said

    async def talk_and_close() -> list[Any]:
        try:
            return await talk()
        finally:
            await sync_to_async(connections.close_all)()  # of the thread that the consumers' queries ran in

    said: list[Any] = run_apart(talk_and_close())
    return said


def test_a_socket_tells_the_newest_number_at_once_and_every_later_one(half_way: RunBuilder, alice: User) -> None:
    """News, not data: the number of the newest event when the socket opens, then each higher one."""
    said = news_of(f"/ws/runs/{half_way.run.pk}/", alice, count=2, during=lambda: finish(half_way, "s2"))

    assert [message["text"] for message in said] == ['{"type": "news", "upto": 1}', '{"type": "news", "upto": 2}']


def test_a_run_out_of_sight_closes_the_socket(half_way: RunBuilder, eve: User) -> None:
    """Nobody of another account, and nobody who is not signed in, hears of a run."""
    for user in (eve, None):
        (said,) = news_of(f"/ws/runs/{half_way.run.pk}/", user, count=1)
        assert (said["type"], said["code"]) == ("websocket.close", 4404)


def test_a_foreign_page_gets_no_socket(half_way: RunBuilder, alice: User) -> None:
    """A site elsewhere cannot listen in a signed-in person's name."""
    refused, _ = news_of(f"/ws/runs/{half_way.run.pk}/", alice, count=1, origin="http://evil.example")

    assert refused is False


@pytest.mark.parametrize("loss", ["signed out", "switched off", "new password", "narrowed", "plan ended"])
def test_who_loses_the_right_hears_no_more(half_way: RunBuilder, carol: User, monkeypatch: pytest.MonkeyPatch, loss: str) -> None:
    """A socket is no way round: the session, the person, the sharing and the plan are looked at again while it is open."""
    monkeypatch.setattr("runs_app.consumers.ASK_AGAIN_SECONDS", 0)
    assert carol.account is not None
    half_way.run.visibility = "account"
    half_way.run.save(update_fields=["visibility"])
    carol.set_password("before")  # so that there is one to change
    carol.save()

    def lose() -> None:
        if loss == "signed out":
            Session.objects.all().delete()
        elif loss == "switched off":
            User.objects.filter(pk=carol.pk).update(is_active=False)
        elif loss == "new password":
            carol.set_password("afterwards")
            carol.save()
        elif loss == "narrowed":
            Run.objects.filter(pk=half_way.run.pk).update(visibility="private")
        else:
            Account.objects.filter(pk=carol.account.pk).update(playbooks_enabled=False)  # type: ignore[union-attr]
        finish(half_way, "s2")

    first, second = news_of(f"/ws/runs/{half_way.run.pk}/", carol, count=2, during=lose)

    assert '"upto": 1' in first["text"]
    assert (second["type"], second.get("code")) == ("websocket.close", 4404), second


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://testserver.evil.example", "http://eviltestserver", "null", "http://testserver@evil.example"]
)
def test_only_our_own_pages_open_sockets(half_way: RunBuilder, alice: User, origin: str) -> None:
    """Every kind of socket refuses foreign origins before anything is looked up; news of a draft go to who may edit it."""
    for path in (f"/ws/runs/{half_way.run.pk}/", "/ws/inbox/", f"/ws/playbooks/{half_way.run.playbook_id}/"):
        assert news_of(path, alice, count=1, origin=origin)[0] is False


def test_the_inbox_hears_of_its_own_account_only(alice: User, eve: User) -> None:
    """News for Acme reaches Acme's people; the numbers rise."""

    def tell() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify('handrail_inbox', %s)", [str(alice.account.pk)])  # type: ignore[union-attr]

    first, second = news_of("/ws/inbox/", alice, count=2, during=tell)

    assert '"type": "news"' in first["text"]
    assert second["text"] > first["text"]
    with pytest.raises(TimeoutError):
        news_of("/ws/inbox/", eve, count=2, during=tell)


def test_a_slow_reader_is_told_the_newest_number_only() -> None:
    """A subscription keeps one number, however much happens meanwhile."""

    async def read() -> int:
        subscription = Subscription(("run", 1))
        for number in range(1, 10_000):
            subscription.tell(number)
        subscription.tell(5)
        return await subscription.next()

    assert run_apart(read()) == 9_999


@pytest.mark.spec("S2-live-timeline")
def test_the_page_follows_a_run_without_a_reload(look: OpenPage, half_way: RunBuilder, alice: User) -> None:
    """A committed change comes by the socket, without which the page would ask, and the page is not loaded again."""
    page = look(alice, f"/runs/{half_way.run.pk}/")
    expect(page.locator("#run")).to_have_attribute("data-live", "socket")
    page.evaluate("window.stayed = true")
    row = page.locator('[data-path="s2"]')
    expect(row).to_have_attribute("data-state", "running")

    finish(half_way, "s2")
    expect(row).to_have_attribute("data-state", "succeeded")

    expect(page.locator("#run")).to_have_attribute("data-live", "socket")
    assert page.evaluate("window.stayed") is True


def test_news_survives_the_loss_of_the_listening_connection(look: OpenPage, half_way: RunBuilder, alice: User) -> None:
    """A killed connection is made again, and what happened meanwhile is not lost."""
    page = look(alice, f"/runs/{half_way.run.pk}/")
    expect(page.locator("#run")).to_have_attribute("data-live", "socket")

    def kill() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE 'LISTEN%%' AND pid <> pg_backend_pid()")
            return int(cursor.fetchone()[0])

    wait_until(lambda: kill() > 0, seconds=5, what="a listening connection")
    finish(half_way, "s2")

    expect(page.locator('[data-path="s2"]')).to_have_attribute("data-state", "succeeded", timeout=8000)


@pytest.mark.spec("S0-polling")
def test_with_sockets_blocked_the_page_follows_by_asking(
    served: str, new_context: Callable[..., BrowserContext], half_way: RunBuilder, alice: User
) -> None:
    """Within about 5 s, and it says so once (S0-polling)."""
    context = new_context(base_url=served)
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session_of(alice), "url": served}])
    page = context.new_page()
    page.add_init_script(BLOCKED)
    page.goto(f"/runs/{half_way.run.pk}/")
    expect(page.locator(".toast")).to_contain_text("every 5 seconds")

    finish(half_way, "s2")

    expect(page.locator('[data-path="s2"]')).to_have_attribute("data-state", "succeeded", timeout=8000)
    assert Run.objects.get(pk=half_way.run.pk).event_count == int(page.locator("#run").get_attribute("data-upto") or 0)

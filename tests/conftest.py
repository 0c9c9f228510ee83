"""What every test may ask for: an embedded PostgreSQL, the fixed people, published playbooks, a browser.

Names taken by plug-ins: `page`, `browser`, `context` (Playwright), `client`, `live_server`, `django_user_model` (pytest-django).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer
from rest_framework.test import APIClient

from config.embedded_postgres import EmbeddedPostgres
from config.environment import database_at
from config.lifeline import Lifeline
from playbooks_app import clock
from playbooks_app.language.document import normalise
from playbooks_app.models import Account, Playbook, PlaybookVersion, User
from tests import browser, emptying
from tests.people import enter_people

_server: EmbeddedPostgres | None = None
_lifeline: Lifeline | None = None


def pytest_configure(config: pytest.Config) -> None:
    """Start one PostgreSQL for this process and its xdist workers, which find it in DATABASE_URL."""
    global _server, _lifeline
    if "DATABASE_URL" not in os.environ:
        _lifeline = Lifeline()
        _server = EmbeddedPostgres(Path(tempfile.mkdtemp(prefix="handrail-test-")), durable=False, lifeline=_lifeline)
        _server.start()
        os.environ["DATABASE_URL"] = _server.url()
        settings.DATABASES["default"].update(database_at(_server.url()))  # pytest-django has read the settings before it came here
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES["staticfiles"]["BACKEND"] = settings.PLAIN_FILES  # nothing is collected for a test
    settings.ALLOWED_HOSTS.append("testserver")
    emptying.install()
    expect.set_options(timeout=browser.PATIENCE_MILLISECONDS)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop it, and leave nothing behind."""
    if _server is not None and _lifeline is not None:
        _server.stop()
        _lifeline.close()
        os.environ.pop("DATABASE_URL", None)
        shutil.rmtree(_server.folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def _present() -> Iterator[None]:
    """Product time is the machine's again after every test."""
    clock.forget()
    yield
    clock.forget()


@pytest.fixture
def people(db: None) -> dict[str, User]:
    """All six, by username; their password is `tests.people.PASSWORD`."""
    return enter_people()


@pytest.fixture
def acme(people: dict[str, User]) -> Account:
    """The account of all but eve."""
    return Account.objects.get(slug="acme")


@pytest.fixture
def globex(people: dict[str, User]) -> Account:
    """Eve's account."""
    return Account.objects.get(slug="globex")


@pytest.fixture
def admin(people: dict[str, User]) -> User:
    """Superuser and owner of Acme."""
    return people["admin"]


@pytest.fixture
def alice(people: dict[str, User]) -> User:
    """Builder, Finance."""
    return people["alice"]


@pytest.fixture
def bob(people: dict[str, User]) -> User:
    """Approver, head of Finance, in the group finance-leads."""
    return people["bob"]


@pytest.fixture
def carol(people: dict[str, User]) -> User:
    """Operator, Support."""
    return people["carol"]


@pytest.fixture
def dave(people: dict[str, User]) -> User:
    """Viewer, no department."""
    return people["dave"]


@pytest.fixture
def eve(people: dict[str, User]) -> User:
    """Admin of Globex: must see nothing of Acme."""
    return people["eve"]


@pytest.fixture
def api() -> Callable[[User | None], APIClient]:
    """`api(alice)`: a REST client signed in as that person; `api(None)`: nobody."""

    def client_of(user: User | None) -> APIClient:
        client = APIClient()
        client.force_authenticate(user)
        return client

    return client_of


@pytest.fixture
def web() -> Callable[[User | None], Client]:
    """`web(alice)`: a client for pages, signed in as that person, CSRF not checked; `web(None)`: nobody."""

    def client_of(user: User | None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user, backend="playbooks_app.entrance.sign_in.EmailOrUsername")
        return client

    return client_of


@pytest.fixture
def published(people: dict[str, User]) -> Callable[..., PlaybookVersion]:
    """`published(document, owner=alice, **fields)`: a playbook of the owner's account with that document as its newest version."""

    def publish(document: dict[str, Any], owner: User | None = None, **fields: Any) -> PlaybookVersion:
        owner = owner or people["alice"]
        texts = {"name": document.get("name", "A playbook"), "description": document.get("description", "")}
        assert owner.account is not None
        playbook = Playbook.objects.create(account=owner.account, owner=owner, draft=document, **texts, **fields)
        return PlaybookVersion.objects.create(playbook=playbook, number=1, document=normalise(document), published_by=owner)

    return publish


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """An installed Chromium comes first: Playwright's download does not work everywhere."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps an event loop in this thread
    found = browser.installed() or browser.downloaded()
    if found is None:
        pytest.skip(browser.MISSING)
    return {**browser_type_launch_args, "args": browser.FLAGS, "executable_path": found}


@pytest.fixture
def open_as(new_context: Callable[..., BrowserContext], live_server: LiveServer) -> Callable[..., Page]:
    """`open_as(alice, "/playbooks/", color_scheme="dark", viewport=…)`: a browser page, signed in, on that address of the live server."""

    def open_page(user: User | None, address: str = "/", **options: Any) -> Page:
        context = new_context(base_url=live_server.url, reduced_motion="reduce", **options)
        if user is not None:
            client = Client()
            client.force_login(user, backend="playbooks_app.entrance.sign_in.EmailOrUsername")
            session = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
        page = context.new_page()
        page.goto(address)
        return page

    return open_page

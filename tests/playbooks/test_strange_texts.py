"""NUL and lone surrogates are no text: refused at the border, before any page or query sees them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.test import Client

from playbooks_app.middleware import is_storable
from playbooks_app.models import PlaybookVersion, User
from runs_app.models import Run
from tests.runs.factories import RunBuilder, steps_document

Web = Callable[[User | None], Client]


@pytest.fixture
def run(published: Callable[..., PlaybookVersion], alice: User) -> Run:
    """Any run."""
    built = RunBuilder(published(steps_document(1)), alice)
    built.step("s1")
    return built.save()


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/runs/?started_by=%00",
        "/api/v1/runs/?q=a%00b",
        "/api/v1/runs/?%00=1",
        "/api/v1/runs/{run}/steps/a%00b/",
        "/api/v1/runs/{run}/steps/?parent=%00",
        "/api/v1/approvals/?status=%00",
        "/api/v1/playbooks/?owner=%00",
        "/runs/?q=%00",
        "/runs/{run}/?step=a%00",
        "/runs/{run}/?open=each%00",
        "/approvals/?q=%00",
        "/jump/?q=%00",
        "/%00",
    ],
)
def test_nul_in_a_path_or_a_query_is_a_bad_request(web: Web, admin: User, run: Run, path: str) -> None:
    """400 with a page, or with JSON at the API's doors."""
    answer = web(admin).get(path.format(run=run.pk))

    assert answer.status_code == 400
    if path.startswith("/api/"):
        assert answer.json()["code"] == "bad_request"
    else:
        assert "This cannot be read" in answer.content.decode()


@pytest.mark.parametrize("path", ["pause/", "cancel/", "steps/s1/skip/", "steps/s1/retry/", "steps/s%001/skip/"])
def test_nul_in_a_form_is_a_bad_request(web: Web, admin: User, run: Run, path: str) -> None:
    """400, and nothing has happened."""
    answer = web(admin).post(f"/runs/{run.pk}/{path}", {"reason": "a\0b", "input": '{"a": "\0"}'})

    assert answer.status_code == 400
    run.refresh_from_db()
    assert (run.stopping, run.held) == ("", False)


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/password_reset/"])
@pytest.mark.parametrize("name", ["username", "\0"])
def test_the_doors_before_sign_in_refuse_it_too(db: None, path: str, name: str) -> None:
    """400 for a value and for the name of a field."""
    assert Client().post(path, {name: "a\0b", "password": "x", "email": "a@b.example"}).status_code == 400


def test_a_file_may_hold_what_it_likes(web: Web, alice: User) -> None:
    """Whoever reads the file says what is wrong with it."""
    file = SimpleUploadedFile("play\u00fc.yaml", b"name: a\0b")

    assert web(alice).post("/playbooks/import/", {"file": file}).status_code != 400


@pytest.mark.parametrize("body", ['{"reason": "a\\u0000b"}', '{"reason": "\\ud800"}'])
def test_bodies_of_rest_are_refused_by_their_reader(web: Web, admin: User, run: Run, body: str) -> None:
    """422 with what is wrong."""
    answer: Any = web(admin).post(f"/api/v1/runs/{run.pk}/pause/", body, content_type="application/json")

    assert answer.status_code == 422


def test_lone_surrogates_are_no_text_either() -> None:
    """Whole characters beyond the first plane are."""
    assert is_storable(["", "Zoë 😀", "tab\t line\n"])
    assert not is_storable(["ok", "\ud83d"])


def test_what_is_no_text_in_a_query_arrives_as_a_mark(web: Web, admin: User, run: Run) -> None:
    """Bytes that are no UTF-8 are shown as such, not refused."""
    assert QueryDict("q=%ED%A0%80")["q"] == "\ufffd" * 3
    assert web(admin).get("/runs/?q=%ED%A0%80").status_code == 200

"""Home, the list of runs, and the start page."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from playbooks_app.models import PlaybookVersion, User
from runs_app.models import Run
from runs_app.pages.runs import PAGE_SIZE
from runs_app.statuses import RunStatus, StepStatus
from tests.runs.factories import CLOSED, PAYMENTS, RunBuilder, finished_runs

Web = Callable[[User | None], Client]


def stopped(version: PlaybookVersion, by: User) -> Run:
    """A run that an error holds."""
    built = RunBuilder(version, by, status=RunStatus.PAUSED, pause_reason="error")
    held = built.step("s1", status=StepStatus.FAILED, error=CLOSED)
    built.hold(held)
    return built.save()


def running(version: PlaybookVersion, by: User) -> Run:
    """A run at its first step."""
    built = RunBuilder(version, by)
    built.step("s1", status=StepStatus.RUNNING, end=None)
    return built.save()


def failed(version: PlaybookVersion, by: User) -> Run:
    """A run that is over."""
    (run,) = finished_runs(version, by, 1)
    Run.objects.filter(pk=run.pk).update(status=RunStatus.FAILED, code="Closed")
    run.refresh_from_db()
    return run


def shown(html: str) -> list[int]:
    """The runs of the list, in order."""
    return [int(number) for number in re.findall(r'<tr id="run-(\d+)"', html)]


def test_what_needs_a_person_comes_first_and_the_rest_newest_first(web: Web, alice: User, three_steps: PlaybookVersion) -> None:
    """An older run that is stuck stands above newer ones that are not."""
    stuck, first, second = stopped(three_steps, alice), running(three_steps, alice), running(three_steps, alice)

    html = web(alice).get("/runs/").content.decode()

    assert shown(html) == [stuck.pk, second.pk, first.pk]
    assert "waits for somebody to retry or skip it" in html


def test_pages_hold_every_run_once(web: Web, alice: User, three_steps: PlaybookVersion) -> None:
    """Over the border between runs that need a person and the others, and from page to page."""
    wanted = {stopped(three_steps, alice).pk for _ in range(3)} | {running(three_steps, alice).pk for _ in range(PAGE_SIZE + 5)}
    client = web(alice)

    pages = [shown(client.get(f"/runs/?page={number}").content.decode()) for number in (1, 2)]

    assert [len(page) for page in pages] == [PAGE_SIZE, 8]
    assert sorted(pages[0] + pages[1]) == sorted(wanted)


def test_filters_stand_in_the_address_with_their_counts(web: Web, alice: User, carol: User, three_steps: PlaybookVersion) -> None:
    """Each state is a link with the number of the list that it opens."""
    stuck, mine, hers = stopped(three_steps, alice), running(three_steps, alice), running(three_steps, carol)
    client = web(alice)

    assert shown(client.get("/runs/?state=stopped").content.decode()) == [stuck.pk]
    assert shown(client.get("/runs/?needs=person").content.decode()) == [stuck.pk]
    assert shown(client.get("/runs/?by=carol").content.decode()) == [hers.pk]
    assert shown(client.get("/runs/?by=alice&state=running").content.decode()) == [mine.pk]
    assert re.search(r"Running</span><b>2</b>", client.get("/runs/").content.decode())


def test_a_search_says_where_the_value_was_found(web: Web, alice: User, dave: User, three_steps: PlaybookVersion) -> None:
    """The place and the value around the hit; somebody without the right to values is not told it."""
    RunBuilder(three_steps, alice, inputs={"invoice": {"supplier": "Norda <Oy>"}})

    found = web(alice).get("/runs/?q=norda").content.decode()

    assert "in the start form, invoice.supplier: <mark>Norda</mark> &lt;Oy&gt;" in found
    assert "<mark>" not in web(dave).get("/runs/?q=norda").content.decode()


def test_the_list_exports_what_its_filter_shows(web: Web, alice: User, three_steps: PlaybookVersion) -> None:
    """CSV with one line for each run; a text that a spreadsheet would run is made harmless."""
    stopped(three_steps, alice)
    failed = RunBuilder(three_steps, alice, status=RunStatus.FAILED, message="=HYPERLINK(1)").run

    answer = web(alice).get("/runs/?state=stopped&as=csv&q=")
    lines = list(csv.reader(b"".join(answer.streaming_content).decode().splitlines()))  # type: ignore[attr-defined]

    assert len(lines) == 3
    assert lines[1][0] == str(failed.pk)
    assert lines[1][-1] == "'=HYPERLINK(1)"


def test_the_list_costs_the_same_number_of_queries_for_one_run_and_for_many(web: Web, alice: User, three_steps: PlaybookVersion) -> None:
    """No query per row."""
    finished_runs(three_steps, alice, 3)
    running(three_steps, alice)
    client = web(alice)
    client.get("/runs/")
    with CaptureQueriesContext(connection) as few:
        client.get("/runs/")
    for _ in range(20):
        running(three_steps, alice)

    with CaptureQueriesContext(connection) as many:
        client.get("/runs/")

    assert len(many) == len(few)


def test_home_shows_what_is_stuck_what_runs_and_what_ended(web: Web, alice: User, eve: User, three_steps: PlaybookVersion) -> None:
    """One look; nothing of it to somebody of another account."""
    stuck, at_work = stopped(three_steps, alice), running(three_steps, alice)
    (ended,) = finished_runs(three_steps, alice, 1)
    numbers = [f"#{run.pk}<" for run in (stuck, at_work, ended)]

    home = web(alice).get("/").content.decode()
    elsewhere = web(eve).get("/").content.decode()

    assert all(number in home for number in numbers)
    assert "1 run has stopped and needs a hand." in home
    assert not any(number in elsewhere for number in numbers)


def test_home_and_the_playbooks_cost_the_same_number_of_queries_whatever_goes_on(web: Web, alice: User, three_steps: PlaybookVersion) -> None:
    """No query per run, whatever became of it."""
    client, pages = web(alice), ("/", "/playbooks/")
    several = (stopped, running, failed)
    assert {make(three_steps, alice).status for make in several} == {"paused", "running", "failed"}
    for page in pages:
        client.get(page)
    with CaptureQueriesContext(connection) as few:
        assert [client.get(page).status_code for page in pages] == [200, 200]
    for make in several * 3:
        make(three_steps, alice)

    with CaptureQueriesContext(connection) as many:
        assert [client.get(page).status_code for page in pages] == [200, 200]

    assert len(many) == len(few)


def test_a_start_from_the_form_makes_a_run_and_goes_to_it(web: Web, alice: User, payments: PlaybookVersion) -> None:
    """A CSV fills the list of payments; "start and watch" opens the run."""
    rows = SimpleUploadedFile("payments.csv", b"supplier,amount\nNorda Oy,120.5\nKestrel,9000\n", "text/csv")

    answer = web(alice).post(f"/playbooks/{payments.playbook_id}/start/", {"payments": rows, "watch": "1"})

    run = Run.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/runs/{run.pk}/")
    assert (run.trigger, len(run.inputs["payments"])) == ("page", 2)


def test_a_start_with_faults_keeps_what_was_typed(web: Web, alice: User, published: Callable[..., PlaybookVersion]) -> None:
    """Every fault at once, 422, and no run."""
    inputs = [{"name": "limit", "type": "number", "required": True, "min": 0}, {"name": "note", "type": "string"}]
    version = published({**PAYMENTS, "inputs": inputs, "steps": PAYMENTS["steps"][:1]})

    answer = web(alice).post(f"/playbooks/{version.playbook_id}/start/", {"limit": "-5", "note": "October freight"})

    assert answer.status_code == 422
    assert b"October freight" in answer.content
    assert not Run.objects.exists()


def test_only_operators_start(web: Web, dave: User, eve: User, payments: PlaybookVersion) -> None:
    """A viewer is refused, an outsider finds nothing."""
    address = f"/playbooks/{payments.playbook_id}/start/"

    assert web(dave).get(address).status_code == 403
    assert web(eve).get(address).status_code == 404

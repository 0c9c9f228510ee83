"""Playbooks that run playbooks, before they run: circles with their chain, and what is not there (S4-FR-4.5, S4-NFR-2.2)."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from playbooks_app.models import User
from tests.machine import drive
from tests.runs.outside.test_locks import Api, Published, begin, of
from tests.runs.test_machine import document

pytestmark = pytest.mark.django_db(transaction=True)


def calls(name: str, *playbooks: Any, **more: Any) -> dict[str, Any]:
    """A document that runs these."""
    steps = [{"id": f"c{n}", "type": "playbook", "with": {"playbook": each}} for n, each in enumerate(playbooks)]
    return {**document(steps or [{"id": "s", "type": "log", "with": {"message": "x"}}], **more), "name": name}


def make(client: APIClient, raw: Any, *, publish: int = 201) -> int:
    """Save and publish; returns the number."""
    made = client.post("/api/v1/playbooks/", {"document": raw}, format="json")
    assert made.status_code == 201, made.json()
    answer = client.post(f"/api/v1/playbooks/{made.json()['id']}/publish/")
    assert answer.status_code == publish, answer.json()
    return int(made.json()["id"])


@pytest.mark.spec("S4-FR-4.5", "S4-NFR-2.2")
def test_a_circle_is_refused_with_its_chain(alice: User, api: Api) -> None:
    """A runs B, B runs C, C runs A; found by validate/, at saving and at publishing."""
    client = api(alice)
    c = make(client, calls("C"))
    b = make(client, calls("B", "C"))
    make(client, calls("A", b))

    raw = calls("C", "A")
    saved = client.patch(f"/api/v1/playbooks/{c}/", {"document": raw}, format="json").json()
    asked = client.post("/api/v1/playbooks/validate/", {"document": raw}, format="json").json()
    refused = client.post(f"/api/v1/playbooks/{c}/publish/")
    assert refused.status_code == 422 and asked["valid"] is False
    for problems in (saved["problems"], asked["problems"], refused.json()["problems"]):
        (fault,) = problems
        assert (fault["code"], fault["address"]) == ("PlaybookCycle", "steps/c0/with/playbook")
        assert "C → A → B → C" in fault["message"]


def test_a_chain_names_nothing_that_is_out_of_sight(bob: User, api: Api, published: Published) -> None:
    """Who may not see a link of it learns that there is one, and not what it is called."""
    published(calls("C"))
    published(calls("Secret plans", "C"), visibility="private")
    published(calls("A", "Secret plans"))
    (fault,) = api(bob).post("/api/v1/playbooks/validate/", {"document": calls("C", "A")}, format="json").json()["problems"]
    assert fault["code"] == "PlaybookCycle"
    assert "C → A → a playbook that is not shared with you → C" in fault["message"]


@pytest.mark.spec("S4-NFR-2.2")
def test_a_playbook_that_runs_itself_is_refused(alice: User, api: Api) -> None:
    """Before it is saved at all, too."""
    (fault,) = api(alice).post("/api/v1/playbooks/validate/", {"document": calls("Self", "Self")}, format="json").json()["problems"]
    assert fault["code"] == "PlaybookCycle" and "Self → Self" in fault["message"]


def test_what_is_not_there_is_a_fault_of_the_draft(alice: User, bob: User, eve: User, api: Api, published: Published) -> None:
    """By name and by number; what is out of sight is not there. The draft is kept, and can be published when it is."""
    hidden = published(calls("Hidden"), visibility="private")
    foreign = published(calls("Foreign"), owner=eve)
    playbook = make(api(alice), calls("Caller", "Nobody", 999999, foreign.playbook_id, "Hidden"), publish=422)
    problems = api(alice).get(f"/api/v1/playbooks/{playbook}/").json()["problems"]
    assert [(each["code"], each["address"]) for each in problems] == [("PlaybookNotFound", f"steps/c{n}/with/playbook") for n in range(3)]
    asked = api(bob).post("/api/v1/playbooks/validate/", {"document": calls("Mine", hidden.playbook_id)}, format="json").json()
    assert [each["code"] for each in asked["problems"]] == ["PlaybookNotFound"]

    later = make(api(alice), calls("Later", "Soon"), publish=422)
    make(api(alice), calls("Soon"))
    assert api(alice).post(f"/api/v1/playbooks/{later}/publish/").status_code == 201


@pytest.mark.spec("S4-FR-4.5")
def test_a_chain_is_stopped_at_its_depth(alice: User, api: Api, published: Published) -> None:
    """Where names are only known when a step starts: ten runs, or `max_depth`, with the chain in the error."""
    step = {"id": "again", "type": "playbook", "with": {"playbook": "{{ inputs.name }}", "inputs": {"name": "{{ inputs.name }}"}}}
    settings = {"max_depth": 3, "on_failure": "fail"}
    version = published({**document([step], inputs=[{"name": "name"}], settings=settings), "name": "Deep"})
    run = drive(of(begin(api(alice), version, inputs={"name": "Deep"})))
    for _ in range(6):
        drive(run)

    error: Any = run.error
    assert (run.status, run.code) == ("failed", "MaxRecursionDepthExceeded")
    while "MaxRecursionDepthExceeded" in str(error) and error.get("details", {}).get("error"):
        error = error["details"]["error"]
    assert "Deep → Deep → Deep → Deep" in error["message"]

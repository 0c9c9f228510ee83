"""What can be read at a place, with the values of the last run: for whoever may read them (the builder's picker, editors, programs)."""

from __future__ import annotations

from typing import Any

import pytest

from playbooks_app.models import User
from tests.machine import drive
from tests.runs.outside.test_locks import Api, Published, begin, of
from tests.runs.test_machine import document, var

pytestmark = pytest.mark.django_db(transaction=True)

STEPS = [
    var("total", "total", {"sum": 12, "net total": "9.5"}),
    {"id": "each", "type": "for_each", "in": "${{ inputs.rows }}", "item": "row", "steps": [{"id": "say", "type": "log", "with": {"message": "x"}}]},
    {"id": "after", "type": "log", "with": {"message": "y" * 3000}},
    {"id": "last", "type": "log", "with": {"message": "z"}},
]
DOCUMENT = document(STEPS, inputs=[{"name": "rows", "type": "array"}, {"name": "who"}])


def names(client: Any, playbook: int, at: str, **body: Any) -> dict[str, Any]:
    """By path."""
    address = f"/api/v1/playbooks/{playbook}/names/"
    answer = client.post(address, {"at": at, **body}, format="json") if body else client.get(address, {"at": at})
    assert answer.status_code == 200, answer.json()
    return {each["path"]: each for each in answer.json()["names"]}


def test_names_have_kinds_and_the_values_of_the_last_run(published: Published, alice: User, api: Api) -> None:
    """Inputs, variables with what is inside, outputs, and the first item of a loop; long values are left out."""
    version, client = published(DOCUMENT), api(alice)
    assert "sample" not in names(client, version.playbook_id, "say")["inputs.rows"]
    drive(of(begin(client, version, inputs={"rows": [{"id": 7}], "who": "Ann"})))

    found = names(client, version.playbook_id, "say")
    assert found["inputs.who"]["sample"] == "Ann" and found["inputs.rows"]["kind"] == "array"
    assert (found["vars.total"]["kind"], found["vars.total"]["sure"]) == ("object", True)
    assert [(each["path"], each["kind"], each["sample"]) for each in found["vars.total"]["fields"]] == [
        ("vars.total.sum", "number", 12),
        ('vars.total["net total"]', "string", "9.5"),
    ]
    assert (found["row"]["sample"], found["index"]["sample"]) == ({"id": 7}, 0)
    assert "steps.after.output" not in found

    last = names(client, version.playbook_id, "steps/last/with/message")
    assert "sample" not in last["steps.after.output"] and last["steps.each.output"]["sample"]["completed"] == 1
    assert "row" not in last
    assert "steps.say.output" in names(client, version.playbook_id, "steps/each/body")


def test_of_a_document_that_is_not_saved(published: Published, alice: User, api: Api) -> None:
    """Drafts with faults too."""
    version = published(DOCUMENT)
    draft = document([{"id": "first", "type": "log"}, {"id": "second", "type": "log", "with": {"message": "{{ nowhere }}"}}])
    assert "steps.first.output" in names(api(alice), version.playbook_id, "second", document=draft)


def test_values_only_for_those_who_may_read_them(published: Published, alice: User, dave: User, eve: User, api: Api) -> None:
    """A viewer sees the names without values; another account sees nothing; a place that is not there is 404."""
    version = published(DOCUMENT)
    drive(of(begin(api(alice), version, inputs={"rows": [], "who": "Ann"})))

    assert "sample" not in names(api(dave), version.playbook_id, "say")["inputs.who"]
    address = f"/api/v1/playbooks/{version.playbook_id}/names/"
    assert api(eve).get(address, {"at": "say"}).status_code == 404
    assert api(alice).get(address, {"at": "nosuch"}).status_code == 404
    assert api(alice).post(address, {"at": "say", "document": []}, format="json").status_code == 404
    assert api(alice).get(address).status_code == 422

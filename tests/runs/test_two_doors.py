"""What is done on a page and what is done by a program end in the same records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from playbooks_app.language.document import normalise
from playbooks_app.models import Playbook, PlaybookVersion, User
from runs_app.models import Run
from tests.runs.factories import PAYMENTS, steps_document

Api = Callable[[User | None], APIClient]
Web = Callable[[User | None], Client]


@pytest.mark.spec("S2-trigger-ui-api")
def test_a_start_from_the_page_and_one_by_program_make_the_same_record(
    published: Callable[..., PlaybookVersion], carol: User, api: Api, web: Web
) -> None:
    """All but the number, the moments and where it came from."""
    version = published(steps_document())
    api(carol).post("/api/v1/runs/", {"playbook": version.playbook_id, "inputs": {}})
    web(carol).post(f"/playbooks/{version.playbook_id}/start/", {})

    first, second = (api(carol).get(f"/api/v1/runs/{run.pk}/").json() for run in Run.objects.order_by("pk"))
    differ = {key for key in first if first[key] != second[key]}
    assert differ <= {"id", "trigger", "created_at"} and (first["trigger"], second["trigger"]) == ("api", "page")


@pytest.mark.spec("S2-authoring")
@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_drawn_playbook_comes_back_from_its_text_as_the_same_graph(form: str, alice: User, api: Api, web: Web) -> None:
    """Export, import, compare; what a program has made opens in the builder."""
    drawn: Any = Playbook.draw(PAYMENTS, by=alice)
    answer = api(alice).get(f"/api/v1/playbooks/{drawn.pk}/export/", {"as": form})
    made = api(alice).post("/api/v1/playbooks/import/", {"text": answer.content.decode()}).json()

    assert normalise(Playbook.objects.get(pk=made["id"]).draft) == normalise(drawn.draft)
    assert web(alice).get(f"/playbooks/{made['id']}/edit/").status_code == 200

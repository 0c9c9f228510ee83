"""Home: one row for each cause that stopped runs, and a first page for who begins with nothing."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

import pytest
from django.test import Client

from playbooks_app.gallery.reading import entries
from playbooks_app.models import User
from runs_app.models import Run
from runs_app.pages.home import causes_of
from runs_app.reading.standing import Standing

Web = Callable[[User | None], Client]


def stopped(run: int, playbook: int, sentence: str, state: str = "failed") -> Standing:
    """As the list of runs has it."""
    return cast("Standing", SimpleNamespace(run=SimpleNamespace(pk=run, playbook_id=playbook), sentence=sentence, state=SimpleNamespace(key=state)))


def test_runs_that_failed_alike_are_one_row() -> None:
    """Of one playbook, with the same words; what a person paused, or said nothing, stands alone."""
    rows = [
        stopped(9, 1, "Refused."),
        stopped(8, 2, "Refused."),
        stopped(7, 1, "Refused."),
        stopped(6, 1, "Late.", "paused"),
        stopped(5, 1, "Late.", "paused"),
    ]

    assert [(each.newest.run.pk, each.runs) for each in causes_of(rows)] == [(9, 2), (8, 1), (6, 1), (5, 1)]
    assert len(causes_of([stopped(2, 1, ""), stopped(1, 1, "")])) == 2


@pytest.mark.django_db
def test_a_new_account_runs_a_ready_playbook_with_one_press(eve: User, web: Web) -> None:
    """Home offers three that ask nobody, and the press leads to the run; without their services it leads to the gallery."""
    assert 'action="/gallery/' not in web(eve).get("/").content.decode()
    assert eve.account is not None
    eve.account.config = {"services": {name: "https://services.example" for each in entries() for name in each.needs}}
    eve.account.save()

    home = web(eve).get("/").content.decode()
    offered = [each for each in entries() if f'action="/gallery/{each.slug}/run/"' in home]
    answer = web(eve).post(f"/gallery/{offered[0].slug}/run/", {"sample": "0"})

    assert len(offered) == 3 and not any(each.asks for each in offered)
    assert answer["Location"] == f"/runs/{Run.objects.get().pk}/"

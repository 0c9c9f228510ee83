"""Runs in the admin: everything to see, nothing to falsify."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.apps import apps
from django.contrib import admin as site
from django.test import Client

from playbooks_app.models import PlaybookVersion, User
from runs_app.models import Run
from runs_app.statuses import RunStatus
from tests.runs.factories import RunBuilder, payments_run

Web = Callable[[User | None], Client]


@pytest.mark.parametrize("model", sorted(model._meta.model_name or "" for model in apps.get_app_config("runs_app").get_models()))
def test_every_model_can_be_looked_at(web: Web, admin: User, alice: User, payments: PlaybookVersion, model: str) -> None:
    """A list of each, with rows."""
    payments_run(payments, alice, 12)

    assert web(admin).get(f"/admin/runs_app/{model}/").status_code == 200
    assert web(admin).get(f"/admin/runs_app/{model}/add/").status_code == 403


def test_the_state_of_a_run_is_not_edited(web: Web, admin: User, alice: User, three_steps: PlaybookVersion) -> None:
    """Only who sees it can be changed there."""
    run = RunBuilder(three_steps, alice).run

    web(admin).post(f"/admin/runs_app/run/{run.pk}/change/", {"status": "completed", "visibility": "private", "department": "", "group": ""})

    run = Run.objects.get(pk=run.pk)
    assert (run.status, run.visibility) == (RunStatus.RUNNING, "private")


def test_the_queue_of_tasks_is_not_in_the_admin(web: Web, admin: User) -> None:
    """A schedule row can name any function of any module: nobody makes one with the mouse."""
    assert not [model for model in site.site._registry if model._meta.app_label == "django_q"]
    assert web(admin).get("/admin/django_q/schedule/").status_code == 404

"""What the demo starts with."""

from __future__ import annotations

import pytest

from approvals_app.demo.seed import DOCUMENTS, seed
from playbooks_app.models import Playbook, PlaybookVersion


@pytest.mark.django_db
def test_every_seeded_playbook_is_published_without_a_fault() -> None:
    """What we show first is right; alice owns it and her account sees it."""
    seed()
    playbooks = list(Playbook.objects.all())
    assert len(playbooks) == len(list(DOCUMENTS.glob("*.yaml"))) >= 3
    assert all(playbook.problems() == [] and playbook.newest and playbook.visibility == "account" for playbook in playbooks)
    assert {playbook.owner.username for playbook in playbooks if playbook.owner} == {"alice"}


@pytest.mark.django_db
def test_seeding_twice_changes_nothing() -> None:
    """Tokens stay, playbooks are not published again, and one that was renamed or archived stays so."""
    first = seed()
    Playbook.objects.filter(name="Expense claim").get().archive()
    assert seed() == first
    assert PlaybookVersion.objects.count() == Playbook.objects.count()
    assert Playbook.objects.current().count() == Playbook.objects.count() - 1

"""Drafts and versions: saved against the revision that was read, checked whole, and never changed once they are out."""

from __future__ import annotations

import threading

import pytest
from django.db import DatabaseError, connection, transaction

from playbooks_app.errors import NotAllowed, Refused, Stale, WrongState
from playbooks_app.models import Playbook, PlaybookVersion, User
from tests.playbooks.documents import FAULTY, document


@pytest.fixture
def playbook(alice: User) -> Playbook:
    """Drawn, not published."""
    return Playbook.draw(document(), by=alice)


def test_saving_raises_the_revision(playbook: Playbook, alice: User) -> None:
    """Name and description follow the document."""
    playbook.save_draft(document(name="Hourly check", description="Looks often."), by=alice, revision=1)

    playbook.refresh_from_db()
    assert (playbook.draft_revision, playbook.name, playbook.description) == (2, "Hourly check", "Looks often.")


def test_a_stale_save_changes_nothing(playbook: Playbook, alice: User) -> None:
    """Whoever saves from an older draft is told which one is present, and by whom."""
    playbook.save_draft(document(name="First"), by=alice, revision=1)

    with pytest.raises(Stale) as stale:
        playbook.save_draft(document(name="Second"), by=alice, revision=1)

    playbook.refresh_from_db()
    assert stale.value.details == {"revision": 2} and "Alice Archer" in stale.value.message
    assert playbook.name == "First"


@pytest.mark.parametrize("bad", ["nul \x00", "\ud800", float("inf"), float("nan")])
def test_what_no_database_keeps_is_refused(playbook: Playbook, alice: User, bad: object) -> None:
    """And the old draft stays."""
    with pytest.raises(Refused):
        playbook.save_draft(document(description=bad), by=alice)

    playbook.refresh_from_db()
    assert playbook.draft == document()


def test_publishing_numbers_from_one(playbook: Playbook, alice: User) -> None:
    """Each version is a copy of its own."""
    first = playbook.publish(by=alice, note="First")
    playbook.save_draft(document(description="Other words."), by=alice)
    second = playbook.publish(by=alice)

    assert (first.number, second.number) == (1, 2)
    assert first.document["description"] == "Looks once a day." and second.document["description"] == "Other words."
    assert playbook.newest == second


def test_a_faulty_draft_is_not_published_and_every_fault_is_said(playbook: Playbook, alice: User) -> None:
    """Unknown type, double id and missing reference come at once, each with its place."""
    playbook.save_draft(FAULTY, by=alice)

    with pytest.raises(Refused) as refused:
        playbook.publish(by=alice)

    said = " ".join(f"{problem.address} {problem.message}" for problem in refused.value.problems)
    assert "twice" in said and "teleport" in said and "nowhere" in said
    assert not playbook.versions.exists()


def test_steps_without_ids_get_one_when_published(playbook: Playbook, alice: User) -> None:
    """A version names every step; the draft stays as it was written."""
    playbook.save_draft(document(steps=[{"type": "log", "with": {"message": "x"}}]), by=alice)

    version = playbook.publish(by=alice)

    assert version.document["steps"][0]["id"] == "log-1"
    assert "id" not in playbook.draft["steps"][0]


def test_code_cannot_change_a_version(playbook: Playbook, alice: User) -> None:
    """`save` works once."""
    version = playbook.publish(by=alice)
    version.note = "other"

    with pytest.raises(WrongState):
        version.save()


@pytest.mark.parametrize("change", [{"document": {}}, {"number": 7}])
def test_the_database_refuses_to_change_a_version(playbook: Playbook, alice: User, change: dict[str, object]) -> None:
    """Whoever writes past the model meets the same law."""
    version = playbook.publish(by=alice)

    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        PlaybookVersion.objects.filter(pk=version.pk).update(**change)


def test_deprecating_blocks_starts_and_can_be_taken_back(playbook: Playbook, alice: User) -> None:
    """The one before is then the newest."""
    first = playbook.publish(by=alice)
    second = playbook.publish(by=alice)

    second.deprecate()
    assert playbook.newest == first
    with pytest.raises(WrongState):
        second.deprecate()
    second.revive()
    assert playbook.newest == second


def test_an_archived_playbook_is_not_saved_or_published(playbook: Playbook, alice: User) -> None:
    """It comes back as it was."""
    playbook.archive()

    for deed in (lambda: playbook.save_draft(document(), by=alice), lambda: playbook.publish(by=alice), playbook.archive):
        with pytest.raises(WrongState):
            deed()
    playbook.restore()
    assert playbook.publish(by=alice).number == 1


def test_nobody_draws_without_an_account(people: dict[str, User]) -> None:
    """There is nobody it could belong to."""
    loner = User.objects.create(username="loner", email="loner@nowhere.example")

    with pytest.raises(NotAllowed):
        Playbook.draw(document(), by=loner)


@pytest.mark.django_db(transaction=True)
def test_two_who_publish_at_once_get_two_numbers(people: dict[str, User]) -> None:
    """The row is locked: numbers have no gap and no double."""
    alice = people["alice"]
    playbook = Playbook.draw(document(), by=alice)
    together, numbers = threading.Barrier(4), []

    def publish() -> None:
        together.wait()
        try:
            numbers.append(Playbook.objects.get(pk=playbook.pk).publish(by=alice).number)
        finally:
            connection.close()

    threads = [threading.Thread(target=publish) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(numbers) == [1, 2, 3, 4]

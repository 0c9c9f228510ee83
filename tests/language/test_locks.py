"""What can be locked, and what conflicts with what (S4-FR-7.2)."""

from __future__ import annotations

from typing import Any

import pytest

from playbooks_app.language.faults import Faults
from playbooks_app.language.locks import Locks, NoLock, covers_of, read_locks
from playbooks_app.language.playbook_settings import check_playbook_settings


def conflict(one: str, other: str) -> bool:
    """As the machine decides it."""
    return one in covers_of(other) or other in covers_of(one)


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ("/a", "/a/b", True),
        ("/a/b", "/a", True),
        ("/a", "/ab", False),
        ("/a/b", "/a/c", False),
        ("/", "/a", True),
        ("/a", "/a", True),
        ("=ledger", "=ledger", True),
        ("=ledger", "=ledgers", False),
        ("=/a", "/a", False),
    ],
)
def test_a_path_conflicts_with_itself_and_what_lies_in_it(one: str, other: str, meet: bool) -> None:
    """A name with itself only; a name that looks like a path is no path."""
    assert conflict(one, other) is meet


def test_a_list_is_read_each_lock_once() -> None:
    """Numbers are names; paths are tidied."""
    assert read_locks(["ledger", 7, {"path": "a//b/"}, {"path": "/a/b"}, "ledger"]) == Locks(("ledger", "7"), ("/a/b",))
    assert read_locks("ledger").keys == ("=ledger",)
    assert read_locks(["x", {"path": "/"}]).words == "x, /"


@pytest.mark.parametrize(
    "written",
    [
        [""],
        ["  "],
        [None],
        [True],
        [["x"]],
        [{"path": 1, "more": 2}],
        ["x" * 201],
        ["a\x00b"],
        [{"path": "/a/../b"}],
        [{"path": "/x" * 40}],
        ["a"] * 51,
    ],
)
def test_what_names_no_lock_is_refused_in_words(written: Any) -> None:
    """With its place in the list."""
    with pytest.raises(NoLock) as refused:
        read_locks(written)
    assert isinstance(refused.value.args[0], int) and refused.value.args[1].endswith(".")


@pytest.mark.parametrize(
    ("settings", "addresses"),
    [
        ({"locks": ["a-{{ inputs.x }}", {"path": "/{{ config.place }}"}, "{{ context.data.x }}"]}, []),
        ({"locks": ["{{ steps.a.output }}", "{{ inputs. }}"]}, ["settings/locks/0", "settings/locks/1"]),
        ({"concurrency": {"max": 3}}, []),
        ({"concurrency": {"max": 3, "key": "imports {{ inputs.x }}"}}, []),
        ({"concurrency": 3}, ["settings/concurrency"]),
        ({"concurrency": {}}, ["settings/concurrency/max"]),
        ({"concurrency": {"max": 0, "key": " ", "more": 1}}, ["settings/concurrency/key", "settings/concurrency/max", "settings/concurrency/more"]),
        ({"concurrency": {"max": 1, "key": "{{ vars2.x }}"}}, ["settings/concurrency/key"]),
    ],
)
def test_settings_that_lock_or_limit_are_checked(settings: Any, addresses: list[str]) -> None:
    """Each fault at its place; before a run begins there is nothing to read but its inputs and the config."""
    faults = Faults()
    check_playbook_settings(settings, faults)
    assert sorted(problem.address for problem in faults.found) == addresses

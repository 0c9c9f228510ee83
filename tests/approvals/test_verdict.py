"""Votes and policy make an outcome."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from approvals_app.verdict import APPROVE, REJECT, Policy, Rule, Vote, standing

BOB, DANA, PRIYA, ROSA = 1, 2, 3, 4


def rule(*people: int, need: float = 1, stage: int = 1) -> Rule:
    return Rule(dict.fromkeys(people, 1.0), need, stage)


def decide(policy: Policy, *votes: tuple[int, str]) -> str | None:
    return standing(policy, [Vote(*vote) for vote in votes]).decision


def test_any_one_of_several_decides_either_way() -> None:
    """With one needed, the first decision counts, be it yes or no."""
    policy = Policy([rule(BOB, DANA, PRIYA)])

    assert decide(policy) is None
    assert decide(policy, (DANA, APPROVE)) == APPROVE
    assert decide(policy, (PRIYA, REJECT)) == REJECT


def test_all_are_needed_and_one_rejection_is_the_end() -> None:
    """All of three: two are not enough, and after one rejection all three can never agree."""
    policy = Policy([rule(BOB, DANA, PRIYA, need=3)])

    assert decide(policy, (BOB, APPROVE), (DANA, APPROVE)) is None
    assert decide(policy, (BOB, APPROVE), (DANA, APPROVE), (PRIYA, APPROVE)) == APPROVE
    assert decide(policy, (BOB, APPROVE), (DANA, REJECT)) == REJECT


def test_two_of_three_outlast_one_rejection() -> None:
    """Two of three: one rejection leaves it open, two decide it."""
    policy = Policy([rule(BOB, DANA, PRIYA, need=2)])

    assert decide(policy, (BOB, REJECT)) is None
    assert decide(policy, (BOB, REJECT), (DANA, APPROVE), (PRIYA, APPROVE)) == APPROVE
    assert decide(policy, (BOB, REJECT), (DANA, REJECT)) == REJECT


def test_every_rule_has_to_be_satisfied() -> None:
    """One finance lead and one of compliance: either alone is not enough, and either alone may reject."""
    policy = Policy([rule(BOB, DANA), rule(ROSA)])

    assert decide(policy, (BOB, APPROVE)) is None
    assert decide(policy, (BOB, APPROVE), (ROSA, APPROVE)) == APPROVE
    assert decide(policy, (BOB, APPROVE), (ROSA, REJECT)) == REJECT


def test_one_person_in_two_rules_counts_in_both() -> None:
    """A lead who also sits in compliance satisfies both rules with one vote."""
    assert decide(Policy([rule(BOB, DANA), rule(BOB)]), (BOB, APPROVE)) == APPROVE


def test_stages_are_asked_one_after_the_other() -> None:
    """The second stage counts after the first is through."""
    policy = Policy([rule(BOB, stage=1), rule(ROSA, stage=2)])

    assert standing(policy, []).stage == 1
    assert standing(policy, [Vote(BOB, APPROVE)]).stage == 2
    assert decide(policy, (BOB, APPROVE), (ROSA, APPROVE)) == APPROVE
    assert decide(policy, (BOB, REJECT), (ROSA, APPROVE)) == REJECT


def test_weights_are_added() -> None:
    """A head of three votes alone reaches three; two others with one vote each do not."""
    policy = Policy([Rule({BOB: 3, DANA: 1, PRIYA: 1}, need=3)])

    assert decide(policy, (BOB, APPROVE)) == APPROVE
    assert decide(policy, (DANA, APPROVE), (PRIYA, APPROVE)) is None
    assert decide(policy, (BOB, REJECT)) == REJECT


def test_other_choices_than_yes_and_no_are_counted_too() -> None:
    """The choice that enough people take wins, whatever it is called."""
    policy = Policy([rule(BOB, DANA, PRIYA, need=2)], ("pay", "later", REJECT))

    assert decide(policy, (BOB, "later"), (DANA, "pay")) is None
    assert decide(policy, (BOB, "later"), (DANA, "pay"), (PRIYA, "later")) == "later"


def test_where_rules_differ_the_more_cautious_choice_counts() -> None:
    """Finance says pay, compliance says later: later."""
    assert decide(Policy([rule(BOB), rule(ROSA)], ("pay", "later", REJECT)), (BOB, "pay"), (ROSA, "later")) == "later"


def test_only_the_first_vote_of_a_person_counts() -> None:
    """Nobody votes twice."""
    assert decide(Policy([rule(BOB, DANA, need=2)]), (BOB, APPROVE), (BOB, APPROVE)) is None


def test_votes_of_others_count_for_nothing() -> None:
    """Who is not in a rule cannot satisfy it."""
    assert decide(Policy([rule(BOB)]), (ROSA, APPROVE)) is None


def test_what_is_missing_is_told() -> None:
    """Two of three with one yes: one is missing."""
    assert standing(Policy([rule(BOB, DANA, PRIYA, need=2)]), [Vote(BOB, APPROVE)]).missing == (1.0,)


def test_when_nobody_agrees_and_nobody_is_left_it_is_rejected() -> None:
    """Three people, three choices, two needed: nothing can win any more."""
    assert decide(Policy([rule(BOB, DANA, PRIYA, need=2)], ("pay", "later", REJECT)), (BOB, "pay"), (DANA, "later"), (PRIYA, REJECT)) == REJECT


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(1, 5), st.data())
def test_by_majority_a_decision_stands_whatever_comes_later(size: int, data: st.DataObject) -> None:
    """Where no two choices can both win, no later vote changes a decision; and when all have voted there is one."""
    need = data.draw(st.integers(size // 2 + 1, size))
    votes = [Vote(person, data.draw(st.sampled_from([APPROVE, REJECT]))) for person in data.draw(st.permutations(range(size)))]
    policy = Policy([rule(*range(size), need=need)])

    results = [standing(policy, votes[:n]).decision for n in range(size + 1)]

    first = next(n for n, found in enumerate(results) if found is not None)
    assert set(results[first:]) == {results[first]}

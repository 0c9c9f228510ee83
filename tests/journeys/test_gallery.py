"""Every ready playbook runs from its first to its last step after one press, in the demo as it is started."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from playbooks_app.gallery.reading import entries
from tests.journeys.demo import Demo, eventually
from tests.journeys.gallery import Visitor


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The whole product, for all tests of this file."""
    running = Demo(tmp_path_factory.mktemp("gallery"), "")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def alice(demo: Demo) -> Visitor:
    """A builder."""
    return Visitor(demo, "alice")


@pytest.fixture(scope="module")
def runs(alice: Visitor) -> dict[str, int]:
    """One run of each but the large one, all started before any is looked at: slug -> number."""
    return {ready.slug: alice.run_once(ready.slug) for ready in entries() if ready.slug != "supplier-review"}


@pytest.mark.spec("S1-P01-try_catch-failover", "S1-P01-idempotency_key", "S1-P01-retryable_errors", "S1-P01-trail", "S1-P01-prepare-record")
def test_the_third_provider_takes_the_order(alice: Visitor, runs: dict[str, int]) -> None:
    """Three tries at the provider that is down, one at the one that declines, all under the key of their step; the record names the third."""
    number = runs["payment-failover"]

    assert alice.ended(number)["outputs"]["provider"] == "third"
    told = alice.told(number)
    assert [call["service"] for call in told] == ["payments_first"] * 3 + ["payments_second", "payments_third", "ledger"]
    assert len({call["key"] for call in told[:3]}) == 1 and len({call["key"] for call in told}) == 4
    assert told[-1]["body"]["provider"] == "third" and told[0]["body"]["cents"] == 4990
    notes = [
        step["output"]["message"] for step in alice.api.get(f"runs/{number}/steps/", params={"flat": 1}).json()["results"] if step["type"] == "log"
    ]
    assert ["First provider" in notes[0], "Second provider" in notes[1], len(notes)] == [True, True, 2]


@pytest.mark.spec("S1-P02-parallel-isolated", "S1-P02-channel-retry", "S1-P02-null-default")
def test_two_of_three_channels_reach_the_customer(alice: Visitor, runs: dict[str, int]) -> None:
    """The slow one has its stand-in, the broken one is recorded as empty, and the third has waited for neither."""
    number = runs["notify-three-ways"]

    assert alice.ended(number)["outputs"] == {"reached": 2}
    (record,) = alice.told(number, "crm")
    assert record["body"]["push"] is None and record["body"]["mail"].startswith("lb-") and record["body"]["text"].startswith("qt-")
    assert alice.told(number, "text_second") == []
    assert alice.told(number, "text_first")[0]["at"] < alice.told(number, "mail_second")[0]["at"]


@pytest.mark.spec("S1-P06-fan-out", "S1-P06-isolation", "S1-P06-summary", "S1-P06-reuse")
def test_nineteen_entries_are_posted_and_one_is_set_aside(alice: Visitor, runs: dict[str, int]) -> None:
    """A run of its own for each; the totals and the number of the refused one are in the report."""
    number = runs["month-end-journal"]

    assert alice.ended(number)["outputs"] == {"posted": 19, "set_aside": ["J-007"]}
    children = alice.api.get("runs/", params={"parent": number}).json()
    assert children["count"] == 20
    assert Counter(child["status"] for child in children["results"]) == {"completed": 19, "failed": 1}
    (report,) = alice.told(number, "ledger")
    assert report["body"] == {"month": "2026-11", "entries": 20, "posted": 19, "failed": 1, "refused": ["J-007"]}


@pytest.mark.spec("S1-P07-router", "S1-P07-parallel-setup", "S1-P07-defaults", "S1-P07-template-by-plan", "S1-P07-delay-all")
def test_a_customer_is_set_up_by_plan(alice: Visitor, runs: dict[str, int]) -> None:
    """Three things before the kick-off for a large one; an unknown plan takes the last way, with the usual region."""
    other = alice.run_once("customer-onboarding", sample=1)

    assert alice.ended(runs["customer-onboarding"])["outputs"] == {"route": "enterprise", "region": "eu-central-1"}
    assert alice.ended(other)["outputs"] == {"route": "default", "region": "us-east-1"}
    assert Counter(call["service"] for call in alice.told(runs["customer-onboarding"])) == {"cloud": 1, "crm": 1, "sign_on": 1, "mail_second": 1}
    assert alice.told(other, "mail_second")[0]["body"]["template"] == "welcome-gold"
    assert "First steps for Tiny Teas" in [mail["subject"] for mail in alice.demo.mails_to("sam@tinyteas.example")]


@pytest.mark.spec("S1-P09-pipeline", "S1-P09-defaults", "S1-P09-parallel")
def test_leads_are_sorted_by_points(alice: Visitor, runs: dict[str, int]) -> None:
    """Hot, warm and cold reach their way; without a source a lead came directly."""
    warm, cold = (alice.run_once("lead-triage", sample=number) for number in (1, 2))

    assert [alice.ended(number)["outputs"]["route"] for number in (runs["lead-triage"], warm, cold)] == ["hot", "warm", "default"]
    assert [alice.told(number, "crm")[0]["body"]["lead"]["source"] for number in (runs["lead-triage"], cold)] == ["trade-fair", "direct"]


@pytest.mark.spec("S1-P10-api-decision", "S1-P10-diff-report")
def test_a_release_goes_out_after_a_yes(alice: Visitor, runs: dict[str, int]) -> None:
    """The reviewer sees the report; a second answer is refused; the deployment happens once."""
    number = runs["release-with-sign-off"]
    asked = alice.approve(number)

    assert alice.ended(number)["outputs"]["decision"] == "approve"
    assert "412 passed, 0 failed" in str(alice.api.get(f"approvals/{asked}/").json()["shown"])
    assert alice.api.post(f"approvals/{asked}/decide/", json={"decision": "approve"}).status_code == 409
    assert [call["status"] for call in alice.told(number, "builds")] == [503, 201]
    assert len(alice.told(number, "deployments")) == 1


@pytest.mark.spec("S1-P22-checkpoint-api", "S1-P22-milestones")
def test_a_catalogue_comes_page_by_page(alice: Visitor, runs: dict[str, int]) -> None:
    """Six pages, each handed on once; the newest milestone is the last page's (S1-P22)."""
    number = runs["catalogue-import"]

    assert alice.ended(number)["outputs"] == {"products": 284, "pages": 6}
    assert len(alice.told(number, "shop")) == 7
    assert alice.api.get("checkpoints/latest/", params={"run": number}).json()["data"] == {"next": None, "imported": 284}


@pytest.mark.spec("S0-30-step-job", "S0-crash-recovery", "S0-no-reexecution")
def test_the_large_one_ends_well_though_its_worker_is_killed_twice(alice: Visitor) -> None:
    """Thirty steps, a batch of documents, three sources, an approval, a report; nothing that was done is done again."""
    number = alice.run_once("supplier-review")
    for reviewed in (3, 12):
        eventually(lambda: len(_reviews(alice, number)), lambda count, least=reviewed: count >= least, 120, "reviews")
        alice.demo.kill_worker()
    alice.approve(number)

    assert {**alice.ended(number)["outputs"], "report": ""} == {"documents": 23, "open_points": 2, "report": ""}
    assert Counter(call["key"] for call in _reviews(alice, number)).most_common(1)[0][1] == 1
    assert len(_reviews(alice, number)) == 23
    assert {"archive", "bank", "register", "reports"} == {call["service"] for call in alice.told(number)}


def _reviews(alice: Visitor, number: int) -> list[dict[str, object]]:
    """Documents that were marked as reviewed; a repeat under the same key changed nothing there."""
    return [call for call in alice.told(number, "archive") if str(call["path"]).endswith("/reviews") and call["status"] == 201 and not call["again"]]

"""The ready playbooks are right, their texts belong to them, and their samples can be started."""

from __future__ import annotations

import re

import jsonschema
import pytest

from playbooks_app.gallery.reading import CAPABILITIES, Entry, entries
from playbooks_app.language.check import Known, check
from playbooks_app.language.document import normalise, parse
from playbooks_app.language.inputs import take
from playbooks_app.language.registry import step_types
from playbooks_app.language.schema import playbook_schema
from playbooks_app.language.tree import every_step

NOBODY = Known(groups=frozenset(), users=frozenset(), departments=frozenset(), secrets=frozenset())
SERVICE = re.compile(r"config\.services\.(\w+)")
every_entry = pytest.mark.parametrize("ready", entries(), ids=[each.slug for each in entries()])


@every_entry
def test_it_is_right_in_an_account_that_has_nobody_yet(ready: Entry) -> None:
    """Neither it nor what it runs has a fault or a warning, and none names a group or a person that only the demo has."""
    for document in (*ready.parts, ready.document):
        assert check(dict(document), known=NOBODY) == []
        jsonschema.Draft202012Validator(playbook_schema(step_types)).validate(normalise(dict(document)))


@every_entry
def test_its_samples_can_be_started(ready: Entry) -> None:
    """One press is enough: no input of a sample is refused."""
    document = parse(dict(ready.document))

    assert ready.samples
    for sample in ready.samples:
        take(document.inputs, dict(sample.inputs), extra=document.takes_extra_inputs, from_form=False)


@every_entry
def test_it_says_what_has_to_be_connected(ready: Entry) -> None:
    """Exactly the services that its documents call."""
    called = {name for document in (*ready.parts, ready.document) for name in SERVICE.findall(str(document))}

    assert set(ready.needs) == called


@every_entry
def test_its_texts_are_there(ready: Entry) -> None:
    """Every part of its page has words, every step has a name of its own, and what it shows is one of the known capabilities."""
    assert ready.line and len(ready.problem) > 80 and len(ready.how) > 120 and len(ready.walk) >= 4
    assert set(ready.shows) <= set(CAPABILITIES)
    assert all(step.name for step in every_step(parse(dict(ready.document)).steps))
    assert ready.asks == any(step.type == "approval" for step in parse(dict(ready.document)).by_id.values())


def test_every_capability_is_shown_by_somebody() -> None:
    """A filter that finds nothing is no help."""
    assert {key for each in entries() for key in each.shows} == set(CAPABILITIES)


@pytest.mark.spec("S0-30-step-job")
def test_the_large_one_has_thirty_steps() -> None:
    """Thirty steps, a batch of documents, three outside sources, an approval, a report."""
    (ready,) = (each for each in entries() if each.slug == "supplier-review")
    steps = parse(dict(ready.document)).by_id.values()

    assert len(steps) == 30
    assert {"for_each", "parallel", "approval"} <= {step.type for step in steps}
    assert {"archive", "bank", "register", "reports"} == set(ready.needs)

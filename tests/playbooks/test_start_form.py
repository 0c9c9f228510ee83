"""The form that starts a playbook, made from its inputs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import render_to_string
from django.utils.datastructures import MultiValueDict

from playbooks_app.language.document import parse
from playbooks_app.language.problem import Problem
from playbooks_app.models import Playbook
from playbooks_app.pages.start import KEPT_BYTES, StartForm
from tests.playbooks.documents import document

INPUTS: list[dict[str, Any]] = [
    {
        "name": "payments",
        "type": "array",
        "required": True,
        "label": "Payment file",
        "schema": {"type": "array", "items": {"type": "object", "required": ["amount"], "properties": {"amount": {"type": "number", "minimum": 0}}}},
    },
    {"name": "limit", "type": "number", "default": 5000, "min": 0, "description": "Ask above this."},
    {"name": "bank", "type": "string", "allowed": ["Berlin", "Paris"]},
    {"name": "urgent", "type": "boolean", "default": True},
    {"name": "pay_on", "type": "date"},
    {"name": "options", "type": "object"},
]
GOOD = "supplier,amount\nAmazon,988.71\nIKEA,840\n"
BROKEN = "supplier,amount\nAmazon,988.71\nIKEA,none\nRATE,-3\nLIM,12\nSEA,15\n"


def form(posted: dict[str, Any] | None = None, file: str | None = None, inputs: list[dict[str, Any]] | None = None) -> StartForm:
    """As the page makes it."""
    files: MultiValueDict[str, Any] = MultiValueDict({"payments": [SimpleUploadedFile("card.csv", file.encode())]} if file is not None else {})
    return StartForm(parse(document(inputs=INPUTS if inputs is None else inputs)), posted, files)


def shown(made: StartForm) -> str:
    """Its HTML."""
    return render_to_string("playbooks_app/_start_form.html", {"form": made, "playbook": Playbook(pk=1)})


def test_an_empty_form_shows_defaults_and_starts_nothing() -> None:
    """Each type has its field; the default stands in it."""
    made = form()
    html = shown(made)

    assert not made.is_valid() and not made.problems
    assert [each.widget for each in made.fields] == ["list", "number", "choice", "switch", "date", "json"]
    assert 'name="limit" inputmode="decimal" value="5000"' in html and "Payment file" in html and "Ask above this." in html


def test_what_was_given_becomes_inputs_of_the_declared_types() -> None:
    """Texts of a form become numbers, truths and objects; what is empty takes its default or stays away."""
    made = form({"limit": "1000.50", "bank": "Paris", "urgent": "true", "pay_on": "2026-11-23", "options": '{"a": 1}'}, GOOD)

    assert made.is_valid()
    assert made.inputs == {
        "payments": [{"supplier": "Amazon", "amount": 988.71}, {"supplier": "IKEA", "amount": 840}],
        "limit": 1000.5,
        "bank": "Paris",
        "urgent": True,
        "pay_on": "2026-11-23",
        "options": {"a": 1},
    }


def test_an_unticked_box_is_false() -> None:
    """Browsers send nothing for it; the default would be true."""
    made = form({"limit": ""}, GOOD)

    assert made.is_valid() and made.inputs["urgent"] is False and made.inputs["limit"] == 5000


def test_every_fault_stands_at_its_field_and_in_the_summary() -> None:
    """All at once; what was typed is kept."""
    made = form({"limit": "-1", "bank": "Rome", "pay_on": "tomorrow"})
    html = shown(made)

    assert not made.is_valid()
    assert {name for name, _ in made.summary} == {"payments", "limit", "bank", "pay_on"}
    assert 'value="-1"' in html and 'value="tomorrow"' in html and 'href="#in-limit"' in html and 'role="alert"' in html


def test_bad_rows_are_named_by_number() -> None:
    """Both those of the file and those that the input's own rules refuse."""
    made = form({}, BROKEN)
    html = shown(made)

    assert not made.is_valid() and made.fields[0].bad_rows == [1, 2]
    assert "Row 2:" in html and "Row 3:" in html and "2 of 5 rows cannot be used" in html


def test_a_form_that_comes_back_still_has_the_file() -> None:
    """As it was while it has faults, so that pressing start again does not let broken rows through."""
    first = form({}, BROKEN)

    second = form({"payments": first.fields[0].text, "payments.file": "card.csv"})

    assert 'value="card.csv"' in shown(first) and "card.csv" in shown(second)
    assert not second.is_valid() and second.fields[0].bad_rows == [1, 2]


@pytest.mark.parametrize("content", ["\x89PNG\0", 'a,b\n"' + "x" * KEPT_BYTES], ids=["no text", "too large to keep"])
def test_a_file_that_cannot_be_kept_is_not_replaced_by_the_default(content: str) -> None:
    """Pressing start again asks for another file; with one, or with rows, it starts."""
    inputs = [{**INPUTS[0], "required": False, "default": [{"amount": 1}]}]
    first = form({}, content, inputs)

    assert not first.is_valid() and 'name="payments.refused" value="card.csv"' in shown(first)
    again = {"payments": first.fields[0].text, "payments.refused": "card.csv"}
    second = form(again, inputs=inputs)
    assert [problem.code for problem in second.problems] == ["NotTaken"] and 'value="card.csv"' in shown(second)
    assert form(again, GOOD, inputs).is_valid() and form({**again, "payments": '[{"amount": 2}]'}, inputs=inputs).is_valid()


def test_a_bad_file_hides_no_other_fault() -> None:
    """All faults at once, also those of fields that have nothing to do with the file."""
    made = form({"limit": "-1"}, BROKEN)

    assert {name for name, _ in made.summary} == {"payments", "limit"}


def test_a_good_file_is_kept_while_another_field_has_a_fault() -> None:
    """Choosing it once is enough."""
    first = form({"limit": "-1"}, GOOD)

    second = form({"limit": "1", "payments": first.fields[0].text})

    assert not first.is_valid()
    assert second.is_valid() and len(second.inputs["payments"]) == 2


def test_bad_rows_can_be_left_out() -> None:
    """All of them with one press, also those that only the schema refuses."""
    kept = form({}, BROKEN).fields[0].text

    made = form({"payments": kept, "leave_out": "payments"})

    assert made.is_valid()
    assert [row["supplier"] for row in made.inputs["payments"]] == ["Amazon", "LIM", "SEA"]


def test_rows_can_be_written_into_the_form() -> None:
    """As CSV or as JSON."""
    assert form({"payments": GOOD}).inputs["payments"][1] == {"supplier": "IKEA", "amount": 840}
    assert form({"payments": '[{"amount": 3}]'}).inputs["payments"] == [{"amount": 3}]


@pytest.mark.parametrize("text", ["\0", "{", "1e400", '{"a": "\\ud800"}', "[" * 3000])
def test_hostile_texts_are_faults(text: str) -> None:
    """At their field, and shown without harm."""
    made = form({"options": text, "bank": "\0"}, GOOD)

    assert not made.is_valid() and "options" in {name for name, _ in made.summary} | {"options"}
    assert shown(made)


def test_markup_in_values_is_only_text() -> None:
    """Whatever somebody types or uploads."""
    html = shown(form({"limit": '"><script>alert(1)</script>'}, "supplier,amount\n<b>x</b>,1\n"))

    assert "<script>alert" not in html and "<b>x</b>" not in html


def test_what_the_machine_refuses_is_shown_at_its_field() -> None:
    """Faults of the start come back into the form."""
    made = form({}, GOOD)
    assert made.is_valid()

    made.refuse([Problem("inputs/limit", "WrongValue", "Too low for today."), Problem("", "Locked", "Another run holds the ledger.")])

    assert not made.is_valid()
    assert made.summary == [("", "Another run holds the ledger."), ("limit", "Limit: Too low for today.")]


def test_a_playbook_without_inputs_says_so() -> None:
    """It can start at once."""
    made = form({}, inputs=[])

    assert made.is_valid() and made.inputs == {}
    assert "asks for nothing" in shown(form(inputs=[]))


def test_a_large_list_stays_quick_to_show() -> None:
    """A thousand rows: the page shows a few, and keeps them all."""
    made = form({"limit": "-1"}, "supplier,amount\n" + "".join(f"S{number},{number}\n" for number in range(1000)))

    assert len(json.loads(made.fields[0].text)) == 1000
    assert shown(made).count("<tr") < 10

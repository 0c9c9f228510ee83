"""Where an approval stands, as its reader would say it."""

from __future__ import annotations

import pytest

from approvals_app.whereabouts import in_words
from playbooks_app.language.document import parse
from tests.engine.kinds import document, registry
from tests.engine.steps import each, effect, var

STEPS = parse(
    document([each("rows", [1], [each("lines", [1], [{**effect("sign_off"), "name": "Sign it"}, var("note", 1)], item="payment")])]), registry()
).by_id


@pytest.mark.parametrize(
    ("step", "path", "words"),
    [
        ("sign_off", "rows/body[0]/lines/body[115]/sign_off", "“Sign it”, payment 116, item 1"),
        ("note", "finally/note", "“note”"),
        ("gone", "old/body[2]/gone", "“gone”, item 3"),
    ],
)
def test_it_is_named_with_the_items_around_it(step: str, path: str, words: str) -> None:
    """The nearest first, counted from one; what the document does not know by its id."""
    assert in_words(step, path, STEPS) == words

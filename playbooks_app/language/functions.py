"""The functions of expressions: which there are, with how many values, and what they say about themselves.

Each takes the frame of the evaluation first: work and size are counted there. None changes its arguments, none reaches anything outside.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playbooks_app.language import functions_lists as lists
from playbooks_app.language import functions_made as made
from playbooks_app.language import functions_numbers as numbers
from playbooks_app.language import functions_texts as texts


@dataclass(frozen=True, slots=True)
class Function:
    """One function. `least` and `most`: how many values it takes. `usage` and `help` are for people."""

    call: Callable[..., Any]
    least: int
    most: int
    usage: str
    help: str


MANY = 50  # values of one call

FUNCTIONS: dict[str, Function] = {
    "abs": Function(numbers.absolute, 1, 1, "abs(number)", "The number without its sign."),
    "avg": Function(numbers.average, 1, 1, "avg(list)", "The mean of a list of numbers; null for an empty list."),
    "base64": Function(texts.base64_encoded, 1, 1, "base64(text)", "The text in base 64."),
    "base64_decode": Function(texts.base64_decoded, 1, 1, "base64_decode(text)", "The text behind base 64."),
    "clamp": Function(numbers.clamp, 3, 3, "clamp(number, low, high)", "The number, kept between low and high."),
    "contains": Function(lists.contains, 2, 2, "contains(where, what)", "Whether a text, a list or the keys of an object contain it."),
    "count": Function(lists.count, 1, 2, "count(list) or count(list, value)", "How many items there are, or how many are equal to the value."),
    "day_of_week": Function(made.day_of_week, 1, 2, "day_of_week(date) or day_of_week(date, zone)", "0 is Monday, 6 is Sunday."),
    "ends_with": Function(texts.ends_with, 2, 2, "ends_with(text, end)", "Whether the text ends so."),
    "first": Function(lists.first, 1, 1, "first(list)", "The first item; null if there is none."),
    "format_date": Function(made.format_date, 2, 3, "format_date(date, pattern) or with a zone", "Patterns such as `%d.%m.%Y %H:%M`."),
    "hash": Function(made.hashed, 1, 1, "hash(value)", "SHA-256 in hexadecimal: of a text, or of the JSON of anything else."),
    "join": Function(texts.join, 1, 2, "join(list) or join(list, between)", "The items as one text, with a comma or `between` between them."),
    "json": Function(texts.json, 1, 1, "json(value)", "The value as JSON text."),
    "keys": Function(lists.keys, 1, 1, "keys(object)", "The names of the fields."),
    "last": Function(lists.last, 1, 1, "last(list)", "The last item; null if there is none."),
    "len": Function(lists.length, 1, 1, "len(value)", "How many characters, items or fields; 0 for null."),
    "lower": Function(texts.lower, 1, 1, "lower(text)", "In small letters."),
    "max": Function(numbers.maximum, 1, MANY, "max(list) or max(a, b, …)", "The largest; null for an empty list."),
    "min": Function(numbers.minimum, 1, MANY, "min(list) or min(a, b, …)", "The smallest; null for an empty list."),
    "now": Function(made.now, 0, 0, "now()", "The time at which the step began, such as 2026-05-04T08:00:00Z."),
    "random": Function(made.random, 0, 2, "random() or random(low, high)", "A number from 0 to 1, or a whole number from low to high."),
    "replace": Function(texts.replace, 3, 3, "replace(text, old, new)", "The text with each old part replaced."),
    "round": Function(numbers.rounded, 1, 2, "round(number) or round(number, digits)", "Rounded; halves go away from zero."),
    "slice": Function(lists.part, 2, 3, "slice(list, start) or slice(list, start, end)", "A part of a list or text; the end is not included."),
    "sort": Function(lists.sort, 1, 2, "sort(list) or sort(list, key)", "From small to large, by a field if one is named."),
    "split": Function(texts.split, 1, 2, "split(text) or split(text, between)", "The parts of a text, cut at blanks or at `between`."),
    "starts_with": Function(texts.starts_with, 2, 2, "starts_with(text, start)", "Whether the text begins so."),
    "sum": Function(numbers.total, 1, 1, "sum(list)", "All numbers of a list together."),
    "trim": Function(texts.trim, 1, 1, "trim(text)", "Without blanks at both ends."),
    "truncate": Function(texts.truncate, 2, 3, "truncate(text, length) or with an ending", "At most so many characters, the ending (…) included."),
    "unique": Function(lists.unique, 1, 1, "unique(list)", "Each item once, in order."),
    "upper": Function(texts.upper, 1, 1, "upper(text)", "In capital letters."),
    "url_encode": Function(texts.url_encode, 1, 1, "url_encode(text)", "Safe to put into an address."),
    "uuid": Function(made.uuid, 0, 0, "uuid()", "An identifier that no other step run gets."),
    "values": Function(lists.values, 1, 1, "values(object)", "What the fields hold."),
}

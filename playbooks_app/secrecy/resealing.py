"""After a new key was put before the others: everything that is sealed, sealed again with it.

Whoever keeps something sealed says so in AppConfig.ready: resealing.register(Secret, "sealed"). What nobody has registered is lost with its old key,
so a test looks through the whole database for values that the newest key does not open.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction

from playbooks_app.secrecy import sealing


@dataclass(frozen=True, slots=True)
class Place:
    """A column with sealed values; `again` seals one of them anew."""

    model: type[models.Model]
    field: str
    again: Callable[[Any], Any]


_places: list[Place] = []


def register(model: type[models.Model], field: str, again: Callable[[Any], Any] = sealing.resealed) -> None:
    """A column of sealed texts; of JSON with `again=sealing.resealed_json`."""
    _places.append(Place(model, field, again))


def reseal_all() -> tuple[int, int]:
    """How many values were sealed again, and how many no key opens. Row by row, each in a transaction of its own."""
    done = unreadable = 0
    for place in _places:
        for pk in _holders(place):
            try:
                done += _reseal(place, pk)
            except sealing.Unreadable:
                unreadable += 1
    return done, unreadable


def _holders(place: Place) -> list[int]:
    return list(place.model._base_manager.filter(**{f"{place.field}__icontains": sealing.BEGINS}).values_list("pk", flat=True))


def _reseal(place: Place, pk: int) -> int:
    rows = place.model._base_manager
    with transaction.atomic():
        value = rows.select_for_update(no_key=True).filter(pk=pk).values_list(place.field, flat=True).first()
        return rows.filter(pk=pk).update(**{place.field: place.again(value)}) if value else 0

"""After a new key was put before the others: everything that is sealed, sealed again with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.db import models, transaction

from playbooks_app import sealing
from playbooks_app.models import Account, Connection, Secret
from runs_app.models import Run, Webhook

_TEXTS: list[tuple[type[models.Model], str]] = [(Secret, "sealed"), (Connection, "sealed"), (Webhook, "sealed"), (Webhook, "old_sealed")]
_JSON: list[tuple[type[models.Model], str]] = [(Account, "config"), (Run, "config")]


def reseal_all() -> tuple[int, int]:
    """How many values were sealed again, and how many no key opens. Row by row, each in a transaction of its own."""
    done = unreadable = 0
    for model, field, again in _places():
        for pk in _holders(model, field):
            try:
                done += _reseal(model, pk, field, again)
            except sealing.Unreadable:
                unreadable += 1
    return done, unreadable


def _places() -> Iterator[tuple[Any, str, Callable[[Any], Any]]]:
    yield from ((model, field, sealing.resealed) for model, field in _TEXTS)
    yield from ((model, field, sealing.resealed_json) for model, field in _JSON)


def _holders(model: Any, field: str) -> list[int]:
    if isinstance(model._meta.get_field(field), models.JSONField):
        return list(model.objects.filter(**{f"{field}__icontains": sealing.MARK}).values_list("pk", flat=True))
    return list(model.objects.exclude(**{field: ""}).values_list("pk", flat=True))


def _reseal(model: Any, pk: int, field: str, again: Callable[[Any], Any]) -> int:
    with transaction.atomic():
        row = model.objects.select_for_update(no_key=True).filter(pk=pk).values_list(field, flat=True).first()
        return int(model.objects.filter(pk=pk).update(**{field: again(row)})) if row else 0

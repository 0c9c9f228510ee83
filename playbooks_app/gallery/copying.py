"""Puts a copy of a ready playbook into somebody's account, with the playbooks that it runs."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from playbooks_app import audit
from playbooks_app.gallery.reading import Entry, entry
from playbooks_app.language.document import normalise
from playbooks_app.models import Playbook, User

LABEL = "gallery"  # of a copy: the slug of what it was made from
NOTE = "From the gallery"


def take(found: Entry, *, by: User, publish: bool) -> Playbook:
    """The copy of `by`: one that stands unchanged is taken again, else there is another one. With `publish` it can be started."""
    with transaction.atomic():
        documents = {part["name"]: _part(part, by) for part in found.parts}
        document = _labelled(found, documents)
        there = _same(document, by)
        if there is not None:
            return there
        return _drawn(document, by=by, publish=publish, slug=found.slug)


def unchanged_copy(found: Entry, user: User) -> Playbook | None:
    """The copy that `user` sees and that says exactly what the gallery says, published."""
    parts = {part["name"]: there for part in found.parts if (there := _same(part, user)) is not None}
    if len(parts) < len(found.parts):
        return None
    return _same(_labelled(found, parts), user)


def source_of(document: Mapping[str, Any]) -> Entry | None:
    """What in the gallery a document was made from, as it says itself."""
    labels = document.get("labels")
    slug = labels.get(LABEL) if isinstance(labels, Mapping) else None
    return entry(slug) if isinstance(slug, str) else None


def _part(document: Mapping[str, Any], by: User) -> Playbook:
    return _same(document, by) or _drawn(dict(document), by=by, publish=True, slug="")


def _labelled(found: Entry, parts: Mapping[str, Playbook]) -> dict[str, Any]:
    """Its document as a copy has it: it says where it comes from, and calls the parts by the names and numbers that they have here."""
    document = copy.deepcopy(dict(found.document))
    document["labels"] = {**document.get("labels", {}), LABEL: found.slug}
    for settings in _calls(document["steps"]):
        part = parts.get(settings["playbook"])
        if part is not None and part.newest is not None:
            settings.update({"playbook": part.name, "version": part.newest.number})
    return document


def _calls(value: Any) -> list[dict[str, Any]]:
    """The settings of every step that runs another playbook, at any depth."""
    if isinstance(value, list):
        return [each for item in value for each in _calls(item)]
    if not isinstance(value, dict):
        return []
    here = [value["with"]] if isinstance(value.get("with"), dict) and "playbook" in value["with"] else []
    return here + [each for item in value.values() for each in _calls(item)]


def _same(document: Mapping[str, Any], user: User) -> Playbook | None:
    """A playbook in sight whose newest version says the same, under whatever name it has here. Copies are few: their documents are compared."""
    wanted = {**normalise(dict(document)), "name": ""}
    named = Playbook.objects.visible_to(user).current().filter(account=user.account, name__startswith=document["name"]).order_by("pk")
    found: Playbook
    for found in named[:20]:
        newest = found.newest
        if newest is not None and {**newest.document, "name": ""} == wanted:
            return found
    return None


def _drawn(document: dict[str, Any], *, by: User, publish: bool, slug: str) -> Playbook:
    document = {**document, "name": _free_name(document["name"], by)}
    playbook = Playbook.draw(document, by=by)
    if publish:
        playbook.publish(by=by, note=NOTE)
    audit.note(by, "playbook.taken", playbook, new={"gallery": slug} if slug else None)
    return playbook


def _free_name(name: str, by: User) -> str:
    """The name, with a number behind it where the account has one of that name: playbooks call each other by name."""
    taken = set(Playbook.objects.filter(account=by.account, name__startswith=name).values_list("name", flat=True))
    return name if name not in taken else next(tried for number in range(2, 10_000) if (tried := f"{name} ({number})") not in taken)

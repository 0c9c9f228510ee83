"""Making and changing playbooks from what came through a door: a document, a name, a visibility."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model, QuerySet

from playbooks_app.drafting import drafts
from playbooks_app.errors import NotAllowed, Refused, Stale
from playbooks_app.language.problem import Invalid, Problem
from playbooks_app.language.reading import read_text
from playbooks_app.models import Department, Group, Playbook, Shared, User, Visibility

Named = TypeVar("Named", bound=Model)
ABSENT: Any = object()  # nothing was sent; null is a document that cannot be one
DRAFT_KEYS = frozenset({"document", "name", "description"})
SHARING_KEYS = frozenset({"visibility", "department", "group"})


def changes_draft(changes: Mapping[str, Any]) -> bool:
    """Whether the document is touched."""
    return bool(DRAFT_KEYS & changes.keys())


def changes_sharing(changes: Mapping[str, Any]) -> bool:
    """Whether it is touched who sees it."""
    return bool(SHARING_KEYS & changes.keys())


def look_at(document: Any, user: User) -> list[Problem]:
    """Every fault of a document; raises Refused for what cannot even be read."""
    if user.account is None:
        raise NotAllowed("You work in no account.", hint="Ask an admin to add you to theirs.")
    drafts.require_storable(document)
    return drafts.problems_of(document, user.account, by=user)


def draw(*, by: User, document: Any = ABSENT, name: str = "", keep_faults: bool = False, **sharing: Any) -> Playbook:
    """A playbook of `by`. Raises Refused for faults other than what is merely not there yet, and then keeps nothing."""
    if document is ABSENT:
        if not name:
            raise Refused([Problem("document", "Missing", "Send a document, or at least a name.")])
        document = drafts.blank(name, by.display_name)
    elif isinstance(document, dict) and name:
        document = {**document, "name": name}
    drafts.require_storable(document)
    if not keep_faults:
        wrong = [problem for problem in look_at(document, by) if drafts.is_wrong(problem)]
        if wrong:
            raise Refused(wrong)
    with transaction.atomic():
        playbook = Playbook.draw(document, by=by)
        if sharing:
            share(playbook, by=by, **sharing)
    return playbook


def change(playbook: Playbook, *, by: User, revision: int | None, **changes: Any) -> None:
    """All of it or nothing. Raises Stale, Refused and WrongState as the verbs of the model."""
    with transaction.atomic():
        if changes_draft(changes):
            document = changes.get("document", playbook.draft)
            if isinstance(document, dict):
                document = {**document, **{key: changes[key] for key in ("name", "description") if key in changes}}
            playbook.save_draft(document, by=by, revision=revision)
        elif revision is not None and revision != playbook.draft_revision:
            raise Stale("Somebody has saved this playbook since you read it.", details={"revision": playbook.draft_revision})
        if "tags" in changes:
            playbook.tag(changes["tags"], by=by)
        if changes_sharing(changes):
            share(playbook, by=by, **{key: changes[key] for key in SHARING_KEYS & changes.keys()})


def share(
    playbook: Playbook, visibility: str | None = None, department: str | None = None, group: str | None = None, *, by: User | None = None
) -> None:
    """As `set_sight`, and kept."""
    old = playbook.sight()
    set_sight(playbook, visibility, department, group)
    playbook.keep_sight(old, by=by)


def set_sight(thing: Shared, visibility: str | None = None, department: str | None = None, group: str | None = None) -> None:
    """As `Shared.set_sight`, with slugs or ids. Without `visibility` a named group or department decides; the owner's department is the default."""
    if visibility is None:
        visibility = Visibility.GROUP if group else Visibility.DEPARTMENT if department else thing.visibility
    of_account = {"account": thing.account_id}
    in_department = _named(Department.objects.filter(**of_account), "department", department) if department else thing.department
    if visibility == Visibility.DEPARTMENT and in_department is None and thing.owner and thing.owner.membership:
        in_department = thing.owner.membership.department
    in_group = _named(Group.objects.filter(**of_account), "group", group) if group else thing.group
    thing.set_sight(visibility, department=in_department, group=in_group)


def read_document(text: str) -> Any:
    """A document from text: JSON if it starts with a brace, else YAML. Raises Refused with the place of the fault."""
    try:
        return read_text(text)
    except Invalid as fault:
        raise Refused(fault.problems) from fault


def _named(things: QuerySet[Named], kind: str, name: str) -> Named:
    found = things.filter(slug=name).first() or (
        things.filter(pk=int(name)).first() if name.isascii() and name.isdigit() and len(name) < 18 else None
    )
    if found is None:
        raise Refused([Problem(kind, "Unknown", f"There is no {kind} “{name}” in this account.", "Give the short name of one that is there.")])
    return found

"""Which other playbooks a document runs, as far as it names them plainly."""

from __future__ import annotations

from dataclasses import dataclass

from playbooks_app.language.template import is_template
from playbooks_app.language.tree import Document
from playbooks_app.language.values import is_number, text_of

CALL = "playbook"  # the step type that runs another playbook


@dataclass(frozen=True, slots=True)
class Call:
    """One step that runs a playbook: by its name or its number, in a version or in the newest (None)."""

    address: str
    playbook: str
    version: int | None


def calls_of(document: Document) -> list[Call]:
    """In order of the document. A name that is only known when the step starts is left out."""
    found = []
    for step in document.by_id.values():
        name, version = step.settings.get("playbook"), step.settings.get("version")
        if step.type != CALL or not isinstance(name, str | int) or is_template(name) or (version is not None and not is_number(version)):
            continue
        found.append(Call(f"{step.address}/with/playbook", text_of(name).strip(), None if version is None else int(version)))
    return found

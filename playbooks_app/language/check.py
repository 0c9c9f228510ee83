"""Says everything that is wrong with a document, at once."""

from __future__ import annotations

from playbooks_app.language.connection_check import check_connections
from playbooks_app.language.document import read_form
from playbooks_app.language.faults import Faults
from playbooks_app.language.people_check import Known, check_people
from playbooks_app.language.problem import Problem
from playbooks_app.language.reference_check import check_references
from playbooks_app.language.registry import Registry, step_types
from playbooks_app.language.values import Json

__all__ = ["NOTHING", "Known", "check"]

NOTHING = Known()


def check(raw: Json, registry: Registry = step_types, *, known: Known = NOTHING) -> list[Problem]:
    """Every fault, in order of the document: first those of form, then those of what it refers to. Problems of level "warning" stop nobody.

    `known`: the names of the account, as far as they were looked up. Never raises, whatever the document.
    """
    faults = Faults()
    document = read_form(raw, registry, faults)
    if document is not None:
        check_references(document, known.secrets, faults)
        check_people(document, known, faults)
        check_connections(document, known.connections, faults)
    return faults.found

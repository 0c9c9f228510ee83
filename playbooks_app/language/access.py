"""The guard `access`: which sections of its run a step may see. What it may not see is not there: it is never read, so it cannot be sent.

section   what                                                     where nothing is written
data      inputs, variables, outputs of steps, items, the error    all of it
config    config and secrets                                       all of it; of a step that reaches outside only what its settings name
audit     what people have done in the run                         all of it
runtime   the run itself: number, starter, mode                    all of it
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from playbooks_app.language.faults import Faults
from playbooks_app.language.values import Json, kind_of

ACCESS = "access"
SECTIONS = ("data", "config", "audit", "runtime")
BY_NAME = frozenset({"data", "config"})  # sections of which some names can be granted
AUDIT = "context.audit"  # the root behind `{{ context.audit }}`; nobody else can write it
_SECTION_OF = {"config": "config", "secrets": "config", "run": "runtime", AUDIT: "audit"}  # of a root; all others are data

_WHOLE = frozenset({"inputs", "vars", "config"})  # roots that may be read as a whole; `part` says what is in them then

Grant = bool | frozenset[str] | Literal["named"]  # all, nothing, these names, or whatever single value the settings name


@dataclass(frozen=True, slots=True)
class Access:
    """What a step may see of each section. A name may be plain (`customer`) or with its root (`inputs.customer`, `secrets.bank`)."""

    data: Grant = True
    config: Grant = True
    audit: Grant = True
    runtime: Grant = True

    def allows(self, root: str, name: str | None) -> bool:
        """Whether a root, or one name in it, may be read. Of a root of which names are granted the whole may be: `part` says what is in it then."""
        grant = self._grant(root)
        if isinstance(grant, bool):
            return grant
        if grant == "named":
            return name is not None
        if name is None and root in _WHOLE:
            return True
        return not grant.isdisjoint({name or root, root if name is None else f"{root}.{name}"})

    def part(self, root: str, whole: Mapping[str, Json]) -> dict[str, Json]:
        """Those of the values below a root that may be seen."""
        return {name: value for name, value in whole.items() if self.allows(root, name)}

    def _grant(self, root: str) -> Grant:
        found: Grant = getattr(self, section_of(root))
        return found


NAMED = Access(config="named")  # of a step that reaches outside and says nothing (rule 22)


def section_of(root: str) -> str:
    """The section that a root belongs to."""
    return _SECTION_OF.get(root, "data")


def read_access(written: Json, address: str, faults: Faults, *, outside: bool) -> Access | None:
    """The guard as written; None where everything may be seen. `outside`: the step reaches outside, or is of a type from elsewhere."""
    usual = NAMED if outside else Access()
    if written is None:
        return NAMED if outside else None
    if not isinstance(written, dict):
        faults.wrong_type(address, "“access”", "an object", written, "Write for example {data: [customer], config: false}.")
        return usual
    faults.only(written, SECTIONS, f"{address}/")
    found = {name: _grant(written[name], name, f"{address}/{name}", faults) for name in SECTIONS if written.get(name) is not None}
    return Access(**{**{name: getattr(usual, name) for name in SECTIONS}, **found})


def _grant(written: Json, section: str, address: str, faults: Faults) -> Grant:
    """What is written about one section; after a fault nothing of it."""
    if isinstance(written, bool):
        return written
    if section in BY_NAME and isinstance(written, list) and all(isinstance(each, str) and each for each in written):
        return frozenset(written)
    wanted = "true, false or a list of names" if section in BY_NAME else "true or false"
    shown = "such a list" if isinstance(written, list) and section in BY_NAME else kind_of(written)
    faults.add(address, "WrongType", f"“{section}” must be {wanted}, not {shown}.", f"Write {wanted}; leave it out for the usual.")
    return False

"""What a viewer has folded, opened, filtered and selected on a run's page. All of it stands in the address, so that a copied one shows the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from django.http import QueryDict

FIRST_ITEMS = 8  # of a loop
MORE_ITEMS = 50  # a press on "show more"
MOST_ITEMS = 500
MOST_NAMED = 200  # opened or folded places
_LOOP = re.compile(r"^(?P<path>.+)~(?P<state>[a-z]*)~(?P<count>\d{1,4})$")


@dataclass(frozen=True, slots=True)
class LoopLook:
    """Of one loop: only items in this state ("" = all), and how many of them."""

    state: str = ""
    count: int = FIRST_ITEMS


@dataclass(frozen=True, slots=True)
class Look:
    """One picture of a run."""

    opened: frozenset[str] = frozenset()  # items, closed unless named
    folded: frozenset[str] = frozenset()  # containers, open unless named
    loops: Mapping[str, LoopLook] = field(default_factory=dict)
    kept: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # loop -> the items on screen, in their order; not part of addresses
    step: str = ""  # whose details are open
    only: str = ""  # "" everything, "attention" what needs a person, "failed"
    idle: str = ""  # "show": idle time is drawn as long as it was
    find: str = ""

    def loop(self, path: str) -> LoopLook:
        """How a loop is shown."""
        return self.loops.get(path, LoopLook())

    def query(self) -> str:
        """The query string of this picture, with `?`; "?" alone is the plain picture."""
        pairs = [("open", path) for path in sorted(self.opened)] + [("fold", path) for path in sorted(self.folded)]
        pairs += [("items", f"{path}~{loop.state}~{loop.count}") for path, loop in sorted(self.loops.items()) if loop != LoopLook()]
        pairs += [(name, value) for name in ("only", "idle", "find", "step") if (value := getattr(self, name))]
        return "?" + urlencode(pairs, safe="/~")

    def toggled_item(self, path: str) -> str:
        """The address with this item opened or closed."""
        return replace(self, opened=self.opened ^ {path}).query()

    def toggled_fold(self, path: str) -> str:
        """The address with this container folded or unfolded."""
        return replace(self, folded=self.folded ^ {path}).query()

    def with_loop(self, path: str, state: str, count: int = FIRST_ITEMS) -> str:
        """The address with another view of a loop's items."""
        return replace(self, loops={**self.loops, path: LoopLook(state, min(count, MOST_ITEMS))}).query()

    def selecting(self, step: str) -> str:
        """The address with the details of another step open; "" closes them."""
        return replace(self, step=step).query()

    def but(self, **changes: str) -> str:
        """The address with `only`, `idle` or `find` changed."""
        return replace(self, **changes).query()  # type: ignore[arg-type]


def look_of(query: QueryDict) -> Look:
    """The picture that an address asks for; what cannot be read is left out."""
    step = query.get("step", "").replace("\0", "")[:2000]
    loops = {m["path"]: LoopLook(m["state"], max(1, min(int(m["count"]), MOST_ITEMS))) for text in query.getlist("items") if (m := _LOOP.match(text))}
    return Look(
        opened=frozenset(query.getlist("open")[:MOST_NAMED]) | _items_above(step),
        folded=frozenset(query.getlist("fold")[:MOST_NAMED]),
        loops=loops,
        kept=dict(_kept(text) for text in query.getlist("keep")[:MOST_NAMED]),
        step=step,
        only=query.get("only", "") if query.get("only") in ("attention", "failed") else "",
        idle="show" if query.get("idle") == "show" else "",
        find=query.get("find", "").replace("\0", "").strip()[:100],
    )


def _items_above(path: str) -> frozenset[str]:
    """The items that must be open for a step to be on screen."""
    parts = path.split("/")
    return frozenset("/".join(parts[: length + 1]) for length, part in enumerate(parts[:-1]) if part.endswith("]"))


def _kept(text: str) -> tuple[str, tuple[int, ...]]:
    path, _, numbers = text.rpartition("~")
    return path, tuple(int(each) for each in numbers.split(",")[:MOST_ITEMS] if each.isdecimal() and len(each) < 10)

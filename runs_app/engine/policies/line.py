"""Who may go in, and who waits for whom: locks and limits of one account, in order. Pure.

A seat asks for keys (language/locks.py) and for places under limits, all at once. It goes in when nothing that it conflicts with is inside, and
nothing that it conflicts with stands before it in line; so nobody is overtaken for ever. What a place holds that waits for the seat's own end (the
run that started it, the scope around it) does not keep it out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from playbooks_app.language.locks import covers_of


@dataclass(frozen=True)
class Seat:
    """One that is inside or in line. `place` and `above` are `run:path`, with an empty path for the run as a whole; `above` begins with its own."""

    id: int
    place: str
    keys: tuple[str, ...] = ()
    limits: tuple[tuple[str, int], ...] = ()  # (key, how many at once)
    above: tuple[str, ...] = ()
    is_in: bool = False

    @cached_property
    def enclosing(self) -> frozenset[str]:
        """Every place that ends after this one."""
        return frozenset(place for own in self.above for place in _enclosing(own))


class Line:
    """Seats in order: those inside first, then those that wait."""

    def __init__(self, seats: Iterable[Seat] = ()) -> None:
        self._seats: list[Seat] = []
        self._order: dict[int, int] = {}
        self._by_place: dict[str, list[Seat]] = defaultdict(list)
        self._by_key: dict[str, list[Seat]] = defaultdict(list)
        self._by_cover: dict[str, list[Seat]] = defaultdict(list)
        self._by_limit: dict[str, list[Seat]] = defaultdict(list)
        for seat in seats:
            self.add(seat)

    def add(self, seat: Seat) -> None:
        """One more, behind the others."""
        self._order[seat.id] = len(self._seats)
        self._seats.append(seat)
        self._by_place[seat.place].append(seat)
        for key in seat.keys:
            self._by_key[key].append(seat)
            for cover in covers_of(key):
                self._by_cover[cover].append(seat)
        for key, _ in seat.limits:
            self._by_limit[key].append(seat)

    def blockers(self, seat: Seat) -> list[Seat]:
        """Those before it that keep it out, each once: those inside first. Empty: it may go in."""
        return list({other.id: other for other in self._meets(seat)}.values())

    def is_free(self, seat: Seat) -> bool:
        """Whether it may go in."""
        return next(self._meets(seat), None) is None

    def keeps_out(self, seat: Seat, *, by_lock: bool) -> bool:
        """Whether it is kept out by a lock, or by a limit."""
        parts = self._meets_lock(seat) if by_lock else self._meets_limit(seat)
        return next(parts, None) is not None

    def locks_up(self, seat: Seat) -> bool:
        """Whether those that it would wait for wait, in the end, for something that is held around it."""
        own = {held.id for held in self._held_around(seat)}
        seen: set[int] = set()
        asked = self.blockers(seat) if own else []
        while asked:
            other = asked.pop()
            if other.id in own:
                return True
            if other.id not in seen:
                seen.add(other.id)
                waiting = [each for each in self._seats if not each.is_in and other.place in each.enclosing] if other.is_in else [other]
                asked += [blocker for each in waiting for blocker in self.blockers(each)]
        return False

    def _meets(self, seat: Seat) -> Iterator[Seat]:
        yield from self._meets_lock(seat)
        yield from self._meets_limit(seat)

    def _meets_lock(self, seat: Seat) -> Iterator[Seat]:
        held = {key for each in self._held_around(seat) for key in each.keys}
        for key in seat.keys:
            covers = covers_of(key)
            if held.intersection(covers):
                continue
            yield from self._before(seat, self._by_cover.get(key, ()))
            for cover in covers:
                yield from self._before(seat, self._by_key.get(cover, ()))

    def _meets_limit(self, seat: Seat) -> Iterator[Seat]:
        held = {key for each in self._held_around(seat) for key, _ in each.limits}
        for key, most in seat.limits:
            before = [] if key in held else list(self._before(seat, self._by_limit.get(key, ())))
            if len(before) >= most:
                yield from before

    def _before(self, seat: Seat, others: Iterable[Seat]) -> Iterator[Seat]:
        mine = self._order.get(seat.id, len(self._seats))
        return (other for other in others if self._order[other.id] < mine and other.place not in seat.enclosing)

    def _held_around(self, seat: Seat) -> Iterator[Seat]:
        return (each for place in seat.enclosing for each in self._by_place.get(place, ()) if each.is_in)


def _enclosing(place: str) -> Iterator[str]:
    """`7:a/body[0]/b` gives `7:`, `7:a`, `7:a/body[0]`; `7:` gives nothing."""
    run, _, path = place.partition(":")
    parts = path.split("/") if path else []
    for length in range(len(parts)):
        yield f"{run}:{'/'.join(parts[:length])}"

"""Who may go in: locks, paths, limits, order, what is held around one, and circles. Pure."""

from __future__ import annotations

from runs_app.engine.policies.line import Line, Seat


def seat(
    number: int, *keys: str, inside: bool = False, place: str = "", above: tuple[str, ...] = (), limits: tuple[tuple[str, int], ...] = ()
) -> Seat:
    """Of run `number`, unless a place is given."""
    place = place or f"{number}:"
    return Seat(number, place, keys, limits, (place, *above), inside)


def ids(seats: list[Seat]) -> list[int]:
    """Their numbers."""
    return [each.id for each in seats]


def test_what_conflicts_is_kept_out_and_what_does_not_goes_in() -> None:
    """Equal names, and paths of which one holds the other."""
    line = Line([seat(1, "=ledger", "/a/b", inside=True)])
    assert ids(line.blockers(seat(2, "=ledger", "/a"))) == [1]
    assert line.is_free(seat(2, "=books", "/ab", "/a/c"))
    assert not line.is_free(seat(2, "/a/b/c"))


def test_nobody_is_overtaken() -> None:
    """Who waits keeps those behind out, though what they ask for would be free; those before it, never."""
    line = Line([seat(1, "=x", inside=True), seat(2, "=x", "=y"), seat(3, "=y")])
    assert ids(line.blockers(seat(2, "=x", "=y"))) == [1]
    assert ids(line.blockers(seat(3, "=y"))) == [2]
    assert line.is_free(seat(9, "=z"))


def test_a_limit_lets_so_many_in() -> None:
    """Those in line before count too."""
    two = (("k", 2),)
    line = Line([seat(1, inside=True, limits=two), seat(2, "=x", limits=two)])
    assert ids(line.blockers(seat(3, limits=two))) == [1, 2]
    assert line.is_free(seat(3, limits=(("k", 3),)))
    assert line.keeps_out(seat(3, limits=two), by_lock=False) and not line.keeps_out(seat(3, limits=two), by_lock=True)


def test_what_is_held_around_a_place_does_not_keep_it_out() -> None:
    """The run's own lock, the scope around it, and the run that waits for it; not a branch beside it."""
    own = Line([seat(1, "=x", "/a", inside=True, place="7:", limits=(("k", 1),))])
    assert own.is_free(seat(2, "=x", "/a/b", place="7:both/left/s", limits=(("k", 1),)))
    child = seat(2, "=x", place="8:", above=("7:outer/body/call/8",))
    assert Line([seat(1, "=x", inside=True, place="7:outer")]).is_free(child)
    assert not Line([seat(1, "=x", inside=True, place="7:both/left/s")]).is_free(seat(2, "=x", place="7:both/right/s"))
    assert not Line([seat(1, "=x", inside=True, place="7:out")]).is_free(child)


def test_what_is_held_around_it_lets_a_place_pass_those_in_line() -> None:
    """They wait for the same run; waiting for them would never end."""
    line = Line([seat(1, "=x", inside=True, place="7:"), seat(2, "=x", place="8:")])
    assert line.is_free(seat(3, "=x", place="7:s"))


def test_a_circle_is_seen() -> None:
    """Two that hold what the other wants, also through others and a line; one that holds nothing closes none."""
    first, second = seat(1, "=x", inside=True, place="7:"), seat(2, "=y", inside=True, place="8:")
    waits = seat(3, "=x", place="8:s", above=())
    line = Line([first, second, waits])
    assert line.locks_up(seat(4, "=y", place="7:s"))
    assert not line.locks_up(seat(5, "=y", place="9:"))
    assert not Line([first, second]).locks_up(seat(4, "=y", place="7:s"))

    third = seat(6, "=z", inside=True, place="9:")
    longer = Line([first, second, third, waits, seat(7, "=y", place="9:s"), seat(8, "=z", place="10:")])
    assert longer.locks_up(seat(9, "=z", place="7:s"))

    open_ended = Line([first, second, seat(3, "=y", "=z", place="8:p/a/s"), seat(4, "=z", place="8:p/b/s"), seat(5, "=z", inside=True, place="10:")])
    assert not open_ended.locks_up(seat(6, "=y", "=z", place="7:s"))

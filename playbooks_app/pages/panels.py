"""What the pages of playbooks show about runs. The machine stands above and fills it in, downwards, in AppConfig.ready:

panels.register_figures(run_figures)      the list: bars of the last runs and figures, for all its rows at once
panels.register_panel(recent_runs_panel)  the playbook's page: one more panel of its own
panels.register_tab(runs_tab)             the playbook's page: one more tab
panels.register_uses(uses_of_versions)    the playbook's page: how many runs a version has
panels.register_sort(keys, sorted_by)     the list: columns that it can be sorted by
panels.register_hint(sentence)            the list: something true above it
panels.register_standing(standings)       the people page: who is away, and where that is said
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from playbooks_app.models import Playbook, User

MOST_BARS = 16


@dataclass(frozen=True, slots=True)
class Bar:
    """One run: its state as in `data-state`, and how long it took compared with the longest (0..1)."""

    state: str
    height: float


@dataclass(frozen=True, slots=True)
class RunFigures:
    """What a row of the list says about the runs of its playbook that the viewer may see."""

    bars: Sequence[Bar] = ()  # oldest first, at most MOST_BARS
    runs: int = 0  # in the last 30 days
    succeeded: float | None = None  # share of those that ended, 0..1; None: too few to say
    usual_seconds: float | None = None  # median of those that succeeded
    average_seconds: float | None = None  # mean of those that succeeded in the last 30 days


@dataclass(frozen=True, slots=True)
class Tab:
    """A part of the playbook with an address of its own."""

    label: str
    address: str
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with one person: in words, "" when there is nothing to say, and where it is changed, "" for who may not."""

    words: str
    address: str = ""


Figures = Callable[[User, Sequence[int]], Mapping[int, RunFigures]]  # ids of playbooks -> figures; a constant number of queries
Panel = Callable[[HttpRequest, Playbook], SafeString]  # rendered; "" shows nothing
MakeTab = Callable[[User, Playbook], Tab | None]
Uses = Callable[[User, Playbook], Mapping[int, str]]  # id of a version -> "3 runs, 1 open"

Sort = Callable[[User, QuerySet[Playbook], str], QuerySet[Playbook]]  # by a key, with a minus before it the other way round
Hint = Callable[[HttpRequest], SafeString]  # rendered; "" shows nothing
Standings = Callable[[User, Sequence[int]], Mapping[int, Standing]]  # viewer, ids of people; a constant number of queries

_figures: list[Figures] = []
_panels: list[Panel] = []
_tabs: list[MakeTab] = []
_uses: list[Uses] = []
_sorts: dict[str, Sort] = {}
_hints: list[Hint] = []
_standings: list[Standings] = []


def register_figures(figures: Figures) -> None:
    """Fill the columns of the list."""
    _figures.append(figures)


def register_panel(panel: Panel) -> None:
    """Show one more panel on the playbook's page."""
    _panels.append(panel)


def register_tab(tab: MakeTab) -> None:
    """Show one more tab there."""
    _tabs.append(tab)


def register_uses(uses: Uses) -> None:
    """Say at each version how often it runs."""
    _uses.append(uses)


def register_sort(keys: Sequence[str], sort: Sort) -> None:
    """Let the list be sorted by these."""
    _sorts.update(dict.fromkeys(keys, sort))


def register_hint(hint: Hint) -> None:
    """Say something above the list."""
    _hints.append(hint)


def register_standing(standings: Standings) -> None:
    """Say something about each person."""
    _standings.append(standings)


def standings_of(viewer: User, people: Sequence[int]) -> dict[int, Standing]:
    """For the rows of the people page."""
    return {pk: said for each in _standings for pk, said in each(viewer, people).items()}


def sorted_by(user: User, playbooks: QuerySet[Playbook], key: str) -> QuerySet[Playbook]:
    """By name, or by a key that somebody has registered; what is unknown is by name."""
    sort = _sorts.get(key.lstrip("-"))
    if sort is not None and key.lstrip("-") == key.removeprefix("-"):
        return sort(user, playbooks, key)
    return playbooks.order_by("-name" if key == "-name" else "name", "pk")


def hints_of(request: HttpRequest) -> list[SafeString]:
    """For the top of the list."""
    return [said for each in _hints if (said := each(request))]


def figures_of(user: User, playbooks: Sequence[int]) -> dict[int, RunFigures]:
    """For the rows of the list; {} while there is no machine."""
    return {pk: found for each in _figures for pk, found in each(user, playbooks).items()} if playbooks else {}


def panels_of(request: HttpRequest, playbook: Playbook) -> list[SafeString]:
    """For the playbook's page, in order of registration."""
    return [shown for each in _panels if (shown := each(request, playbook))]


def tabs_of(user: User, playbook: Playbook) -> list[Tab]:
    """For the playbook's page."""
    return [tab for each in _tabs if (tab := each(user, playbook)) is not None]


def uses_of(user: User, playbook: Playbook) -> dict[int, str]:
    """Words for each version that has any runs."""
    return {pk: words for each in _uses for pk, words in each(user, playbook).items()}

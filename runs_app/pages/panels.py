"""What the pages of runs show about decisions. The people's app stands above and fills it in, downwards, in AppConfig.ready:

panels.register_home(waiting_decisions)   home: one more panel of the left column, above the runs that need a hand
panels.register_headline(decisions_line)  home: one more sentence under the greeting ("Five decisions wait for you.")
panels.register_figure(decision_time)     home: one more figure on top
panels.register_step(approval_panel)      a step's details on the run page: one more section
panels.register_deed(approval_deeds)      a run's "Why it is not done yet": where the decision for a waiting step is made
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from django.http import HttpRequest
from django.utils.safestring import SafeString

from playbooks_app.models import User
from runs_app.models import Run, StepRun
from runs_app.pages.figures import Figure

HomePanel = Callable[[HttpRequest], SafeString]  # rendered <section class="panel">; "" shows nothing
Headline = Callable[[User], str]  # a sentence; "" says nothing
MakeFigure = Callable[[User], Figure | None]  # None: nothing to say; one query
StepPanel = Callable[[HttpRequest, StepRun], SafeString]  # rendered <section class="d-sec">; "" shows nothing
Deeds = Callable[[User, Run, Sequence[str]], Mapping[str, str]]  # paths of waiting steps -> address where this person decides; one query

_home: list[HomePanel] = []
_headlines: list[Headline] = []
_figures: list[MakeFigure] = []
_steps: list[StepPanel] = []
_deeds: list[Deeds] = []


def register_home(panel: HomePanel) -> None:
    """Show one more panel on home."""
    _home.append(panel)


def register_headline(headline: Headline) -> None:
    """Say one more sentence under the greeting."""
    _headlines.append(headline)


def register_figure(figure: MakeFigure) -> None:
    """Show one more figure on top of home."""
    _figures.append(figure)


def register_step(panel: StepPanel) -> None:
    """Show one more section in a step's details."""
    _steps.append(panel)


def register_deed(deeds: Deeds) -> None:
    """Say where a waiting step is decided."""
    _deeds.append(deeds)


def home_panels(request: HttpRequest) -> list[SafeString]:
    """For home, in order of registration."""
    return [shown for each in _home if (shown := each(request))]


def headlines(user: User) -> list[str]:
    """For home."""
    return [said for each in _headlines if (said := each(user))]


def figures(user: User) -> list[Figure]:
    """For the top of home, in order of registration."""
    return [shown for each in _figures if (shown := each(user)) is not None]


def step_panels(request: HttpRequest, step: StepRun) -> list[SafeString]:
    """For a step's details."""
    return [shown for each in _steps if (shown := each(request, step))]


def deeds_of(user: User, run: Run, paths: Sequence[str]) -> dict[str, str]:
    """For a run's reasons; {} when nothing waits for a decision."""
    return {path: address for each in _deeds for path, address in each(user, run, paths).items()} if paths else {}

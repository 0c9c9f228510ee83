"""What the viewer has chosen to see of a list: a text, a run, how it came to them, when it is due, and in which order."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime, time
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import QueryDict
from django.utils import timezone

from approvals_app.models import Approval, Asked
from playbooks_app import clock
from playbooks_app.models import User

CAME = {"name": "Asked by name", "group": "Asked as one of several", "behalf": "For somebody else"}
DUE = {"late": "Overdue", "today": "Due today", "none": "No deadline"}
SORTS = {"due": "Soonest due first", "newest": "Newest first", "oldest": "Longest waiting first"}
ORDERS = {"newest": ("-pk",), "oldest": ("asked_at", "pk")}
SEVERAL = ("group", "department", "role")  # through which somebody is asked as one of several


@dataclass(frozen=True, slots=True)
class Option:
    """One line of the menu: its words, the address that it leads to, and whether it holds."""

    words: str
    address: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Each "" shows all; `sort` "" is the view's own order."""

    q: str = ""
    run: str = ""
    came: str = ""
    due: str = ""
    sort: str = ""

    @classmethod
    def of(cls, asked: QueryDict) -> Narrowing:
        """Of an address; what means nothing is as if it were not there."""
        run = asked.get("run", "")
        known = {name: asked.get(name, "") if asked.get(name, "") in words else "" for name, words in (("came", CAME), ("due", DUE), ("sort", SORTS))}
        return cls(asked.get("q", "").replace("\0", "").strip()[:200], run if run.isascii() and run.isdigit() and len(run) < 16 else "", **known)

    @property
    def hides(self) -> bool:
        """Whether something is left out."""
        return bool(self.q or self.run or self.came or self.due)

    @property
    def address(self) -> str:
        """As the end of an address: `&q=kestrel&due=late`."""
        return "".join(f"&{urlencode({each.name: getattr(self, each.name)})}" for each in fields(self) if getattr(self, each.name))

    @property
    def chosen(self) -> list[Option]:
        """What holds, each with the address without it."""
        words = {"run": f"Run #{self.run}", "came": CAME.get(self.came, ""), "due": DUE.get(self.due, ""), "sort": SORTS.get(self.sort, "")}
        return [Option(said, replace(self, **{name: ""}).address, chosen=True) for name, said in words.items() if getattr(self, name)]

    @property
    def menu(self) -> list[tuple[str, list[Option]]]:
        """The choices under their headings."""
        parts = (("came", "How it came to you", CAME), ("due", "When it is due", DUE), ("sort", "Order", SORTS))
        return [(head, [self._option(name, value, words) for value, words in choices.items()]) for name, head, choices in parts]

    def _option(self, name: str, value: str, words: str) -> Option:
        holds = getattr(self, name) == value or (name == "sort" and value == "due" and not self.sort)
        return Option(words, replace(self, **{name: "" if holds or value == "due" else value}).address, holds)

    def applied(self, approvals: QuerySet[Approval], viewer: User) -> QuerySet[Approval]:
        """Those that are left, in the order that was chosen."""
        if self.run:
            approvals = approvals.filter(run=int(self.run))
        if self.came:
            rows = Asked.objects.filter(approval=OuterRef("pk"), person=viewer, round=OuterRef("round"), barred="")
            approvals = approvals.filter(Exists(rows.filter(_came(self.came))))
        if self.due:
            approvals = approvals.filter(_due(self.due))
        if self.q:
            approvals = approvals.annotate(shown_text=Cast("shown", TextField())).filter(_says(self.q))
        return approvals.order_by(*ORDERS[self.sort]) if self.sort in ORDERS else approvals


def _came(how: str) -> Q:
    if how == "behalf":
        return Q(stands_in_for__isnull=False)
    return Q(through__in=SEVERAL) if how == "group" else Q(stands_in_for=None) & ~Q(through__in=SEVERAL)


def _due(when: str) -> Q:
    now = clock.now()
    if when == "none":
        return Q(due_at=None)
    if when == "late":
        return Q(due_at__lt=now)
    midnight = timezone.make_aware(datetime.combine(timezone.localtime(now).date(), time.max))
    return Q(due_at__gte=now, due_at__lte=midnight)


def _says(text: str) -> Q:
    """Title, playbook, run or shown data has the text."""
    condition = Q(title__icontains=text) | Q(run__playbook__name__icontains=text) | Q(shown_text__icontains=text)
    number = text.removeprefix("#")
    return condition | Q(run=int(number)) if number.isascii() and number.isdigit() and len(number) < 16 else condition

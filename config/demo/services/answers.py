"""What the services answer. Small, and the same for the same question, so that a run can be told in advance."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from config.demo.services.book import Service

Json = dict[str, Any]
Answer = tuple[int, Json]
CATALOGUE_PAGES, LAST_PAGE_SIZE = 6, 34
COMPANIES = {"bigport.example": ("Big Port Logistics", 420, "freight"), "midway.example": ("Midway Parts", 60, "trade")}
VISITS = {"bigport.example": 12, "midway.example": 5}
KINDS = ("invoice", "contract", "letter")
UNREADABLE = 17  # the document that nobody can read


@dataclass(frozen=True, slots=True)
class Question:
    """One call: `path` without the service's name, `number` its place among all calls."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    number: int

    def said(self, name: str, otherwise: Any = None) -> Any:
        """A field of the body."""
        return self.body.get(name, otherwise) if isinstance(self.body, dict) else otherwise


def answer(service: Service, asked: Question) -> Answer:
    """Status and body."""
    for key, method, pattern, told in _TOLD:
        found = re.fullmatch(pattern, asked.path) if key == service.key and method == asked.method else None
        if found:
            return told(service, asked, *found.groups())
    if asked.method == "GET":
        return 404, {"error": f"{service.title} knows nothing of {asked.path}."}
    return _made(service, asked)


def _made(service: Service, asked: Question, **more: Any) -> Answer:
    return 201, {"id": f"{service.prefix}-{asked.number:05}", "by": service.title, **more}


def _entry(service: Service, asked: Question) -> Answer:
    account = str(asked.said("account", ""))
    if not re.fullmatch(r"\d{4}", account):
        return 422, {"error": {"code": "UnknownAccount", "message": f"There is no account {account}."}}
    return _made(service, asked, account=account)


def _contact(service: Service, asked: Question) -> Answer:
    return _made(service, asked, name="Petra Lind")


def _build(service: Service, asked: Question) -> Answer:
    files = ["checkout/basket.py", "checkout/tax.py", "tests/test_tax.py"]
    return _made(service, asked, passed=412, failed=0, files=files, difference="38 lines more, 12 fewer, in 3 files")


def _deployment(service: Service, asked: Question) -> Answer:
    return _made(service, asked, version=f"2.4.{asked.number}")


def _company(service: Service, asked: Question) -> Answer:
    found = COMPANIES.get(asked.query.get("domain", ""))
    return (200, {"name": found[0], "employees": found[1], "trade": found[2]}) if found else (404, {"error": "This company is not known."})


def _person(service: Service, asked: Question) -> Answer:
    decides = asked.query.get("email", "").startswith("ines")
    return 200, {"role": "Head of operations" if decides else "Assistant", "decides": decides}


def _visits(service: Service, asked: Question) -> Answer:
    return 200, {"pages": VISITS.get(asked.query.get("domain", ""), 1)}


def _products(service: Service, asked: Question) -> Answer:
    page = int(asked.query.get("cursor", "").removeprefix("page-") or 1) if asked.query.get("cursor") != "start" else 1
    size = min(int(asked.query.get("size", "50")), 500) if page < CATALOGUE_PAGES else LAST_PAGE_SIZE
    products = [{"number": f"{page:02}-{place:03}", "price": round(4.5 + (page * place) % 60, 2)} for place in range(1, size + 1)]
    return 200, {"products": products, "next": f"page-{page + 1}" if page < CATALOGUE_PAGES else None}


def _taken(service: Service, asked: Question) -> Answer:
    return _made(service, asked, taken=len(asked.said("products", [])))


def _documents(service: Service, asked: Question) -> Answer:
    quarter = asked.query.get("quarter", "")
    return 200, {"documents": [{"id": f"D-{quarter}-{place:02}"} for place in range(1, min(int(asked.query.get("most", "24")), 500) + 1)]}


def _document(service: Service, asked: Question, document: str) -> Answer:
    place = int(document.rpartition("-")[2])
    if place == UNREADABLE:
        return 410, {"error": f"The scan {document} is damaged."}
    return 200, {"id": document, "kind": KINDS[place % len(KINDS)], "supplier": f"Supplier {place:02}", "pages": 1 + place % 4}


def _report(service: Service, asked: Question) -> Answer:
    return _made(service, asked, **{name: asked.said(name) for name in ("title", "documents", "reviewed", "paid", "changes", "open_points")})


def _fixed(**said: Any) -> Callable[..., Answer]:
    return lambda service, asked, *parts: (200, said)


_TOLD: tuple[tuple[str, str, str, Callable[..., Answer]], ...] = (
    ("ledger", "POST", "/entries", _entry),
    ("crm", "POST", "/contacts", _contact),
    ("builds", "POST", "/builds", _build),
    ("deployments", "POST", "/deployments", _deployment),
    ("company_data", "GET", "/companies", _company),
    ("people_data", "GET", "/people", _person),
    ("web_data", "GET", "/visits", _visits),
    ("catalogue", "GET", "/products", _products),
    ("shop", "POST", "/products", _taken),
    ("shop", "GET", "/count", _fixed(complete=True)),
    ("archive", "GET", "/documents", _documents),
    ("archive", "GET", r"/documents/([\w-]+-\d+)", _document),
    ("archive", "GET", "/gaps", _fixed(count=1, missing=["Delivery note 11"])),
    ("bank", "GET", "/payments", _fixed(state="paid")),
    ("bank", "GET", "/totals", _fixed(paid=48210.4)),
    ("register", "GET", "/companies", _fixed(state="active")),
    ("register", "GET", "/changes", _fixed(count=2)),
    ("reports", "POST", "/reports", _report),
)

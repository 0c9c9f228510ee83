"""Which services there are."""

from __future__ import annotations

from dataclasses import dataclass

BEHAVIOURS = {
    "works": "Works",
    "slow": "Takes four seconds",
    "flaky": "Fails on the first try",
    "down": "Out of order",
    "declines": "Refuses everything",
}


@dataclass(frozen=True, slots=True)
class Service:
    """`key` is its name in `config.services`; `title` its own; `prefix` begins the ids that it gives; `takes_seconds` is its usual time."""

    key: str
    title: str
    what: str
    prefix: str
    behaviour: str = "works"
    takes_seconds: float = 0.05


SERVICES = (
    Service("payments_first", "Northpay", "Payments", "np", "down"),
    Service("payments_second", "Southpay", "Payments", "sp", "declines"),
    Service("payments_third", "Westpay", "Payments", "wp"),
    Service("ledger", "Ledger", "The books", "post"),
    Service("mail_first", "Mailwing", "Mail", "mw", "slow"),
    Service("mail_second", "Letterbox", "Mail", "lb"),
    Service("text_first", "Quicktext", "Text messages", "qt"),
    Service("text_second", "Texthub", "Text messages", "th"),
    Service("push_first", "Bellpush", "Push messages", "bp", "down"),
    Service("push_second", "Pushline", "Push messages", "pl", "down"),
    Service("crm", "Rolo", "Customers", "rolo"),
    Service("team_chat", "Huddle", "Team chat", "msg"),
    Service("company_data", "Firmfacts", "Knows companies", "ff", takes_seconds=0.6),
    Service("people_data", "Whois Who", "Knows people", "ww", takes_seconds=0.6),
    Service("web_data", "Footprint", "Web statistics", "fp", takes_seconds=0.6),
    Service("cloud", "Stratus", "Servers", "srv", takes_seconds=0.8),
    Service("sign_on", "Onekey", "Single sign-on", "key", takes_seconds=0.4),
    Service("builds", "Testbench", "Test machines", "build", "flaky", takes_seconds=0.8),
    Service("deployments", "Launchpad", "Deployments", "rel", takes_seconds=0.8),
    Service("catalogue", "Supplier's catalogue", "Products by page", "cat", takes_seconds=0.2),
    Service("shop", "Our shop", "Takes products", "shop"),
    Service("archive", "Paperhouse", "Documents", "doc", takes_seconds=0.3),
    Service("bank", "House bank", "Payments and totals", "pay", takes_seconds=0.2),
    Service("register", "Company register", "Companies and changes", "reg", takes_seconds=0.2),
    Service("reports", "Printworks", "Reports", "rep", takes_seconds=0.3),
)
BY_KEY = {each.key: each for each in SERVICES}


def addresses(port: int) -> dict[str, str]:
    """name -> address, as SERVICES of the settings has it."""
    return {each.key: f"http://127.0.0.1:{port}/{each.key}" for each in SERVICES}

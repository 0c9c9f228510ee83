"""The only way out (law 11): every outbound connection of the product is opened in this package.

addresses  which addresses are forbidden, and why
rules      what this installation allows all the same (EGRESS_ALLOW)
network    checked connections under one deadline
marks      secrets put in on the way out, and taken out of what comes back
connected  where a connection leads, and what goes with each call
requests   what may be sent where, and what follows a redirect
answers    bodies within a limit, statuses as failures
calls      one call over HTTP
mail       the mail server of the house
"""

from runs_app.egress.answers import Answer
from runs_app.egress.calls import LIMIT_BYTES, call
from runs_app.egress.connected import Connected, connected, is_absolute
from runs_app.egress.mail import Mail, MailServer, mail_server, message_id, send
from runs_app.egress.requests import METHODS, OWN_HEADERS, fault_of_written
from runs_app.egress.rules import present as present_rules

__all__ = [
    "LIMIT_BYTES",
    "METHODS",
    "OWN_HEADERS",
    "Answer",
    "Connected",
    "Mail",
    "MailServer",
    "call",
    "connected",
    "fault_of_written",
    "is_absolute",
    "mail_server",
    "message_id",
    "present_rules",
    "send",
]

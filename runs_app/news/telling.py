"""Telling people that something happened: in the product (the bell), and by mail if they want it. Joins the caller's transaction."""

from __future__ import annotations

from django.conf import settings
from django.template.loader import render_to_string

from playbooks_app.models import Account, User
from runs_app.models import MailChoice, Notification, Run
from runs_app.news import outbox


def tell(person: User, *, kind: str, title: str, text: str, address: str, reference: str, run: Run | None = None) -> bool:
    """One notification; whether it is the first with this reference."""
    written = {"kind": kind, "title": title[:250], "text": text, "address": address, "run": run}
    return Notification.objects.get_or_create(person=person, reference=reference[:200], defaults=written)[1]


def mail(
    person: User, account: Account, *, subject: str, title: str, text: str, address: str, reference: str, run: Run | None = None, words: str = ""
) -> None:
    """The same as a mail, once for each reference; nothing for who has no address. `words`: on the link to `address`."""
    if not person.email:
        return
    link = f"{settings.BASE_URL.rstrip('/')}{address}"
    words = words or ("See the run" if run else "Open")
    context = {"person": person, "account": account, "title": title, "text": text, "link": link, "link_words": words}
    outbox.post(
        to=person.email,
        subject=subject,
        text=render_to_string("runs_app/mail_told.txt", context),
        html=render_to_string("runs_app/mail_told.html", context),
        reference=f"{reference}-{person.pk}"[:200],
        run=run,
    )


def wants_run_ends(person: User) -> bool:
    """Whether this person wants a mail when a run ends."""
    choice = MailChoice.objects.filter(person=person).first()
    return choice is None or choice.run_ends


def unread(user: User) -> int:
    """How many notifications are unread; one query."""
    return Notification.objects.filter(person=user, read_at=None).count()

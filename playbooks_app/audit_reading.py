"""The audit log for readers: which entries are asked for, and each as a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from playbooks_app.errors import Refused
from playbooks_app.language.problem import Problem
from playbooks_app.models import AuditEntry
from playbooks_app.models.audit import AuditQuerySet
from playbooks_app.models.sharing import Viewer

KEYS = ("actor", "action", "kind", "thing", "q", "since", "until")

DEEDS: Mapping[str, str] = {  # action -> what the actor did, before the thing
    "absence.ended": "ended the absence",
    "absence.set": "said who stands in:",
    "admin.added": "added in the administration:",
    "admin.changed": "changed in the administration:",
    "admin.deleted": "deleted in the administration:",
    "approval.decided": "decided",
    "approval.exported": "took out the record of",
    "approval.handed_over": "handed over",
    "approvals.exported": "took out a list of the approvals of",
    "audit.exported": "exported the audit log of",
    "calendar.changed": "changed the calendar",
    "calendar.dropped": "dropped the calendar",
    "calendar.made": "made the calendar",
    "config.refused": "tried to send elsewhere a value of the config of run",
    "config.used": "used a value of the config of run",
    "connection.changed": "changed the connection",
    "connection.created": "made the connection",
    "connection.deleted": "deleted the connection",
    "connection.refused": "tried to send elsewhere the key of the connection",
    "connection.rotated": "replaced the key of the connection",
    "connection.tested": "tested the connection",
    "connection.used": "used the key of the connection",
    "department.changed": "changed the department",
    "department.deleted": "deleted the department",
    "department.made": "made the department",
    "group.changed": "changed the group",
    "group.deleted": "deleted the group",
    "group.made": "made the group",
    "invitation.accepted": "accepted the invitation",
    "invitation.sent": "invited",
    "invitation.sent_again": "invited again",
    "invitation.withdrawn": "withdrew the invitation of",
    "login.ended": "signed out",
    "login.refused": "was refused a sign-in",
    "login.reset": "let people try again who were shut out",
    "login.succeeded": "signed in",
    "mail.sent_again": "had a mail sent again:",
    "mail_rules.changed": "changed how people decide by mail:",
    "mail_rules.secret_renewed": "renewed the secret for answers by mail:",
    "member.changed": "changed the place of",
    "password.reset": "chose a new password",
    "playbook.archived": "archived",
    "playbook.exported": "exported",
    "playbook.granted": "gave a right to",
    "playbook.handed_over": "handed over",
    "playbook.restored": "took out of the archive",
    "playbook.revoked": "took back a right to",
    "playbook.shared": "changed who sees",
    "playbook.tagged": "changed the tags of",
    "playbook.taken": "took from the gallery",
    "run.archived": "archived run",
    "run.cancelled": "cancelled run",
    "run.given_up": "gave up run",
    "run.granted": "gave a right to run",
    "run.handed_over": "handed over run",
    "run.paused": "paused run",
    "run.resumed": "resumed run",
    "run.revoked": "took back a right to run",
    "run.shared": "changed who sees run",
    "run.started": "started run",
    "run.variables_changed": "changed variables of run",
    "runs.exported": "exported runs of",
    "schedule.changed": "changed the schedule",
    "schedule.handed_over": "handed over the schedule",
    "schedule.made": "made the schedule",
    "schedule.removed": "removed the schedule",
    "secret.changed": "changed the hosts of the secret",
    "secret.created": "made the secret",
    "secret.deleted": "deleted the secret",
    "secret.rotated": "replaced the value of the secret",
    "secret.refused": "tried to send elsewhere the secret",
    "secret.used": "used the secret",
    "step.overridden": "gave an output in run",
    "step.retried": "retried a step of run",
    "step.skipped": "skipped a step of run",
    "step.woken": "ended a wait in run",
    "token.created": "made the token",
    "token.revoked": "revoked the token",
    "version.deprecated": "deprecated",
    "version.published": "published",
    "version.revived": "allowed starts again with",
    "webhook.changed": "changed the webhook",
    "webhook.created": "made the webhook",
    "webhook.deleted": "deleted the webhook",
    "webhook.handed_over": "handed over the webhook",
    "webhook.redelivered": "had something told again to",
    "webhook.rotated": "replaced the secret of the webhook",
}
ALONE = frozenset({"login.ended", "login.succeeded", "password.reset"})  # the thing is the actor


def chosen(user: Viewer, query: Mapping[str, str]) -> AuditQuerySet:
    """Entries that `user` may read and that fit `actor action kind thing q since until`. Raises Refused with every fault."""
    found: AuditQuerySet = AuditEntry.objects.visible_to(user)
    faults: list[Problem] = []
    asked = {key: query.get(key, "").replace("\0", "").strip()[:200] for key in KEYS}
    for key, lookup in (("actor", "actor_name__iexact"), ("action", "action"), ("kind", "kind"), ("thing", "thing_id")):
        found = found.filter(**{lookup: asked[key]}) if asked[key] else found
    if asked["q"]:
        found = found.filter(Q(thing_name__icontains=asked["q"]) | Q(thing_id=asked["q"]))
    for key, lookup, later in (("since", "at__gte", 0), ("until", "at__lt", 1)):
        moment = _moment(asked[key], later)
        if asked[key] and moment is None:
            faults.append(Problem(key, "WrongType", f"“{asked[key][:40]}” is not a moment.", "Write 2026-11-20, or 2026-11-20T08:00:00Z."))
        found = found.filter(**{lookup: moment}) if moment else found
    if faults:
        raise Refused(faults)
    return found.select_related("actor").order_by("-id")


def deed_of(entry: AuditEntry) -> str:
    """What was done, in words; the thing follows it."""
    return DEEDS.get(entry.action) or entry.action.replace(".", ": ", 1).replace("_", " ")


def thing_of(entry: AuditEntry) -> str:
    """The thing's name as it was; runs are known by their number. "" where the deed says it all."""
    if entry.action in ALONE:
        return ""
    return f"#{entry.thing_id}" if entry.kind == "run" else entry.thing_name


def changes_of(entry: AuditEntry) -> list[tuple[str, str, str]]:
    """`(name, old, new)` of what differs, as texts; "" for what was or is not there."""
    old, new = (each if isinstance(each, dict) else {} if each is None else {"": each} for each in (entry.old, entry.new))
    names = [*old, *(name for name in new if name not in old)]
    found = [(name, _text(old.get(name)), _text(new.get(name))) for name in names if old.get(name) != new.get(name)]
    return [each for each in found if each[1] or each[2]]


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_text(each) for each in value)
    return "" if value is None else {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _moment(text: str, later: int) -> datetime | None:
    """A moment, or the start of a day (`later` days after it) in the zone in force."""
    try:
        found = parse_datetime(text.replace(" ", "+")) if "T" in text else None
        if found is None and (day := parse_date(text)) is not None:
            found = datetime.combine(day + timedelta(days=later), time.min)
    except (ValueError, OverflowError):
        return None
    return found if found is None or timezone.is_aware(found) else timezone.make_aware(found)

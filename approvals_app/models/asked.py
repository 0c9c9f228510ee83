"""Who was asked, when and by which rule. Fixed at that moment: later changes of a group add nobody and take nobody away."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from approvals_app.models.approval import Approval
from playbooks_app import clock
from playbooks_app.models import User


class Asked(models.Model):
    """One person asked in one round. Rule for later changes: whoever leaves the account may decide no more; leaving a group changes nothing.

    `ended_at`: the person is asked no more (has decided, has handed over, it is over). `barred` says why somebody who was meant may not decide.
    """

    approval = models.ForeignKey(Approval, on_delete=models.PROTECT, related_name="asked", db_index=False)
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    round = models.PositiveIntegerField(default=1)
    stage = models.PositiveIntegerField(default=1)
    why = models.CharField(max_length=200)  # "group finance-leads", "handed over by Bob Tanaka", "escalated: no answer in 2 d"
    through = models.CharField(max_length=12, default="user")  # user, group, department, role, expression, handover, escalation
    stands_in_for = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    barred = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=clock.now)
    seen_at = models.DateTimeField(null=True, blank=True)  # opened its page when signed in
    reminded_at = models.DateTimeField(null=True, blank=True)
    reminders = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "asked person"
        verbose_name_plural = "asked people"
        constraints = [models.UniqueConstraint(fields=["approval", "person", "round"], name="asked_once_per_round")]
        indexes = [
            models.Index(fields=["person", "approval"], name="asked_inbox", condition=Q(ended_at__isnull=True, barred="")),
            models.Index(fields=["person", "-approval"], name="asked_ever"),
        ]

    def __str__(self) -> str:
        return f"{self.person} ({self.why})"

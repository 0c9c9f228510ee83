"""Out of office: who stands in for whom, and when."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from playbooks_app import clock
from playbooks_app.models import Account, User


class Absence(models.Model):
    """`person` is away from `since` until `until` (UTC; None = until further notice); `deputy` is asked as well and decides on their behalf."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="absences")
    deputy = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField(default=clock.now)
    until = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)
    made_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True, blank=True)  # taken back

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(person=F("deputy")), name="nobody_stands_in_for_themselves")]
        indexes = [models.Index(fields=["person", "since"], name="absence_of_person")]

    def __str__(self) -> str:
        return f"{self.deputy} for {self.person}"

"""What the REST doors remember of calls: how many there were in this minute, and answers under idempotency keys."""

from __future__ import annotations

from django.db import models

from playbooks_app import clock
from playbooks_app.models.member import User


class CallCount(models.Model):
    """Calls of one caller, or of one account, in one minute. The table is not logged: after a crash counting begins anew."""

    key = models.CharField(max_length=80, primary_key=True)  # token:7, user:3, account:1, line:192.0.2.1
    minute = models.BigIntegerField()
    calls = models.IntegerField(default=1)

    def __str__(self) -> str:
        return f"{self.key}: {self.calls}"


class KeptAnswer(models.Model):
    """The first answer to a call with an `Idempotency-Key`; `status` 0: the call is still being worked on. Its body is sealed."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    asked = models.CharField(max_length=64)  # SHA-256 of method, address and body
    status = models.IntegerField(default=0)
    body = models.TextField(blank=True)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=clock.now, db_index=True)
    taken_at = models.DateTimeField(default=clock.now)  # a call that has not ended long after this is taken for lost

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_answer_per_key")]

    def __str__(self) -> str:
        return self.key

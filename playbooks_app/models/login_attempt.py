"""How often somebody has tried to get in, so that passwords cannot be guessed."""

from __future__ import annotations

from django.db import models


class LoginAttempt(models.Model):
    """Tries under one key since its first one. The key is a digest: what people type into a name field is sometimes their password."""

    key = models.CharField(max_length=64, primary_key=True)  # SHA-256, see playbooks_app/entrance/throttle.py
    tries = models.PositiveIntegerField(default=1)
    since = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.tries} since {self.since:%Y-%m-%d %H:%M}"

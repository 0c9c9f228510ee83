"""Who has the builder of a playbook open at present: one row per open page, refreshed while it is open."""

from __future__ import annotations

from django.db import models

from playbooks_app import clock
from playbooks_app.models.member import User
from playbooks_app.models.playbook import Playbook


class Editor(models.Model):
    """One open page. `tab` is made by the page and means nothing else; a row that nobody refreshes does not count any more."""

    playbook = models.ForeignKey(Playbook, on_delete=models.CASCADE, related_name="editors")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    tab = models.CharField(max_length=40)
    seen_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["playbook", "tab"], name="one_editor_per_tab")]

    def __str__(self) -> str:
        return f"{self.user} in {self.playbook}"

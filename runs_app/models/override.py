"""What a person gave for a step that has not begun (S2-resume-override)."""

from __future__ import annotations

from django.db import models

from playbooks_app.language.step_type import Json
from playbooks_app.models import User
from runs_app.models.run import Run


class Override(models.Model):
    """When the run reaches the step at `path`, it gets this input instead of the document's, or does not run and has this output."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="overrides", db_index=False)
    path = models.TextField(db_collation="C")
    what = models.CharField(max_length=6, choices=[("input", "Input"), ("output", "Output")])
    value: models.JSONField[Json, Json] = models.JSONField(null=True)
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    reason = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "path"], name="one_override_per_path")]

    def __str__(self) -> str:
        return f"{self.path} {self.what}"

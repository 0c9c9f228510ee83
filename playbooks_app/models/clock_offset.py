"""How far product time has been moved ahead of the machine's clock."""

from django.db import models


class ClockOffset(models.Model):
    """One row (id 1), used only with MOVABLE_CLOCK=1."""

    seconds = models.FloatField(default=0.0)

    def __str__(self) -> str:
        return f"+{self.seconds:g} s"

"""Tenants: everything belongs to one account, and nothing crosses from one to another."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from playbooks_app import clock
from playbooks_app.language.block_reader import MOST_STEPS
from playbooks_app.secrecy import sealing

MOST = 1_000_000_000  # of any limit


class Account(models.Model):
    """A customer: the border of sight for people, playbooks and runs."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    timezone = models.CharField(max_length=64, default="UTC")  # IANA name
    config = models.JSONField(default=dict, blank=True)  # `config.…` in documents; what is named like a credential is sealed when it is saved
    playbooks_enabled = models.BooleanField(default=True)  # the plan's switch (S0-plan-gate)
    # What it may use: empty means as everybody (settings), 0 without limit; see playbooks_app/limits.py
    limit_runs_at_once = models.PositiveIntegerField(null=True, blank=True, validators=[MaxValueValidator(MOST)])
    limit_starts_per_minute = models.PositiveIntegerField(null=True, blank=True, validators=[MaxValueValidator(MOST)])
    limit_calls_per_minute = models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(MOST)])
    limit_calls_per_minute_each = models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(MOST)])
    limit_steps = models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(MOST_STEPS)])
    limit_input_bytes = models.PositiveIntegerField(null=True, blank=True, validators=[MaxValueValidator(MOST)])
    limit_people = models.PositiveIntegerField(null=True, blank=True, validators=[MaxValueValidator(MOST)])
    limit_file_megabytes = models.PositiveIntegerField(null=True, blank=True, validators=[MaxValueValidator(MOST)])
    limit_clean_up_after_days = models.PositiveIntegerField(null=True, blank=True, validators=[MaxValueValidator(36_500)])
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """No credential is stored in the clear."""
        self.config = sealing.with_credentials_sealed(self.config)
        super().save(*args, **kwargs)

    @property
    def whole_config(self) -> dict[str, Any]:
        """`config.…` of its runs: its own, and under `services` also those that the installation names for everybody (SERVICES)."""
        own = self.config.get("services")
        services = {**settings.SERVICES, **(own if isinstance(own, dict) else {})}
        return {**self.config, "services": services} if services else self.config

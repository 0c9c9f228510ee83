"""What the shapes of effects and trials look like, for the schema at /api/v1/schema/."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers as s

from runs_app.api.documents import EffectShape, Value, optional


class EffectsShape(s.Serializer[Any]):
    count = s.IntegerField()
    next = optional(s.CharField)
    previous = optional(s.CharField)
    results = EffectShape(many=True)


class OutcomeBody(s.Serializer[Any]):
    happened = s.BooleanField(help_text="true: take it for done. false: do it again, under the same key.")
    output = Value(required=False, help_text="With `happened`: what later steps read; {} when left out.")

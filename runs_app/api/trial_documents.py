"""What the shapes of effects and trials look like, for the schema at /api/v1/schema/."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers as s

from playbooks_app.api.bodies import Body
from runs_app.api.documents import EffectShape, Value, optional


class EffectsShape(s.Serializer[Any]):
    count = s.IntegerField()
    next = optional(s.CharField)
    previous = optional(s.CharField)
    results = EffectShape(many=True)


class OutcomeBody(Body):
    happened = s.BooleanField(help_text="true: take it for done. false: do it again, under the same key.")
    output = Value(required=False, help_text="With `happened`: what later steps read; {} when left out.")


class ForkBody(Body):
    path = s.CharField(help_text="Of a step that the run has reached.")
    dry = s.BooleanField(default=True, help_text="false: for real; its steps act.")


class RerunBody(Body):
    input = Value(required=False, help_text="Instead of the recorded one.")
    live = s.BooleanField(default=False)
    confirm = s.BooleanField(default=False, help_text="Needed with `live`.")


class SentShape(s.Serializer[Any]):
    method = s.CharField()
    target = s.CharField()
    body = optional(Value)


class StepDifferenceShape(s.Serializer[Any]):
    path = s.CharField()
    original_path = s.CharField()
    same = s.BooleanField()
    differs = s.ListField(child=s.ChoiceField(choices=["status", "input", "output", "sent"]))
    status = optional(s.CharField, help_text="null: the copy has not reached this step.")
    original_status = optional(s.CharField, help_text="null: the original did not reach it.")
    would_have_sent = SentShape(allow_null=True, help_text="null: nothing, or without the right to read values.")
    sent = SentShape(allow_null=True, help_text="What the original sent.")


class DiffShape(s.Serializer[Any]):
    same = s.BooleanField(help_text="Whether every step is the same.")
    different = s.IntegerField(help_text="How many are not.")
    count = s.IntegerField()
    next = optional(s.CharField)
    previous = optional(s.CharField)
    results = StepDifferenceShape(many=True)

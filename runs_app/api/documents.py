"""What the shapes of shapes.py look like, for the schema at /api/v1/schema/. A test keeps them equal to what is sent."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema_field
from rest_framework import serializers as s

from playbooks_app.api.bodies import Body
from playbooks_app.api.shapes import ErrorShape as Refusal
from runs_app.reading.waiting import CAUSES
from runs_app.statuses import RunStatus, StepStatus

MODES = ("live", "what_if", "sandbox")
WRONG_STATE = OpenApiResponse(Refusal, description="Not possible in the present state; somebody else may have acted.")


class Value(s.JSONField):
    """Any JSON."""


@extend_schema_field({"type": "object", "additionalProperties": {}})
class Things(Value):
    """An object with keys of the caller's choice."""


def optional(field: type[s.Field[Any, Any, Any, Any]], **more: Any) -> Any:
    """A field that may be null."""
    return field(allow_null=True, **more)


class VersionShape(s.Serializer[Any]):
    id = s.IntegerField()
    number = optional(s.IntegerField, help_text="null: a draft that was tried.")


class ErrorShape(s.Serializer[Any]):
    code = s.CharField()
    message = s.CharField()
    hint = s.CharField(allow_blank=True)
    address = s.CharField(allow_blank=True)
    details = Value(required=False)


class WaitingShape(s.Serializer[Any]):
    path = s.CharField(allow_blank=True, help_text="The step that waits; empty for the run itself.")
    cause = s.ChoiceField(choices=CAUSES)
    name = s.CharField(allow_blank=True)
    until = optional(s.DateTimeField)
    place = optional(s.IntegerField, help_text="Place in line, from 1.")
    sentence = s.CharField(help_text="The whole of it for people.")


class EtaShape(s.Serializer[Any]):
    low_seconds = s.IntegerField()
    high_seconds = s.IntegerField()
    people_seconds = optional(s.IntegerField, help_text="What people usually take, on top; null if unknown.")


class CountsShape(s.Serializer[Any]):
    running = s.IntegerField()
    waiting = s.IntegerField()
    succeeded = s.IntegerField()
    failed = s.IntegerField()
    skipped = s.IntegerField()
    cancelled = s.IntegerField()
    pending = s.IntegerField(help_text="Steps of the document that are still to come.")
    total = s.IntegerField()


class RunShape(s.Serializer[Any]):
    id = s.IntegerField()
    playbook = s.IntegerField()
    version = VersionShape()
    status = s.ChoiceField(choices=RunStatus.choices)
    code = optional(s.CharField)
    message = optional(s.CharField)
    pause_reason = optional(s.ChoiceField, choices=["person", "error"])
    stopping = optional(s.ChoiceField, choices=["pause", "cancel"])
    mode = s.ChoiceField(choices=MODES)
    made_as = optional(s.ChoiceField, choices=["try", "replay", "fork", "rerun"], help_text="How it came about, if from another run or a draft.")
    original = optional(s.IntegerField, help_text="Number of the run it was made from.")
    autonomous = s.BooleanField()
    inputs = optional(Value, help_text="null without the right to read values, or when over 64 KiB: then inputs_url has it.")
    inputs_url = s.CharField(required=False)
    vars = optional(Value)
    outputs = optional(Value, help_text="As inputs; outputs_url.")
    outputs_url = s.CharField(required=False)
    error = ErrorShape(allow_null=True, help_text="While a failed step holds it, that step's.")
    waiting_for = WaitingShape(many=True)
    eta = EtaShape(allow_null=True, help_text="null: unknown.")
    held = s.BooleanField(help_text="Whether a failed step waits for a person.")
    started_by = optional(s.CharField, help_text="Username.")
    parent = optional(s.IntegerField, help_text="Number of the run that started it.")
    parent_path = optional(s.CharField, help_text="Path of the step there that started it.")
    session = optional(s.IntegerField)
    trigger = s.CharField()
    priority = s.IntegerField()
    start_at = optional(s.DateTimeField, help_text="Not before this moment.")
    labels = Value()
    timezone = s.CharField()
    created_at = s.DateTimeField()
    started_at = optional(s.DateTimeField)
    finished_at = optional(s.DateTimeField)
    archived_at = optional(s.DateTimeField)
    counts = CountsShape()
    event_count = s.IntegerField(help_text="Number of the newest event.")
    duration_seconds = optional(s.FloatField, help_text="From its start to its end, or until now.")
    steps_executed = s.IntegerField(help_text="Step runs that are over and were not skipped.")
    timeout_after = optional(s.FloatField, help_text="Seconds that it may take; the time in which it waits for people is not counted.")
    deadline_at = optional(s.DateTimeField, help_text="When its time is up; moves on while it waits for people.")


class StartedShape(RunShape):
    deduplicated = s.BooleanField(help_text="Whether a run with this idempotency key was there already.")


class TryShape(s.Serializer[Any]):
    number = s.IntegerField()
    started_at = s.DateTimeField()
    finished_at = optional(s.DateTimeField)
    error = ErrorShape(allow_null=True)


class EffectShape(s.Serializer[Any]):
    path = s.CharField()
    attempt = s.IntegerField()
    key = s.CharField(help_text="The idempotency key that it was sent with.")
    method = s.CharField()
    target = optional(s.CharField, help_text="null without the right to read values.")
    body = optional(Value, help_text="Masked; null without the right to read values.")
    outcome = optional(s.ChoiceField, choices=["done", "refused", "unknown", "intended"], help_text="null: under way. intended: never sent.")
    begun_at = s.DateTimeField()
    ended_at = optional(s.DateTimeField)
    told_by = optional(s.CharField, help_text="Who found an unknown outcome out; username.")


class StepShape(s.Serializer[Any]):
    path = s.CharField()
    id = s.CharField(help_text="The step's id in the document.")
    name = s.CharField()
    type = s.CharField()
    block = optional(s.CharField, help_text="`then`, `body[3]` …; null at the top.")
    parent = optional(s.CharField, help_text="Path of the enclosing container.")
    status = s.ChoiceField(choices=StepStatus.choices)
    held = s.BooleanField(help_text="Whether it has failed and waits for a person.")
    from_cache = s.BooleanField(help_text="Whether it took an earlier output with the same `cache_key` instead of acting.")
    attempt = s.IntegerField()
    input = optional(Value)
    input_url = s.CharField(required=False)
    output = optional(Value)
    output_url = s.CharField(required=False)
    error = ErrorShape(allow_null=True)
    started_at = s.DateTimeField()
    finished_at = optional(s.DateTimeField)
    wake_at = optional(s.DateTimeField)
    deadline_at = optional(s.DateTimeField, help_text="When the step's own `deadline` is over.")
    waiting_for = WaitingShape(many=True, help_text="Why it waits; empty for containers, whose steps say it.")
    idempotency_key = s.CharField()
    attempts = TryShape(many=True)
    effects = EffectShape(many=True)
    children = s.ListField(child=s.DictField(), help_text="Step runs of the same shape.")
    more = s.BooleanField(required=False, help_text="In a tree: some of its children are left out.")


class StepsShape(s.Serializer[Any]):
    results = StepShape(many=True)
    more = s.BooleanField(required=False, help_text="The tree is larger than what is told at once.")
    hint = s.CharField(required=False, help_text="How to get the rest.")


class EventShape(s.Serializer[Any]):
    number = s.IntegerField()
    type = s.CharField()
    at = s.DateTimeField()
    path = optional(s.CharField)
    by = optional(s.CharField, help_text="Username.")
    data = optional(Value)


class EventsShape(s.Serializer[Any]):
    count = s.IntegerField(help_text="How many there are after `after`.")
    next = optional(s.CharField)
    previous = optional(s.CharField)
    results = EventShape(many=True)


class ConcurrencyBody(Body):
    key = s.CharField(max_length=200, help_text="Counts in the whole account.")
    max = s.IntegerField(min_value=1, max_value=10_000)


class StartBody(s.Serializer[Any]):
    """What a start may say; other keys are refused."""

    playbook = s.IntegerField(min_value=1)
    version = s.IntegerField(min_value=1, required=False, help_text="Number of a published version; the newest when absent.")
    inputs = Things(default=dict)
    idempotency_key = s.CharField(max_length=200, required=False, allow_null=True)
    mode = s.ChoiceField(choices=MODES, default="live", help_text="sandbox: nothing leaves the house; what_if: only a plan of the steps.")
    pinned = Things(required=False, help_text="In the sandbox: outputs by path, or by id of a step.")
    autonomous = s.BooleanField(default=False)
    wait = s.FloatField(min_value=0, max_value=300, required=False, help_text="Seconds to wait for its end; such a run fails outright.")
    config = Things(required=False)
    timezone = s.CharField(max_length=64, required=False)
    labels = Things(default=dict)
    start_at = s.DateTimeField(required=False, allow_null=True, help_text="Not before; a moment that has passed is no wait.")
    priority = s.IntegerField(min_value=-100, max_value=100, default=0, help_text="Of several that could go on, the highest goes first.")
    concurrency = ConcurrencyBody(required=False, allow_null=True, help_text="Further runs with this key wait in line.")


class RescheduleBody(Body):
    start_at = s.DateTimeField(help_text="A moment that has passed lets it begin at once.")


class ReasonBody(Body):
    reason = s.CharField(max_length=1000, required=False, allow_blank=True, default="")


class OverrideBody(Body):
    path = s.CharField()
    input = Value(required=False)
    output = Value(required=False)


class ChangeBody(Body):
    vars = s.DictField(child=Value(allow_null=True), help_text="Variables by name; null clears one.")


class ResumeBody(ReasonBody):
    playbook = s.IntegerField(required=False, help_text="Refused (409, `PlaybookIncompatible`) if the run is one of another playbook.")
    version = s.IntegerField(required=False, help_text="The same for the number of its version.")
    override = OverrideBody(required=False)


class RetryBody(ReasonBody):
    input = Value(required=False, help_text="Replaces the input of the next try; the idempotency key stays.")
    failed_items = s.BooleanField(default=False, help_text="Of a loop: every item that failed, also those that it has set aside.")


class CleanUpBody(Body):
    older_than_days = s.IntegerField(min_value=1, max_value=36500, default=7, help_text="Untouched for so many days.")


class CleanUpShape(s.Serializer[Any]):
    archived = s.ListField(child=s.IntegerField(), help_text="Numbers of the runs that were put away.")

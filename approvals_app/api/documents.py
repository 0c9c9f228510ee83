"""The shapes as OpenAPI describes them, and what comes in."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from playbooks_app.api.bodies import Body


class DecisionShape(serializers.Serializer[Any]):
    """One vote."""

    decision = serializers.CharField()
    by = serializers.CharField(allow_null=True, help_text="Username; null for an automatic decision.")
    on_behalf_of = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField()
    comment = serializers.CharField()
    channel = serializers.ChoiceField(choices=["inbox", "mail", "reply", "api", "automatic"])
    values = serializers.JSONField(allow_null=True, help_text="Answers to the questions; null as `shown`.")
    payload_hash = serializers.CharField(help_text="Of what was shown; 64 hex digits.")
    round = serializers.IntegerField(help_text="Votes of an earlier round than the approval's count no more.")


class AskedShape(serializers.Serializer[Any]):
    """Who is asked."""

    user = serializers.CharField()
    at = serializers.DateTimeField()
    why = serializers.CharField()
    on_behalf_of = serializers.CharField(required=False)


class ChoiceShape(serializers.Serializer[Any]):
    """One answer that can be given."""

    value = serializers.CharField()
    label: Any = serializers.CharField()


class ApprovalShape(serializers.Serializer[Any]):
    """An approval."""

    id = serializers.IntegerField()
    run = serializers.IntegerField()
    path = serializers.CharField()
    title = serializers.CharField()
    summary = serializers.CharField()
    kind = serializers.ChoiceField(choices=["approval", "form"])
    status = serializers.ChoiceField(choices=["open", "approved", "rejected", "decided", "expired", "cancelled"])
    decision = serializers.CharField(allow_null=True)
    round = serializers.IntegerField()
    choices = ChoiceShape(many=True)
    form = serializers.JSONField()
    shown = serializers.JSONField(allow_null=True, help_text="{label: value} of what is decided on; null without the right to read it.")
    payload_hash = serializers.CharField()
    asked = AskedShape(many=True)
    due_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    claimed_by = serializers.CharField(allow_null=True)
    delivery = serializers.JSONField(help_text="The mails: to, sent_at, tries, error.")
    decisions = DecisionShape(many=True)


class DecideRequest(Body):
    """A vote."""

    decision = serializers.CharField(max_length=100, required=False, allow_blank=True, default="", help_text="One of the choices; a form needs none.")
    comment = serializers.CharField(required=False, allow_blank=True, allow_null=True, default="", max_length=10_000)
    values = serializers.DictField(required=False, allow_null=True, default=dict)
    payload_hash = serializers.CharField(required=False, allow_null=True, default=None, help_text="Of what you saw; another is 409.")


class DelegateRequest(Body):
    """Whom to give it to."""

    to = serializers.CharField(max_length=254, help_text="Username or e-mail.")


class CommentRequest(Body):
    """Something to say."""

    text = serializers.CharField(max_length=10_000)
    asks = serializers.BooleanField(required=False, default=False, help_text="Wants an answer before deciding.")


class CommentShape(serializers.Serializer[Any]):
    """Something said."""

    by = serializers.CharField()
    at = serializers.DateTimeField()
    text = serializers.CharField()
    asks = serializers.BooleanField()

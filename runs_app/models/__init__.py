"""What is stored of the machine."""

from runs_app.models.checkpoint import Checkpoint
from runs_app.models.effect import Effect
from runs_app.models.entry import Entry, FreedEntry
from runs_app.models.event import RunEvent
from runs_app.models.executor import Executor
from runs_app.models.mail import OutboxMail
from runs_app.models.notification import Follower, MailChoice, Notification
from runs_app.models.override import Override
from runs_app.models.run import Run, RunGrant
from runs_app.models.schedule import Occasion, Schedule
from runs_app.models.signal import Signal, TakenSignal
from runs_app.models.step_run import LoopItem, RunVariable, StepRun
from runs_app.models.strand import Strand
from runs_app.models.webhook import Webhook, WebhookDelivery, WebhookNews

__all__ = [
    "Checkpoint",
    "Effect",
    "Entry",
    "Executor",
    "FreedEntry",
    "LoopItem",
    "Occasion",
    "OutboxMail",
    "Override",
    "Run",
    "RunEvent",
    "RunGrant",
    "Follower",
    "MailChoice",
    "Notification",
    "RunVariable",
    "Schedule",
    "Signal",
    "StepRun",
    "Strand",
    "TakenSignal",
    "Webhook",
    "WebhookDelivery",
    "WebhookNews",
]

"""The machine: what happens."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Runs, strands, step runs, workers and the timeline."""

    name = "runs_app"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Runs"

    def ready(self) -> None:
        """Make the step types known to the language, the sending of mail to the clock, and runs to the pages of playbooks."""
        from playbooks_app import kept_answers, letters, limits
        from playbooks_app.pages import badges
        from playbooks_app.people import leaving
        from playbooks_app.secrecy import resealing, sealing
        from runs_app import cleaning, deadlines, duties, signals, step_types
        from runs_app.entry import children, room, scheduling
        from runs_app.leaving import hand_over_rest, hand_over_runs
        from runs_app.models import Run, Webhook
        from runs_app.news import delivering, endings, outbox, telling
        from runs_app.pages import playbooks
        from runs_app.repair import mending

        step_types.register_all()
        limits.count_by(room.LIMIT, room.used)
        letters.register(outbox.post)
        leaving.register(hand_over_runs)
        leaving.register(hand_over_rest)
        resealing.register(Run, "config", sealing.resealed_json)
        resealing.register(Webhook, "sealed")
        resealing.register(Webhook, "old_sealed")
        playbooks.register_all()
        duties.register("outbox", outbox.deliver_due, every_seconds=0.5)
        duties.register("endings", endings.tell_of_ends, every_seconds=1.0)
        badges.register("notifications", telling.unread)
        duties.register("signals", signals.forget_old, every_seconds=600.0)
        duties.register("webhooks", delivering.look_after, every_seconds=0.5)
        duties.register("old_deliveries", delivering.forget_old, every_seconds=3600.0)
        duties.register("kept_answers", kept_answers.forget_old, every_seconds=600.0)
        duties.register("children", children.look_after, every_seconds=1.0)
        duties.register("mending", mending.recount, every_seconds=2.0)
        duties.register("clean-up", cleaning.clean_up_by_setting, every_seconds=600.0)
        duties.register("deadlines", deadlines.end_overdue, every_seconds=0.5)
        duties.register("schedules", scheduling.start_due, every_seconds=0.5)
        duties.register("late_steps", deadlines.end_late_steps, every_seconds=0.5)

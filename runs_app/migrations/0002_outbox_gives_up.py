"""A mail that the mail server refuses for good is kept, but no longer tried."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("runs_app", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="outboxmail",
            name="given_up_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RemoveIndex(
            model_name="outboxmail",
            name="outbox_due",
        ),
        migrations.AddIndex(
            model_name="outboxmail",
            index=models.Index(condition=models.Q(("given_up_at__isnull", True), ("sent_at__isnull", True)), fields=["due_at"], name="outbox_due"),
        ),
    ]

"""Overrides of steps that have not begun, items that are gone through again, runs that are paused with the one above."""

from pathlib import Path

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

SQL = Path(__file__).resolve().parent.parent / "sql" / "functions.sql"


class Migration(migrations.Migration):
    dependencies = [("runs_app", "0018_step_run_cached"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.AddField("run", "overridden", models.BooleanField(default=False)),
        migrations.AddField("run", "paused_with", models.BigIntegerField(blank=True, null=True)),
        migrations.AddField("steprun", "deadline_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddIndex(
            "steprun",
            models.Index(fields=["deadline_at"], name="step_run_late", condition=Q(status__in=["running", "waiting"], deadline_at__isnull=False)),
        ),
        migrations.AddField("strand", "cancel_to", models.BigIntegerField(default=0)),
        migrations.AddField("strand", "in_line", models.BooleanField(default=False)),
        migrations.AddField("strand", "mends", models.BooleanField(default=False)),
        migrations.AddIndex("strand", models.Index(fields=["parent_id", "iteration"], name="strand_mending", condition=Q(mends=True))),
        migrations.AddIndex("steprun", models.Index(fields=["run"], name="step_run_recount", condition=Q(resume_as="recount"))),
        migrations.CreateModel(
            name="Override",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("path", models.TextField(db_collation="C")),
                ("what", models.CharField(choices=[("input", "Input"), ("output", "Output")], max_length=6)),
                ("value", models.JSONField(null=True)),
                ("reason", models.TextField(blank=True)),
                ("at", models.DateTimeField()),
                ("by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("run", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="overrides", to="runs_app.run")),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("run", "path"), name="one_override_per_path")]},
        ),
        migrations.RunSQL(SQL.read_text(), migrations.RunSQL.noop),
    ]

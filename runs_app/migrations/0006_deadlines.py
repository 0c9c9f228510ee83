"""How long a run may take."""

from pathlib import Path

from django.db import migrations, models
from django.db.models import Q

SQL = Path(__file__).resolve().parent.parent / "sql" / "functions.sql"


class Migration(migrations.Migration):
    dependencies = [("runs_app", "0005_children")]
    operations = [
        migrations.AddField("run", "timeout_after", models.DurationField(null=True, blank=True)),
        migrations.AddField("run", "deadline_at", models.DateTimeField(null=True, blank=True)),
        migrations.AddField("run", "people_since", models.DateTimeField(null=True, blank=True)),
        migrations.AddIndex(
            "run", models.Index(fields=["deadline_at"], name="run_deadline", condition=Q(deadline_at__isnull=False, finished_at__isnull=True))
        ),
        migrations.RunSQL(SQL.read_text(), migrations.RunSQL.noop),
    ]

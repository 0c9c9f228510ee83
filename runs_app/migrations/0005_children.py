"""Find the runs that wait for another run, and those whose parent has gone, without looking through all."""

from django.db import migrations, models
from django.db.models import Q

WAITS = """
CREATE INDEX step_run_child ON runs_app_steprun (((wait->'note'->>'run')::bigint))
WHERE status = 'waiting' AND wait->>'cause' = 'child' AND policy IS NULL"""


class Migration(migrations.Migration):
    dependencies = [("runs_app", "0004_functions")]
    operations = [
        migrations.AddIndex(
            "run",
            models.Index(fields=["parent_step"], name="run_open_children", condition=Q(parent_step__isnull=False, finished_at__isnull=True)),
        ),
        migrations.RunSQL(WAITS, "DROP INDEX step_run_child"),
    ]

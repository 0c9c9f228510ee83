"""Protection is counted in layers, so that a race inside protected steps may end its losers at once."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).resolve().parent.parent / "sql" / "functions.sql"


class Migration(migrations.Migration):
    dependencies = [("runs_app", "0009_trials")]
    operations = [
        migrations.AlterField("strand", "cancel", models.IntegerField(default=-1)),
        migrations.AlterField("strand", "shielded", models.IntegerField(default=0)),
        migrations.AlterField("steprun", "shielded", models.IntegerField(default=0)),
        migrations.RunSQL("UPDATE runs_app_strand SET cancel = cancel - 1", "UPDATE runs_app_strand SET cancel = least(cancel, 0) + 1"),
        migrations.RunSQL(SQL.read_text(), migrations.RunSQL.noop),
    ]

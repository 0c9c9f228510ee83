"""A run is given up with a reason."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql" / "functions.sql"


class Migration(migrations.Migration):
    dependencies = [("runs_app", "0019_repair")]
    operations = [migrations.RunSQL(SQL.read_text(), migrations.RunSQL.noop)]

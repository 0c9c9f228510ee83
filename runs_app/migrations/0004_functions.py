"""The machine's transitions, as functions in the database."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql" / "functions.sql"


class Migration(migrations.Migration):
    dependencies = [("runs_app", "0003_strands_held_and_shielded")]
    operations = [migrations.RunSQL(SQL.read_text(), migrations.RunSQL.noop)]

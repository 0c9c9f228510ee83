"""Deadlines of strands that unwind already, and of steps that waited for a person."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql" / "functions.sql"


class Migration(migrations.Migration):
    dependencies = [("runs_app", "0022_plain_names")]
    operations = [migrations.RunSQL(SQL.read_text(), migrations.RunSQL.noop)]

"""Decisions, comments, what was shown and who looked: the database refuses to change or delete any of it."""

from django.db import migrations

KEPT = ("decision", "comment", "showing", "linkopen")

FUNCTION = """
CREATE FUNCTION approvals_app_kept_for_ever() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is kept for ever: rows of it are neither changed nor deleted', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""


def trigger(table: str) -> migrations.RunSQL:
    """Refuse UPDATE and DELETE on one table."""
    return migrations.RunSQL(
        f"CREATE TRIGGER kept_for_ever BEFORE UPDATE OR DELETE ON approvals_app_{table} FOR EACH ROW EXECUTE FUNCTION approvals_app_kept_for_ever()",
        f"DROP TRIGGER kept_for_ever ON approvals_app_{table}",
    )


class Migration(migrations.Migration):
    """Triggers."""

    dependencies = [("approvals_app", "0001_initial")]
    operations = [migrations.RunSQL(FUNCTION, "DROP FUNCTION approvals_app_kept_for_ever()"), *[trigger(table) for table in KEPT]]

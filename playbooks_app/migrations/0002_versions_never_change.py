"""The database repeats the law: of a published version only `deprecated_at` and `note` may change, and who published it when a person is deleted."""

from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION handrail_versions_never_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.document, NEW.number, NEW.playbook_id, NEW.published_at) IS DISTINCT FROM (OLD.document, OLD.number, OLD.playbook_id, OLD.published_at) THEN
        RAISE EXCEPTION 'a published version never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER versions_never_change BEFORE UPDATE ON playbooks_app_playbookversion FOR EACH ROW EXECUTE FUNCTION handrail_versions_never_change();
"""
BACKWARD = """
DROP TRIGGER IF EXISTS versions_never_change ON playbooks_app_playbookversion;
DROP FUNCTION IF EXISTS handrail_versions_never_change();
"""


class Migration(migrations.Migration):
    """Runs in one transaction; touches no row."""

    dependencies = [("playbooks_app", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

"""Documents keep the order of their keys; sample data, open builders, reasons for deprecation and hints that were put away are stored.

Rewrites the columns of documents once. The function of 0002 compares documents as text from here on, since `json` has no equality.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import playbooks_app.clock
import playbooks_app.models.document_field

BODY = """
CREATE OR REPLACE FUNCTION handrail_versions_never_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.document{cast}, NEW.number, NEW.playbook_id, NEW.published_at)
        IS DISTINCT FROM (OLD.document{cast}, OLD.number, OLD.playbook_id, OLD.published_at) THEN
        RAISE EXCEPTION 'a published version never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("playbooks_app", "0005_calendars")]
    operations = [
        migrations.RunSQL(BODY.format(cast="::text"), BODY.format(cast="")),
        migrations.AlterField("playbook", "draft", playbooks_app.models.document_field.DocumentField(default=dict)),
        migrations.AlterField("playbookversion", "document", playbooks_app.models.document_field.DocumentField()),
        migrations.AddField("playbook", "pinned", models.JSONField(default=dict)),
        migrations.AddField(
            "playbookversion",
            "deprecated_by",
            models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField("playbookversion", "deprecation_reason", models.TextField(blank=True, default=""), preserve_default=False),
        migrations.AddField("user", "seen_tips", models.JSONField(blank=True, default=list)),
        migrations.CreateModel(
            name="Editor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("tab", models.CharField(max_length=40)),
                ("seen_at", models.DateTimeField(default=playbooks_app.clock.now)),
                (
                    "playbook",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="editors", to="playbooks_app.playbook"),
                ),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("playbook", "tab"), name="one_editor_per_tab")]},
        ),
    ]

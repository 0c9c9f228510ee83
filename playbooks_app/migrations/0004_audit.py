"""The audit log: rows are added, and the database refuses to change or delete one."""

import django.db.models.deletion
import playbooks_app.clock
from django.conf import settings
from django.db import migrations, models


FORWARD = """
CREATE FUNCTION playbooks_app_only_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only added to: rows of it are neither changed nor deleted', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE ON playbooks_app_auditentry FOR EACH ROW EXECUTE FUNCTION playbooks_app_only_added();
"""
BACKWARD = "DROP TRIGGER only_added ON playbooks_app_auditentry; DROP FUNCTION playbooks_app_only_added();"


class Migration(migrations.Migration):
    """A table of its own; touches no other."""

    dependencies = [
        ('playbooks_app', '0003_login_attempts'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=playbooks_app.clock.now)),
                ('actor_name', models.CharField(blank=True, max_length=200)),
                ('action', models.CharField(max_length=60)),
                ('kind', models.CharField(blank=True, max_length=40)),
                ('thing_id', models.CharField(blank=True, max_length=60)),
                ('thing_name', models.CharField(blank=True, max_length=200)),
                ('address', models.GenericIPAddressField(null=True)),
                ('old', models.JSONField(null=True)),
                ('new', models.JSONField(null=True)),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='playbooks_app.account')),
                ('actor', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'audit entries',
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['account', '-id'], name='audit_list'), models.Index(fields=['account', 'action', '-id'], name='audit_by_action'), models.Index(fields=['account', 'actor', '-id'], name='audit_by_actor'), models.Index(fields=['account', 'kind', 'thing_id', '-id'], name='audit_by_thing'), models.Index(fields=['account', 'at'], name='audit_by_time')],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]

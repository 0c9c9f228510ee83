"""Invitations; and the database keeps one owner in every account that has had one."""

import django.db.models.deletion
import django.db.models.functions.text
import playbooks_app.clock
from django.conf import settings
from django.db import migrations, models


FORWARD = """
CREATE FUNCTION playbooks_app_keeps_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM playbooks_app_account WHERE id = OLD.account_id FOR NO KEY UPDATE;  -- two owners leaving at once come one after the other
    IF FOUND AND NOT EXISTS (SELECT 1 FROM playbooks_app_membership WHERE account_id = OLD.account_id AND role = 'owner' AND active) THEN
        RAISE EXCEPTION 'account % would lose its last owner', OLD.account_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER keeps_owner AFTER UPDATE OR DELETE ON playbooks_app_membership DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.role = 'owner' AND OLD.active) EXECUTE FUNCTION playbooks_app_keeps_owner();
"""
BACKWARD = "DROP TRIGGER keeps_owner ON playbooks_app_membership; DROP FUNCTION playbooks_app_keeps_owner();"


class Migration(migrations.Migration):
    """A table of its own; touches no row."""

    dependencies = [
        ('playbooks_app', '0011_cache_table'),
    ]

    operations = [
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.EmailField(max_length=254)),
                ('role', models.CharField(choices=[('owner', 'Owner'), ('admin', 'Admin'), ('builder', 'Builder'), ('operator', 'Operator'), ('approver', 'Approver'), ('viewer', 'Viewer')], default='viewer', max_length=12)),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('created_at', models.DateTimeField(default=playbooks_app.clock.now)),
                ('sent_at', models.DateTimeField(default=playbooks_app.clock.now)),
                ('times_sent', models.PositiveIntegerField(default=0)),
                ('expires_at', models.DateTimeField()),
                ('accepted_at', models.DateTimeField(blank=True, null=True)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('accepted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to='playbooks_app.account')),
                ('department', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='playbooks_app.department')),
                ('groups', models.ManyToManyField(blank=True, related_name='+', to='playbooks_app.group')),
                ('invited_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-pk'],
                'constraints': [models.UniqueConstraint(models.F('account'), django.db.models.functions.text.Lower('email'), condition=models.Q(('accepted_at__isnull', True), ('withdrawn_at__isnull', True)), name='one_open_invitation')],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]

"""Rights on single runs; what stands is shared as its playbook is."""

import django.db.models.deletion
import playbooks_app.clock
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Rewrites every run once."""

    dependencies = [
        ('playbooks_app', '0010_grants'),
        ('runs_app', '0011_entries'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='run',
            name='granted_by',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='playbooks_app.playbook'),
        ),
        migrations.CreateModel(
            name='RunGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('level', models.PositiveSmallIntegerField(choices=[(1, 'view'), (2, 'run'), (3, 'operate'), (4, 'edit'), (5, 'manage')], default=1)),
                ('values', models.BooleanField(default=False)),
                ('made_at', models.DateTimeField(default=playbooks_app.clock.now)),
                ('department', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='playbooks_app.department')),
                ('group', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='playbooks_app.group')),
                ('made_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='grants', to='runs_app.run')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('department__isnull', True), ('group__isnull', True), ('user__isnull', False)), models.Q(('department__isnull', True), ('group__isnull', False), ('user__isnull', True)), models.Q(('department__isnull', False), ('group__isnull', True), ('user__isnull', True)), _connector='OR'), name='run_grant_to_one'), models.UniqueConstraint(fields=('run', 'user', 'group', 'department'), name='one_run_grant', nulls_distinct=False)],
            },
        ),
        migrations.RunSQL("UPDATE runs_app_run SET granted_by_id = playbook_id WHERE parent_step IS NULL", migrations.RunSQL.noop),
    ]

"""Rights of people, groups and departments on playbooks; tags; deputies of heads."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import playbooks_app.clock
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Rewrites no row."""

    dependencies = [
        ('playbooks_app', '0009_tokens'),
    ]

    operations = [
        migrations.CreateModel(
            name='PlaybookGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('level', models.PositiveSmallIntegerField(choices=[(1, 'view'), (2, 'run'), (3, 'operate'), (4, 'edit'), (5, 'manage')], default=1)),
                ('values', models.BooleanField(default=False)),
                ('made_at', models.DateTimeField(default=playbooks_app.clock.now)),
            ],
        ),
        migrations.AddField(
            model_name='department',
            name='deputies',
            field=models.ManyToManyField(blank=True, related_name='deputises', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='playbook',
            name='tags',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list, size=None),
        ),
        migrations.AddIndex(
            model_name='playbook',
            index=django.contrib.postgres.indexes.GinIndex(fields=['tags'], name='playbook_by_tag'),
        ),
        migrations.AddField(
            model_name='playbookgrant',
            name='department',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='playbooks_app.department'),
        ),
        migrations.AddField(
            model_name='playbookgrant',
            name='group',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='playbooks_app.group'),
        ),
        migrations.AddField(
            model_name='playbookgrant',
            name='made_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='playbookgrant',
            name='playbook',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='grants', to='playbooks_app.playbook'),
        ),
        migrations.AddField(
            model_name='playbookgrant',
            name='user',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='playbookgrant',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('department__isnull', True), ('group__isnull', True), ('user__isnull', False)), models.Q(('department__isnull', True), ('group__isnull', False), ('user__isnull', True)), models.Q(('department__isnull', False), ('group__isnull', True), ('user__isnull', True)), _connector='OR'), name='playbook_grant_to_one'),
        ),
        migrations.AddConstraint(
            model_name='playbookgrant',
            constraint=models.UniqueConstraint(fields=('playbook', 'user', 'group', 'department'), name='one_playbook_grant', nulls_distinct=False),
        ),
    ]

from pathlib import Path

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import playbooks_app.clock
from django.conf import settings
from django.db import migrations, models


SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):

    dependencies = [
        ('playbooks_app', '0003_login_attempts'),
        ('runs_app', '0010_depth_of_protection'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('step_run', models.BigIntegerField(default=0)),
                ('path', models.TextField(blank=True, default='')),
                ('names', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=200), default=list, size=None)),
                ('paths', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=300), default=list, size=None)),
                ('covers', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                ('limits', models.JSONField(default=list)),
                ('limit_keys', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=300), default=list, size=None)),
                ('above', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                ('priority', models.SmallIntegerField(default=0)),
                ('asked_at', models.DateTimeField(default=playbooks_app.clock.now)),
                ('since', models.DateTimeField(blank=True, null=True)),
                ('ttl_seconds', models.FloatField()),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('told', models.BooleanField(default=False)),
                ('lost', models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name='FreedEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ],
        ),
        migrations.RemoveIndex(
            model_name='strand',
            name='strand_queued',
        ),
        migrations.AddField(
            model_name='run',
            name='concurrency',
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='run',
            name='gate',
            field=models.CharField(blank=True, max_length=10),
        ),
        migrations.AddField(
            model_name='run',
            name='priority',
            field=models.SmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='run',
            name='start_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='strand',
            name='urgency',
            field=models.SmallIntegerField(default=0),
        ),
        migrations.AddIndex(
            model_name='run',
            index=models.Index(condition=models.Q(('gate', 'start')), fields=['start_at'], name='run_starts'),
        ),
        migrations.AddIndex(
            model_name='strand',
            index=models.Index(condition=models.Q(('status', 'queued')), fields=['urgency', 'id'], name='strand_queued'),
        ),
        migrations.AddField(
            model_name='entry',
            name='account',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='playbooks_app.account'),
        ),
        migrations.AddField(
            model_name='entry',
            name='run',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='entries', to='runs_app.run'),
        ),
        migrations.AddField(
            model_name='freedentry',
            name='account',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='playbooks_app.account'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=django.contrib.postgres.indexes.GinIndex(fields=['covers'], name='entry_covers'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=django.contrib.postgres.indexes.GinIndex(fields=['limit_keys'], name='entry_limits'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(condition=models.Q(('since__isnull', True)), fields=['account'], name='entry_in_line'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(condition=models.Q(('since__isnull', False), ('told', False)), fields=['id'], name='entry_untold'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(condition=models.Q(('since__isnull', False)), fields=['expires_at'], name='entry_expiry'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.UniqueConstraint(fields=('run', 'step_run'), name='one_entry_per_place'),
        ),
        migrations.RunSQL((SQL / "functions.sql").read_text(), migrations.RunSQL.noop),
        migrations.RunSQL((SQL / "entries.sql").read_text(), migrations.RunSQL.noop),
    ]

import django.db.models.deletion
import playbooks_app.clock
from django.db import migrations, models

KEPT_FOR_EVER = "CREATE TRIGGER kept_for_ever BEFORE UPDATE OR DELETE ON approvals_app_shownfile FOR EACH ROW EXECUTE FUNCTION approvals_app_kept_for_ever()"


class Migration(migrations.Migration):
    """The files that approvals show, and the trigger that keeps them."""

    dependencies = [
        ('approvals_app', '0005_waiting'),
    ]

    operations = [
        migrations.CreateModel(
            name='ShownFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sha256', models.CharField(max_length=64)),
                ('name', models.CharField(max_length=200)),
                ('media_type', models.CharField(max_length=120)),
                ('content', models.BinaryField()),
                ('at', models.DateTimeField(default=playbooks_app.clock.now)),
                ('approval', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='files', to='approvals_app.approval')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('approval', 'sha256'), name='one_file_per_content')],
            },
        ),
        migrations.RunSQL(KEPT_FOR_EVER, "DROP TRIGGER kept_for_ever ON approvals_app_shownfile"),
    ]

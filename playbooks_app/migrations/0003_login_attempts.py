"""Counts tries to sign in. A table of its own; runs at once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds a table."""

    dependencies = [("playbooks_app", "0002_versions_never_change")]
    operations = [
        migrations.CreateModel(
            name="LoginAttempt",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("tries", models.PositiveIntegerField(default=1)),
                ("since", models.DateTimeField(db_index=True)),
            ],
        ),
    ]

"""How much the files take that an account keeps with its approvals: they are kept byte for byte, for ever."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Sum
from django.db.models.functions import Length

from approvals_app import files
from approvals_app.models import ShownFile
from playbooks_app import limits
from playbooks_app.language.files import File
from playbooks_app.language.step_type import StepFailed
from playbooks_app.models import Account

LIMIT = "file_megabytes"
MEGABYTE = 1_000_000
FULL = "StorageFull"  # code of the step's failure


def bytes_of(account: Account) -> int:
    """All files of an account together. The database reads their lengths, not the files."""
    found = ShownFile.objects.filter(approval__account=account).aggregate(total=Sum(Length("content")))["total"]
    return int(found or 0)


def megabytes_of(account: Account) -> int:
    """For people; begun ones count."""
    return -(-bytes_of(account) // MEGABYTE)


def require_room(account_id: int, shown: Mapping[str, Any]) -> None:
    """Room for the files among what is about to be shown. Raises StepFailed. Two steps at the same moment may both take the last place."""
    found: dict[str, File] = {}
    files.put_away(dict(shown), found)
    if not found:
        return
    account = Account.objects.get(pk=account_id)
    most, more = limits.most(account, LIMIT) * MEGABYTE, sum(len(file.content) for file in found.values())
    if most and bytes_of(account) + more > most:
        kept = f"it has {megabytes_of(account):,} MB, and these are {more:,} bytes more."
        said = f"{account} may keep {most // MEGABYTE:,} MB of files with its approvals; {kept}"
        raise StepFailed(FULL, said, hint=f"Show a link instead of the file. {limits.RAISE}")

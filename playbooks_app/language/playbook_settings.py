"""The settings of a playbook as a whole."""

from __future__ import annotations

from playbooks_app.language import durations
from playbooks_app.language.faults import Faults
from playbooks_app.language.names import did_you_mean
from playbooks_app.language.timezones import zone_called
from playbooks_app.language.values import Json, is_number, kind_of

CHOICES = {
    "on_failure": ("pause", "fail"),
    "finally_errors": ("record", "fail"),
    "extra_inputs": ("refuse", "allow"),
    "on_lock": ("wait", "refuse"),
}
SPANS = ("timeout", "lock_ttl")
SETTINGS = ("timezone", "max_depth", "locks", *SPANS, *CHOICES)
UNAVAILABLE = ("calendar", "concurrency", "sla")
DEEPEST_CALLS = 100


def check_playbook_settings(settings: Json, faults: Faults) -> None:
    """Wrong values are errors; settings that this version does not know are warnings, since they change nothing."""
    if not isinstance(settings, dict):
        faults.wrong_type("settings", "“settings”", "an object", settings)
        return
    for key, value in settings.items():
        address = f"settings/{key}"
        if key in UNAVAILABLE:
            faults.add(
                address, "SettingUnavailable", f"The setting “{key}” has no effect in this version.", "Remove it, or leave it for later.", "warning"
            )
        elif key not in SETTINGS:
            faults.add(address, "UnknownSetting", f"The setting “{key[:60]}” has no effect.", did_you_mean(key, SETTINGS), "warning")
        elif value is not None:
            _check_value(key, value, settings, address, faults)


def _check_value(key: str, value: Json, settings: dict[str, Json], address: str, faults: Faults) -> None:
    if key in CHOICES:
        faults.choice(settings, key, "settings/", CHOICES[key])
    elif key in SPANS:
        if not durations.seconds(value):
            faults.add(address, "BadDuration", f"“{key}” cannot be {str(value)[:40]}.", durations.HINT)
    elif key == "timezone":
        if zone_called(value) is None:
            faults.add(address, "WrongValue", f"There is no time zone “{str(value)[:40]}”.", "Write it as in Europe/Berlin.")
    elif key == "max_depth":
        if not is_number(value) or value not in range(1, DEEPEST_CALLS + 1):
            faults.add(address, "WrongValue", f"“max_depth” cannot be {str(value)[:40]}.", f"Write a whole number from 1 to {DEEPEST_CALLS}.")
    else:
        _check_locks(value, address, faults)


def _check_locks(locks: Json, address: str, faults: Faults) -> None:
    if not isinstance(locks, list):
        faults.wrong_type(address, "“locks”", "a list", locks, 'Write for example ["ledger"].')
        return
    for number, lock in enumerate(locks):
        is_path = isinstance(lock, dict) and set(lock) == {"path"} and isinstance(lock["path"], str) and lock["path"]
        if not is_path and not (isinstance(lock, str) and lock):
            faults.add(
                f"{address}/{number}", "WrongType", f"A lock is a name or a path, not {kind_of(lock)}.", 'Write "ledger" or {path: /invoices/2026}.'
            )

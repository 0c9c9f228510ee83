"""The settings of a playbook as a whole."""

from __future__ import annotations

from playbooks_app.language import durations
from playbooks_app.language.faults import Faults
from playbooks_app.language.locks import HINT, NoLock, read_locks
from playbooks_app.language.names import did_you_mean
from playbooks_app.language.setting_check import template_problems
from playbooks_app.language.template import is_template, references
from playbooks_app.language.timezones import zone_called
from playbooks_app.language.values import Json, is_number

CHOICES = {
    "on_failure": ("pause", "fail"),
    "finally_errors": ("record", "fail"),
    "extra_inputs": ("refuse", "allow"),
    "on_lock": ("wait", "refuse"),
}
SPANS = ("timeout", "lock_ttl", "cache_ttl")
SETTINGS = ("timezone", "max_depth", "locks", "concurrency", *SPANS, *CHOICES)
UNAVAILABLE = ("calendar", "sla")
DEEPEST_CALLS = 100
MOST_AT_ONCE = 10_000
MOST_KEY = 200
READABLE = frozenset({"inputs", "config", "vars"})  # there are no variables yet, but `context.data.x` looks for one first


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
    elif key == "concurrency":
        _check_concurrency(value, address, faults)
    else:
        _check_locks(value, address, faults)


def _check_locks(locks: Json, address: str, faults: Faults) -> None:
    if not isinstance(locks, list):
        faults.wrong_type(address, "“locks”", "a list", locks, 'Write for example ["ledger"].')
        return
    for number, lock in enumerate(locks):
        if is_template(lock):
            _check_template(lock, f"{address}/{number}", faults)
            continue
        try:
            read_locks([lock])
        except NoLock as wrong:
            faults.add(f"{address}/{number}", "WrongType", wrong.args[1], HINT)


def _check_concurrency(limit: Json, address: str, faults: Faults) -> None:
    if not isinstance(limit, dict):
        faults.wrong_type(address, "“concurrency”", "an object", limit, "Write for example {max: 3}.")
        return
    faults.only(limit, ("key", "max"), f"{address}/")
    most = limit.get("max")
    if not is_number(most) or most not in range(1, MOST_AT_ONCE + 1):
        faults.add(f"{address}/max", "WrongValue", f"“max” cannot be {str(most)[:40]}.", f"Write a whole number from 1 to {MOST_AT_ONCE}.")
    key = limit.get("key")
    if key is not None and not (isinstance(key, str) and 0 < len(key.strip()) <= MOST_KEY):
        faults.wrong_type(
            f"{address}/key", "“key”", "a text", key, "Write a name, or a template of the inputs; left out, all runs of the playbook count."
        )
    elif is_template(key):
        _check_template(key, f"{address}/key", faults)


def _check_template(value: Json, address: str, faults: Faults) -> None:
    """Before a run begins there is nothing to read but what it was given."""
    problems = template_problems(value, address)
    faults.extend(problems)
    if not problems and (strange := sorted({each.root for each in references(value)} - READABLE)):
        said = f"“{strange[0][:40]}” cannot be read here: no step has run yet."
        faults.add(address, "MissingReference", said, "Read the inputs, such as {{ inputs.customer }}.")

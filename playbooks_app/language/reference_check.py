"""Finds templates that refer to what cannot be read at their place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from playbooks_app.language.access import AUDIT, section_of
from playbooks_app.language.evaluation import Read
from playbooks_app.language.faults import Faults
from playbooks_app.language.names import ALIASES, ROOTS, did_you_mean
from playbooks_app.language.places import Place, Sight, iterated_blocks, places, variables_set
from playbooks_app.language.problem import Problem
from playbooks_app.language.scope import ExpressionError, Reference, TemplateError
from playbooks_app.language.step_type import BlockList
from playbooks_app.language.template import compile_text
from playbooks_app.language.tree import Document, Step
from playbooks_app.language.values import Json

PARTS_OF_STEP = ("output", "status", "error")
_ERROR_VISIBLE = {"error": "error"}


@dataclass(frozen=True, slots=True)
class _Use:
    """One path that is read, where it is written, and whether secrets may stand there."""

    address: str
    read: Read
    takes_secrets: bool = False


def check_references(document: Document, secrets: frozenset[str] | None, faults: Faults) -> None:
    """Every reference that leads nowhere. `secrets`: the names there are; None = not looked up."""
    checker = _Checker(document, secrets)
    for place in places(document):
        if not place.block:
            faults.extend(checker.at_step(place))
        elif place.block in iterated_blocks(place.step):
            faults.extend(checker.at_end_of_turn(place))


class _Checker:
    def __init__(self, document: Document, secrets: frozenset[str] | None) -> None:
        self.document, self.secrets = document, secrets
        self.inputs = {declared.name for declared in document.inputs}
        self.variables = variables_set(document)
        self.waiting: dict[str, list[_Use]] = {}  # step id -> settings of a loop that make no sense before its first turn

    def at_step(self, place: Place) -> Iterator[Problem]:
        """The faults of a step, seen from before it."""
        step = place.step
        settings = list(_uses_in_settings(step))
        if iterated_blocks(step):
            self.waiting[step.id] = [use for use in settings if self._fault(use, place.sight, step)]
            settings = []
        yield from self._faults([*settings, *_uses_in_guards(step)], place.sight, step)
        if step.guards.retry is not None and step.guards.retry.condition:
            after = Sight(place.sight.steps, {**place.sight.names, **_ERROR_VISIBLE})
            asked = (use for use in _uses_in(step.guards.retry.condition, f"{step.address}/retry/if") if use.read.roots[0].root != "error")
            yield from self._faults(asked, after, step)

    def at_end_of_turn(self, place: Place) -> Iterator[Problem]:
        """What a loop asks after a turn may look at the steps of the turn."""
        yield from self._faults(self.waiting.pop(place.step.id, ()), place.sight, place.step)

    def _faults(self, uses: Iterable[_Use], sight: Sight, step: Step) -> Iterator[Problem]:
        for use in uses:
            fault = self._fault(use, sight, step)
            if fault:
                yield fault

    def _fault(self, use: _Use, sight: Sight, step: Step) -> Problem | None:
        """What is wrong with one reference; of several possible roots one must do."""
        found = [self._look_up(use, root, sight) or _not_granted(use, root, step) for root in use.read.roots]
        return found[-1] if all(found) else None

    def _look_up(self, use: _Use, root: Reference, sight: Sight) -> Problem | None:
        if root.root in sight.names or root.root in ("run", "config", AUDIT):
            return None
        match root.root:
            case "steps":
                return self._step(use, str(root.name), sight)
            case "inputs":
                return self._input(use, root.name)
            case "vars":
                return self._variable(use, root.name, sight)
            case "secrets":
                return self._secret(use, str(root.name))
        return _not_here(use, root.root, sight)

    def _step(self, use: _Use, name: str, sight: Sight) -> Problem | None:
        if name not in sight.steps:
            return _missing_step(use, name, self.document, sight)
        if use.read.then is not None and use.read.then not in PARTS_OF_STEP:
            hint = f"Write `steps.{name}.output.{use.read.then}`."
            return Problem(use.address, "MissingReference", f"“{use.read.text}” leads nowhere: a step has an output and a status.", hint)
        return None

    def _input(self, use: _Use, name: str | None) -> Problem | None:
        if name is None or name in self.inputs or self.document.takes_extra_inputs:
            return None
        hint = did_you_mean(name, self.inputs, "Declare it under `inputs`.")
        level = "warning" if use.read.fallible else "error"
        return Problem(use.address, "MissingReference", f"There is no input “{name[:60]}”.", hint, level)

    def _variable(self, use: _Use, name: str | None, sight: Sight) -> Problem | None:
        if name is None or use.read.fallible or "" in self.variables:
            return None
        setters = self.variables.get(name)
        if setters is None:
            hint = did_you_mean(name, self.variables, "Set it in a step before, or give a default.")
            return Problem(use.address, "MissingReference", f"No step sets the value “{name[:60]}”.", hint)
        if not any(setter in sight.steps for setter in setters) and len(use.read.roots) == 1:
            message = f"The value “{name[:60]}” may not be set yet: {setters[0]} sets it elsewhere."
            return Problem(use.address, "MissingReference", message, "Set it before, or give a default.", "warning")
        return None

    def _secret(self, use: _Use, name: str) -> Problem | None:
        if not use.takes_secrets or use.read.computed:
            hint = "Write `{{ secrets.name }}`, without `$`, under `with` of a step that reaches outside, such as http."
            return Problem(use.address, "SecretNotAllowed", "A secret cannot be read here.", hint)
        if self.secrets is not None and name not in self.secrets:
            hint = did_you_mean(name, self.secrets, "Add it to the account's secrets first.")
            return Problem(use.address, "MissingReference", f"There is no secret “{name[:60]}”.", hint)
        return None


def _not_granted(use: _Use, root: Reference, step: Step) -> Problem | None:
    """What the step's `access` keeps from it. With a default it is only said, since the default is taken."""
    access, section = step.guards.access, section_of(root.root)
    if access is None or access.allows(root.root, root.name):
        return None
    if access.config == "named" and section == "config":
        message = f"A step of type “{step.type}” reaches outside and does not see all of the config."
        hint = "Name what it needs, as in `config.bank_url`, or grant the section: `access: {config: true}`."
    else:
        message = f"This step may not see “{use.read.text}”: its `access` does not grant it."
        hint = f"Grant it under `access`, `{section}`, or do not read it here."
    return Problem(use.address, "NotGranted", message, hint, "warning" if use.read.fallible else "error")


def _missing_step(use: _Use, name: str, document: Document, sight: Sight) -> Problem:
    if name in document.by_id:
        message, hint = f"The step “{name[:60]}” has not ended when this is read.", "Refer to steps before this one, outside of other branches."
    else:
        message, hint = f"There is no step “{name[:60]}”.", did_you_mean(name, sight.steps, "No step stands before this one.")
    return Problem(use.address, "MissingReference", message, hint)


def _not_here(use: _Use, root: str, sight: Sight) -> Problem:
    if root in ROOTS:
        where = {"item": "in a loop", "index": "in a loop", "error": "in `catch` and `finally`"}.get(root, "in a later version")
        return Problem(use.address, "UnknownName", f"“{root}” can be read only {where}.", "Move the step there, or read something else.")
    hint = did_you_mean(root, {*ROOTS, *ALIASES, *sight.names}, "Put text into quotation marks; data begin with inputs, vars or steps.")
    return Problem(use.address, "UnknownName", f"Nothing is called “{root[:60]}” here.", hint)


# -- where templates stand ------------------------------------------------------------------------------------------------------------------


def _uses_in_settings(step: Step) -> Iterator[_Use]:
    is_inside = step.kind.settings_in == "with"
    for key, value in step.settings.items():
        if key in step.clauses:
            continue  # below, one by one
        within = is_inside and key not in step.kind.beside
        address = f"{step.address}/with/{key}" if within else f"{step.address}/{key}"
        yield from _uses_in(value, address, takes_secrets=within and step.kind.takes_secrets)
    for block in step.kind.blocks:
        if isinstance(block, BlockList):
            for number, clause in enumerate(step.clauses.get(block.key, ())):
                yield from _uses_in(clause.values, f"{step.address}/{block.key}/{number}")


def _uses_in_guards(step: Step) -> Iterator[_Use]:
    for key, value in (("when", step.guards.when), ("cache_key", step.guards.cache_key)):
        yield from _uses_in(value, f"{step.address}/{key}")


def _uses_in(value: Json, address: str, *, takes_secrets: bool = False) -> Iterator[_Use]:
    if isinstance(value, str):
        try:
            yield from (_Use(address, read, takes_secrets) for read in compile_text(value).reads)
        except (TemplateError, ExpressionError):
            return  # said already where settings are checked
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _uses_in(each, f"{address}/{key}", takes_secrets=takes_secrets)
    elif isinstance(value, list | tuple):
        for number, each in enumerate(value):
            yield from _uses_in(each, f"{address}/{number}", takes_secrets=takes_secrets)

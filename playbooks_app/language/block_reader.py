"""Reads blocks of steps: ids, types, settings, guards, and the blocks inside them. Knows no step type by name."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from typing import Any

from playbooks_app.language.faults import Faults
from playbooks_app.language.guards import DEADLINE, GUARDS, UNAVAILABLE, read_guards
from playbooks_app.language.json_values import DEEPEST_VALUE, check_json
from playbooks_app.language.mapping import MAPPING, check_mapping
from playbooks_app.language.names import (
    FORBIDDEN_IN_BLOCK_NAMES,
    ITEM_NAME,
    LONGEST_NAME,
    RESERVED_IDS,
    RESERVED_ITEM_NAMES,
    STEP_ID,
    did_you_mean,
)
from playbooks_app.language.normal_form import DEEPEST_STEPS
from playbooks_app.language.registry import AnyStepType, Registry
from playbooks_app.language.setting_check import check_settings
from playbooks_app.language.setting_fields import NoSettings, fields_of
from playbooks_app.language.step_type import Block, BlockList, StepType
from playbooks_app.language.tree import Clause, Step
from playbooks_app.language.values import Json, kind_of

MOST_STEPS = 5_000
STEP_KEYS = ("id", "type", "name", "description", "with", MAPPING, *GUARDS, *UNAVAILABLE)


class UnknownType(StepType[Any]):
    """Stands for a type that is not there, so that the rest of the document can be looked through."""

    name = ""
    Config = NoSettings


class BlockReader:
    """Reads the blocks of one document, from the top down."""

    def __init__(self, registry: Registry, faults: Faults) -> None:
        self.registry, self.faults = registry, faults
        self._ids: dict[str, str] = {}  # id -> address of the step that has it
        self._count = 0

    def steps(self, written: Json, address: str, parent: str | None, block: str, depth: int) -> tuple[Step, ...]:
        """The steps of a block at `address`, as far as they can be read."""
        if written is None:
            return ()
        if not isinstance(written, list):
            self.faults.wrong_type(address, "A block", "a list of steps", written, "Write the steps one below the other, each with a dash.")
            return ()
        if depth > DEEPEST_STEPS:
            self.faults.add(
                address, "TooDeep", f"Steps are nested deeper than {DEEPEST_STEPS} levels.", "Move the inner steps into a playbook of their own."
            )
            return ()
        found = []
        for number, each in enumerate(written):
            self._count += 1
            if self._count > MOST_STEPS:
                if self._count == MOST_STEPS + 1:
                    self.faults.add(address, "TooLarge", f"The playbook has more than {MOST_STEPS:,} steps.", "Split it into several playbooks.")
                break
            if isinstance(each, dict):
                found.append(self._step(each, number, address, parent, block, depth))
            else:
                self.faults.wrong_type(f"{address}/{number}", "A step", "an object", each, "Write for example {id: pay, type: http, with: {…}}.")
        return tuple(found)

    def _step(self, written: Mapping[str, Any], number: int, prefix: str, parent: str | None, block: str, depth: int) -> Step:
        step_id, address = self._id(written, number, prefix)
        kind = self._kind(written, f"{address}/")
        settings = self._settings(written, kind, address)
        check_mapping(written.get(MAPPING), f"{address}/{MAPPING}", frozenset(each.key for each in fields_of(kind.Config)), self.faults)
        clauses = self._clauses(written, kind, address, step_id, depth)
        values = {key: [clause.values for clause in each] for key, each in clauses.items()}
        self.faults.extend(kind.check_clauses(values, address))
        return Step(
            id=step_id,
            type=kind.name,
            name=self.faults.text(written, "name", f"{address}/"),
            kind=kind,
            settings={**settings, **values},
            guards=read_guards(written, f"{address}/", self.faults, outside=kind.effect and not kind.is_container),
            blocks=self._blocks(written, kind, address, step_id, depth, clauses),
            clauses=clauses,
            address=address,
            parent=parent,
            parent_block=block,
        )

    # -- id and type ------------------------------------------------------------------------------------------------------------------------

    def _id(self, written: Mapping[str, Any], number: int, prefix: str) -> tuple[str, str]:
        """The id and the address; a step without a usable id is addressed by its place."""
        step_id = written.get("id")
        if not isinstance(step_id, str) or not STEP_ID.match(step_id) or len(step_id) > LONGEST_NAME:
            shown = step_id[:40] if isinstance(step_id, str) else kind_of(step_id)
            self.faults.add(
                f"{prefix}/{number}/id",
                "BadId",
                f"A step cannot have the id “{shown}”.",
                f"Begin with a letter, then letters, digits, _ and -, at most {LONGEST_NAME}.",
            )
            return f"step-{self._count}", f"{prefix}/{number}"
        address = f"{prefix}/{step_id}"
        if step_id in RESERVED_IDS:
            self.faults.add(f"{address}/id", "ReservedId", f"“{step_id}” has a meaning of its own.", f"Call the step for example “{step_id}_1”.")
        if step_id in self._ids:
            self.faults.add(
                f"{address}/id", "DuplicateId", f"The id “{step_id}” is there twice; the first is {self._ids[step_id]}.", "Give each step its own id."
            )
        self._ids.setdefault(step_id, address)
        return step_id, address

    def _kind(self, written: Mapping[str, Any], address: str) -> AnyStepType:
        name = written.get("type")
        if isinstance(name, str) and name in self.registry:
            return self.registry.get(name)
        if name is None:
            meant = next((key for key in written if key in self.registry), "")
            hint = f"Write `type: {meant}`." if meant else f"Add `type: …`. {did_you_mean('', self.registry.names())}"
            self.faults.add(f"{address}type", "Required", "The step has no type.", hint)
        elif not isinstance(name, str):
            self.faults.wrong_type(f"{address}type", "“type”", "a text", name)
        else:
            self.faults.add(f"{address}type", "ActionNotFound", f"There is no step type “{name[:60]}”.", did_you_mean(name, self.registry.names()))
        return UnknownType()

    # -- settings ---------------------------------------------------------------------------------------------------------------------------

    def _settings(self, written: Mapping[str, Any], kind: AnyStepType, address: str) -> Mapping[str, Json]:
        if isinstance(kind, UnknownType):
            return {}
        block_keys = {block.key for block in kind.blocks}
        beside = {key: value for key, value in written.items() if key not in STEP_KEYS and key not in block_keys}
        inside = written.get("with")
        if inside is not None and not isinstance(inside, dict):
            self.faults.wrong_type(f"{address}/with", "“with”", "an object", inside, "Write the settings below it, as names and values.")
            inside = None
        if kind.settings_in == "step":
            return self._settings_beside(kind, beside, inside, address)
        return self._settings_inside(kind, beside, inside or {}, address)

    def _settings_beside(self, kind: AnyStepType, beside: dict[str, Json], inside: Json, address: str) -> Mapping[str, Json]:
        if inside:
            self.faults.add(
                f"{address}/with", "UnknownKey", f"A step of type “{kind.name}” has no “with”.", "Write its settings beside `id` and `type`."
            )
        return self._checked(kind, beside, lambda key: f"{address}/{key}", address)

    def _settings_inside(self, kind: AnyStepType, beside: dict[str, Json], inside: dict[str, Json], address: str) -> Mapping[str, Json]:
        for key in [key for key in beside if key not in kind.beside]:
            del beside[key]
            known = {setting.key for setting in fields_of(kind.Config)}
            hint = "Write it under `with`." if key in known else did_you_mean(key, {*STEP_KEYS, *(block.key for block in kind.blocks), *kind.beside})
            self.faults.add(f"{address}/{key}", "UnknownKey", f"“{key[:60]}” means nothing at a step of type “{kind.name}”.", hint)
        return self._checked(
            kind, {**inside, **beside}, lambda key: f"{address}/{key}" if key in beside else f"{address}/with/{key}", f"{address}/with"
        )

    def _checked(self, kind: AnyStepType, written: dict[str, Json], place: Callable[[str], str], address: str) -> Mapping[str, Json]:
        """The settings with short forms written out; what is wrong with them is noted."""
        deep = [problem for key, value in written.items() for problem in check_json(value, place(key), deepest=DEEPEST_VALUE)]
        if deep:
            self.faults.extend(deep)
            return {}
        settings = kind.written_out(written)
        problems = check_settings(kind.Config, settings, address, place)
        self.faults.extend(problems or kind.check(settings, address))
        self._check_bound_names(kind, settings, address)
        return settings

    def _check_bound_names(self, kind: AnyStepType, settings: Mapping[str, Json], address: str) -> None:
        """The names that a loop gives to its items must be readable, and mean nothing else."""
        names = {name: source for block in kind.blocks if isinstance(block, Block) for name, source in kind.binds(block.name, settings).items()}
        for name, source in names.items():
            if name != source and (not ITEM_NAME.match(name) or name in RESERVED_ITEM_NAMES):
                hint = "Use letters, digits and _; not a word of the language such as `steps` or `inputs`."
                self.faults.add(f"{address}/{source}", "BadName", f"An item cannot be called “{name[:40]}”.", hint)

    # -- blocks -----------------------------------------------------------------------------------------------------------------------------

    def _blocks(
        self, written: Mapping[str, Any], kind: AnyStepType, address: str, step_id: str, depth: int, clauses: Mapping[str, tuple[Clause, ...]]
    ) -> Mapping[str, tuple[Step, ...]]:
        found: dict[str, tuple[Step, ...]] = {}
        for block in kind.blocks:
            if isinstance(block, Block):
                if not block.optional and not written.get(block.key):
                    self.faults.add(f"{address}/{block.key}", "Required", f"“{block.label}” has no steps.", "Add at least one.")
                self._refuse_twice(block.name, found, f"{address}/{block.key}")
                found[block.name] = self.steps(written.get(block.key), f"{address}/{block.name}", step_id, block.name, depth + 1)
            else:
                for clause in clauses[block.key]:
                    if not block.single:
                        self._refuse_twice(clause.name, found, f"{address}/{block.key}")
                    found[clause.name] = (*found.get(clause.name, ()), *clause.steps)
        late = written.get(DEADLINE)
        if isinstance(late, dict) and late.get("steps") is not None:
            self._refuse_twice(DEADLINE, found, f"{address}/{DEADLINE}")
            found[DEADLINE] = self.steps(late["steps"], f"{address}/{DEADLINE}", step_id, DEADLINE, depth + 1)
        return found

    def _refuse_twice(self, name: str, names: Container[str], address: str) -> None:
        if name in names:
            self.faults.add(address, "DuplicateName", f"Two blocks of this step are called “{name}”.", "Give each its own name.")

    def _clauses(self, written: Mapping[str, Any], kind: AnyStepType, address: str, step_id: str, depth: int) -> Mapping[str, tuple[Clause, ...]]:
        return {block.key: tuple(self._clause_list(block, written, address, step_id, depth)) for block in kind.blocks if isinstance(block, BlockList)}

    def _clause_list(self, block: BlockList, written: Mapping[str, Any], address: str, step_id: str, depth: int) -> Iterator[Clause]:
        found = self.faults.objects(written, block.key, f"{address}/")
        if len(found) < block.minimum:
            self.faults.add(f"{address}/{block.key}", "Required", f"“{block.label}” needs at least {block.minimum}.", "Add one.")
        for number, (place, clause) in enumerate(found, start=1):
            values = {key: value for key, value in clause.items() if key != "steps"}
            fields = {setting.key for setting in fields_of(block.fields)}
            own = {key: value for key, value in values.items() if key in fields or key != block.name_field}
            problems = check_json(values, place) or check_settings(block.fields, own, place)
            self.faults.extend(problems)
            is_named_wrongly = any(problem.address == f"{place}/{block.name_field}" for problem in problems)
            name = self._clause_name(block, {} if is_named_wrongly else values, number, place)
            yield Clause(name, values, self.steps(clause.get("steps"), f"{address}/{name}", step_id, name, depth + 1))

    def _clause_name(self, block: BlockList, values: Mapping[str, Json], number: int, place: str) -> str:
        standard = block.prefix if block.single else f"{block.prefix}-{number}"
        written = values.get(block.name_field) if block.name_field is not None else None
        if written is None or written == "" or block.single:
            return standard
        if isinstance(written, str) and len(written) <= LONGEST_NAME and not FORBIDDEN_IN_BLOCK_NAMES & set(written) and "{{" not in written:
            return written
        shown = written[:40] if isinstance(written, str) else kind_of(written)
        self.faults.add(
            f"{place}/{block.name_field}", "BadName", f"“{shown}” cannot be a name.", f"At most {LONGEST_NAME} characters, without / [ ] and braces."
        )
        return standard

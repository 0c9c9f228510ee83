"""What a playbook takes and gives: its declared inputs and outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from playbooks_app.language.expression import compile_expression
from playbooks_app.language.faults import Faults
from playbooks_app.language.json_schema import pattern_fault, schema_faults
from playbooks_app.language.names import LONGEST_NAME, did_you_mean
from playbooks_app.language.problem import Problem
from playbooks_app.language.scope import ExpressionError, TemplateError
from playbooks_app.language.values import Json, is_number

ValueType = Literal["string", "number", "boolean", "array", "object", "date", "datetime", "file", "any"]
VALUE_TYPES: tuple[str, ...] = get_args(ValueType)
INPUT_KEYS = (
    "name",
    "type",
    "required",
    "default",
    "description",
    "label",
    "allowed",
    "pattern",
    "min_length",
    "max_length",
    "min",
    "max",
    "check",
    "schema",
)
OUTPUT_KEYS = ("name", "type", "required", "description")
UNSET: Any = object()


@dataclass(frozen=True, slots=True)
class Rule:
    """An author's own rule: `condition` must hold (`value` and `inputs` are visible in it), else `message` is said."""

    condition: str
    message: str


@dataclass(frozen=True, slots=True)
class Input:
    """One declared input. Lengths count characters or items; `default` is UNSET where there is none."""

    name: str
    type: str = "any"
    required: bool = False
    default: Json = UNSET
    description: str = ""
    label: str = ""
    allowed: tuple[Json, ...] | None = None
    pattern: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    check: Rule | None = None
    schema: Json | None = None

    @property
    def title(self) -> str:
        """How people see it."""
        return self.label or self.name.replace("_", " ").replace("-", " ").capitalize()

    @property
    def has_default(self) -> bool:
        """Whether it need not be given because the author gave it."""
        return self.default is not UNSET


@dataclass(frozen=True, slots=True)
class Output:
    """One declared output."""

    name: str
    type: str = "any"
    required: bool = True
    description: str = ""


def read_inputs(owner: Mapping[str, Json], faults: Faults, key: str = "inputs", address: str = "") -> tuple[Input, ...]:
    """The declarations under `inputs` (or the fields of a form)."""
    found = [_read_input(written, f"{place}/", faults) for place, written in faults.objects(owner, key, address)]
    _refuse_twice([each.name for each in found], address + key, faults)
    return tuple(found)


def read_outputs(owner: Mapping[str, Json], faults: Faults) -> tuple[Output, ...]:
    """The declarations under `outputs`."""
    found = []
    for place, written in faults.objects(owner, "outputs", ""):
        address = f"{place}/"
        faults.only(written, OUTPUT_KEYS, address)
        found.append(
            Output(
                name=_name(written, address, faults),
                type=_type(written, address, faults),
                required=faults.boolean(written, "required", address, default=True),
                description=faults.text(written, "description", address),
            )
        )
    _refuse_twice([each.name for each in found], "outputs", faults)
    return tuple(found)


def _read_input(written: Mapping[str, Json], address: str, faults: Faults) -> Input:
    faults.only(written, INPUT_KEYS, address)
    read = Input(
        name=_name(written, address, faults),
        type=_type(written, address, faults),
        required=faults.boolean(written, "required", address, default=False),
        default=written.get("default", UNSET),
        description=faults.text(written, "description", address),
        label=faults.text(written, "label", address),
        allowed=_allowed(written, address, faults),
        pattern=_pattern(written, address, faults),
        min_length=_bound(written, "min_length", address, faults, whole=True),
        max_length=_bound(written, "max_length", address, faults, whole=True),
        minimum=_bound(written, "min", address, faults),
        maximum=_bound(written, "max", address, faults),
        check=_rule(written.get("check"), f"{address}check", faults),
        schema=_schema(written.get("schema"), f"{address}schema", faults),
    )
    for low, high, least, most in (("min", "max", read.minimum, read.maximum), ("min_length", "max_length", read.min_length, read.max_length)):
        if least is not None and most is not None and least > most:
            faults.add(f"{address}{high}", "WrongValue", f"“{high}” is less than “{low}”: no value would fit.", f"Raise it to {least} or more.")
    return read


def _name(written: Mapping[str, Json], address: str, faults: Faults) -> str:
    name = faults.text(written, "name", address, required=True)
    if len(name) > LONGEST_NAME or any(sign in name for sign in "/[]{}\"'"):
        faults.add(f"{address}name", "BadName", f"“{name[:60]}” cannot be a name.", f"Use letters, digits, _ and -, at most {LONGEST_NAME}.")
    return name


def _type(written: Mapping[str, Json], address: str, faults: Faults) -> str:
    value = written.get("type", "any")
    if isinstance(value, str) and value in VALUE_TYPES:
        return value
    shown = value if isinstance(value, str) else "that"
    listed = f"Choose one of: {', '.join(VALUE_TYPES)}."
    faults.add(f"{address}type", "WrongType", f"There is no type “{shown[:40]}”.", f"{did_you_mean(shown, VALUE_TYPES, ' ')} {listed}".strip())
    return "any"


def _allowed(written: Mapping[str, Json], address: str, faults: Faults) -> tuple[Json, ...] | None:
    value = written.get("allowed")
    if value is None:
        return None
    if not isinstance(value, list) or not value:
        faults.wrong_type(f"{address}allowed", "“allowed”", "a list of values with at least one", value)
        return None
    return tuple(value)


def _pattern(written: Mapping[str, Json], address: str, faults: Faults) -> str | None:
    pattern = faults.text(written, "pattern", address)
    fault = pattern_fault(pattern)
    if fault:
        faults.add(f"{address}pattern", "BadPattern", fault, "Test the pattern with an example.")
    return pattern if pattern and not fault else None


def _bound(written: Mapping[str, Json], key: str, address: str, faults: Faults, *, whole: bool = False) -> Any:
    value = written.get(key)
    if value is None:
        return None
    if not is_number(value) or (whole and (value != int(value) or value < 0)):
        faults.wrong_type(f"{address}{key}", f"“{key}”", "a whole number from 0" if whole else "a number", value)
        return None
    return int(value) if whole else value


def _rule(written: Json, address: str, faults: Faults) -> Rule | None:
    if written is None:
        return None
    if not isinstance(written, dict):
        faults.wrong_type(address, "“check”", "an object", written, 'Write for example {if: "${{ value > 0 }}", message: "Must be above 0."}.')
        return None
    faults.only(written, ("if", "message"), f"{address}/")
    condition = faults.text(written, "if", f"{address}/", required=True)
    message = faults.text(written, "message", f"{address}/")
    faults.extend(_rule_problems(condition, f"{address}/if"))
    return Rule(condition, message) if condition else None


def _rule_problems(condition: str, address: str) -> list[Problem]:
    try:
        reads = compile_expression(condition.strip()).reads if condition else ()
    except (ExpressionError, TemplateError) as error:
        return [Problem(address, error.code, error.message, error.hint)]
    strange = [read.text for read in reads if read.roots[0].root not in ("value", "inputs")]
    return [Problem(address, "UnknownName", f"“{text}” cannot be read here.", "Use `value` or `inputs.name`.") for text in strange]


def _schema(written: Json, address: str, faults: Faults) -> Json | None:
    if written is None:
        return None
    problems = schema_faults(written, address)
    faults.extend(problems)
    return None if problems else written


def _refuse_twice(names: list[str], address: str, faults: Faults) -> None:
    for number, name in enumerate(names):
        if name and name in names[:number]:
            faults.add(f"{address}/{number}/name", "DuplicateName", f"The name “{name[:60]}” is there twice.", "Give each its own name.")

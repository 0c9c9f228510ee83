"""Turns the parts of an expression into functions of a frame, once; after that, evaluating is calling them.

Everything is looked up in JSON values by key or number. No attribute of any Python object is ever read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from playbooks_app.language import operators
from playbooks_app.language.access import AUDIT
from playbooks_app.language.budget import Frame, weigh
from playbooks_app.language.functions import FUNCTIONS
from playbooks_app.language.names import NAMED_ROOTS
from playbooks_app.language.scope import ExpressionError, Missing, Reference
from playbooks_app.language.syntax import (
    Call,
    Chain,
    Choice,
    Comparison,
    Comprehension,
    FirstOf,
    Get,
    Key,
    ListOf,
    Literal,
    Logic,
    Node,
    Path,
    Pick,
    Sign,
)
from playbooks_app.language.values import Json, kind_of, truth

Code = Callable[[Frame], Json]


@dataclass(frozen=True, slots=True)
class Read:
    """One path that an expression reads. `roots`: what it may be (`context.data.x` is a variable or else an input). `fallible`: it has a default."""

    roots: tuple[Reference, ...]
    then: str | None  # the key after the name, where it is written plainly: `output` of `steps.pay.output`
    text: str
    fallible: bool
    computed: bool = False  # it stands in an expression, not in `{{ … }}`


@dataclass(slots=True)
class Binding:
    """What binding an expression has found out about it."""

    is_expression: bool = True
    reads: list[Read] = field(default_factory=list)
    makes_values: bool = False  # its result may be larger than what it read
    work: int = 0  # parts bound so far; what one turn of a loop costs


def bind(node: Node, names: frozenset[str], found: Binding, fallible: bool = False) -> Code:
    """The function of a part. `names`: those of the loops around it. Raises ExpressionError for paths that can mean nothing."""
    found.work += 1
    if isinstance(node, Literal):
        value = node.value
        return lambda frame: value
    return _BINDERS[type(node)](node, names, found, fallible)


def _bind_path(node: Path, names: frozenset[str], found: Binding, fallible: bool) -> Code:
    root, keys = node.root, node.keys
    if root in names:
        return _local(root, _bound_keys(keys, names, found), node.text)
    if root == "context":
        return _bind_context(node, names, found, fallible)
    if root == "step" and keys:
        root, keys = "steps", (*keys[:1], "output", *keys[1:])
    root = {"workflow_input": "inputs", "loop_item": "item", "step": "steps"}.get(root, root)
    if root in ("steps", "secrets") and not (keys and _plain(keys[0])):
        raise ExpressionError(f"“{node.text}” does not say which one.", hint=f"Write a name after it, as in `{root}.name`.")
    return _bind_global(root, keys, node.text, names, found, fallible)


def _bind_global(root: str, keys: tuple[Key, ...], text: str, names: frozenset[str], found: Binding, fallible: bool) -> Code:
    name = _plain(keys[0]) if root in NAMED_ROOTS and keys else ""
    rest = keys[1:] if name else keys
    found.reads.append(Read((Reference(root, name or None),), _plain(rest[0]) or None if rest else None, text, fallible, found.is_expression))
    return _global(root, name or None, _bound_keys(rest, names, found), text)


def _plain(key: Key) -> str:
    """The key as text when it is written down; "" when it is computed."""
    if isinstance(key, str):
        return key
    return key.value if isinstance(key, Literal) and isinstance(key.value, str) else ""


def _bind_context(node: Path, names: frozenset[str], found: Binding, fallible: bool) -> Code:
    """`context.data.x` is the variable, or else the input; `context.config.x` is `config.x`, `context.runtime.x` is `run.x`.

    A section without a name is all of it; `context` alone are all sections that the step may see.
    """
    if not node.keys:
        return _bind_sections(tuple(_SECTIONS), node.text, found, fallible)
    part, rest = _plain(node.keys[0]), node.keys[1:]
    if part in _OTHER_NAMES:
        return _bind_global(_OTHER_NAMES[part], rest, node.text, names, found, fallible)
    if part == "data" and not rest:
        whole = _bind_sections(("data",), node.text, found, fallible)
        return lambda frame: step_into(whole(frame), "data", frame, node.text)
    name = _plain(rest[0]) if rest else ""
    if part != "data" or not name:
        hint = "Write `context.data.name`, or better `inputs.name` or `vars.name`; the sections are data, config, audit and runtime."
        raise ExpressionError(f"“{node.text}” means nothing.", hint=hint)
    roots = (Reference("vars", name), Reference("inputs", name))
    found.reads.append(Read(roots, None, node.text, fallible, found.is_expression))
    keys = _bound_keys(rest[1:], names, found)
    variable, given = (_global(root, name, keys, node.text) for root in ("vars", "inputs"))

    def read(frame: Frame) -> Json:
        try:
            frame.scope.lookup("vars", name)
        except Missing:
            return given(frame)
        return variable(frame)

    return read


_OTHER_NAMES = {"config": "config", "audit": AUDIT, "runtime": "run"}
_SECTIONS = {"data": ("inputs", "vars"), "config": ("config",), "audit": (AUDIT,), "runtime": ("run",)}  # what each is made of


def _bind_sections(sections: tuple[str, ...], text: str, found: Binding, fallible: bool) -> Code:
    """An object of sections. One that the step may not see is not in it."""
    found.reads.append(Read(tuple(Reference(root, None) for each in sections for root in _SECTIONS[each]), None, text, fallible, found.is_expression))

    def read(frame: Frame) -> Json:
        made: dict[str, Json] = {}
        for section in sections:
            for root in _SECTIONS[section]:
                try:
                    value = frame.scope.lookup(root, None)
                except Missing:
                    continue
                made[section] = {**made.get(section, {}), **value} if section == "data" else value
        return made

    return read


def _bound_keys(keys: tuple[Key, ...], names: frozenset[str], found: Binding) -> tuple[str | int | Code, ...]:
    bound: list[str | int | Code] = []
    for key in keys:
        if isinstance(key, Literal) and isinstance(key.value, str | int) and not isinstance(key.value, bool):
            bound.append(key.value)
        else:
            bound.append(key if isinstance(key, str) else bind(key, names, found))
    return tuple(bound)


def _global(root: str, name: str | None, keys: tuple[str | int | Code, ...], text: str) -> Code:
    def read(frame: Frame) -> Json:
        try:
            value = frame.scope.lookup(root, name)
        except Missing:
            raise Missing(text) from None
        for key in keys:
            value = step_into(value, key, frame, text)
        return value

    return read


def _local(name: str, keys: tuple[str | int | Code, ...], text: str) -> Code:
    def read(frame: Frame) -> Json:
        value = frame.names[name]
        for key in keys:
            value = step_into(value, key, frame, text)
        return value

    return read


def step_into(value: Json, key: str | int | Code, frame: Frame, text: str) -> Json:
    """What an object holds under a key or a list at a place. Raises Missing with the path as written."""
    if type(value) is dict and type(key) is str and key in value:
        return value[key]
    if callable(key):
        key = key(frame)
        if type(key) is str:
            return step_into(value, key, frame, text)
        if type(key) is float and key.is_integer():
            key = int(key)
    if type(value) is dict:
        key = str(key) if type(key) is int else key
        if type(key) is str and key in value:
            return value[key]
    elif type(value) is list:
        place = _place(key)
        if place is not None and -len(value) <= place < len(value):
            return value[place]
    raise Missing(text)


def _place(key: Any) -> int | None:
    """The key as a place in a list, from 0; negative ones count from the end."""
    if type(key) is str and key.isascii() and key.isdigit() and len(key) < 10:
        return int(key)
    return key if type(key) is int else None


def _bind_pick(node: Pick, names: frozenset[str], found: Binding, fallible: bool) -> Code:
    base = bind(node.base, names, found, fallible)
    keys = _bound_keys(node.keys, names, found)

    def read(frame: Frame) -> Json:
        value = base(frame)
        for key in keys:
            value = step_into(value, key, frame, node.text)
        return value

    return read


def _bind_get(node: Get, names: frozenset[str], found: Binding, fallible: bool) -> Code:
    return _first_of([bind(node.path, names, found, fallible=True), bind(node.default, names, found)])


def _bind_first_of(node: FirstOf, names: frozenset[str], found: Binding, fallible: bool) -> Code:
    has_default = len(node.choices) > 1
    return _first_of([bind(choice, names, found, has_default) for choice in node.choices])


def _first_of(choices: list[Code]) -> Code:
    """The first that is neither missing nor null. Where none is: the last as it is, null or missing."""
    *tried, last = choices
    if not tried:
        return last

    def read(frame: Frame) -> Json:
        for choice in tried:
            try:
                value = choice(frame)
            except Missing:
                continue
            if value is not None:
                return value
        return last(frame)

    return read


def _bind_list(node: ListOf, names: frozenset[str], found: Binding, fallible: bool) -> Code:
    items = [bind(item, names, found) for item in node.items]
    found.makes_values = True

    def make(frame: Frame) -> Json:
        frame.spend(len(items))
        return [item(frame) for item in items]

    return make


def _bind_sign(node: Sign, names: frozenset[str], found: Binding, fallible: bool) -> Code:
    operand = bind(node.operand, names, found)
    if node.mark == "!":
        return lambda frame: not truth(operand(frame))
    return lambda frame: operators.signed(node.mark, operand(frame))


def _bind_chain(node: Chain, names: frozenset[str], found: Binding, fallible: bool) -> Code:
    first = bind(node.first, names, found)
    rest = [(operators.ARITHMETIC[mark], bind(operand, names, found)) for mark, operand in node.rest]
    found.makes_values = True

    def compute(frame: Frame) -> Json:
        value = first(frame)
        for operate, operand in rest:
            value = operate(frame, value, operand(frame))
        return value

    return compute


def _bind_comparison(node: Comparison, names: frozenset[str], found: Binding, fallible: bool) -> Code:
    first = bind(node.first, names, found)
    rest = [(operators.COMPARISONS[mark], bind(operand, names, found)) for mark, operand in node.rest]

    def compare(frame: Frame) -> bool:
        left = first(frame)
        for holds, operand in rest:
            right = operand(frame)
            if not holds(frame, left, right):
                return False
            left = right
        return True

    return compare


def _bind_logic(node: Logic, names: frozenset[str], found: Binding, fallible: bool) -> Code:
    operands = [bind(operand, names, found) for operand in node.operands]
    if node.is_and:
        return lambda frame: all(truth(operand(frame)) for operand in operands)
    return lambda frame: any(truth(operand(frame)) for operand in operands)


def _bind_choice(node: Choice, names: frozenset[str], found: Binding, fallible: bool) -> Code:
    test, then, other = (bind(part, names, found) for part in (node.test, node.then, node.other))
    return lambda frame: then(frame) if truth(test(frame)) else other(frame)


def _bind_call(node: Call, names: frozenset[str], found: Binding, fallible: bool) -> Code:
    call = FUNCTIONS[node.name].call
    arguments = [bind(argument, names, found) for argument in node.arguments]

    def compute(frame: Frame) -> Json:
        frame.spend(1)
        return call(frame, *[argument(frame) for argument in arguments])

    return compute


def _bind_comprehension(node: Comprehension, names: frozenset[str], found: Binding, fallible: bool) -> Code:
    source = bind(node.source, names, found)
    before, inside = found.work, names | {node.name}
    element = bind(node.element, inside, found)
    conditions = [bind(condition, inside, found) for condition in node.conditions]
    cost, name = found.work - before, node.name
    found.makes_values = True

    def make(frame: Frame) -> Json:
        items = source(frame)
        if items is None:
            return []
        if type(items) is not list:
            raise ExpressionError(f"A loop needs a list, not {kind_of(items)}.")
        frame.made_list(len(items))
        outer = frame.names
        made = []
        for item in items:
            frame.spend(cost)
            frame.names = {**outer, name: item}
            if all(truth(condition(frame)) for condition in conditions):
                made.append(element(frame))
        frame.names = outer
        return made

    return make


_BINDERS: Mapping[type, Callable[[Any, frozenset[str], Binding, bool], Code]] = {
    Path: _bind_path,
    Pick: _bind_pick,
    Get: _bind_get,
    FirstOf: _bind_first_of,
    ListOf: _bind_list,
    Sign: _bind_sign,
    Chain: _bind_chain,
    Comparison: _bind_comparison,
    Logic: _bind_logic,
    Choice: _bind_choice,
    Call: _bind_call,
    Comprehension: _bind_comprehension,
}


def weighed(code: Code) -> Code:
    """As `code`, refusing results that are too large to be written down."""

    def compute(frame: Frame) -> Json:
        value = code(frame)
        if type(value) is list or type(value) is dict:
            weigh(value, frame)
        return value

    return compute

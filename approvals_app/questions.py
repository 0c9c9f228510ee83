"""The questions that an approval asks besides yes or no: declared like the inputs of a playbook, answered while deciding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from playbooks_app.errors import Refused
from playbooks_app.language.declarations import Input, read_inputs
from playbooks_app.language.faults import Faults
from playbooks_app.language.inputs import take
from playbooks_app.language.problem import Invalid, Problem
from playbooks_app.language.values import text_of


@dataclass(frozen=True, slots=True)
class Field:
    """One question on a page. `kind`: text, number, date, datetime, choice, long."""

    name: str
    title: str
    kind: str
    value: str
    required: bool
    hint: str
    options: tuple[str, ...] = ()


def declared(form: list[Any]) -> tuple[Input, ...]:
    """The questions, as far as they can be read."""
    return read_inputs({"form": form}, Faults(), "form")


def plain_checks(form: Any) -> Any:
    """The declarations with the conditions of their own rules as plain expressions: `${{ value > 0 }}` is for the answer, not for the run's data."""
    if not isinstance(form, list):
        return form
    return [_plain_check(each) if isinstance(each, Mapping) and isinstance(each.get("check"), Mapping) else each for each in form]


def _plain_check(field: Mapping[str, Any]) -> dict[str, Any]:
    condition = str(field["check"].get("if", "")).strip()
    inner = condition.removeprefix("${{").removesuffix("}}").strip() if condition.startswith("${{") else condition
    return {**field, "check": {**field["check"], "if": inner}}


def faults_of(form: Any, address: str, key: str = "form") -> list[Problem]:
    """What is wrong with the declarations under this key."""
    faults = Faults()
    if isinstance(form, list):
        read_inputs({key: form}, faults, key, f"{address}/")
    return faults.found


def answers(form: list[Any], given: Mapping[str, Any], *, from_form: bool) -> dict[str, Any]:
    """The answers, checked and with defaults. Raises Refused with addresses `values/<name>`."""
    try:
        return take(declared(form), given, extra=not form, from_form=from_form)
    except Invalid as invalid:
        raise Refused([replace(each, address=each.address.replace("inputs", "values", 1)) for each in invalid.problems]) from None


def fields(form: list[Any], given: Mapping[str, str] | None) -> list[Field]:
    """The questions with what was typed, else with their defaults."""
    return [field_of(each, given) for each in declared(form)]


def field_of(question: Input, given: Mapping[str, str] | None) -> Field:
    """One of them."""
    usual = "" if not question.has_default or question.default is None else text_of(question.default)
    options = tuple(text_of(each) for each in question.allowed or (("true", "false") if question.type == "boolean" else ()))
    kinds = {"number": "number", "date": "date", "datetime": "datetime", "array": "long", "object": "long"}
    kind = "choice" if options else kinds.get(question.type, "text")
    value = usual if given is None else given.get(question.name, "")
    return Field(question.name, question.title, kind, value, question.required, question.description, options)

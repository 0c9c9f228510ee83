"""Reads a normalised document into steps, and collects everything that is wrong with its form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playbooks_app.language.block_reader import BlockReader
from playbooks_app.language.declarations import read_inputs, read_outputs
from playbooks_app.language.faults import Faults
from playbooks_app.language.inputs import default_problems
from playbooks_app.language.playbook_settings import check_playbook_settings
from playbooks_app.language.registry import Registry
from playbooks_app.language.tree import CatchClause, Document, Step, every_step
from playbooks_app.language.upgrades import CURRENT_FORM
from playbooks_app.language.values import Json

DOCUMENT_KEYS = ("handrail", "name", "description", "owner", "inputs", "outputs", "settings", "steps", "catch", "finally", "labels")
CATCH_KEYS = ("code", "then", "steps")


def read(raw: Mapping[str, Any], registry: Registry, faults: Faults) -> Document:
    """The document as far as it can be read; `faults` says how far that is."""
    _check_top(raw, faults)
    blocks = BlockReader(registry, faults)
    name, description, owner = (faults.text(raw, key, "", required=True) for key in ("name", "description", "owner"))
    inputs, outputs = read_inputs(raw, faults), read_outputs(raw, faults)
    faults.extend(list(default_problems(inputs)))
    settings = raw.get("settings") or {}
    check_playbook_settings(settings, faults)
    if not raw.get("steps"):
        faults.add("steps", "Required", "The playbook has no steps.", "Add at least one.")
    steps = blocks.steps(raw.get("steps"), "steps", None, "", 0)
    catch = _read_catch(raw, blocks, faults)
    finally_ = blocks.steps(raw.get("finally"), "finally", None, "", 0)
    return Document(
        name=name,
        description=description,
        owner=owner,
        inputs=inputs,
        outputs=outputs,
        settings=settings if isinstance(settings, dict) else {},
        steps=steps,
        catch=catch,
        finally_=finally_,
        by_id=_by_id((*steps, *(step for clause in catch for step in clause.steps), *finally_)),
        raw=raw,
    )


def _by_id(steps: tuple[Step, ...]) -> dict[str, Step]:
    found: dict[str, Step] = {}
    for step in every_step(steps):
        found.setdefault(step.id, step)
    return found


def _check_top(raw: Mapping[str, Any], faults: Faults) -> None:
    form = raw.get("handrail", CURRENT_FORM)
    if form != CURRENT_FORM or isinstance(form, bool):
        faults.add("handrail", "UnknownForm", "This document was made for another version.", f"Write `handrail: {CURRENT_FORM}`.")
    if raw.get("interceptors"):
        faults.add(
            "interceptors", "GuardUnavailable", "Interceptors cannot be used in this version.", "Remove them, or put the steps where they belong."
        )
    faults.only(raw, (*DOCUMENT_KEYS, "interceptors"), "")


def _read_catch(raw: Mapping[str, Json], blocks: BlockReader, faults: Faults) -> tuple[CatchClause, ...]:
    found = []
    for place, written in faults.objects(raw, "catch", ""):
        address = f"{place}/"
        faults.only(written, CATCH_KEYS, address)
        found.append(
            CatchClause(
                code=faults.text(written, "code", address, required=True),
                then=faults.choice(written, "then", address, ("recover", "fail")),
                steps=blocks.steps(written.get("steps"), "catch", None, "", 0),
            )
        )
    return tuple(found)

"""Reads the ready playbooks from their folder, once per process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from playbooks_app.language.document import Document, Step, read_form
from playbooks_app.language.faults import Faults
from playbooks_app.language.reading import read_text
from playbooks_app.language.registry import step_types

FOLDER = Path(__file__).parent / "ready"
DOCUMENT, ABOUT = "playbook.yaml", "about.yaml"
CAPABILITIES = {
    "approval": "Asks a person",
    "escalation": "Escalates",
    "parallel": "Several at once",
    "loop": "Many items",
    "router": "Chooses a way",
    "fallback": "Has a stand-in",
    "retries": "Tries again",
    "failures": "Handles failures",
    "waiting": "Waits",
    "playbooks": "Runs playbooks",
    "progress": "Keeps its place",
    "protected": "Protected steps",
    "defaults": "Usual values",
    "calls": "Calls services",
    "mail": "Writes mail",
    "report": "Reports",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """Inputs to try it with: a name, what happens with them, and the values."""

    name: str
    words: str
    inputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Remark:
    """One line of the walk-through: the step's id, its name, and what to know about it."""

    step: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One ready playbook. `document` is as written; `parts` are the documents of the playbooks that it runs; `asks`: a run waits for a person."""

    slug: str
    document: Mapping[str, Any]
    parts: tuple[Mapping[str, Any], ...]
    place: int
    pattern: str
    line: str
    problem: str
    how: str
    walk: tuple[Remark, ...]
    shows: tuple[str, ...]
    needs: Mapping[str, str]  # name below config.services -> what it must be able to do
    samples: tuple[Sample, ...]
    asks: bool
    answers: Mapping[str, Any]  # for the sandbox: what its services would say, by id or path of the step

    @property
    def name(self) -> str:
        """What the copy is called."""
        return str(self.document["name"])

    @property
    def description(self) -> str:
        """One or two sentences, those of the document."""
        return str(self.document["description"])

    @property
    def capabilities(self) -> list[tuple[str, str]]:
        """(key, words) of what it shows."""
        return [(key, CAPABILITIES[key]) for key in self.shows]

    def contains(self, text: str) -> bool:
        """Whether each of these words stands somewhere in its texts, whatever the case."""
        said = " ".join(
            [self.name, self.description, self.line, self.problem, self.how, self.pattern, *dict(self.capabilities).values(), *self.words]
        ).lower()
        return all(word in said for word in text.lower().split())

    @property
    def words(self) -> list[str]:
        """Names of its steps and of their types."""
        return [part for step in drawn(self).by_id.values() for part in (step.name, step.kind.label)]


@lru_cache(maxsize=1)
def entries() -> tuple[Entry, ...]:
    """All of them, in the order in which they are shown."""
    return tuple(sorted((_read(folder) for folder in FOLDER.iterdir() if (folder / DOCUMENT).exists()), key=lambda each: each.place))


def entry(slug: str) -> Entry | None:
    """The one with this name in its address; None: there is none."""
    return next((each for each in entries() if each.slug == slug), None)


@lru_cache(maxsize=64)
def _drawn(slug: str) -> Document:
    found = entry(slug)
    assert found is not None
    document = read_form(dict(found.document), step_types, Faults())
    assert document is not None
    return document


def drawn(found: Entry) -> Document:
    """Its document as steps in blocks."""
    return _drawn(found.slug)


def _read(folder: Path) -> Entry:
    document = read_text((folder / DOCUMENT).read_text(), "yaml")
    about = read_text((folder / ABOUT).read_text(), "yaml")
    steps: Mapping[str, Step] = (read_form(document, step_types, Faults()) or _no_document(folder)).by_id
    return Entry(
        slug=folder.name,
        document=document,
        parts=tuple(read_text((folder / f"{name}.yaml").read_text(), "yaml") for name in about.get("parts", ())),
        place=about["place"],
        pattern=about["pattern"],
        line=about["line"],
        problem=about["problem"],
        how=about["how"],
        walk=tuple(Remark(each["step"], steps[each["step"]].name, each["text"]) for each in about["walk"]),
        shows=tuple(about["shows"]),
        needs=about["needs"],
        samples=tuple(Sample(each["name"], each["words"], each["inputs"]) for each in about["samples"]),
        asks=about.get("asks", False),
        answers=about.get("answers", {}),
    )


def _no_document(folder: Path) -> Document:
    raise ValueError(f"{folder.name}/{DOCUMENT} is no playbook.")

"""The form that starts a playbook, made from its inputs. The view that posts it lives with the machine (`runs_app.pages.start`):

    form = StartForm(document, request.POST, request.FILES)      # without POST and FILES: an empty one, or with `values` a filled one
    if form.is_valid():
        try:
            started = starting.start(version, inputs=form.inputs, from_form=True, …)
        except Refused as refused:
            form.refuse(refused.problems)
    render(…, {"form": form})                                    # {% include "playbooks_app/_start_form.html" %}

The names of its fields are the names of the inputs. What was typed or uploaded is always kept: rows of a file stand in the field's text as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict

from playbooks_app.language.document import Document
from playbooks_app.language.files import MOST_BYTES as MOST_FILE_BYTES
from playbooks_app.language.files import File, file_of, safe_name, value_of
from playbooks_app.language.inputs import Input, take
from playbooks_app.language.problem import Invalid, Problem
from playbooks_app.language.reading import read_text
from playbooks_app.pages.uploads import Upload, read_upload, row_of, text_of

LEAVE_OUT = "leave_out"  # a button with this name and an input's name as its value
WIDGETS = {
    "string": "text",
    "number": "number",
    "boolean": "switch",
    "date": "date",
    "datetime": "moment",
    "array": "list",
    "object": "json",
    "file": "file",
    "any": "json",
}
KEPT_BYTES = 4 * 1024 * 1024  # a larger file with faults is chosen again
MOST_ROUNDS = 40  # a file with more than two thousand bad rows is corrected, not trimmed
SHOWN_ROWS = 12  # of an upload, bad ones first
SHOWN_GOOD_ROWS = 3
SHOWN_COLUMNS = 6


@dataclass(slots=True)
class StartField:
    """One input as the form shows it. `text` is what stands in the field; `problems` what is wrong with it."""

    input: Input
    widget: str  # text, long_text, choice, number, switch, date, moment, list, file, json
    text: str
    problems: list[Problem] = field(default_factory=list)
    upload: Upload | None = None
    refused: str = ""  # name of a file that could neither be used nor kept: without another one nothing starts

    @property
    def name(self) -> str:
        """Of the field and of the input."""
        return self.input.name

    @property
    def label(self) -> str:
        """How people see it."""
        return self.input.title

    @property
    def address(self) -> str:
        """Where faults of this input are found."""
        return f"inputs/{self.name}"

    @property
    def choices(self) -> list[str]:
        """The allowed values as texts."""
        return [_text_of(each) for each in self.input.allowed or ()]

    @property
    def usual(self) -> str:
        """The default in words, "" without one."""
        return _text_of(self.input.default) if self.input.has_default else ""

    @property
    def bad_rows(self) -> list[int]:
        """Indices of the rows that cannot be used, because of the file or of the input's rules."""
        found = {index for problem in self.problems if (index := row_of(problem, self.address)) is not None}
        return sorted(found | (set(self.upload.bad) if self.upload else set()))

    @property
    def row_count(self) -> int:
        """Of what stands in the field now."""
        return len(self.upload.rows) if self.upload else 0

    @property
    def file(self) -> File | None:
        """What was uploaded to a field for one file."""
        return file_of(_read_json(self.text)) if self.widget == "file" and self.text else None

    @property
    def columns(self) -> list[str]:
        """The first columns of an upload, for its table."""
        first = next((row for row in (self.upload.rows if self.upload else []) if isinstance(row, dict)), {})
        return list(first)[:SHOWN_COLUMNS]

    @property
    def table(self) -> list[tuple[int, bool, list[tuple[str, bool]]]]:
        """(number from 1, whether it is bad, cells with whether they are the reason): the bad rows, or the first ones."""
        if not self.upload:
            return []
        bad = self.bad_rows
        shown = [index for index in bad[:SHOWN_ROWS] or range(SHOWN_GOOD_ROWS) if index < len(self.upload.rows)]
        places = {problem.address for problem in self.problems}
        return [
            (
                index + 1,
                bool(bad),
                [(_cell(self.upload.rows[index], column), f"{self.address}/{index}/{column}" in places) for column in self.columns],
            )
            for index in shown
        ]

    @property
    def faults(self) -> list[str]:
        """Each fault in words, with the number of its row."""
        return [self.words(problem) for problem in self.problems]

    def words(self, problem: Problem) -> str:
        """`Row 413: “amount” is missing.`"""
        index = row_of(problem, self.address)
        return " ".join(filter(None, (f"Row {index + 1}:" if index is not None else "", problem.message, problem.hint)))

    @property
    def described_by(self) -> str:
        """For `aria-describedby`."""
        return " ".join(([f"f-{self.name}"] if self.problems else []) + ([f"h-{self.name}"] if self.input.description else []))


class StartForm:
    """The inputs of a document as fields; `inputs` is what to start with once `is_valid()` has said yes."""

    def __init__(
        self,
        document: Document,
        posted: Mapping[str, Any] | None = None,
        files: MultiValueDict[str, UploadedFile[bytes]] | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        self.document = document
        self.is_bound = posted is not None
        self.inputs: dict[str, Any] = {}
        self.general: list[Problem] = []  # faults that belong to no field
        self.fields = [_field(each, posted, files, LEAVE_OUT) for each in document.inputs]
        if posted is None and values:
            self._fill(values)
        if self.is_bound:
            self._take()

    def is_valid(self) -> bool:
        """Whether it was posted without any fault."""
        return self.is_bound and not self.problems

    @property
    def problems(self) -> list[Problem]:
        """Every fault, in the order of the fields, for the summary on top."""
        return [*self.general, *(problem for each in self.fields for problem in each.problems)]

    @property
    def summary(self) -> list[tuple[str, str]]:
        """(name of the field, words) for the summary; many faults of one list are one line."""
        lines = [("", problem.message) for problem in self.general]
        for each in self.fields:
            rows = [problem for problem in each.problems if row_of(problem, each.address) is not None]
            lines += [(each.name, _named(each.label, problem.message)) for problem in each.problems if problem not in rows]
            if rows:
                more = f" And {len(rows) - 3} more." if len(rows) > 3 else ""
                lines.append((each.name, f"{each.label}: {' '.join(each.words(problem) for problem in rows[:3])}{more}"))
        return lines

    def refuse(self, problems: Iterable[Problem]) -> None:
        """Put faults at their fields; what names no field stands on top."""
        by_name = {each.name: each for each in self.fields}
        for problem in problems:
            name = problem.address.removeprefix("inputs/").split("/", 1)[0]
            (by_name[name].problems if name in by_name else self.general).append(problem)

    def field(self, name: str) -> StartField | None:
        """The field of that input."""
        return next((each for each in self.fields if each.name == name), None)

    def forgive(self) -> None:
        """Keep what was typed, and say nothing of its faults yet."""
        self.general = []
        for each in self.fields:
            each.problems = []

    def _fill(self, values: Mapping[str, Any]) -> None:
        """Put values into the fields, as if they had been typed; what is not an input is passed over."""
        for each in self.fields:
            if each.name in values:
                each.text = _text_of(values[each.name])
                if each.widget == "list":
                    _fill_list(each, None, "rows", leave_out=False)

    def _take(self) -> None:
        given: dict[str, Any] = {}
        for each in self.fields:
            if not each.problems:
                _give(each, given)
            elif each.bad_rows:
                more = [problem for problem in _faults_of_rows(each) if row_of(problem, each.address) not in each.bad_rows]
                each.problems = sorted([*each.problems, *more], key=lambda problem: row_of(problem, each.address) or 0)
        good = tuple(each.input for each in self.fields if not each.problems)
        if len(good) < len(self.fields):  # an author's own rule may look at what is not there yet
            good = tuple(replace(each, check=None) for each in good)
        try:
            self.inputs = take(good, given, extra=self.document.takes_extra_inputs, from_form=True)
        except Invalid as invalid:
            self.refuse(invalid.problems)


def _field(declared: Input, posted: Mapping[str, Any] | None, files: MultiValueDict[str, UploadedFile[bytes]] | None, leave_out: str) -> StartField:
    widget = "choice" if declared.allowed else WIDGETS.get(declared.type, "json")
    if widget == "text" and (declared.max_length or 0) > 200:
        widget = "long_text"
    if posted is None:
        return StartField(declared, widget, _text_of(declared.default) if declared.has_default else "")
    found = StartField(declared, widget, str(posted.get(declared.name, "")))
    file = files.get(declared.name) if files else None
    if widget == "list":
        found.refused = str(posted.get(f"{declared.name}.refused", ""))[:200]
        _fill_list(found, file, str(posted.get(f"{declared.name}.file", "")), posted.get(leave_out) == declared.name)
    elif widget == "file":
        _fill_file(found, file, str(posted.get(f"{declared.name}.kept", "")))
    elif widget == "switch":
        found.text = "true" if declared.name in posted else "false"
    return found


def _fill_list(shown: StartField, file: UploadedFile[bytes] | None, kept_name: str, leave_out: bool) -> None:
    """From the file, else from the text, which holds what a file held that came before: as it was while it has faults, then as rows."""
    content = file.read() if file is not None else shown.text.encode()
    if not content.strip() and file is None and shown.refused:  # a default must not stand in for a file that somebody has chosen
        hint = "Choose another file, or write the rows."
        shown.problems = [Problem(shown.address, "NotTaken", f"{safe_name(shown.refused)} could not be used.", hint)]
    if not content.strip():
        return
    shown.refused = ""
    name = (file.name if file else kept_name) or "rows"
    shown.upload = read_upload(content, name, shown.address, shown.input.schema)
    shown.problems = list(shown.upload.problems)
    if leave_out:
        _leave_out(shown, shown.upload)
    if shown.upload.rows and not shown.problems:
        shown.text = json.dumps(shown.upload.rows, ensure_ascii=False)
    elif file is not None:
        text = text_of(content) if len(content) <= KEPT_BYTES else None
        shown.text, shown.refused = ("", name) if text is None else (text, "")


def _fill_file(shown: StartField, file: UploadedFile[bytes] | None, kept: str) -> None:
    """From the file, else what was uploaded before and stands in the page while other fields are corrected."""
    shown.text = kept
    if file is None:
        return
    if (file.size or 0) > MOST_FILE_BYTES:
        said = f"{safe_name(file.name or '')} is larger than {MOST_FILE_BYTES // 1024 // 1024} MB."
        shown.text, shown.problems = "", [Problem(shown.address, "TooLarge", said, "Give a smaller file, or a link to it.")]
        return
    shown.text = json.dumps(value_of(file.name or "", file.read(), file.content_type or ""), ensure_ascii=False)


def _read_json(text: str) -> Any:
    try:
        return read_text(text, "json")
    except Invalid:
        return None


def _leave_out(shown: StartField, upload: Upload) -> None:
    """Drop the rows with a fault: those of the file, and those that the input's own rules refuse (a check names fifty at a time)."""
    shown.upload = Upload(upload.name, upload.size, upload.without_bad_rows())
    shown.problems = [problem for problem in shown.problems if row_of(problem, shown.address) is None]
    for _ in range(MOST_ROUNDS):
        refused = {index for problem in _faults_of_rows(shown) if (index := row_of(problem, shown.address)) is not None}
        if not refused:
            break
        rows = [row for index, row in enumerate(shown.upload.rows) if index not in refused]
        shown.upload = Upload(upload.name, upload.size, rows)


def _faults_of_rows(shown: StartField) -> list[Problem]:
    """What the input's own rules say about rows that could be read."""
    try:
        take((shown.input,), {shown.name: shown.upload.rows if shown.upload else []}, extra=False, from_form=True)
    except Invalid as invalid:
        return invalid.problems
    return []


def _give(shown: StartField, given: dict[str, Any]) -> None:
    """Add the value of a field to what is given; an empty one is left out, so that the default or the fault is the language's affair."""
    if shown.widget == "list":
        if shown.upload is not None:
            given[shown.name] = shown.upload.rows
    elif shown.widget == "json":
        if shown.text.strip():
            try:
                given[shown.name] = read_text(shown.text, "json")
            except Invalid as invalid:
                shown.problems = [Problem(shown.address, p.code, p.message, p.hint) for p in invalid.problems]
    elif shown.text.strip():
        given[shown.name] = shown.text


def _named(label: str, message: str) -> str:
    return message if label.lower() in message.lower() else f"{label}: {message}"


def _cell(row: Any, column: str) -> str:
    return _text_of(row.get(column)) if isinstance(row, dict) else ""


def _text_of(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False)

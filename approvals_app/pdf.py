"""Records on paper: PDF with the text of every language that Noto Sans writes (Latin, Greek, Cyrillic), and of East Asia where a font is found.

Other signs (Arabic, Hebrew, Hindi, signs that turn the writing around) stand as their Unicode numbers, `[U+0645 0631]`, and a note says so: a record
that leaves signs out, shows boxes, spells them in other letters or in another order would say something else than what was decided.
"""

from __future__ import annotations

import re
import tempfile
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pymupdf_fonts
from django.conf import settings
from django.utils import timezone
from fpdf import FPDF
from fpdf.fonts import FontFace, TTFFont

from approvals_app import facts, fingerprint, records
from approvals_app.models import Approval
from approvals_app.record_events import Line
from playbooks_app import clock
from playbooks_app.models import User

FONTS = {"": "notos", "B": "notosbo"}
LONGEST_CELL = 2000  # characters; the CSV has all
GREY, LINE = 110, 205
NUMBERED = "Signs that the font of this paper lacks stand as their Unicode numbers in [U+…]. The CSV record has them as they were written."
LAYOUT = "\n\r\t"
TURNING = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")  # not to be seen, and yet they change what is read


class Paper(FPDF):
    """A4 with a foot that says what it is, when and by whom it was printed."""

    def __init__(self, foot: str, *, landscape: bool = False) -> None:
        super().__init__(orientation="L" if landscape else "P", format="A4")
        self.foot, self.is_numbered = foot, False
        for style, path in font_files().items():
            self.add_font("text", style, path)
        self._signs = frozenset.intersection(*(frozenset(font.cmap) for font in self.fonts.values() if isinstance(font, TTFFont)))
        self._wide: frozenset[int] | None = None  # the signs of East Asia that can be written; unknown until one comes
        self.set_font("text", size=9)
        self.set_auto_page_break(True, margin=16)
        self.set_margin(14)
        self.add_page()

    def footer(self) -> None:
        """On every page."""
        self.set_y(-12)
        self.set_font("text", size=7)
        self.set_text_color(GREY)
        self.cell(0, 5, self.written(f"{self.foot} · page {self.page_no()}"))
        self.set_text_color(0)

    def written(self, text: str) -> str:
        """The text as this paper can write it."""
        found = writable(text, self._signs | self._wide_signs(text))
        self.is_numbered = self.is_numbered or found != text
        return found

    def _wide_signs(self, text: str) -> frozenset[int]:
        """What the East Asian font can write; it is loaded (20 MB) by the first text that wants it."""
        if self._wide is None:
            if not any(is_wide(sign) for sign in text):
                return frozenset()
            self._wide = self._load_wide()
        return self._wide

    def _load_wide(self) -> frozenset[int]:
        path = next((each for each in settings.RECORD_FONTS if Path(each).is_file()), None)
        if path is None:
            return frozenset()
        self.add_font("wide", "", path)
        self.set_fallback_fonts(["wide"], exact_match=False)
        font = self.fonts["wide"]
        return frozenset(sign for sign in font.cmap if is_wide(chr(sign))) if isinstance(font, TTFFont) else frozenset()

    def finished(self) -> bytes:
        """The file; with a note below if signs stand as numbers."""
        if self.is_numbered:
            self.set_font("text", size=7.5)
            self.multi_cell(0, 4.2, NUMBERED, new_x="LMARGIN", new_y="NEXT")
        return bytes(self.output())

    def head(self, title: str, below: str) -> None:
        """The title, and a line about it."""
        self.set_font("text", "B", 14)
        self.multi_cell(0, 7, self.written(title), new_x="LMARGIN", new_y="NEXT")
        self.set_font("text", size=9)
        self.set_text_color(GREY)
        self.multi_cell(0, 5, self.written(below), new_x="LMARGIN", new_y="NEXT")
        self.set_text_color(0)
        self.ln(3)

    def line_of(self, text: str, *, bold: bool = False) -> None:
        """A line of text, or several."""
        self.set_font("text", "B" if bold else "", 9)
        self.multi_cell(0, 5, self.written(text), new_x="LMARGIN", new_y="NEXT")

    def rows(self, heads: Sequence[str], rows: Iterable[Sequence[object]], widths: Sequence[int]) -> None:
        """A table."""
        self.set_font("text", size=7.5)
        self.set_draw_color(LINE)
        style = FontFace(emphasis="BOLD", fill_color=(240, 241, 244))
        looks: dict[str, Any] = {
            "borders_layout": "HORIZONTAL_LINES",
            "text_align": "LEFT",
            "v_align": "TOP",
            "padding": (0.7, 1),
            "line_height": 3.9,
        }
        with self.table(col_widths=tuple(widths), headings_style=style, **looks) as table:
            table.row(heads)
            for row in rows:
                table.row([self.written(_text(cell)) for cell in row])
        self.ln(4)


def record(approval: Approval, viewer: User) -> bytes:
    """One approval: what was decided on, and everything that happened."""
    paper = Paper(_foot(approval.account.name, viewer), landscape=True)
    place = f"{approval.run.playbook.name} #{approval.run_id}, step {approval.step_run.path}"
    paper.head(
        approval.title, f"{place}. {approval.status.capitalize()}. Fingerprint {fingerprint.short(approval.payload_hash)} ({approval.payload_hash})"
    )
    for made in approval.decisions.filter(round=approval.round).select_related("person", "on_behalf_of"):
        said = f": “{made.comment}”" if made.comment else ""
        paper.line_of(f"{approval.label_of(made.decision)}, {made.by_name}, {made.get_channel_display()}, {_moment(made.at)}{said}", bold=True)
    if approval.summary:
        paper.line_of(approval.summary)
    paper.ln(2)
    found = facts.facts(approval.shown, approval.shown_order)
    if any(fact.group for fact in found):
        paper.rows(("", "What was shown", ""), [(fact.group, fact.label, _fact(fact)) for fact in found], (25, 45, 130))
    elif found:
        paper.rows(("What was shown", ""), [(fact.label, _fact(fact)) for fact in found], (50, 150))
    lines = [
        (each.at, each.what, each.who, each.behalf, _details(each, approval), _where(each), records.short_hash(each.payload_hash))
        for each in records.record_of(approval)
    ]
    paper.rows(("When", "What", "Who", "On behalf of", "Details", "Channel", "Fingerprint"), lines, (30, 34, 34, 24, 80, 28, 20))
    return paper.finished()


def listing(approvals: Iterable[Approval], title: str, viewer: User) -> bytes:
    """A list of approvals."""
    paper = Paper(_foot(viewer.account.name if viewer.account else "", viewer), landscape=True)
    rows = [(row[0], row[1], f"{row[2]} #{row[3]}", *row[5:10], row[11], records.short_hash(str(row[12]))) for row in records.list_rows(approvals)]
    paper.head("Approvals", f"{title}: {len(rows)}")
    heads = ("No.", "Question", "Run", "Status", "Asked at", "Due at", "Closed at", "Decided by", "Comment", "Fingerprint")
    paper.rows(heads, rows, (12, 58, 38, 18, 26, 26, 26, 28, 40, 18))
    return paper.finished()


@lru_cache(maxsize=1)
def font_files() -> dict[str, Path]:
    """Style -> a font file of this process; the package carries the fonts inside its modules."""
    folder = Path(tempfile.mkdtemp(prefix="handrail-fonts-"))
    found = {}
    for style, name in FONTS.items():
        found[style] = folder / f"{name}.ttf"
        found[style].write_bytes(pymupdf_fonts.myfont(name))
    return found


def is_wide(sign: str) -> bool:
    """Whether it is written as in East Asia: Han, kana, Hangul and their punctuation. They are drawn one by one, from left to right."""
    return unicodedata.east_asian_width(sign) in ("W", "F", "H")


def writable(text: str, signs: frozenset[int]) -> str:
    """The text with what is not among the font's signs as numbers: `東京` becomes `[U+6771 4EAC]`."""
    parts: list[str] = []
    missing: list[str] = []
    for sign in text:
        if sign in LAYOUT or (ord(sign) in signs and not TURNING.match(sign)):
            parts += [*_numbers(missing), sign]
            missing = []
        else:
            missing.append(f"{ord(sign):04X}")
    return "".join([*parts, *_numbers(missing)])


def _numbers(missing: list[str]) -> list[str]:
    return [f"[U+{' '.join(missing)}]"] if missing else []


def _foot(account: str, viewer: User) -> str:
    return f"{account} · as of {_moment(clock.now())} · printed by {viewer.display_name}"


def _fact(fact: facts.Fact) -> str:
    if not fact.is_table:
        return fact.text
    return "\n".join([" | ".join(fact.heads), *(" | ".join(cell.text for cell in row) for row in fact.rows)])


def _details(line: Line, approval: Approval) -> str:
    """What was shown last stands above in full."""
    return "as above" if line.what in records.SHOWINGS.values() and line.round == approval.round else line.details


def _where(line: Line) -> str:
    return f"{line.channel} {line.address}".strip()


def _moment(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{local.day} {local:%b %Y, %H:%M %Z}"


def _text(cell: object) -> str:
    if isinstance(cell, datetime):
        return _moment(cell)
    text = "" if cell is None else str(cell)
    return text if len(text) <= LONGEST_CELL else f"{text[:LONGEST_CELL]}…"

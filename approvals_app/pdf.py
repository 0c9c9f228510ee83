"""Records on paper: PDF with the text of every language that Noto Sans writes (Latin, Greek, Cyrillic).

Other signs (Chinese, Arabic, Hindi, signs that turn the writing around) stand as their Unicode numbers, `[U+6771 4EAC]`, and a note says so: a record
that leaves signs out, shows boxes or spells them in other letters would say something else than what was decided.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import pymupdf_fonts
from django.utils import timezone
from fpdf import FPDF
from fpdf.fonts import FontFace, TTFFont

from approvals_app import facts, fingerprint, records
from approvals_app.models import Approval
from playbooks_app import clock
from playbooks_app.models import User

FONTS = {"": "notos", "B": "notosbo"}
LONGEST_CELL = 2000  # characters; the CSV has all
GREY = 110
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
        found = writable(text, self._signs)
        self.is_numbered = self.is_numbered or found != text
        return found

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

    def rows(self, heads: Sequence[str], rows: Iterable[Sequence[object]], widths: Sequence[int]) -> None:
        """A table."""
        self.set_font("text", size=7.5)
        style = FontFace(emphasis="BOLD", fill_color=(240, 241, 244))
        with self.table(
            col_widths=tuple(widths), headings_style=style, line_height=4.2, borders_layout="HORIZONTAL_LINES", text_align="LEFT"
        ) as table:
            table.row(heads)
            for row in rows:
                table.row([self.written(_text(cell)) for cell in row])
        self.ln(3)


def record(approval: Approval, viewer: User) -> bytes:
    """One approval: what was decided on, and everything that happened."""
    paper = Paper(_foot(approval.account.name, viewer), landscape=True)
    place = f"{approval.run.playbook.name} #{approval.run_id}, step {approval.step_run.path}"
    paper.head(
        approval.title, f"{place}. {approval.status.capitalize()}. Fingerprint {fingerprint.short(approval.payload_hash)} ({approval.payload_hash})"
    )
    if approval.summary:
        paper.multi_cell(0, 5, paper.written(approval.summary), new_x="LMARGIN", new_y="NEXT")
    shown = [(fact.group, fact.label, _fact(fact)) for fact in facts.facts(approval.shown, approval.shown_order)]
    if shown:
        paper.rows(("", "What was shown", ""), shown, (25, 45, 130))
    lines = [
        (each.at, each.what, each.who, each.behalf, each.details, _where(each), records.short_hash(each.payload_hash))
        for each in records.record_of(approval)
    ]
    paper.rows(("When", "What", "Who", "On behalf of", "Details", "By", "Fingerprint"), lines, (30, 34, 34, 26, 78, 28, 20))
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


def _where(line: records.Line) -> str:
    return f"{line.channel} {line.address}".strip()


def _moment(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{local.day} {local:%b %Y, %H:%M %Z}"


def _text(cell: object) -> str:
    if isinstance(cell, datetime):
        return _moment(cell)
    text = "" if cell is None else str(cell)
    return text if len(text) <= LONGEST_CELL else f"{text[:LONGEST_CELL]}…"

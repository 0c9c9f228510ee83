"""Lists as files for spreadsheets, row by row, whatever their length."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.http import StreamingHttpResponse
from django.utils import timezone

FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # the wide ones mean the same to some
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"  # stripped by some programs before they look for a formula


def as_csv(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    """An answer that is kept as `name`.csv; moments in the viewer's zone, no cell that a spreadsheet would take for a formula."""
    answer = StreamingHttpResponse(_lines(header, rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def harmless(cell: object) -> object:
    """A text that a spreadsheet would take for a formula is given a quote in front."""
    return f"'{cell}" if isinstance(cell, str) and (cell[:1] in ("\t", "\r", "\n") or _begin(cell) in FORMULA_STARTS) else cell


def _begin(text: str) -> str:
    """The first sign that is one."""
    return next((each for each in text if not each.isspace() and each not in INVISIBLE), "")


class _Echo:
    """A file whose lines are handed on."""

    def write(self, line: str) -> str:
        """The line."""
        return line


def _lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(header)
    for row in rows:
        yield writer.writerow([harmless(_written(cell)) for cell in row])


def _written(cell: object) -> object:
    return timezone.localtime(cell).isoformat(timespec="seconds") if isinstance(cell, datetime) else "" if cell is None else cell

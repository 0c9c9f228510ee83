"""Lists as files for spreadsheets, row by row, whatever their length."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.http import StreamingHttpResponse
from django.utils import timezone

FORMULA_STARTS = ("=", "+", "-", "@")


def as_csv(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    """An answer that is kept as `name`.csv; moments in the viewer's zone, no cell that a spreadsheet would take for a formula."""
    answer = StreamingHttpResponse(_lines(header, rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def harmless(cell: object) -> object:
    """A text that a spreadsheet would take for a formula is given a quote in front."""
    return f"'{cell}" if isinstance(cell, str) and (cell[:1] in ("\t", "\r", "\n") or cell.lstrip()[:1] in FORMULA_STARTS) else cell


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

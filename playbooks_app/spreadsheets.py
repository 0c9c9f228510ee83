"""Lists as files for spreadsheets, row by row, whatever their length."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.http import StreamingHttpResponse
from django.utils import timezone

_SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20\u2212\u2796\ufe62\ufe63\ufe66\ufe6b"  # the wide, small and typographic ones mean the same to some
_BREAKS = r";|\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029"  # between cells or lines, for some program
_UNSEEN = r"\x00-\x08\x0e-\x1b\x1f \u00a0\u00ad\u1680\u180e\u2000-\u200f\u202a-\u202f\u205f-\u2069\u3000\ufeff\"'\u201c\u201d"  # dropped by some
_FORMULA = re.compile(rf"(^|[{_BREAKS}])([{_UNSEEN}]*[{_SIGNS}])")


def as_csv(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    """An answer that is kept as `name`.csv; moments in the viewer's zone, no cell that a spreadsheet would take for a formula."""
    answer = StreamingHttpResponse(_lines(header, rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def harmless(cell: object) -> object:
    """A text that a spreadsheet would take for a formula is given a quote in front; so is each part behind a `;`, a tab or a line break.

    Programs of other countries separate cells by `;` or tabs, and split a line there although we have quoted the cell.
    """
    if not isinstance(cell, str):
        return cell
    quoted = _FORMULA.sub(r"\1'\2", cell)
    return f"'{quoted}" if cell[:1] in ("\t", "\r", "\n") else quoted


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

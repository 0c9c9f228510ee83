"""Documents of published versions, parsed once per process: a version never changes."""

from __future__ import annotations

import threading
from collections import OrderedDict

from playbooks_app.language.document import Document, parse
from playbooks_app.models import PlaybookVersion

KEPT = 256

_lock = threading.Lock()
_documents: OrderedDict[int, Document] = OrderedDict()


def document_of(version: PlaybookVersion) -> Document:
    """The parsed document; the most recently used ones are kept."""
    with _lock:
        found = _documents.get(version.pk)
        if found is not None:
            _documents.move_to_end(version.pk)
            return found
    document = parse(version.document)
    with _lock:
        _documents[version.pk] = document
        while len(_documents) > KEPT:
            _documents.popitem(last=False)
    return document

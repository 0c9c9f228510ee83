"""A playbook as a file."""

from __future__ import annotations

import json

from django.http import HttpResponse
from django.utils.text import slugify

from playbooks_app import audit
from playbooks_app.drafting.effective import with_defaults
from playbooks_app.errors import OutOfSight, Refused
from playbooks_app.language.problem import Problem
from playbooks_app.language.reading import write_yaml
from playbooks_app.models import Playbook, User

FORMATS = {"yaml": "application/yaml", "json": "application/json"}


def exported(playbook: Playbook, version: str, format: str, *, by: User, usual: bool = False) -> HttpResponse:
    """The draft, or the version with this number; `usual`: with every usual value written out. Raises OutOfSight."""
    if format not in FORMATS:
        raise Refused([Problem("as", "NotOneOf", "Choose yaml or json.")])
    document, suffix = playbook.draft, "draft"
    if version:
        found = playbook.versions.filter(number=int(version)).first() if version.isascii() and version.isdigit() and len(version) < 9 else None
        if found is None:
            raise OutOfSight(f"There is no version {version}.")
        document, suffix = found.document, f"v{found.number}"
    audit.note(by, "playbook.exported", playbook, new={"as": format, "version": suffix})
    document = with_defaults(document) if usual else document
    text = write_yaml(document) if format == "yaml" else json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    name = f"{slugify(playbook.name) or 'playbook'}-{suffix}.{format}"
    return HttpResponse(text, content_type=f"{FORMATS[format]}; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'})

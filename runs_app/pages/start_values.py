"""What a start form can be filled with: the samples of the gallery, and what the last run was given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from playbooks_app.gallery.copying import source_of
from playbooks_app.models import Playbook, PlaybookVersion
from playbooks_app.pages.finding import viewer
from runs_app.models import Run
from runs_app.permissions import values_read_by


@dataclass(frozen=True, slots=True)
class Fill:
    """A way to fill the form: its words, and the address that does it."""

    words: str
    address: str
    current: bool


def fills(request: HttpRequest, playbook: Playbook, version: PlaybookVersion) -> list[Fill]:
    """Those that there are. One query."""
    source = source_of(version.document)
    found = [
        Fill(f"Sample: {each.name}", f"?sample={number}", request.GET.get("sample") == str(number)) for number, each in enumerate(_samples(source))
    ]
    last = _runs(request, playbook).first()
    if last is not None and last.inputs:
        found.append(Fill(f"As in run #{last.pk}", f"?like={last.pk}", request.GET.get("like") == str(last.pk)))
    return found


def asked_for(request: HttpRequest, playbook: Playbook, version: PlaybookVersion) -> Mapping[str, Any]:
    """The values of `?sample=<n>` or `?like=<run>`; {} for none and for what is not there."""
    sample, like = request.GET.get("sample", ""), request.GET.get("like", "")
    samples = _samples(source_of(version.document))
    if sample.isdecimal() and int(sample) < len(samples):
        found: Mapping[str, Any] = samples[int(sample)].inputs
        return found
    run = _runs(request, playbook).filter(pk=int(like)).first() if like.isdecimal() and len(like) < 18 else None
    return run.inputs if run is not None else {}


def _samples(source: Any) -> Any:
    return source.samples if source is not None else ()


def _runs(request: HttpRequest, playbook: Playbook) -> Any:
    """The playbook's runs whose values this person may read, newest first."""
    user = viewer(request)
    return Run.objects.visible_to(user).counted().filter(values_read_by(user), playbook=playbook).order_by("-pk")

"""The OpenAPI description is true: what the doors answer has the shape that it says."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import jsonschema
import pytest
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from playbooks_app.models import Playbook, User
from tests.playbooks.documents import FAULTY, document

Api = Callable[[User | None], APIClient]


@cache
def description() -> dict[str, Any]:
    """The whole description, with `nullable` written as JSON Schema knows it."""
    return _plain(SchemaGenerator().get_schema(request=None, public=True))  # type: ignore[no-untyped-call, no-any-return]


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if not isinstance(value, dict):
        return value
    found = {key: _plain(each) for key, each in value.items()}
    return {"anyOf": [{key: each for key, each in found.items() if key != "nullable"}, {"type": "null"}]} if found.get("nullable") is True else found


def says(path: str, method: str, status: int) -> Any:
    """The schema of that answer, resolvable."""
    answer = description()["paths"][f"/api/v1/{path}"][method]["responses"][str(status)]
    kind = "application/json" if status < 400 else "application/problem+json"
    return {**answer["content"][kind]["schema"], "components": description()["components"]}


@pytest.fixture
def drawn(alice: User) -> Playbook:
    """With two versions."""
    playbook = Playbook.draw(document(), by=alice)
    playbook.publish(by=alice)
    playbook.save_draft(document(description="Other words."), by=alice)
    playbook.publish(by=alice)
    return playbook


def test_what_is_read_has_the_described_shape(api: Api, alice: User, drawn: Playbook) -> None:
    """Lists and single things, null values included."""
    new, old = drawn.versions.all()
    calls = {
        "playbooks/": "playbooks/",
        "playbooks/{id}/": f"playbooks/{drawn.pk}/",
        "playbooks/{id}/versions/": f"playbooks/{drawn.pk}/versions/",
        "versions/{id}/": f"versions/{new.pk}/",
        "versions/{id}/diff/{other}/": f"versions/{old.pk}/diff/{new.pk}/",
        "members/": "members/",
        "departments/": "departments/",
        "groups/": "groups/",
        "me/": "me/",
    }

    for path, address in calls.items():
        answer = api(alice).get(f"/api/v1/{address}")
        assert answer.status_code == 200, path
        jsonschema.validate(answer.json(), says(path, "get", 200))


def test_what_is_done_and_refused_has_the_described_shape(api: Api, alice: User, dave: User, drawn: Playbook) -> None:
    """201, 200, 401, 403, 404, 409, 412, 422."""
    address, here = f"/api/v1/playbooks/{drawn.pk}/", "playbooks/{id}/"
    deprecated = f"/api/v1/versions/{drawn.versions.all()[0].pk}/deprecate/"
    api(alice).post(deprecated)
    calls = [
        ("playbooks/", "post", 201, api(alice).post("/api/v1/playbooks/", {"document": document()})),
        ("playbooks/", "post", 422, api(alice).post("/api/v1/playbooks/", {"document": FAULTY})),
        ("playbooks/", "post", 403, api(dave).post("/api/v1/playbooks/", {"document": document()})),
        ("playbooks/validate/", "post", 200, api(alice).post("/api/v1/playbooks/validate/", {"document": FAULTY})),
        (here, "patch", 200, api(alice).patch(address, {"document": FAULTY})),
        (here, "patch", 412, api(alice).patch(address, {"document": document()}, headers={"If-Match": '"1"'})),
        (here, "get", 404, api(alice).get("/api/v1/playbooks/999999/")),
        (here, "get", 401, api(None).get(address)),
        ("versions/{id}/deprecate/", "post", 409, api(alice).post(deprecated)),
    ]

    for path, method, status, answer in calls:
        assert answer.status_code == status, (path, method, status)
        jsonschema.validate(answer.json(), says(path, method, status))

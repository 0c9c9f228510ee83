"""A document in the database, as it was written: the order of its keys belongs to the people who read it."""

from __future__ import annotations

import json
from typing import Any

from django.db import models
from psycopg.types.json import Json


class DocumentField(models.JSONField):
    """JSON kept as text (`json`, not `jsonb`), because `jsonb` sorts the keys of objects. It is read whole and never searched by parts."""

    def db_type(self, connection: Any) -> str:
        """PostgreSQL's."""
        return "json"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Letters stay letters, so that a search in the text finds them."""
        return value if value is None or hasattr(value, "resolve_expression") else Json(value, dumps=_written)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """The driver has read it already."""
        return value


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)

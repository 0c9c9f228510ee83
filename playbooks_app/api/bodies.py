"""Bodies of requests: what nobody knows is refused with its address, instead of being dropped in silence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request


class Body(serializers.Serializer[Any]):
    """A body of which every key is known. Raises ValidationError with all faults at once."""

    def to_internal_value(self, data: Any) -> Any:
        """The checked values."""
        unknown = {str(key): [_unknown(str(key), self.fields)] for key in data if key not in self.fields} if isinstance(data, Mapping) else {}
        try:
            found = super().to_internal_value(data)
        except serializers.ValidationError as error:
            detail = error.detail if isinstance(error.detail, dict) else {"non_field_errors": error.detail}
            told = {key: _with_choices(faults, self.fields.get(key)) for key, faults in detail.items()}
            raise serializers.ValidationError({**told, **unknown}) from None
        if unknown:
            raise serializers.ValidationError(unknown)
        return found


def checked(body: type[Body], request: Request, **more: Any) -> dict[str, Any]:
    """The values of the body of a request. Raises ValidationError, which is answered as 422."""
    given = body(data=request.data, **more)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


def _with_choices(faults: Any, field: Any) -> Any:
    """What is none of the choices is told which there are; for lists by their places, too."""
    if isinstance(faults, dict):
        return {place: _with_choices(each, getattr(field, "child", None)) for place, each in faults.items()}
    choices = ", ".join(str(each) for each in getattr(field, "choices", ()))
    return [ErrorDetail(f"{each} Choose one of {choices}.", code=each.code) if each.code == "invalid_choice" else each for each in faults]


def _unknown(key: str, fields: Mapping[str, Any]) -> ErrorDetail:
    known = ", ".join(name for name, field in fields.items() if not field.read_only)
    return ErrorDetail(f"There is no “{key[:60]}” here. Known: {known or 'nothing'}.", code="unknown_key")

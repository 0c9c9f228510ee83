"""How bodies are read: with the refusals of the language (NUL, lone surrogates, 1e400, depth, size), so that nothing later stumbles over them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any, ClassVar, Literal

from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer, JSONRenderer

from playbooks_app.language.reading import read_text

MOST_BYTES = 12 * 1024 * 1024  # a document may have 10 MB; some room for what is around it


class TooLarge(APIException):
    """413: the body is larger than anything that could be accepted."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = f"The body is larger than {MOST_BYTES // 1024 // 1024} MB."
    default_code = "too_large"


def read_body(stream: IO[bytes], format: Literal["json", "yaml"]) -> Any:
    """Raises Invalid for what the language refuses, TooLarge for what is too long; never reads more than the limit."""
    text = stream.read(MOST_BYTES + 1)
    if len(text) > MOST_BYTES:
        raise TooLarge
    return read_text(text, format)


class JsonParser(BaseParser):
    """`application/json`."""

    media_type = "application/json"
    renderer_class: ClassVar[type[BaseRenderer]] = JSONRenderer

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """The value; an empty body is an empty object."""
        found = read_body(stream, "json") if stream else {}
        return {} if found is None else found


class YamlDocumentParser(BaseParser):
    """`application/yaml`: the body is the document itself, or `{document: …}`."""

    media_type = "application/yaml"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """`{document}`."""
        found = read_body(stream, "yaml")
        return found if isinstance(found, dict) and set(found) == {"document"} else {"document": found}

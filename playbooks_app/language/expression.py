"""Expressions, for those who compute one: conditions, rules of inputs. The grammar is in parser.py, the functions in functions.py."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from playbooks_app.language.evaluation import Binding, bind, weighed
from playbooks_app.language.parser import parse_expression
from playbooks_app.language.scope import ExpressionError, Missing, Reference, Scope, TemplateError
from playbooks_app.language.template import Compiled, compile_text, is_template, references
from playbooks_app.language.values import Json, truth

__all__ = ["ExpressionError", "Missing", "Reference", "Scope", "TemplateError", "compile_expression", "evaluate", "references", "truth"]


def evaluate(text: Json, scope: Scope, *, seed: str = "", now: datetime | None = None) -> Json:
    """The value of `${{ … }}`, `{{ … }}` or of an expression without braces; anything but text is its own value.

    Raises TemplateError for a path at which there is nothing, ExpressionError for what cannot be computed.
    """
    if not isinstance(text, str):
        return text
    return compile_expression(text.strip()).render(scope, seed, now)


@lru_cache(maxsize=4096)
def compile_expression(text: str) -> Compiled:
    """An expression with or without braces. Raises TemplateError, ExpressionError."""
    if is_template(text):
        return compile_text(text)
    found = Binding()
    code = bind(parse_expression(text), frozenset(), found)
    return Compiled(
        text, weighed(code) if found.makes_values else code, tuple(found.reads), frozenset(root for read in found.reads for root in read.roots)
    )

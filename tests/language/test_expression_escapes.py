"""Attempts to get out of an expression: to Python, to other data, to endless work. None may succeed, none may take long."""

from __future__ import annotations

import time
from typing import Any

import pytest

from playbooks_app.language.expression import ExpressionError, TemplateError
from playbooks_app.language.template import render
from tests.language.values import Values, computed

TO_PYTHON = [
    "inputs.__class__",
    "inputs.a.__class__.__mro__",
    "''.__class__",
    "''.join",
    "[].append",
    "(1).real",
    "inputs['__class__']",
    'inputs["__class__"].__base__',
    "get('inputs.__class__')",
    "get('inputs.__init__.__globals__')",
    "first([inputs]).__dict__",
    "inputs.keys",
    "inputs.items()",
    "inputs.get('a')",
    "getattr(inputs, 'a')",
    "eval('1')",
    "exec('1')",
    "open('/etc/passwd')",
    "__import__('os').system('id')",
    "__builtins__",
    "globals()",
    "vars()",
    "type(1)",
    "lambda: 1",
    "(lambda x: x)(1)",
    "[x for x in ().__class__.__bases__[0].__subclasses__()]",
    "[c.__name__ for c in [inputs.__class__]]",
    "f'{inputs}'",
    "'%s' % inputs",
    "'{0.__class__}'.format(inputs)",
    "inputs := 1",
    "x = 1",
    "del inputs",
    "import os",
    "a; b",
    "a\nb = 1",
    "yield 1",
    "await x",
    "*inputs",
    "**inputs",
    "{'a': 1}",
    "{x for x in [1]}",
    "(x for x in [1])",
    "inputs[1:2]",
    "2 ** 9999",
    "1 << 9999",
    "~1",
    "1 // 0",
    "a @ b",
    "1 if",
    "print(1)",
    "self",
    "frame.scope",
    "scope.lookup",
    "None.__class__",
    "True.__class__",
    "now.__call__",
    "len.__globals__",
    "abs",
    "sort.__self__",
    "cycler.__init__.__globals__.os.popen('id').read()",
    "request.application.__globals__",
    "config.__class__.__init__.__globals__",
    "''|attr('__class__')",
    "a||b.__class__",
    "\\u005f\\u005fclass\\u005f\\u005f",
    "inputs.\uff3f\uff3fclass\uff3f\uff3f",
    "ｅval('1')",
    "inputs._Values__roots",
    "steps.a.__class__",
    "secrets",
    "steps",
]


@pytest.mark.parametrize("text", TO_PYTHON)
def test_nothing_of_python_can_be_reached(text: str) -> None:
    """Each attempt is refused, gives null for what is not there, or is plain data; never an object that is not JSON."""
    try:
        found = computed(text, inputs={"a": "x"}, steps={"a": {"output": 1}}, config={}, a=0, b={})
    except (ExpressionError, TemplateError) as refused:
        assert refused.message
    else:
        assert found is None


@pytest.mark.parametrize(
    "text",
    ["{{ a.__class__ }}", "{{ ''.__class__ }}", "{{ a|attr('x') }}", "{% for x in a %}", "{{ a() }}", "{{ 7*7 }}", "{{ [].append }}", "{{ - a }}"],
)
def test_templates_are_no_template_language(text: str) -> None:
    """Between braces stand paths; blocks of other languages are plain text."""
    try:
        found = render(text, Values(a={"b": 1}))
    except TemplateError as refused:
        assert refused.message
    else:
        assert found == text == "{% for x in a %}"


BIG = {"xs": list(range(100_000)), "t": "a" * 100_000, "rows": [{"t": "a" * 1000}] * 1000, "huge": [0] * 1_000_001}
FOR_EVER = [
    "[[[[x for a in xs] for b in xs] for c in xs] for x in xs]",
    "[[y for y in xs if y in xs] for x in xs]",
    "[x for x in xs if contains(xs, -1)]",
    "[count(xs, -1) for x in xs]",
    "[sum(xs) for x in xs]",
    "[sort(xs) for x in xs]",
    "[unique(xs) for x in xs]",
    "[xs == [y for y in xs] for x in xs]",
    "[hash(t) for x in xs]",
    "[replace(t, 'b', '') for x in xs]",
    "[contains(t, 'b') for x in xs]",
    "[upper(t) for x in xs]",
    "[json(xs) for x in xs]",
    "[uuid() for a in xs] + [uuid() for b in xs]",
    "[max(xs) for x in xs]",
    "[slice(t, 0, 90000) for x in xs]",
    "[xs + xs for x in xs]",
    "xs + [1]",
    "replace(t, 'a', t)",
    "join([t for x in xs], t)",
    "join(split(t + 'b', 'a'), t)",
    "t + t + t + t + t + t + t + t + t + t + t",
    "[t for x in xs]",
    "[rows for x in xs]",
    "[[rows, rows], [rows, rows]]" + " + [rows]" * 100,
    "json([rows for x in rows])",
    "hash([rows for x in rows])",
    "join([rows for x in rows])",
    "split(t + ' ' + replace(t, 'a', 'a '))",
    "url_encode(replace(t, 'a', 'aaaa'))",
    "url_encode(t + t + t + t)",
    "base64(t) + base64(base64(base64(base64(base64(base64(t))))))" + " + t" * 9,
    "[x for x in split(replace(t, 'a', 'a '))] + xs",
    "111111111111111111111111111111111111111" + " * 111111111111111111111111111111111111111" * 9,
    "[1" + ", 1" * 900 + "]" + " + [1]" * 200,
    "(" * 500,
    "(" * 900 + "1" + ")" * 900,
    "[" * 900 + "]" * 900,
    "-" * 1500 + "1",
    "!" * 1500 + "1",
    "not " * 400 + "1",
    "a ? " * 400 + "1" + " : 1" * 400,
    "1 if 1 else " * 100 + "1",
    "abs(" * 300 + "1" + ")" * 300,
    "xs" + "[0" * 300 + "]" * 300,
    "a" * 2001,
    "1 " * 1001,
    "[huge]",
    "[[huge]]",
]


@pytest.mark.parametrize("text", FOR_EVER, ids=range(len(FOR_EVER)))
def test_nothing_runs_for_ever_or_grows_without_end(text: str) -> None:
    """The budget of work, size, depth and digits ends it within a second; the bound leaves room for a busy machine that measures coverage."""
    began = time.process_time()

    with pytest.raises((ExpressionError, TemplateError)):
        computed(text, a=0, **BIG)

    assert time.process_time() - began < 15


def test_long_plain_chains_need_no_deep_stack() -> None:
    """Length alone is no depth."""
    assert computed("1" + "+1" * 990) == 991
    assert computed("1" + "<2" * 1 + "&&1" * 600) is True
    assert computed("a" + ".a" * 0 + "[0]" * 20, a=_nested(20)) == 0


def _nested(depth: int) -> Any:
    found: Any = 0
    for _ in range(depth):
        found = [found]
    return found


def test_honest_work_on_many_rows_is_within_the_budget() -> None:
    """A thousand payments can be filtered, summed and written down in one expression."""
    rows = [{"id": number, "vendor": f"Vendor {number % 50}", "amount": number / 7, "ok": True} for number in range(1000)]

    found = computed("[{0} for r in rows if r.ok && r.amount > 50 && 'Vendor' in r.vendor]".replace("{0}", "r"), rows=rows)
    total = computed("round(sum([r.amount for r in rows if r.vendor in unique([x.vendor for x in few])]), 2)", rows=rows, few=rows[:50])

    assert len(found) == 649
    assert total > 0
    assert "Vendor 1" in computed("json(sort(rows, 'amount'))", rows=rows)

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
DUNDERS = [
    "__class__",
    "__dict__",
    "__globals__",
    "__builtins__",
    "__subclasses__",
    "__init__",
    "__mro__",
    "__getattribute__",
    "__reduce_ex__",
    "mro",
]
DUNDERS += ["gi_frame", "f_globals", "cr_frame", "func_code", "__code__", "__closure__", "__wrapped__", "__import__", "_Values__roots", "lookup"]
WALKS = [
    "inputs.{0}",
    "inputs['{0}']",
    "inputs.a['{0}']",
    "get('inputs.{0}')",
    "get('{0}', 1).{0}",
    "(inputs).{0}",
    "[inputs][0].{0}",
    "{0}",
    "{0}()",
]
WALKS += [
    "[x.{0} for x in [inputs]]",
    "first([inputs]).{0}",
    "(true ? inputs : 1).{0}",
    "steps.a.output.{0}",
    "config.{0}",
    "inputs['__' + 'class__'].{0}",
]
WALKS += [
    "join(['{0}', ''])['{0}']",
    "len.{0}",
    "'a'.{0}",
    "inputs.a.b.{0}.x",
    "context.data.{0}",
    "context.{0}",
    "keys(inputs).{0}",
    "values(inputs)['{0}']",
]
TO_PYTHON += [walk.format(name) for walk in WALKS for name in DUNDERS if walk != "{0}()" or name != "mro"]
TO_PYTHON += ["'%(a)s' % inputs", "'{}'.format(1)", "'{0[a]}'.format(inputs)", "f'{inputs.a!r:>{1}}'", "format(inputs, 'x')", "'a' * 10"]
TO_PYTHON += ["10 * 'a'", "[1] * 10", "'a' * 999999999999", "[0] * 999999999999", "'a' - 'b'", "inputs * 2", "true * 'a'", "'a' % 'b'", "{}"]
TO_PYTHON += ["{a: 1}", "{'__class__': 1}", "[*inputs]", "[x for x in inputs if x.__class__]", "[x for x, y in inputs]"]
TO_PYTHON += ["[x async for x in inputs]", "[[y for y in x] for x in inputs", "[x for inputs in x]"]
TO_PYTHON += ["[__class__ for __class__ in [1]][0].__class__", "[inputs for steps in [1]][0].__class__", "(x := 1)", "[x for x in (y := [1])]"]
TO_PYTHON += ["lambda", "print", "\u0000", "inputs.a\u0000", "inputs\u200b.a", "inputs.\u0430", "\u202einputs", "inputs\ufe52a"]
TO_PYTHON += ["\uff49nputs.a", "in\u00adputs", "\U0001d422nputs", "\udcff", "inputs.a\u2028.b", "1\u00b2", "\u0661 + 1", "1_000", "0x10", "0b1"]
TO_PYTHON += ["0o7", "1e", "1e5000", "-1e5000", "1e-5000 / 0", "1 / 0", "1 % 0", "0 / 0", "1.", ".5.", "1..2", "nan", "inf", "-inf", "1j"]
TO_PYTHON += ["9" * 400, "1" + "0" * 308 + ".0 * 10", "9" * 77 + " * " + "9" * 77, "`id`", "$(id)", "${inputs}", "#{1}", "<%= 1 %>", "{%a%}"]
TO_PYTHON += ["{{a}}", "{{ {{ a }} }}", "${{ 1 }}", "#!/bin/sh", "' or 1=1 --", "'; DROP TABLE x; --", "\\x5f\\x5fclass", "'\\x41'.__class__"]
TO_PYTHON += ["get(inputs)", "get(1)", "get('')", "get('.')", "get('a..b')", "get('inputs.a.' )", "get('inputs[__class__]')"]
TO_PYTHON += ["get('inputs', get)", "get(get)", "get('get')", "get('steps')", "get('secrets.key')", "secrets.key", "secrets['key']"]
TO_PYTHON += ["context.secrets", "context.secrets.key", "get('context.secrets.key')", "[s for s in secrets]", "json(secrets)", "keys(secrets)"]
TO_PYTHON += ["hash(secrets.key)", "run.__class__", "run.account.__class__", "error.__traceback__", "event.__class__", "session.__class__"]
TO_PYTHON += ["item.__class__", "index.real", "now().__class__"]


PLAIN_DATA = {"${{ 1 }}": 1, "{{a}}": 0, "get('inputs', get)": {"a": "x"}}  # all that any of them gives


def test_nothing_of_python_can_be_reached() -> None:
    """Each attempt is refused, gives null for what is not there, or is plain data; never an object that is not JSON, never another error."""
    began, given = time.process_time(), {"inputs": {"a": "x"}, "steps": {"a": {"output": 1}}, "config": {}, "a": 0, "b": {}}
    got = {}
    for text in TO_PYTHON:
        try:
            found = computed(text, **given)
        except (ExpressionError, TemplateError) as refused:
            assert refused.message, text
        else:
            if found is not None:
                got[text] = found
    assert got == PLAIN_DATA
    assert time.process_time() - began < 60


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


INSIDE = [
    "{{ {{ a }} }}",
    "{{ a.{{ b }} }}",
    "{{ '{{ a }}' }}",
    "{{ a | '{{ secrets.key }}' }}",
    "\\{{ a }}",
    "{{ a }}{{",
    "}}{{ a",
    "{{ a.b | {{ a }} }}",
]
INSIDE += [
    "${{ '${{ 1 }}' }}",
    "${{ a }} ${{ b }}",
    "${{ a",
    "{{ ${{ a }} }}",
    "{{{ a }}}",
    "{{{{ a }}}}",
    "{{ a }}\x00{{ a }}",
    "{{ \u202e a }}",
    "{{" * 2000,
    "}}" * 2000,
]
INSIDE += [
    "{{ a." + "b." * 900 + "c }}",
    "{{ " + "a | " * 900 + "a }}",
    "{{ 'x" + "\\" * 2000 + "' }}",
    "{{ a['" + "b" * 3000 + "'] }}",
    "{{ a" + "[0]" * 900 + " }}",
]


@pytest.mark.parametrize(
    "value", ["{{ secrets.key }}", "${{ 1 + 1 }}", "{{ inputs.b }}", "\\{{ a }}", "{% debug %}", "~secrets.key.0123456789abcdef0123~"]
)
def test_what_data_say_is_never_read_again(value: str) -> None:
    """A value that looks like a template or an expression stays text: at the top, in text, in a list, through every function of texts."""
    for text in (
        "{{ a.b }}",
        "x {{ a.b }} y",
        "${{ a.b }}",
        "${{ join([a.b], '') }}",
        "${{ [x for x in [a.b]][0] }}",
        "${{ replace(a.b, 'zz', '') }}",
    ):
        assert value in str(render(text, Values(a={"b": value})))
    assert render({"k": ["{{ a.b }}"]}, Values(a={"b": value})) == {"k": [value]}


@pytest.mark.parametrize("text", INSIDE, ids=range(len(INSIDE)))
def test_templates_in_templates_are_refused_or_plain_text(text: str) -> None:
    """Nothing is looked up twice, nothing takes long, and no other error comes out."""
    began = time.process_time()
    try:
        found = render(text, Values(a={"b": 1}, b="a", secrets={"key": "planted"}))
    except (TemplateError, ExpressionError) as refused:
        assert refused.message
    else:
        assert "planted" not in str(found)
    assert time.process_time() - began < 15


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
    "sort([[x] for x in xs])",
    "unique([[x, xs] for x in xs])",
    "round(1.5, 9999999999999999999999)",
    "slice(t, 0, 99999999999999999999999999) + t + t + t + t + t + t + t + t + t + t",
    "join([t, t, t, t, t, t, t, t, t, t, t], t)",
    "[replace(t, 'a', 'aaaaaaaaaa') for x in rows]",
    "[split(t, 'a') for x in rows]",
    "[format_date('2026-01-01', '%Y' + t) for x in xs]",
    "url_encode(join([t, t, t, t, t, t, t, t], ''))",
    "[x for x in [y for y in [z for z in xs if xs == xs]] if xs == xs]",
    "xs == [x for x in xs] && [xs == xs for x in xs]",
    "contains([xs], xs) && [contains([xs], xs) for x in xs]",
    "2" + " * 2" * 300,
    "10" + " * 1e300" * 3,
    "'" + "a" * 3000 + "'",
    "a" + ".b" * 1500,
    "a" + "['b']" * 600,
    "get('" + "a." * 990 + "')",
    "{" * 900,
    "[x for x in " * 100 + "xs" + "]" * 100,
    "(" * 33 + "1" + ")" * 33,
    "- " * 700 + "1",
    "~" * 1000,
    "'\\" * 700,
    "\u202e" * 1500,
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

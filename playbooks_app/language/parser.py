"""Reads the text of an expression or of a path with defaults. Own grammar, nothing of Python's: what is not listed here cannot be written.

choice      any ["?" choice ":" choice]  |  any "if" any "else" choice
any         all (("||" | "or") all)*
all         negated (("&&" | "and") negated)*
negated     "not" negated | comparison
comparison  sum (("==" | "!=" | "<" | "<=" | ">" | ">=" | ["not"] "in") sum)*
sum         product (("+" | "-") product)*
product     signed (("*" | "/" | "%") signed)*
signed      ("-" | "+" | "!") signed | picked
picked      atom ("." name | "[" choice "]")*
atom        number | text | true | false | null | name | name "(" arguments ")" | "(" choice ")" | list
list        "[" [choice ("," choice)*] "]"  |  "[" choice "for" name "in" any ("if" any)* "]"
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from playbooks_app.language.budget import DEEPEST_EXPRESSION, LONGEST_EXPRESSION
from playbooks_app.language.functions import FUNCTIONS
from playbooks_app.language.lexer import Lexer, Token
from playbooks_app.language.names import KEYWORDS, did_you_mean
from playbooks_app.language.scope import ExpressionError
from playbooks_app.language.syntax import (
    Call,
    Chain,
    Choice,
    Comparison,
    Comprehension,
    FirstOf,
    Get,
    Key,
    ListOf,
    Literal,
    Logic,
    Node,
    Path,
    Pick,
    Sign,
)
from playbooks_app.language.values import is_number

CONSTANTS = {"true": True, "false": False, "null": None, "True": True, "False": False, "None": None}
_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})


class Parser:
    """Reads one expression of `text` from `position` on. Used once."""

    def __init__(self, text: str, position: int = 0, *, in_template: bool = False) -> None:
        self.lexer = Lexer(text, position)
        self.in_template = in_template
        self.depth = 0
        self.token = self.lexer.next()

    # -- words --------------------------------------------------------------------------------------------------------------------------

    def advance(self) -> Token:
        """Take the present word and look at the one after it."""
        taken = self.token
        self.token = self.lexer.next()
        return taken

    def at(self, *words: str) -> bool:
        """Whether the present word is one of these marks or names."""
        return self.token.kind in ("mark", "name") and self.token.value in words

    def take(self, *words: str) -> str | None:
        """The present word if it is one of these, and go on behind it."""
        return str(self.advance().value) if self.at(*words) else None

    def need(self, mark: str, why: str) -> None:
        """Go on behind this mark. Raises ExpressionError if it is not there."""
        if self.take(mark) is None:
            raise ExpressionError(f"“{mark}” is missing {why}{self._before()}.", hint=f"Add “{mark}”.")

    def _before(self) -> str:
        return "" if self.token.kind in ("end", "close") else f", before “{str(self.token.value)[:30]}”"

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST_EXPRESSION:
            raise ExpressionError("The expression is nested too deep.", hint="Compute parts of it in steps of their own.")

    # -- grammar ------------------------------------------------------------------------------------------------------------------------

    def choice(self) -> Node:
        """Any expression."""
        self._deeper()
        first = self.any_of()
        if self.take("?"):
            then = self.choice()
            self.need(":", "after the first answer of “?”")
            first = Choice(first, then, self.choice())
        elif self.at("if"):
            self.advance()
            test = self.any_of()
            self.need("else", "after “if”")
            first = Choice(test, first, self.choice())
        self.depth -= 1
        return first

    def any_of(self) -> Node:
        """`a || b`."""
        return self._logic(self.all_of, is_and=False, words=("||", "or"))

    def all_of(self) -> Node:
        """`a && b`."""
        return self._logic(self.negated, is_and=True, words=("&&", "and"))

    def _logic(self, operand: Callable[[], Node], *, is_and: bool, words: tuple[str, str]) -> Node:
        operands = [operand()]
        while self.take(*words):
            operands.append(operand())
        return operands[0] if len(operands) == 1 else Logic(is_and, tuple(operands))

    def negated(self) -> Node:
        """`not a == b` is not (a == b)."""
        if not self.at("not"):
            return self.comparison()
        self.advance()
        self._deeper()
        found = Sign("!", self.negated())
        self.depth -= 1
        return found

    def comparison(self) -> Node:
        """`a < b`, `a in b`."""
        first = self.sum()
        rest: list[tuple[str, Node]] = []
        while (mark := self._comparing()) is not None:
            rest.append((mark, self.sum()))
        return Comparison(first, tuple(rest)) if rest else first

    def _comparing(self) -> str | None:
        if self.at("not"):
            self.advance()
            self.need("in", "after “not”")
            return "not in"
        return self.take("in", *_COMPARISONS)

    def sum(self) -> Node:
        """`a + b - c`."""
        return self._chain(self.product, "+", "-")

    def product(self) -> Node:
        """`a * b / c % d`."""
        return self._chain(self.signed, "*", "/", "%")

    def _chain(self, operand: Callable[[], Node], *marks: str) -> Node:
        first = operand()
        rest: list[tuple[str, Node]] = []
        while mark := self.take(*marks):
            rest.append((mark, operand()))
        return Chain(first, tuple(rest)) if rest else first

    def signed(self) -> Node:
        """`-a`, `!a`; they bind closer than any operator."""
        mark = self.take("-", "+", "!")
        if mark is None:
            return self.picked()
        self._deeper()
        operand = self.signed()
        self.depth -= 1
        if mark == "-" and isinstance(operand, Literal) and is_number(operand.value):
            return Literal(-operand.value)
        return Sign(mark, operand)

    def picked(self) -> Node:
        """An atom with what follows it: `.name`, `[key]`."""
        start = self.token.start
        name = self._path_name()
        base = None if name else self.atom()
        keys = self._keys(name)
        text = self.lexer.text[start : self._end_of_previous].strip()
        if name:
            return Path(name, keys, text)
        assert base is not None
        return Pick(base, keys, text) if keys else base

    def _path_name(self) -> str:
        """The name that begins a path, if one does; a name before a bracket is a function."""
        if self.token.kind != "name" or self.token.value in KEYWORDS:
            return ""
        before = self.lexer.position
        name = str(self.token.value)
        if self.lexer.text[before:].lstrip()[:1] == "(":
            return ""
        self._end_of_previous = before
        # The dot is looked at as a mark, so that what follows it can be read as a segment.
        self.advance()
        return name

    def _keys(self, root: str) -> tuple[Key, ...]:
        keys: list[Key] = []
        while self.at(".", "["):
            if self.at("."):
                keys.append(self.lexer.segment(root in ("steps", "step") and not keys, self.in_template))
                self._end_of_previous = self.lexer.position
                self.advance()
            else:
                self.advance()
                keys.append(self.choice())
                self._end_of_previous = self.token.end
                self.need("]", "after the key")
        return tuple(keys)

    _end_of_previous = 0

    def atom(self) -> Node:
        """Whatever stands by itself."""
        token = self.token
        if token.kind in ("number", "text"):
            self.advance()
            self._end_of_previous = token.end
            return Literal(token.value)
        if token.kind == "name" and token.value in CONSTANTS:
            self.advance()
            return Literal(CONSTANTS[str(token.value)])
        if token.kind == "name" and token.value not in KEYWORDS:
            return self._call()
        if self.take("("):
            inside = self.choice()
            self.need(")", "after the bracket")
            return inside
        if self.take("["):
            return self._list()
        raise self._unexpected(token)

    def _unexpected(self, token: Token) -> ExpressionError:
        if token.kind in ("end", "close"):
            return ExpressionError("The expression ends too early.", hint="Write a value or a path at its end.")
        return ExpressionError(f"“{str(token.value)[:30]}” cannot stand here.", hint="A value or a path is expected.")

    def _call(self) -> Node:
        name = str(self.advance().value)
        self.advance()
        arguments: list[Node] = []
        while not self.at(")"):
            if arguments:
                self.need(",", "between arguments")
            arguments.append(self.choice())
        self.advance()
        return _get(arguments) if name == "get" else _checked_call(name, arguments)

    def _list(self) -> Node:
        items: list[Node] = []
        while not self.at("]"):
            if items:
                self.need(",", "between the items of the list")
            items.append(self.choice())
            if len(items) == 1 and self.at("for"):
                return self._comprehension(items[0])
        self.advance()
        return ListOf(tuple(items))

    def _comprehension(self, element: Node) -> Node:
        self.advance()
        name = str(self.token.value)
        if self.token.kind != "name" or name in KEYWORDS:
            raise ExpressionError("A name is missing after “for”.", hint="Write for example `[x.id for x in inputs.rows]`.")
        self.advance()
        self.need("in", "after the name of the loop")
        self._deeper()
        source = self.any_of()
        conditions: list[Node] = []
        while self.at("if"):
            self.advance()
            conditions.append(self.any_of())
        if self.at("for"):
            raise ExpressionError("A list can have one loop only.", hint="Put a second list around or inside it.")
        self.need("]", "after the loop")
        self.depth -= 1
        return Comprehension(element, name, source, tuple(conditions))

    def first_of(self) -> Node:
        """What stands in `{{ … }}`: paths and, last, a literal."""
        start = self.token.start
        choices = [self._alternative()]
        text = self.lexer.text[start : self._end_of_previous].strip()
        while self.take("|"):
            if isinstance(choices[-1], Literal):
                raise ExpressionError("Only the last default can be a literal value.", hint="Leave out what follows it.")
            choices.append(self._alternative())
        return FirstOf(tuple(choices), text)

    def _alternative(self) -> Node:
        is_negative = bool(self.take("-"))
        found = self.picked()
        if isinstance(found, Literal) and (not is_negative or isinstance(found.value, int | float)):
            return Literal(-found.value) if is_negative else found
        if isinstance(found, Path) and not is_negative and all(isinstance(key, str | Literal) for key in found.keys):
            return found
        raise ExpressionError("Between `{{` and `}}` stand paths and a default.", hint="To compute something, write `${{ … }}`.")


def _get(arguments: list[Node]) -> Node:
    if not 1 <= len(arguments) <= 2 or not isinstance(arguments[0], Literal) or not isinstance(arguments[0].value, str):
        raise ExpressionError("`get` takes a path in quotation marks, and a default.", hint="Write for example `get('inputs.note', \"none\")`.")
    return Get(path_of(arguments[0].value), arguments[1] if len(arguments) == 2 else Literal(None))


def _checked_call(name: str, arguments: list[Node]) -> Node:
    function = FUNCTIONS.get(name)
    if function is None:
        raise ExpressionError(f"There is no function “{name[:50]}”.", hint=did_you_mean(name, {*FUNCTIONS, "get"}))
    if not function.least <= len(arguments) <= function.most:
        raise ExpressionError(f"“{name}” is used as {function.usage}.", hint=f"Values given: {len(arguments)}.")
    return Call(name, tuple(arguments))


def path_of(text: str) -> Path:
    """The path in `get('a.b')`. Raises ExpressionError."""
    parser = Parser(text, in_template=True)
    found = parser.picked()
    if parser.token.kind != "end" or not isinstance(found, Path) or not all(isinstance(key, str | Literal) for key in found.keys):
        raise ExpressionError(f"“{text[:50]}” is not a path.", hint="Write names with dots between them, as in `inputs.note`.")
    return found


@lru_cache(maxsize=4096)
def parse_expression(text: str) -> Node:
    """A whole text as one expression. Raises ExpressionError."""
    if len(text) > LONGEST_EXPRESSION:
        raise ExpressionError(f"The expression is longer than {LONGEST_EXPRESSION:,} characters.", hint="Compute parts of it in steps of their own.")
    parser = Parser(text)
    found = parser.choice()
    if parser.token.kind != "end":
        raise ExpressionError(f"“{str(parser.token.value)[:30]}” cannot stand here.", hint="An operator may be missing before it.")
    return found

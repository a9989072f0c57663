"""Cuts the text of an expression into tokens, and says in words what cannot be one.

What passes here is an expression but for `if` without `else` and a misplaced `not`.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from waves.language.expression.builtin_names import FUNCTIONS
from waves.problem import Problem, Problems, did_you_mean

DEPTH = 100  # brackets in each other

TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9]+)?)
  | (?P<note>[a-gA-G][#sb]?(?:10|[0-9])(?![\w#]))
  | (?P<name>\$?[^\W\d]\w*)
  | (?P<doubled>&&|\|\||<>)
  | (?P<operator>\*\*|//|<=|>=|==|!=|[-+*/%<>&|()\[\],])
  | (?P<wrong>\S)
  )""",
    re.VERBOSE,
)
CLOCK = re.compile(r"[0-9]+(?::[0-9]+)+")
WORDS = {"and", "or", "not", "if", "else"}
PREFIXES = {"+", "-", "not"}
MODULES = {"np", "numpy", "math", "random"}  # of Python, written before a function there

UNITS = {  # what is written behind a number elsewhere, and how it is written here
    "db": "db({0})",
    "ms": "ms({0})",
    "st": "st({0})",
    "hz": "{0}",
    "khz": "{0} * 1000",
    "s": "{0}",
    "sec": "{0}",
}
INSTEAD = {
    "=": ("'=' does not compare", "'=='"),
    "^": ("'^' is not a power", "'**'"),
    "!": ("'!' is not an operator", "'not'"),
    "~": ("'~' is not an operator", "'not'"),
    "&&": ("'&&' is not an operator", "'and'"),
    "||": ("'||' is not an operator", "'or'"),
    "<>": ("'<>' is not an operator", "'!='"),
    "?": ("'?' is not an operator; write 'a if condition else b'", ""),
    "−": ("'−' is a typographic sign", "'-'"),
    "–": ("'–' is a dash", "'-'"),
    "×": ("'×' is a typographic sign", "'*'"),
    "÷": ("'÷' is a typographic sign", "'/'"),
    ".": ("a '.' stands in numbers only", ""),
    "$": ("'$' needs the name of a node behind it", ""),
    "#": ("'#' has no note before it, as in 'c#4'", ""),
}


class ExpressionProblem(Problems):
    """One mistake in an expression: `problems[0]` without a mark, `column` counted from 0 in the text."""

    def __init__(self, sentence: str, column: int = 0, suggestion: str = ""):
        super().__init__(Problem(sentence, suggestion=suggestion))
        self.column = column


class Token(NamedTuple):
    """A piece of the text: a `name` is without its dollar, a `call` is a name before a bracket."""

    kind: Literal["number", "name", "call", "operator"]
    text: str
    column: int
    end: int
    dollar: bool = False

    @property
    def opens(self) -> bool:
        return self.kind == "operator" and self.text in ("(", "[")

    @property
    def closes(self) -> bool:
        return self.kind == "operator" and self.text in (")", "]")


def tokens(text: str) -> list[Token]:
    """The tokens of an expression, each one where it may stand; raises `ExpressionProblem`."""
    found = _cut(text)
    _check_order(found)
    return found


def _cut(text: str) -> list[Token]:
    found: list[Token] = []
    text = text.rstrip()
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        assert match and match.lastgroup  # `wrong` takes any character
        kind, word = match.lastgroup, match[match.lastgroup]
        column, at = match.start(kind), match.end()
        if kind in ("wrong", "doubled"):
            raise _wrong(text, word, column, found)
        if kind == "operator" or word in WORDS:
            found.append(Token("operator", word, column, at))
        elif kind == "number":
            found.append(Token("number", word, column, at))
        elif word.startswith("$"):
            found.append(Token("name", word[1:], column, at, dollar=True))
        else:
            found.append(Token("call" if text[at:].lstrip().startswith("(") else "name", word, column, at))
    return found


def _wrong(text: str, word: str, column: int, before: list[Token]) -> ExpressionProblem:
    if word == ":" and before and before[-1].kind == "number":
        parts = CLOCK.match(text, before[-1].column)
        seconds = 0
        for part in parts[0].split(":") if parts else ():
            seconds = seconds * 60 + int(part)
        suggestion = f"'{seconds}'" if parts else ""
        return ExpressionProblem("times are in seconds, not minutes", before[-1].column, suggestion)
    if word == "." and before and before[-1].text in MODULES:
        function = re.match(r"\w*", text[column + 1 :])
        near = did_you_mean(function[0] if function else "", FUNCTIONS)
        sentence = f"functions are written without '{before[-1].text}.'"
        return ExpressionProblem(sentence, before[-1].column, near)
    if word in ("'", '"'):
        return ExpressionProblem("an expression has no quotes inside; write names without them", column)
    if word in ("{", "}"):
        return ExpressionProblem(f"an expression has no '{word}'", column)
    sentence, suggestion = INSTEAD.get(word, (f"'{word}' means nothing in an expression", ""))
    return ExpressionProblem(sentence, column, suggestion)


def _check_order(found: list[Token]) -> None:
    """Values and operators must take turns, and brackets must pair."""
    open_: list[tuple[Token, bool]] = []  # each open bracket, and whether commas separate in it
    value = False  # whether a value stands before the token
    before: Token | None = None
    for k, token in enumerate(found):
        if token.kind != "operator":
            if value:
                raise _side_by_side(found, k)
            if token.kind == "call" and token.text not in FUNCTIONS:
                near = did_you_mean(token.text, FUNCTIONS)
                raise ExpressionProblem(f"'{token.text}' is not a function", token.column, near)
            value = token.kind != "call"
        elif token.opens:
            if value:
                sentence = "two values side by side"
                if token.text == "[":
                    sentence = "an expression picks nothing out of a list with '[ ]'"
                raise ExpressionProblem(sentence, token.column, "'*' between them" if token.text == "(" else "")
            open_.append((token, token.text == "[" or (before is not None and before.kind == "call")))
            if len(open_) > DEPTH:
                raise ExpressionProblem(f"more than {DEPTH} brackets in each other", token.column)
        elif token.closes:
            _check_close(open_, token, value, before)
            value = True
        elif token.text == ",":
            if not value:
                raise _no_value(before, token)
            if not open_ and k == len(found) - 1:
                sentence = "delete this ',': outside { } and [ ] the line ends the value"
                raise ExpressionProblem(sentence, token.column)
            if not open_ or not open_[-1][1]:
                raise ExpressionProblem(
                    "a comma separates the arguments of a function only; for a fraction use a point",
                    token.column,
                )
            value = False
        elif value and token.text == "not":
            raise _side_by_side(found, k)
        elif value or token.text in PREFIXES:
            value = False
        else:
            raise _no_value(before, token)
        before = token
    if open_:
        raise ExpressionProblem(f"'{open_[-1][0].text}' is never closed", open_[-1][0].column)
    if not value:
        raise _no_value(before, None)


def _check_close(open_: list[tuple[Token, bool]], token: Token, value: bool, before: Token | None) -> None:
    if not open_:
        raise ExpressionProblem(f"'{token.text}' was never opened", token.column)
    opening, separated = open_.pop()
    if opening.text + token.text not in ("()", "[]"):
        raise ExpressionProblem(f"'{opening.text}' is closed by '{token.text}'", token.column)
    if not value and not (separated and before is opening):
        raise _no_value(before, token)


def _no_value(before: Token | None, token: Token | None) -> ExpressionProblem:
    if before is None:
        if token is None:
            return ExpressionProblem("an expression cannot be empty")
        return ExpressionProblem(f"a value is missing before '{token.text}'", token.column)
    if before.text == "%" and (token is None or token.text in (")", ",")):
        sentence = "'%' is the remainder of a division; a part of 1 is written as 0.5"
        return ExpressionProblem(sentence, before.column)
    return ExpressionProblem(f"a value is missing after '{before.text}'", (token or before).column)


def _side_by_side(found: list[Token], k: int) -> ExpressionProblem:
    left, right = found[k - 1], found[k]
    unit = UNITS.get(right.text.lower())
    if left.kind == "number" and unit:
        binary = k > 2 and (found[k - 3].kind != "operator" or found[k - 3].closes)
        first = found[k - 2] if k > 1 and found[k - 2].text == "-" and not binary else left
        number = ("-" if first.text == "-" else "") + left.text
        suggestion = f"'{unit.format(number)}'"
        return ExpressionProblem(f"a number has no unit '{right.text}' behind it", first.column, suggestion)
    if right.text in ("in", "is", "not"):
        instead = {"is": "'=='", "not": "'!='"}.get(right.text, "")
        return ExpressionProblem(f"'{right.text}' is not an operator here", right.column, instead)
    suggestion = ""
    if left.text in FUNCTIONS:
        suggestion = f"'{left.text}({right.text})'"
    elif left.kind == "number" and right.kind != "number":
        suggestion = f"'{left.text} * {right.text}'"
    sentence = f"'{left.text}' and '{right.text}' stand side by side: an operator or a comma is missing"
    return ExpressionProblem(sentence, right.column, suggestion)

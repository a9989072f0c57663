"""Reads the text of a value as an expression and compiles it for the kernel in `values`.

    parsed = parse("200 + $lfo * 50")
    parsed.names                          # (Name("lfo", 6, dollar=True),)
    parsed.compile({"lfo": node}.get)     # Program(code, inputs=(node, 50.0, 200.0), registers)

Python's parser only finds out what belongs to what; nothing is ever evaluated by Python.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from waves.language.expression.builtin_names import FUNCTIONS
from waves.language.expression.bytecode import Program
from waves.language.expression.codegen import LISTS, Step, assemble
from waves.language.expression.tokenizer import ExpressionProblem, Token, tokens

LENGTH = 4000  # characters
DEPTH = 100  # operations in each other
TERMS = 1000  # numbers and names

BINARY = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.BitAnd: "&",
    ast.BitOr: "|",
}
UNARY = {ast.UAdd: "positive", ast.USub: "negative", ast.Not: "not"}
COMPARE = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}


class Name(NamedTuple):
    """A free name: its text without the dollar, its column counted from 0, whether it has a dollar."""

    text: str
    column: int
    dollar: bool


@dataclass(frozen=True)
class Parsed:
    """An expression whose names are not looked up yet.

    `names` are the free names in order, once for each spelling (`x` and `$x`): parameters, ids, vars, and
    also built-in constants, notes (`a4`, `c#4`) and `t`, because a parameter may hide a built-in. Look
    them up in the scopes, then with `names.builtin(text)` (None: unknown). Names of functions are not
    among them.
    `word` is the name when the text is one name and nothing else. `steps` are the operations, each after
    those it needs, the last one the whole.
    """

    text: str
    names: tuple[Name, ...]
    word: str | None
    steps: tuple[Step, ...]

    def compile(self, resolve: Callable[[str], Any]) -> float | list[float] | Program:
        """The value: a number when all is constant, a list when the text is the name of one, else a program.

        `resolve(name)` gives a number, a list of numbers, `names.builtin(name)`, or any other object as a
        source of signal. It is called once for each name. Raises `ExpressionProblem`: a constant that
        is not finite, a division by zero, a list where a number is needed, too much at once.
        """
        return assemble(self.text, self.steps, resolve)


@lru_cache(4096)
def parse(text: str) -> Parsed:
    """Read an expression; raises `ExpressionProblem`."""
    if len(text) > LENGTH:
        raise ExpressionProblem(f"an expression has at most {LENGTH} characters, this one has {len(text)}")
    found = tokens(text)
    terms = [token for token in found if token.kind != "operator"]
    if len(terms) > TERMS:
        raise ExpressionProblem(f"an expression has at most {TERMS} numbers and names", terms[TERMS].column)
    names: dict[tuple[str, bool], Name] = {}
    for token in found:
        if token.kind == "name":
            names.setdefault((token.text, token.dollar), Name(token.text, token.column, token.dollar))
    word = found[0].text if len(found) == 1 and found[0].kind == "name" else None
    reader = _Parser(found)
    reader.read(_structure(found), 0)
    return Parsed(text, tuple(names.values()), word, tuple(reader.steps))


def _structure(found: list[Token]) -> ast.expr:
    """What belongs to what: a tree whose names and numbers are all `x`, and whose lines are the tokens."""
    text = "\n".join(token.text if token.kind == "operator" else "x" for token in found)
    try:
        return ast.parse(f"(\n{text}\n)", mode="eval").body
    except SyntaxError as error:
        token = found[min(max((error.lineno or 2) - 2, 0), len(found) - 1)]
        sentence = f"'{token.text}' cannot stand here"
        if any(token.text == "if" for token in found):
            sentence = "a choice is written 'a if condition else b'"
        elif any(token.text == "not" for token in found):
            sentence = "put brackets around 'not ...'"
        raise ExpressionProblem(sentence, token.column) from None
    except (RecursionError, MemoryError):
        raise ExpressionProblem(f"more than {DEPTH} operations in each other", found[0].column) from None


class _Parser:
    """Writes the steps of a tree; every method gives the position of its step."""

    def __init__(self, found: list[Token]):
        self.found = found
        self.steps: list[Step] = []

    def read(self, node: ast.expr, depth: int) -> int:
        if depth > DEPTH:
            raise ExpressionProblem(f"more than {DEPTH} operations in each other", self._token(node).column)
        match node:
            case ast.Name():
                return self._term(self._token(node))
            case ast.BinOp():
                return self._chain(node, depth)
            case ast.UnaryOp():
                return self._step(node, UNARY[type(node.op)], self.read(node.operand, depth + 1))
            case ast.BoolOp():
                result = self.read(node.values[0], depth + 1)
                for value in node.values[1:]:
                    word = "and" if isinstance(node.op, ast.And) else "or"
                    result = self._step(node, word, result, self.read(value, depth + 1))
                return result
            case ast.Compare():
                return self._comparison(node, depth)
            case ast.IfExp():
                parts = (node.test, node.body, node.orelse)
                return self._step(node, "where", *(self.read(part, depth + 1) for part in parts))
            case ast.Call():
                return self._call(node, depth)
        token = self._token(node)
        raise ExpressionProblem("a list can only be given to " + ", ".join(LISTS), token.column)

    def _token(self, node: ast.expr) -> Token:
        return self.found[node.lineno - 2]

    def _step(self, node: ast.expr, op: str, *operands: int) -> int:
        last = self.found[(node.end_lineno or node.lineno) - 2]
        self.steps.append(Step(op, operands, self._token(node).column, last.end))
        return len(self.steps) - 1

    def _term(self, token: Token) -> int:
        value: str | float = token.text
        if token.kind == "number":
            try:
                value = float(token.text)
            except ValueError:
                raise ExpressionProblem(f"'{token.text}' is not a number", token.column) from None
            if value == float("inf"):
                raise ExpressionProblem(f"'{token.text}' is too large", token.column)
        self.steps.append(Step(token.kind, (), token.column, token.end, value))
        return len(self.steps) - 1

    def _chain(self, node: ast.BinOp, depth: int) -> int:
        """`a + b - c ...` leans to the left and may be long, which is not the same as deep."""
        chain = [node]
        while isinstance(chain[-1].left, ast.BinOp):
            chain.append(chain[-1].left)
        result = self.read(chain[-1].left, depth + 1)
        for part in reversed(chain):
            result = self._step(part, BINARY[type(part.op)], result, self.read(part.right, depth + 1))
        return result

    def _comparison(self, node: ast.Compare, depth: int) -> int:
        left = self.read(node.left, depth + 1)
        result = None
        for op, operand in zip(node.ops, node.comparators, strict=True):
            right = self.read(operand, depth + 1)
            one = self._step(node, COMPARE[type(op)], left, right)
            result = one if result is None else self._step(node, "&", result, one)
            left = right
        assert result is not None
        return result

    def _call(self, node: ast.Call, depth: int) -> int:
        token = self._token(node)
        low, high = FUNCTIONS[token.text]
        if not low <= len(node.args) <= high:
            expected = str(low) if low == high else f"{low} to {high}"
            many = "argument" if expected == "1" else "arguments"
            raise ExpressionProblem(f"'{token.text}' takes {expected} {many}, got {len(node.args)}", token.column)
        if token.text in LISTS and len(node.args) == 1 and isinstance(items := node.args[0], ast.List):
            if not items.elts:
                raise ExpressionProblem(f"'{token.text}' of an empty list", token.column)
            operands = [self.read(item, depth + 1) for item in items.elts]
            return self._step(node, token.text, self._step(items, "list", *operands))
        return self._step(node, token.text, *(self.read(argument, depth + 1) for argument in node.args))

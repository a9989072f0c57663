"""Parser of expressions: text in, steps out, which are compiled for the kernel of `Expression`.

    parsed = parse("200 + $lfo * 50")
    parsed.names                          # (Name("lfo", 6, dollar=True),)
    parsed.compile({"lfo": node}.get)     # Program(code, inputs=(node, 50.0, 200.0), registers)

Python's parser only finds the structure; nothing is ever evaluated by Python.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from waves.language.expression.builtin_names import ANY, FUNCTIONS
from waves.language.expression.bytecode import Program
from waves.language.expression.codegen import EMPTY_LIST, LISTS, Step, assemble
from waves.language.expression.tokenizer import ExpressionProblem, Token, tokenize

MAX_LENGTH = 4000  # characters
MAX_DEPTH = 100  # operations inside each other
MAX_TERMS = 1000  # numbers and names

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
    """A name that is looked up later: its text without the dollar, its column from 0, whether it has a dollar."""

    text: str
    column: int
    dollar: bool


@dataclass(frozen=True)
class Parsed:
    """An expression whose names are not looked up yet."""

    text: str
    names: tuple[Name, ...]
    """In order, once for each spelling (`x` and `$x`): parameters, ids, vars, and also built-in constants, notes
    (`a4`, `c#4`) and `t`, because a parameter may hide a built-in name; functions are not among them."""
    word: str | None
    """The name when the text is one name and nothing else."""
    steps: tuple[Step, ...]
    """The operations, each after those it needs; the last one is the whole expression."""

    def compile(self, resolve: Callable[[str], Any]) -> float | list[float] | Program:
        """The value: a number when all is constant, a list when the text is the name of one, else a program.

        `resolve(name)` gives a number, a list of numbers, `builtin_names.builtin(name)`, any other object as a
        source of signal, or None for an unknown name. It is called once for each name. Raises `ExpressionProblem` for
        an unknown name, a constant that is not finite, a division by zero, a list where a number is needed, and
        an expression that is too large.
        """
        return assemble(self.text, self.steps, resolve)


@lru_cache(4096)
def parse(text: str) -> Parsed:
    """Parse an expression; the same text gives the same object. Raises `ExpressionProblem`."""
    if len(text) > MAX_LENGTH:
        raise ExpressionProblem(f"an expression has at most {MAX_LENGTH} characters, this one has {len(text)}")
    tokens = tokenize(text)
    terms = [token for token in tokens if token.kind != "operator"]
    if len(terms) > MAX_TERMS:
        raise ExpressionProblem(f"an expression has at most {MAX_TERMS} numbers and names", terms[MAX_TERMS].column)
    names: dict[tuple[str, bool], Name] = {}
    for token in tokens:
        if token.kind == "name":
            names.setdefault((token.text, token.dollar), Name(token.text, token.column, token.dollar))
    word = tokens[0].text if len(tokens) == 1 and tokens[0].kind == "name" else None
    parser = _Parser(tokens)
    parser.read(_structure(tokens), 0)
    return Parsed(text, tuple(names.values()), word, tuple(parser.steps))


def _structure(tokens: list[Token]) -> ast.expr:
    """The syntax tree of the tokens: every name and number is an `x`, on the line of its token.

    `2 * a4` is parsed as "x", "*", "x" on lines of their own, so that a node of the tree finds its token by line.
    """
    text = "\n".join(token.text if token.kind == "operator" else "x" for token in tokens)
    try:
        return ast.parse(f"(\n{text}\n)", mode="eval").body
    except SyntaxError as error:
        token = tokens[min(max((error.lineno or 2) - 2, 0), len(tokens) - 1)]
        sentence = f"'{token.text}' cannot stand here"
        if any(token.text == "if" for token in tokens):
            sentence = "a choice is written 'a if condition else b'"
        elif any(token.text == "not" for token in tokens):
            sentence = "put brackets around 'not ...'"
        raise ExpressionProblem(sentence, token.column) from None
    except (RecursionError, MemoryError):
        raise ExpressionProblem(f"more than {MAX_DEPTH} operations inside each other", tokens[0].column) from None


class _Parser:
    """Writes the steps of a syntax tree; every method returns the position of the step that it has written."""

    def __init__(self, tokens: list[Token]):
        self.tokens = tokens
        self.steps: list[Step] = []

    def read(self, node: ast.expr, depth: int) -> int:
        """Write the steps of a node, those of its operands first."""
        if depth > MAX_DEPTH:
            raise ExpressionProblem(f"more than {MAX_DEPTH} operations inside each other", self._token(node).column)
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
        return self.tokens[node.lineno - 2]

    def _step(self, node: ast.expr, op: str, *operands: int) -> int:
        last = self.tokens[(node.end_lineno or node.lineno) - 2]
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
        """`a + b - c ...` is nested to the left: it may be long, and counts as one level."""
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
            comparison = self._step(node, COMPARE[type(op)], left, right)
            result = comparison if result is None else self._step(node, "&", result, comparison)
            left = right
        assert result is not None
        return result

    def _call(self, node: ast.Call, depth: int) -> int:
        token = self._token(node)
        low, high = FUNCTIONS[token.text]
        if not low <= len(node.args) <= high:
            expected = str(low) if low == high else f"at least {low}" if high == ANY else f"{low} to {high}"
            many = "argument" if expected == "1" else "arguments"
            raise ExpressionProblem(f"'{token.text}' takes {expected} {many}, got {len(node.args)}", token.column)
        if token.text in LISTS and len(node.args) == 1 and isinstance(items := node.args[0], ast.List):
            if not items.elts:
                raise ExpressionProblem(f"'{token.text}' {EMPTY_LIST}", token.column)
            operands = [self.read(item, depth + 1) for item in items.elts]
            return self._step(node, token.text, self._step(items, "list", *operands))
        return self._step(node, token.text, *(self.read(argument, depth + 1) for argument in node.args))

"""Checks of what a kernel does with the words of a `Choice`, which it gets as numbers.

A comparison with another number than that of a word, or a word that was added and forgotten in the kernel, would make
silence or the wrong sound, and nobody would see why. So a kernel compares a `Choice` with nothing but its words, by
`==`, `!=` and `in`, and if it names one of them it names them all.
"""

from __future__ import annotations

import ast
import dis
import types
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from waves.node import Choice, Node, choice_numbers, choice_words
from waves.node_types.library import signature
from waves.node_types.library.fingerprint import code_objects, used_functions
from waves.node_types.library.parameters import parameters
from waves.problem import did_you_mean

TEXT = "a kernel knows no text, only numbers"

Mistake = tuple[ast.AST, str]


def mistakes(
    kind: type[Node], kernel: types.FunctionType, tree: ast.FunctionDef, nodes: list[ast.AST]
) -> Iterator[Mistake]:
    """The mistakes in a kernel, each at a node of its syntax tree; `nodes` are those of `tree` to be looked at."""
    local = kernel.__code__.co_varnames
    known = {name: value for name, value in kernel.__globals__.items() if name not in local}
    choices = {
        name: signature.words(kind, name)
        for name in (argument.arg for argument in tree.args.args)
        if name in kind.model_fields and parameters(kind)[name].form == "words"
    }
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield from _unknown_word(node, node.value.id, known)
        for left, operator, right in _comparisons(node):
            operands = [*_operands(left), *_operands(right)]
            name = next((one.id for one in operands if isinstance(one, ast.Name) and one.id in choices), "")
            if name and operator and not isinstance(operator, ast.Eq | ast.NotEq | ast.In | ast.NotIn):
                yield left, f"the words of '{name}' have no order: compare it by ==, != or in"
            for operand in operands:
                if name and not _may_be_compared(operand, choices[name], known):
                    yield operand, _how_to_compare(name, choices[name], known)
                elif not name and _is_text(operand):
                    yield operand, TEXT
    for name, words in choices.items():
        named = {attribute for function in used_functions(kernel) for attribute in _named_words(function, words)}
        numbers = choice_numbers(signature.annotation(kind, name))
        missing = [word for number, word in enumerate(words) if number not in {numbers.get(each) for each in named}]
        if named and missing:
            these = ", ".join(f"'{word}'" for word in missing)
            yield tree, f"its kernel names words of '{name}', but not {these}: say what each does"


def _comparisons(node: ast.AST) -> Iterator[tuple[ast.expr, ast.cmpop | None, ast.expr]]:
    """The pairs that a comparison compares, or a `match` with its cases."""
    if isinstance(node, ast.Compare):
        pairs = pairwise([node.left, *node.comparators])
        yield from ((left, operator, right) for (left, right), operator in zip(pairs, node.ops, strict=True))
    elif isinstance(node, ast.Match):
        for case in node.cases:
            for pattern in ast.walk(case.pattern):
                if isinstance(pattern, ast.MatchValue):
                    yield node.subject, None, pattern.value


def _operands(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _may_be_compared(node: ast.expr, words: tuple[str, ...], known: dict[str, Any]) -> bool:
    """Whether an operand is a word of the `Choice` that it is compared with, or a value that only the kernel knows."""
    match node:
        case ast.Constant() | ast.UnaryOp(operand=ast.Constant()):
            return False
        case ast.Name(id=name):
            return not isinstance(known.get(name), bool | int | float | str)
        case ast.Attribute(value=ast.Name(id=name)) if other := choice_words(known.get(name)):
            return other == words
    return True


def _unknown_word(node: ast.Attribute, name: str, known: dict[str, Any]) -> Iterator[Mistake]:
    numbers = choice_numbers(known.get(name))
    if numbers and node.attr not in numbers:
        near = did_you_mean(node.attr, numbers)
        yield node, f"'{name}' has no word '{node.attr}'" + (f"; did you mean {near}?" if near else "")


def _how_to_compare(name: str, words: tuple[str, ...], known: dict[str, Any]) -> str:
    choice = next((key for key, value in known.items() if choice_words(value) == words), "")
    listed = ", ".join(f'"{word}"' for word in words)
    made = "" if choice else f"{name.capitalize()} = Choice[{listed}], then "
    attribute = next(reversed(choice_numbers(Choice[words])), "…")
    return f"'{name}' is compared with a word of its Choice: {made}{choice or name.capitalize()}.{attribute}"


def _named_words(function: types.FunctionType, words: tuple[str, ...]) -> Iterable[str]:
    """The attributes that a function reads from a global `Choice` of these words."""
    for code in code_objects(function.__code__):
        instructions = (one for one in dis.get_instructions(code) if one.opname != "EXTENDED_ARG")
        for first, second in pairwise(instructions):
            reads_attribute = first.opname == "LOAD_GLOBAL" and second.opname == "LOAD_ATTR"
            if reads_attribute and choice_words(function.__globals__.get(first.argval)) == words:
                yield second.argval

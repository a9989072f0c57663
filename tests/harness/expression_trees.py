"""Random expressions as trees: their text with as few brackets as the grammar needs, and each operation by NumPy."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

Array = np.ndarray[Any, Any]

TERNARY, OR, AND, NOT, COMPARE, UNION, INTERSECTION, SUM, PRODUCT, SIGN, POWER, TERM = range(12)
"""Strength with which an operation binds its operands, as in Python."""

BINARY = {
    **dict.fromkeys(("+", "-"), SUM),
    **dict.fromkeys(("*", "/", "//", "%"), PRODUCT),
    **{"or": OR, "and": AND, "|": UNION, "&": INTERSECTION, "**": POWER},
}
UNARY = {"-": SIGN, "+": SIGN, "not": NOT}
COMPARED = {
    **{"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal},
    **{"==": np.equal, "!=": np.not_equal},
}
OF_ONE = ("sin cos tan abs sqrt exp log log10 log2 floor ceil round sign db ms st").split()
OF_LISTS = ("sum", "mean", "std")


class Tree(NamedTuple):
    """One operation and its operands; of a term, `op` is its text."""

    op: str
    operands: tuple[Tree, ...] = ()
    form: str = "term"

    @property
    def strength(self) -> int:
        match self.form:
            case "binary":
                return BINARY[self.op]
            case "unary":
                return UNARY[self.op]
            case "compare":
                return COMPARE
            case "ternary":
                return TERNARY
        return TERM

    @property
    def text(self) -> str:
        one = [operand.within for operand in self.operands]
        match self.form:
            case "binary" if self.op == "**":
                return f"{one[0](POWER + 1)} ** {one[1](SIGN)}"
            case "binary":
                return f"{one[0](self.strength)} {self.op} {one[1](self.strength + 1)}"
            case "unary":
                return f"{self.op} {one[0](self.strength)}"
            case "compare":
                parts = [one[0](COMPARE + 1)]
                parts += [f"{op} {x(COMPARE + 1)}" for op, x in zip(self.op.split(), one[1:], strict=True)]
                return " ".join(parts)
            case "ternary":
                return f"{one[0](OR)} if {one[1](OR)} else {one[2](TERNARY)}"
            case "call":
                return f"{self.op}({', '.join(x(TERNARY) for x in one)})"
            case "list":
                return f"{self.op}([{', '.join(x(TERNARY) for x in one)}])"
        return self.op

    def within(self, strength: int) -> str:
        return self.text if self.strength >= strength else f"({self.text})"

    def parts(self) -> Iterator[Tree]:
        """All operations, each after its operands."""
        for operand in self.operands:
            yield from operand.parts()
        yield self

    def by_numpy(self, values: list[Array]) -> tuple[Array, Array | float]:
        """The operation on the values of its operands, and the error that a correct result may have."""
        if self.form == "list":
            return _of_list(self.op, values), 1e-13
        calculate, error = OPERATIONS[f"{self.form} {self.op}" if self.form != "compare" else "compare"]
        given = [self.op.split(), *values] if self.form == "compare" else values
        result = np.asarray(calculate(*given), float)
        return result, error(*values) if callable(error) else error


def _truth(x: Array) -> Array:
    return x != 0.0


def _chain(ops: list[str], *values: Array) -> Array:
    results = [COMPARED[op](a, b) for op, (a, b) in zip(ops, pairwise(values), strict=True)]
    return np.logical_and.reduce(results)


def _of_list(op: str, values: list[Array]) -> Array:
    if op == "sum" or op == "mean":
        total = values[0]
        for value in values[1:]:
            total = total + value
        return total if op == "sum" else total / len(values)
    mean = _of_list("mean", values)
    return np.sqrt(_of_list("mean", [(value - mean) * (value - mean) for value in values]))


def _below_its_divisor(a: Array, b: Array) -> Array:
    rest = np.mod(a, b)
    return np.where((rest == b) & np.isfinite(b), b * (1.0 - 2.0**-53), rest)


def _periodic(function: Callable[[Array], Array]) -> Callable[[Array], Array]:
    return lambda x: function(np.where(np.abs(x) < 1e30, x, 0.0)) * (np.abs(x) < 1e30)


def _grows(x: Array) -> Array:
    return 3e-11 + 5e-16 * np.where(np.abs(x) < 1e30, np.abs(x), 0.0)


OPERATIONS: dict[str, tuple[Callable[..., Any], Any]] = {
    "binary +": (np.add, 0.0),
    "binary -": (np.subtract, 0.0),
    "binary *": (np.multiply, 0.0),
    "binary /": (np.divide, 0.0),
    "binary //": (np.floor_divide, 0.0),
    "binary %": (_below_its_divisor, 0.0),
    "binary **": (np.power, 1e-13),
    "binary and": (lambda a, b: np.where(_truth(a), b, a), 0.0),
    "binary or": (lambda a, b: np.where(_truth(a), a, b), 0.0),
    "binary &": (lambda a, b: _truth(a) & _truth(b), 0.0),
    "binary |": (lambda a, b: _truth(a) | _truth(b), 0.0),
    "unary -": (np.negative, 0.0),
    "unary +": (np.positive, 0.0),
    "unary not": (lambda x: ~_truth(x), 0.0),
    "compare": (_chain, 0.0),
    "ternary if": (lambda a, condition, b: np.where(_truth(condition), a, b), 0.0),
    "call where": (lambda condition, a, b: np.where(_truth(condition), a, b), 0.0),
    "call clip": (lambda x, low, high: np.minimum(np.maximum(x, low), high), 0.0),
    "call min": (lambda *values: np.minimum.reduce(values), 0.0),
    "call max": (lambda *values: np.maximum.reduce(values), 0.0),
    "call pow": (lambda a, b: np.sign(a) * np.power(np.abs(a), b), 1e-13),
    "call sin": (_periodic(np.sin), _grows),
    "call cos": (lambda x: np.where(np.abs(x) < 1e30, np.cos(np.where(np.abs(x) < 1e30, x, 0.0)), 0.0), _grows),
    "call tan": (_periodic(np.tan), 1e-12),
    "call db": (lambda x: np.power(10.0, x / 20.0), 1e-13),
    "call st": (lambda x: np.power(2.0, x / 12.0), 1e-13),
    "call ms": (lambda x: x / 1000.0, 0.0),
    **{f"call {name}": (getattr(np, name), 0.0) for name in "abs sqrt floor ceil round sign".split()},
    **{f"call {name}": (getattr(np, name), 1e-13) for name in "exp log log10 log2".split()},
}

numbers = st.sampled_from("0 1 2 3 7 12 100 0.1 0.25 0.5 2.5 1e3 1e15 1e18 1e-3 1e300 pi tau e inf c4 octave".split())
terms = st.sampled_from(["x", "y", "z"]).map(Tree) | numbers.map(Tree)


def _larger(parts: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    def made(form: str, ops: Any, *operands: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
        words = ops if isinstance(ops, st.SearchStrategy) else st.sampled_from(list(ops))
        return st.builds(Tree, words, st.tuples(*operands), st.just(form))

    several = st.lists(parts, min_size=2, max_size=4).map(tuple)
    listed = st.lists(parts, min_size=1, max_size=4).map(tuple)
    chains = st.lists(st.sampled_from(list(COMPARED)), min_size=1, max_size=3).flatmap(
        lambda ops: st.builds(Tree, st.just(" ".join(ops)), st.tuples(*[parts] * (len(ops) + 1)), st.just("compare"))
    )
    return st.one_of(
        made("binary", ["+", "-", "*", "/", "//", "%", "**"], parts, parts),
        made("binary", BINARY, parts, parts),
        made("unary", UNARY, parts),
        made("call", OF_ONE, parts),
        made("call", ["pow"], parts, parts),
        made("call", ["clip", "where"], parts, parts, parts),
        made("ternary", ["if"], parts, parts, parts),
        st.builds(Tree, st.sampled_from(["min", "max"]), several, st.just("call")),
        st.builds(Tree, st.sampled_from(OF_LISTS), listed, st.just("list")),
        chains,
    )


def trees(depth: int) -> st.SearchStrategy[Tree]:
    """Random expressions of x, y and z with up to so many operations inside each other."""
    found = terms
    for _ in range(depth):
        found = terms | _larger(found)
    return found


SPECIAL = [0.0, 1.0, -1.0, math.nan, math.inf, -math.inf, 1e300, -1e300, 1e-300, -1e-300, 5e-324, 2.0**53, 1e15 + 0.5]
SPECIAL += [1e16, -1e18, 0.5, -0.5, 2.5, -2.5, 7.0, -7.0, 0.1, -0.1, 1e-20, -1e-20, 709.75, 1e31]
FRAMES = 64


def signals() -> dict[str, Array]:
    """Frames of x, y and z: special values against special values, and random ones."""
    random = np.random.default_rng(12)
    made = {}
    for name in "xyz":
        special = random.choice(SPECIAL, FRAMES // 2)
        multiples = np.round(random.uniform(-50.0, 50.0, FRAMES // 4) / 0.1) * 0.1
        made[name] = np.concatenate([special, multiples, random.uniform(-5.0, 5.0, FRAMES // 4)])
    return made

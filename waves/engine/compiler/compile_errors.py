"""Explains why a kernel cannot be compiled: the line, and the reason in the words of the node's text.

The compiler's own message is about types. The cause is nearly always one of a few things that a kernel cannot have, so
these are searched in the text first; if there is none, the message itself is translated.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import math
import re
import types
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from waves.engine.compiler.numba_target.messages import reason_in_words
from waves.node import Node, choice_numbers
from waves.node_types.contract.python_in_kernels import CALLABLE, NO_TEXT, STATEMENTS, WHOLE
from waves.node_types.contract.unimported import how_to_import, not_there
from waves.node_types.library.fingerprint import definition, line_of, used_functions
from waves.node_types.library.kernel_arguments import how_to_ask, known_names, slow_names
from waves.node_types.library.machine_types import INPUT, Category
from waves.node_types.library.module_loader import SourceFile
from waves.node_types.library.signature import Argument, arguments, kernel_parameters, slow_parameters, state_dtype
from waves.problem import Problem, did_you_mean

MEMBERS: dict[Category, tuple[str, ...]] = {
    "array": ("size", "part"),
    "buffer": ("size", "part", "edit"),
    "ring": ("push", "at", "between", "cubic", "put", "size"),
    "rings": ("size",),
    "notes": ("start", "size"),
    "pages": ("of", "miss"),
}
"""The attributes of an argument that is no block, by its use."""
CUT = re.compile(r"(the field '\w+' of the state is a|whole numbers in the state get a) .*")
"""The sentences of `numba_target.cut_fractions`."""
BLOCKS: tuple[Category, ...] = ("block", "blocks")


def explain(kind: type[Node], message: str, sources: list[SourceFile]) -> Problem:
    """The problem of a node type whose kernel the compiler refused with a message.

    `sources` are the texts that the type is made of, its own last.
    """
    name = kind.__name__.lower()
    texts = {source.file: source for source in sources}
    causes: list[_Cause] = []
    cut = CUT.search(message)
    kernel = kind.render  # type: ignore[attr-defined]
    seen: set[types.FunctionType] = set()
    functions = [one for root in (kernel, *([kind.slowly] if kind.slow else [])) for one in used_functions(root, seen)]
    for function in functions:
        source = texts.get(function.__code__.co_filename)
        if not cut and source and (tree := definition(source.text, function)):
            causes += _ErrorExplainer(kind, function, source).read(tree)
    for cause in sorted(causes, key=lambda cause: cause.weak):
        return cause.source.problem(f"{name} cannot be compiled: {cause.sentence}", cause.line, cause.column)
    reason = (
        cut[0] if cut else reason_in_words(message, {name for one in functions for name in one.__code__.co_varnames})
    )
    for file, line in reversed(re.findall(r'(?:File "|at |Raised from )([^"\n(]+?)"?,? (?:line |\()(\d+)', message)):
        for source in sources:
            if source.file.endswith(file.lstrip("./")):
                return source.problem(f"{name} cannot be compiled: {reason}", int(line))
    source = texts.get(kernel.__code__.co_filename, sources[-1])
    if kind.slow and (returned := _return_of_one(kind.slowly, texts)) and "failed to unpack" in message:
        sentence = f"`slow` names {len(kind.slow)} values, `slowly` gives 1"
        return texts[kind.slowly.__code__.co_filename].problem(f"{name}: {sentence}", *returned)
    return source.problem(f"{name} cannot be compiled: {reason}", line_of(source.text, kernel))


def _return_of_one(slowly: Any, texts: Mapping[str, SourceFile]) -> tuple[int, int] | None:
    """Line and column of the first `return` of `slowly` that is written as one value; None for none.

    What it gives is known to the compiler only: `return max(a, b)`.
    """
    source = texts.get(slowly.__code__.co_filename)
    tree = definition(source.text, slowly) if source else None
    found = (node for node in ast.walk(tree) if isinstance(node, ast.Return)) if tree else iter(())
    return next((source.place(node) for node in found if source and not isinstance(node.value, ast.Tuple)), None)


@dataclass(frozen=True, slots=True)
class _Cause:
    """A part of a text that cannot be compiled; `weak`: it may be compiled in some cases."""

    source: SourceFile
    line: int
    column: int
    sentence: str
    weak: bool = False


class _ErrorExplainer(ast.NodeVisitor):
    """Searches one function for what a kernel cannot have: `render`, `slowly`, or one that they call."""

    def __init__(self, kind: type[Node], function: types.FunctionType, source: SourceFile):
        self.function, self.source, self.state = function, source, state_dtype(kind).names or ()
        given: dict[str, Argument] = {}
        self.askable: Collection[str] = ()
        self.is_slow, self.slow = function is kind.slowly, tuple(kind.slow)
        self.only_slow: Collection[str] = ()  # names that `slowly` takes, and this kernel does not
        if self.is_slow:
            self.askable = slow_names(kind)
        elif function is kind.render:  # type: ignore[attr-defined]
            taken = kernel_parameters(kind)
            given = {argument.name: argument for argument in arguments(kind) if argument.name in taken}
            self.askable = known_names(kind)
            self.only_slow = {*slow_parameters(kind)} & {*kind.model_fields} if kind.slow else ()
        self.categories = {name: argument.machine_type.category for name, argument in given.items()}
        self.inputs = {name for name, argument in given.items() if argument.machine_type is INPUT}
        self.names = function.__globals__
        self.causes: list[_Cause] = []
        self.local: set[str] = set()

    def read(self, tree: ast.FunctionDef) -> list[_Cause]:
        """The causes in the body of the function, in the order of the text."""
        self.local = {argument.arg for argument in tree.args.args}
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self.local.add(node.id)
        body = tree.body[1:] if ast.get_docstring(tree) is not None else tree.body
        for statement in body:
            self.visit(statement)
        return self.causes

    def add(self, node: Any, sentence: str, weak: bool = False) -> None:
        """Adds a cause at the place of a node."""
        self.causes.append(_Cause(self.source, *self.source.place(node), sentence, weak))

    def generic_visit(self, node: ast.AST) -> None:
        sentence = STATEMENTS.get(type(node))
        if sentence and hasattr(node, "lineno"):
            self.add(node, sentence)
        else:
            super().generic_visit(node)

    def block(self, node: Any) -> str:
        """The name of the argument if an expression is a whole block, or several; else an empty string."""
        one = isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name | ast.Constant | ast.BinOp)
        name = node.value if one else node
        known = self.categories.get(name.id) if isinstance(name, ast.Name) else None
        return ast.unparse(node) if known == "blocks" or (known == "block" and not one) else ""

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str | bytes):
            self.add(node, NO_TEXT)

    def visit_Name(self, node: ast.Name) -> None:
        name = node.id
        if block := self.block(node):
            self.add(node, f"'{block}' is a whole block of frames; {block}[i] is one of them")
        elif name not in self.local and name not in self.names:
            if name in self.only_slow:
                read = " and ".join(f"'{one}'" for one in self.slow)
                self.add(node, f"'{name}' is slow here: `render` reads {read}, which `slowly` makes of it")
            elif way := how_to_ask(name, self.askable, self.is_slow) or how_to_import(name):
                self.add(node, way)
            elif not hasattr(builtins, name):
                near = did_you_mean(name, [*self.local, *(n for n in self.names if not n.startswith("_"))])
                self.add(node, f"the name '{name}' is not known here" + (f"; did you mean {near}?" if near else ""))
            elif name not in CALLABLE:
                self.add(node, f"'{name}' cannot be used in a kernel")
        elif name not in self.local:
            self.visit_global(node, name, self.names[name])

    def visit_global(self, node: ast.Name, name: str, value: Any) -> None:
        """A name of the module, used as a value."""
        if words := [*choice_numbers(value)]:
            self.add(node, f"'{name}' is a Choice; {name}.{words[0]} is a word of it")
        elif isinstance(value, list | dict | set | str):
            type_ = {list: "list", dict: "dict", set: "set", str: "text"}[type(value)]
            self.add(node, f"'{name}' is a {type_}; a kernel knows numbers, tuples of numbers and arrays of NumPy")
        elif isinstance(value, type) and vars(builtins).get(value.__name__) is not value:
            self.add(node, f"'{name}' is a class; a kernel makes no objects")

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.value, ast.Name) and node.value.id not in self.local | self.names.keys():
            self.visit(node.value)
            return
        if isinstance(node.value, ast.Name):
            self.attribute(node, node.value.id)
        elif not (block := self.block(node.value)):
            self.visit(node.value)
        elif node.attr != "size":
            self.add(node, f"'{block}' has no '{node.attr}'; it has frames, {block}[i], and {block}.size")

    def attribute(self, node: ast.Attribute, name: str) -> None:
        """An attribute of a name."""
        wanted = node.attr
        category = self.categories.get(name)
        module = self.names.get(name) if name not in self.local else None
        if category == "record" and wanted not in self.state:
            near = did_you_mean(wanted, self.state)
            self.add(node, f"the {name} has no '{wanted}'" + (f"; did you mean {near}?" if near else ""))
        elif category in BLOCKS and wanted != "size":
            self.add(node, f"'{name}' has no '{wanted}'; it has frames, {name}[i], and {name}.size")
        elif category == "rings" and wanted in MEMBERS["ring"]:
            self.add(node, f"'{name}' is several rings: {name}[k].{wanted}")
        elif category in MEMBERS and wanted not in MEMBERS[category]:
            self.add(node, f"'{name}' has no '{wanted}'; it has {', '.join(MEMBERS[category])}")
        elif isinstance(module, types.ModuleType):
            if not hasattr(module, wanted):
                self.add(node, not_there(name, module, wanted))
            elif (shared := module.__name__.partition("@")[0]).startswith("waves.dsp"):
                self.add(node, f"import the function itself: from {shared} import {wanted}", weak=True)
            elif module is not math:
                self.add(node, f"'{name}.{wanted}' cannot be compiled; `math` and `waves.dsp` can", weak=True)

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self.visit(target)
        match node:
            case ast.Assign(targets=[ast.Name()], value=ast.Subscript() as value) if self.block(value):
                return  # a name for the block
        self.visit(node.value)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if whole := self.block(node):
            self.add(node, WHOLE.format(whole), weak=True)
        block = self.block(node.value)
        name = node.value.id if isinstance(node.value, ast.Name) else ""
        category = self.categories.get(name)
        if category == "number":
            self.add(node, f"'{name}' is one number for the whole block: it is written without [ ]")
        elif category == "ring":
            self.add(node, f"'{name}' is a ring of past frames: {name}.at(age) reads, {name}.put(age, x) writes")
        elif category in ("blocks", "rings") and isinstance(node.slice, ast.Tuple) and len(node.slice.elts) == 2:
            k, i = map(ast.unparse, node.slice.elts)
            self.add(node, f"one after another: {name}[{k}][{i}]" if block else f"one ring first: {name}[{k}].at({i})")
            return
        elif category in ("array", "buffer") and isinstance(node.slice, ast.Slice):
            self.add(node, f"numbers are taken one by one: {name}[k], not as a slice; {name}.part(first, count) is one")
        elif category == "array" and isinstance(node.ctx, ast.Store):
            self.add(node, f"'{name}' is a prepared array, and can only be read: what changes is in the state")
        elif not block:
            self.visit(node.value)
        elif isinstance(node.slice, ast.Slice) or (isinstance(node.slice, ast.Constant) and node.slice.value is ...):
            self.add(node, f"take frames one by one: {block}[i], not a slice")
            return
        elif isinstance(node.ctx, ast.Store) and block in self.inputs:
            self.add(node, f"'{block}' is an input, and can only be read")
        self.visit(node.slice)

    def visit_For(self, node: ast.For) -> None:
        if block := self.block(node.iter):
            self.add(node.iter, f"loop over the numbers of the frames: for i in range({block}.size)")
        else:
            self.visit(node.iter)
        for statement in [*node.body, *node.orelse]:
            self.visit(statement)

    def visit_Try(self, node: ast.Try) -> None:
        for handler in node.handlers:
            if not (handler.type is None or (isinstance(handler.type, ast.Name) and handler.type.id == "Exception")):
                self.add(handler, "a kernel can catch any Exception, not one kind of them")
        for statement in [*node.body, *(s for h in node.handlers for s in h.body), *node.orelse, *node.finalbody]:
            self.visit(statement)

    def visit_Raise(self, node: ast.Raise) -> None:
        return  # the compiler accepts any exception with any text

    def visit_Assert(self, node: ast.Assert) -> None:
        self.visit(node.test)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.add(node, STATEMENTS[ast.FunctionDef], weak=True)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if isinstance(node.op, ast.MatMult):
            self.add(node, STATEMENTS[ast.MatMult])
        super().generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        function = node.func
        helper = self.names.get(function.id) if isinstance(function, ast.Name) else None
        if isinstance(function, ast.Name) and function.id not in self.local and helper is None:
            if function.id == "sum" and node.args and (block := self.block(node.args[0])):
                self.add(function, f"a sum is a loop: for k in range({block}.size): total += {block}[k]")
            if function.id == "print":
                self.add(function, "a kernel cannot print: put the number into a field of the state")
                return
            self.visit(function)
        elif isinstance(function, ast.Name) and self.categories.get(function.id) == "number":
            self.add(node, f"'{function.id}' is a number, and cannot be called")
        elif isinstance(function, ast.Attribute) and function.attr == "size" and self.block(function.value):
            self.add(node, f"the size is a number: {self.block(function.value)}.size, without ( )")
        elif helper is self.function:
            self.add(node, f"'{self.function.__name__}' calls itself, which a kernel cannot")
        elif isinstance(helper, types.FunctionType) and self.function in used_functions(helper):
            sentence = f"'{self.function.__name__}' calls itself through '{helper.__name__}', which a kernel cannot"
            self.add(node, sentence)
        elif isinstance(helper, types.FunctionType):
            try:
                inspect.signature(helper).bind(*node.args, **{str(k.arg): k.value for k in node.keywords})
            except TypeError as error:
                self.add(node, f"{helper.__name__}: {error}")
        else:
            self.visit(function)
        for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
            if isinstance(function, ast.Name) and function.id == "len" and (block := self.block(argument)):
                self.add(node, f"the number of frames is {block}.size")
            elif not (isinstance(helper, types.FunctionType) and self.block(argument)):
                self.visit(argument)

"""Says why a kernel cannot be compiled: the line, and the reason in the words of whoever wrote it.

The compiler's own message is about types. What it stumbles over is nearly always one of a few things that a kernel
cannot have, so these are looked for in the text; only if there is none is the message given as it is.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import math
import re
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from waves.node import Node
from waves.node_types.library.module_loader import Source
from waves.node_types.library.signature import arguments, state_dtype
from waves.problem import Problem, did_you_mean

CALLED = frozenset("abs bool float int len max min pow range round divmod enumerate isinstance".split())
NO_MEMORY = "a kernel makes no {what}, which needs memory; state, `work` and tuples of numbers are there instead"
NUMBERS = ("number", "rate", "seed", "clock", "start", "fade")
OTHERS = {"none": "nothing", "complex": "a complex number", "unicode": "a text", "Literal[str]": "a text"}
OTHERS |= {"list": "a list", "Tuple": "several numbers", "UniTuple": "several numbers", "In": "a whole block"}
OWNERS = {"Module": "`math`, as far as it can be compiled,", "nestedarray": "an array of the state"}
STATEMENTS: dict[type[ast.AST], str] = {
    ast.List: NO_MEMORY.format(what="list"),
    ast.ListComp: NO_MEMORY.format(what="list"),
    ast.GeneratorExp: NO_MEMORY.format(what="generator"),
    ast.Dict: NO_MEMORY.format(what="dict"),
    ast.DictComp: NO_MEMORY.format(what="dict"),
    ast.Set: NO_MEMORY.format(what="set"),
    ast.SetComp: NO_MEMORY.format(what="set"),
    ast.JoinedStr: "a kernel knows no text, only numbers",
    ast.Import: "a kernel imports nothing: write the import at the top of the file",
    ast.ImportFrom: "a kernel imports nothing: write the import at the top of the file",
    ast.With: "a kernel has no `with`: it opens nothing",
    ast.Yield: "a kernel does not `yield`: it fills the block and returns",
    ast.YieldFrom: "a kernel does not `yield`: it fills the block and returns",
    ast.Await: "a kernel waits for nothing",
    ast.Global: "a kernel does not change names of the module: what it remembers is its state",
    ast.Nonlocal: "a kernel does not change names of the module: what it remembers is its state",
    ast.ClassDef: "a kernel has no classes inside",
    ast.FunctionDef: "a kernel has no functions inside: write the function beside the class",
    ast.AsyncFunctionDef: "a kernel waits for nothing",
    ast.Delete: "a kernel deletes nothing",
    ast.MatMult: "numbers have no `@`",
}


def explain(kind: type[Node], said: str, sources: list[Source]) -> Problem:
    """The problem of a kernel that the compiler refused with `said`; `sources` are the texts it is made of."""
    name = kind.__name__.lower()
    texts = {source.file: source for source in sources}
    found: list[_Finding] = []
    seen: set[types.FunctionType] = set()
    for function, given in _functions(kind.render, _given(kind), seen):  # type: ignore[attr-defined]
        source = texts.get(function.__code__.co_filename)
        if source and (tree := _definition(source, function)):
            found += _ErrorExplainer(function, given, source, state_dtype(kind).names or ()).read(tree)
    for finding in sorted(found, key=lambda one: one.weak):
        return finding.source.problem(f"{name} cannot be compiled: {finding.sentence}", finding.line, finding.column)
    reason = _reason(said)
    for file, line in reversed(re.findall(r'(?:File "|at |Raised from )([^"\n(]+?)"?,? (?:line |\()(\d+)', said)):
        for source in sources:
            if source.file.endswith(file.lstrip("./")):
                return source.problem(f"{name} cannot be compiled: {reason}", int(line))
    kernel = kind.render.__code__  # type: ignore[attr-defined]
    source = texts.get(kernel.co_filename, sources[-1])
    return source.problem(f"{name} cannot be compiled: {reason}", kernel.co_firstlineno)


def _reason(said: str) -> str:
    """The first sentence of a message that is about the kernel."""
    lines = [line.strip() for line in said.splitlines()]
    useful = [
        line for line in lines if line and not line.startswith(("Failed in", "During", "File ", ">>>", "<source"))
    ]
    words = useful[0] if useful else "no reason is given"
    if found := re.match(r"Unknown attribute '(\w+)' of type (\w+)", words):
        words = f"{OWNERS.get(found[2], 'a number')} has no '{found[1]}'"
    elif "unify" in words:
        words = "a value is a number here and something else there"
    elif "unpack" in words:
        words = "a number cannot be taken apart into several"
    elif words.startswith("it needs"):
        words = "it needs memory, or something else that the sound thread does not have"
    elif found := re.search(r"Variable '(\w+)' is not defined", words):
        words = f"'{found[1]}' has no value yet here: what a kernel gives a value to is its own, not the module's"
    elif words.startswith("liveness"):
        words = "it cannot be followed: is there a loop without an end?"
    elif words.startswith("Invalid use of"):
        words = "a number is called as if it were a function"
    elif words.startswith("No implementation"):
        call = next((line[3:].strip() for line in lines if line.startswith(">>>")), "")
        words = _call(call) if call else words
    return re.sub(r"Checked(?=In|Out|Work)", "", words).rstrip(". ")


def _call(call: str) -> str:
    """What a call means that the compiler does not know."""
    if found := re.match(r"setitem\(\w+, \w+, (.+)\)", call):
        given = found[1].removeprefix("Checked")
        what = next((words for start, words in OTHERS.items() if given.startswith(start)), given)
        return f"a frame is one number, and not {what}"
    if re.match(r"getitem\((float|int)\d+,", call):
        return "a number has no [ ]: only blocks, arrays and tuples have"
    if call.startswith("_ended("):
        return "a kernel returns True when it has ended, and nothing otherwise"
    return f"there is no {call}"


@dataclass(frozen=True, slots=True)
class _Finding:
    source: Source
    line: int
    column: int
    sentence: str
    weak: bool = False


def _given(kind: type[Node]) -> dict[str, str]:
    """What each argument of a kernel is."""
    return {argument.name: argument.kind for argument in arguments(kind)}


def _functions(
    function: types.FunctionType, given: dict[str, str], seen: set[types.FunctionType]
) -> Iterator[tuple[types.FunctionType, dict[str, str]]]:
    """A kernel and the plain functions that it uses."""
    seen.add(function)
    yield function, given
    for name in function.__code__.co_names:
        value = function.__globals__.get(name)
        if isinstance(value, types.FunctionType) and value not in seen:
            yield from _functions(value, {}, seen)


def _reaches(function: types.FunctionType, wanted: types.FunctionType, seen: set[types.FunctionType]) -> bool:
    """Whether a function uses another, by itself or through others."""
    return any(one is wanted for one, _ in _functions(function, {}, seen))


def _definition(source: Source, function: types.FunctionType) -> ast.FunctionDef | None:
    for node in ast.walk(ast.parse(source.text)):
        if isinstance(node, ast.FunctionDef) and node.name == function.__name__:
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            if first == function.__code__.co_firstlineno:
                return node
    return None


class _ErrorExplainer(ast.NodeVisitor):
    """Looks one function over for what a kernel cannot have."""

    def __init__(self, function: types.FunctionType, given: dict[str, str], source: Source, state: tuple[str, ...]):
        self.function, self.given, self.source, self.state = function, given, source, state
        self.names = function.__globals__
        self.found: list[_Finding] = []
        self.local: set[str] = set()

    def read(self, tree: ast.FunctionDef) -> list[_Finding]:
        self.local = {argument.arg for argument in tree.args.args}
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self.local.add(node.id)
        body = tree.body[1:] if ast.get_docstring(tree) is not None else tree.body
        for statement in body:
            self.visit(statement)
        return self.found

    def say(self, node: Any, sentence: str, weak: bool = False) -> None:
        self.found.append(_Finding(self.source, *self.source.place(node), sentence, weak))

    def generic_visit(self, node: ast.AST) -> None:
        sentence = STATEMENTS.get(type(node))
        if sentence and hasattr(node, "lineno"):
            self.say(node, sentence)
        else:
            super().generic_visit(node)

    def block(self, node: ast.AST) -> str:
        """The name of the block of frames that an expression is, if it is one."""
        if isinstance(node, ast.Name) and self.given.get(node.id) in ("signal", "out", "list", "work"):
            return node.id
        return ""

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str | bytes):
            self.say(node, "a kernel knows no text, only numbers; a word of a Choice is its position")

    def visit_Name(self, node: ast.Name) -> None:
        name = node.id
        if block := self.block(node):
            self.say(node, f"'{block}' is a whole block of frames; {block}[i] is one of them")
        elif name not in self.local and name not in self.names:
            if not hasattr(builtins, name):
                near = did_you_mean(name, [*self.local, *(n for n in self.names if not n.startswith("_"))])
                self.say(node, f"the name '{name}' is not known here" + (f"; did you mean {near}?" if near else ""))
            elif name not in CALLED:
                self.say(node, f"'{name}' cannot be used in a kernel")
        elif name not in self.local:
            self.a_global(node, name, self.names[name])

    def a_global(self, node: ast.Name, name: str, value: Any) -> None:
        if isinstance(value, list | dict | set | str):
            what = {list: "list", dict: "dict", set: "set", str: "text"}[type(value)]
            self.say(node, f"'{name}' is a {what}; a kernel knows numbers, tuples of numbers and arrays of NumPy")
        elif isinstance(value, type) and vars(builtins).get(value.__name__) is not value:
            self.say(node, f"'{name}' is a class; a kernel makes no objects")

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.value, ast.Name) and node.value.id not in self.local | self.names.keys():
            self.visit(node.value)
            return
        if isinstance(node.value, ast.Name):
            self.attribute(node, node.value.id)
        else:
            self.visit(node.value)

    def attribute(self, node: ast.Attribute, name: str) -> None:
        wanted = node.attr
        what = self.given.get(name)
        module = self.names.get(name) if name not in self.local else None
        if what == "state" and wanted not in self.state:
            near = did_you_mean(wanted, self.state)
            self.say(node, f"the state has no '{wanted}'" + (f"; did you mean {near}?" if near else ""))
        elif what in ("signal", "out", "list", "work", "array") and wanted != "size":
            self.say(node, f"'{name}' has no '{wanted}'; it has frames, {name}[i], and {name}.size")
        elif what == "memory" and wanted not in ("push", "at", "size", "written"):
            self.say(node, f"'{name}' has no '{wanted}'; it has push, at and size")
        elif isinstance(module, types.ModuleType):
            if not hasattr(module, wanted):
                near = did_you_mean(wanted, dir(module)) if module is math else ""
                self.say(node, f"{name} has no '{wanted}'" + (f"; did you mean {near}?" if near else ""))
            elif module is not math:
                self.say(node, f"'{name}.{wanted}' cannot be compiled; `math` and `waves.dsp.maths` can", weak=True)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        block = self.block(node.value)
        if isinstance(node.value, ast.Name) and self.given.get(node.value.id) in NUMBERS:
            self.say(node, f"'{node.value.id}' is one number for the whole block: it is written without [ ]")
        elif not block:
            self.visit(node.value)
        elif isinstance(node.slice, ast.Slice):
            self.say(node, f"frames are taken one by one: {block}[i], not as a slice")
            return
        elif isinstance(node.ctx, ast.Store) and self.given[block] == "signal":
            self.say(node, f"'{block}' is an input, and can only be read")
        self.visit(node.slice)

    def visit_For(self, node: ast.For) -> None:
        if block := self.block(node.iter):
            self.say(node.iter, f"frames are gone through by number: for i in range({block}.size)")
        else:
            self.visit(node.iter)
        for statement in [*node.body, *node.orelse]:
            self.visit(statement)

    def visit_Try(self, node: ast.Try) -> None:
        for handler in node.handlers:
            if not (handler.type is None or (isinstance(handler.type, ast.Name) and handler.type.id == "Exception")):
                self.say(handler, "a kernel can catch any Exception, not one kind of them")
        for statement in [
            *node.body,
            *(s for h in node.handlers for s in h.body),
            *node.orelse,
            *node.finalbody,
        ]:
            self.visit(statement)

    def visit_Raise(self, node: ast.Raise) -> None:
        return  # its class and its text are known to the compiler

    def visit_Assert(self, node: ast.Assert) -> None:
        self.visit(node.test)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.say(node, STATEMENTS[ast.FunctionDef], weak=True)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if isinstance(node.op, ast.MatMult):
            self.say(node, STATEMENTS[ast.MatMult])
        super().generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        function = node.func
        helper = self.names.get(function.id) if isinstance(function, ast.Name) else None
        if isinstance(function, ast.Name) and function.id not in self.local and helper is None:
            if function.id == "print":
                self.say(function, "a kernel prints nothing: put the number into a field of the state")
                return
            self.visit(function)
        elif isinstance(function, ast.Name) and self.given.get(function.id) in NUMBERS:
            self.say(node, f"'{function.id}' is a number, and cannot be called")
        elif isinstance(function, ast.Attribute) and function.attr == "size" and self.block(function.value):
            self.say(node, f"the size is a number: {self.block(function.value)}.size, without ( )")
        elif helper is self.function:
            self.say(node, f"'{self.function.__name__}' calls itself, which a kernel cannot")
        elif isinstance(helper, types.FunctionType) and _reaches(helper, self.function, set()):
            sentence = f"'{self.function.__name__}' calls itself through '{helper.__name__}', which a kernel cannot"
            self.say(node, sentence)
        elif isinstance(helper, types.FunctionType):
            try:
                inspect.signature(helper).bind(*node.args, **{str(k.arg): k.value for k in node.keywords})
            except TypeError as error:
                self.say(node, f"{helper.__name__}: {error}")
        else:
            self.visit(function)
        for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
            if not (isinstance(helper, types.FunctionType) and self.block(argument)):
                self.visit(argument)

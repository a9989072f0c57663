"""Checks of a kernel and of `slowly`: what they are, what they take, and what stands in them."""

from __future__ import annotations

import ast
import inspect
import types
from collections.abc import Container, Iterator
from typing import Any

from waves.node import Node, parameter_name
from waves.node_types.contract import numpy_in_kernels
from waves.node_types.library import signature
from waves.node_types.library.checks import choice_checks
from waves.node_types.library.fingerprint import definition, used_functions
from waves.node_types.library.kernel_arguments import kind_of, output_names, slow_names
from waves.node_types.library.module_loader import SourceFile
from waves.node_types.library.parameters import parameters
from waves.notes import NoteNode

MEANT = "did you mean"

Mistake = tuple[str | tuple[int, int], str]
"""A place, either the name of a declaration or a line and a column, and a sentence on what is wrong there."""


def slow_mistakes(kind: type[Node]) -> Iterator[tuple[str, str]]:
    """Mistakes in `slow` and `slowly`."""
    slowly = inspect.getattr_static(kind, "slowly")
    own = kind.slowly is not Node.slowly
    if own != bool(kind.slow):
        sentence = '`slow` names what `slowly` gives, and both are there: slow = ("decay",), def slowly(time, rate)'
        yield "slowly" if own else "slow", sentence
        return
    if not own:
        return
    if not isinstance(slowly, staticmethod) or not inspect.isfunction(slowly.__func__):
        yield "slowly", "`slowly` is a @staticmethod"
        return
    for name in ("slow", "goal"):
        if name in vars(kind.state) or name in kind.state.__annotations__:
            yield "state", f"its state has a field '{name}' already, for its slow values"
    known = slow_names(kind)
    for name in inspect.signature(slowly.__func__).parameters:
        if name not in known:
            sentence = "no Signal, no setting that is a number, and neither `rate` nor `clock`"
            yield "slowly", f"`slowly` takes '{name}', which is {sentence}"


def kernel_mistakes(kind: type[Node]) -> Iterator[tuple[str, str]]:
    """Mistakes in the definition of `render` and in its arguments."""
    render = inspect.getattr_static(kind, "render", None)
    if render is None:
        if kind.expand.__func__ is Node.expand.__func__:  # type: ignore[attr-defined]
            yield "", "it has neither `render`, which makes sound, nor `expand`, which arranges others"
        elif kind.expand.__func__ is NoteNode.expand.__func__:  # type: ignore[attr-defined]
            yield "", "it has neither a `render` with `notes`, nor an `expand`: nothing starts its notes"
        return
    if not isinstance(render, staticmethod) or not inspect.isfunction(render.__func__):
        yield "render", "`render` is a @staticmethod"
        return
    if inspect.iscoroutinefunction(render.__func__):
        yield "render", "`render` waits for nothing: def, without async"
    if render.__func__.__closure__:
        yield "render", "`render` uses names of a function around it; write what it needs beside the class"
    arguments = inspect.signature(render.__func__).parameters
    taken = {parameter_name(name): parameter for name, parameter in arguments.items()}
    missing = [name for name in output_names(kind) if name not in taken]
    are_known = True
    for name, parameter in taken.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            yield "render", f"its kernel takes '*{name}'; name each argument"
            continue
        if name == "self":
            yield "render", "its kernel has no 'self': what it remembers is in `state`"
            continue
        if name in kind.model_fields and parameters(kind)[name].form == "other":
            continue  # already a mistake of the parameter
        try:
            argument = kind_of(kind, name)
        except TypeError as error:
            are_known, sentence = False, str(error)
            if missing and MEANT not in sentence:
                sentence += f"; {MEANT} '{missing.pop(0)}'?"
            yield "render", sentence
            continue
        if argument.needs and getattr(kind, argument.needs[0]) is getattr(Node, argument.needs[0]):
            yield "render", f"its kernel {argument.needs[1]}"
    if "notes" in taken and kind.expand.__func__ is Node.expand.__func__:  # type: ignore[attr-defined]
        yield "render", f"its kernel takes `notes`, which nothing plays: class {kind.__name__}(NoteNode)"
    for name in missing:
        if are_known and not signature.starts_notes(kind):
            yield "render", f"its kernel does not take its output '{name}'"


def body_mistakes(kind: type[Node], source: SourceFile) -> Iterator[tuple[tuple[int, int], str]]:
    """Mistakes in the text of the kernel that the compiler accepts: they would do something else than they say."""
    render = inspect.getattr_static(kind, "render", None)
    function = render.__func__ if isinstance(render, staticmethod) else None
    classes = (node for node in ast.walk(ast.parse(source.text)) if isinstance(node, ast.ClassDef))
    inside = [node for class_ in classes if class_.name == kind.__name__ for node in class_.body]
    for tree in (node for node in inside if isinstance(node, ast.FunctionDef) and node.name == "render"):
        for node in _own_nodes(tree):
            match node:
                case ast.Return(value=ast.Constant(value=value)) if value is not None and not isinstance(value, bool):
                    yield source.place(node), "a kernel returns True when it has ended, and nothing otherwise"
                case ast.Call(func=ast.Attribute(value=ast.Name("notes"), attr="start"), keywords=[_, *_]):
                    form = ", ".join(("i", "length", *kind.note_values))
                    yield source.place(node), f"a note gets its values by their places: notes.start({form})"
                case ast.Call(func=ast.Attribute(value=ast.Name("notes"), attr="start"), args=[_, _, *values]):
                    if len(values) != len(kind.note_values):
                        names = ", ".join(kind.note_values) or "none"
                        written = f"{len(values)} value{'s' * (len(values) != 1)}"
                        yield source.place(node), f"a note starts with {written}; `note_values`: {names}"
        if isinstance(function, types.FunctionType):
            for node, sentence in choice_checks.mistakes(kind, function, tree, list(_own_nodes(tree))):
                yield source.place(node), sentence
    if kind.slow and not isinstance(kind.slow, dict):
        for tree in (node for node in inside if isinstance(node, ast.FunctionDef) and node.name == "slowly"):
            returns = [node for node in _own_nodes(tree) if isinstance(node, ast.Return)]
            taken = {one.arg for one in tree.args.args}
            for place in returns or (tree,):
                if (count := _count_of_values(place, taken)) not in (None, len(kind.slow)):
                    names = f"{len(kind.slow)} value{'s' * (len(kind.slow) != 1)}"
                    yield source.place(place), f"`slow` names {names}, `slowly` gives {count or 'none'}"


def _count_of_values(node: ast.FunctionDef | ast.Return, taken: Container[str]) -> int | None:
    """Count of the values that a return gives, or a function without one; None where the text does not say it.

    `taken` are the arguments of the function, which are one number each.
    """
    match node:
        case ast.FunctionDef() | ast.Return(value=None | ast.Constant(value=None)):
            return 0
        case ast.Return(value=ast.Tuple(elts=values)) if not any(isinstance(one, ast.Starred) for one in values):
            return len(values)
        case ast.Return(value=ast.BinOp() | ast.UnaryOp() | ast.Compare() | ast.Constant()):
            return 1
        case ast.Return(value=ast.Name(name)) if name in taken:
            return 1
    return None


def numpy_mistakes(kind: type[Node], sources: list[SourceFile]) -> Iterator[Mistake]:
    """Uses of NumPy in a kernel and its helpers that cannot be; of a helper in another file at `render`."""
    files = {source.file: source for source in sources}
    dtype = signature.state_dtype(kind)
    arrays = frozenset(name for name in dtype.names or () if dtype[name].shape)
    for root in ("render", *(["slowly"] if kind.slow else [])):
        kernel: Any = getattr(inspect.getattr_static(kind, root, None), "__func__", None)
        for function in used_functions(kernel) if isinstance(kernel, types.FunctionType) else ():
            source = files.get(function.__code__.co_filename)
            if not source or not (tree := definition(source.text, function)):
                continue
            for node, sentence in numpy_in_kernels.mistakes(tree, function.__globals__, arrays):
                place, here = source.place(node), source is sources[-1]
                yield (place, sentence) if here else (root, f"{source.mark(place[0])}: {sentence}")


def _own_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes of a function's syntax tree, without those of functions inside."""
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.FunctionDef | ast.Lambda):
            yield node
            yield from _own_nodes(node)

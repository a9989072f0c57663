"""The code that a function of a file depends on: a text and a name in, a text that is the same while the code is."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def function_code(text: str, name: str) -> str:
    """The statements of a file that a function needs, without comments and places; the whole text if it is not found.

    They are its own, those that give the names which these read a value, and those that give no name one.
    """
    try:
        statements = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return text
    given = [{*_names(one, ast.Store)} for one in statements]
    if not any(name in names for names in given):
        return text
    needed = {k for k, names in enumerate(given) if name in names or not (names or _is_text(statements[k]))}
    todo = [*needed]
    while todo:
        read = {*_names(statements[todo.pop()], ast.Load)}
        found = {k for k, names in enumerate(given) if names & read} - needed
        needed |= found
        todo += found
    try:
        return "\n".join(ast.dump(statements[k]) for k in sorted(needed))
    except RecursionError:  # a sum of a thousand numbers
        return text


def _names(statement: ast.stmt, context: type[ast.expr_context]) -> Iterator[str]:
    """The names that a statement gives a value, or reads, inside of it too."""
    for node in ast.walk(statement):
        match node:
            case ast.Name() if isinstance(node.ctx, context):
                yield node.id
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() if context is ast.Store:
                yield node.name
            case ast.alias() if context is ast.Store:
                yield (node.asname or node.name).partition(".")[0]
            case ast.Global():
                yield from node.names


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)

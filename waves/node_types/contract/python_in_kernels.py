"""Parts of Python that a kernel cannot have, and what is said of each."""

from __future__ import annotations

import ast

CALLABLE = frozenset("abs bool float int len max min pow range round divmod enumerate isinstance".split())
NO_MEMORY = "a kernel cannot make a {what}, which needs memory; use the state, `work` or a tuple of numbers"
WHOLE = "'{0}' is a whole block of frames; {0}[i] is one of them, in a loop, for i in range({0}.size)"
NO_TEXT = "a kernel knows no text, only numbers"
IMPORT = "a kernel imports nothing: write the import at the top of the file"
GLOBAL = "a kernel does not change names of the module: what it remembers is its state"
YIELD = "a kernel does not `yield`: it fills the block and returns"
STATEMENTS: dict[type[ast.AST], str] = {
    ast.List: NO_MEMORY.format(what="list"),
    ast.ListComp: NO_MEMORY.format(what="list"),
    ast.GeneratorExp: NO_MEMORY.format(what="generator"),
    ast.Dict: NO_MEMORY.format(what="dict"),
    ast.DictComp: NO_MEMORY.format(what="dict"),
    ast.Set: NO_MEMORY.format(what="set"),
    ast.SetComp: NO_MEMORY.format(what="set"),
    ast.JoinedStr: NO_TEXT,
    **dict.fromkeys((ast.Import, ast.ImportFrom), IMPORT),
    **dict.fromkeys((ast.Yield, ast.YieldFrom), YIELD),
    **dict.fromkeys((ast.Global, ast.Nonlocal), GLOBAL),
    **dict.fromkeys((ast.Await, ast.AsyncFunctionDef), "a kernel cannot wait"),
    ast.With: "a kernel has no `with`: it cannot open anything",
    ast.ClassDef: "a kernel has no classes inside",
    ast.FunctionDef: "a kernel has no functions inside: write the function beside the class",
    ast.Delete: "a kernel cannot delete anything",
    ast.MatMult: "numbers have no `@`",
}

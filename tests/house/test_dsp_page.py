"""The page about `waves.dsp` lists every function as it is; `python -m tests.house.dsp_page` writes it."""

from __future__ import annotations

import ast

from tests.house.dsp_page import PAGE, functions, listed, signature
from waves.dsp.interpolation import hermite
from waves.dsp.powers import log2
from waves.node_types.library.library import SHARED


def test_the_page_lists_what_is_there():
    assert listed() in PAGE.read_text("utf-8")
    assert signature(hermite) == "hermite(a, b, c, d, part)" and f"`{signature(log2)}`: The log" in listed()


def test_every_function_says_what_it_is_and_every_module_where_its_methods_are_from():
    """A source stands in the docstring of the module or of a function, in brackets with its year."""
    bare, unsourced = [], []
    for module, file in SHARED.items():
        text = file.read_text("utf-8")
        bare += [f"{module}.{name}" for name, one in functions(module).items() if not one.__doc__]
        docstrings = [ast.get_docstring(ast.parse(text)), *(one.__doc__ for one in functions(module).values())]
        if not any(f"{year}" in one for one in docstrings if one for year in range(1965, 2026)):
            unsourced.append(module)
    assert bare == []
    assert unsourced == ["waves.dsp.maths", "waves.dsp.clock", "waves.dsp.units", "waves.dsp.panning"], "definitions"

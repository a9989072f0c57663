"""The list of functions in docs/dsp.md, made from the docstrings of `waves.dsp`.

python -m tests.house.dsp_page
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from importlib import import_module
from pathlib import Path
from types import FunctionType

from tests.harness.paths import TOP
from waves.node_types.library.library import SHARED

PAGE = TOP / "docs" / "dsp.md"
BEGIN, END = "<!-- functions: made by `python -m tests.house.dsp_page` -->", "<!-- end of functions -->"
LEFT_OUT = "waves.dsp.clock"  # for the clocks of the language
WIDTH = 120  # characters of a line


def functions(module: str) -> dict[str, FunctionType]:
    """The functions of a module that authors of nodes may use, in the order of the file."""
    scope = vars(import_module(module))
    named = [name for name, value in scope.items() if inspect.isfunction(value) and value.__module__ == module]
    return {name: scope[name] for name in named if not name.startswith("_")}


def signature(function: FunctionType) -> str:
    """How a function is called: `hermite(a, b, c, d, part)`."""
    given = inspect.signature(function).parameters.values()
    return f"{function.__name__}({', '.join(re.sub(r':[^=]*', '', str(one)).replace(' ', '') for one in given)})"


def paragraph(text: str, **indents: str) -> str:
    """A text as a paragraph of the page."""
    return textwrap.fill(" ".join(text.split()), WIDTH, break_long_words=False, break_on_hyphens=False, **indents)


def section(module: str, file: Path) -> str:
    """The part of the page about a module."""
    docstring = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
    parts = [f"### `{module}`"]
    for part in docstring.split("\n\n"):
        if part.startswith("    "):
            parts.append(f"```python\n{textwrap.dedent(part)}\n```")
        elif part.startswith("- "):
            parts.append(part)
        else:
            parts.append(paragraph(part))
    items = [
        paragraph(f"- `{signature(function)}`: {inspect.getdoc(function)}", subsequent_indent="  ")
        for function in functions(module).values()
    ]
    return "\n\n".join([*parts, "\n".join(items)])


def listed() -> str:
    """The list, between its two marks."""
    sections = [section(module, file) for module, file in sorted(SHARED.items()) if module != LEFT_OUT]
    return "\n\n".join([BEGIN, *sections, END])


def main() -> None:
    text = PAGE.read_text("utf-8")
    between = re.escape(BEGIN) + ".*?" + re.escape(END)
    PAGE.write_text(re.sub(between, lambda _: listed(), text, flags=re.DOTALL), "utf-8")


if __name__ == "__main__":
    main()

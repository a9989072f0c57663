"""The lists of kernel arguments in docs/writing-a-node.md and in `waves.node`, made from `kernel_arguments.KINDS`.

python -m tests.house.argument_table
"""

from __future__ import annotations

import re
import textwrap

from tests.harness.paths import TOP
from waves.node_types.library.kernel_arguments import KINDS

GUIDE, FACE = TOP / "docs" / "writing-a-node.md", TOP / "waves" / "node.py"
BEGIN, END = "<!-- arguments: made by `python -m tests.house.argument_table` -->", "<!-- end of arguments -->"
BEFORE, AFTER = "A kernel takes the arguments that it names:\n\n", "\n\nIt returns nothing"
WIDTH = 120  # characters of a line of Python


def documented() -> list[tuple[str, str]]:
    """For each kind that node authors may use: how a kernel asks for it, and what it gets."""
    return [(kind.asked_by, kind.documentation) for kind in KINDS if kind.documentation]


def guide_table() -> str:
    """The table of the guide, between its two marks."""
    rows = [f"| {asked_by} | {documentation} |" for asked_by, documentation in documented()]
    return "\n".join([BEGIN, "", "| what the kernel names | what it gets |", "| --- | --- |", *rows, "", END])


def face_list() -> str:
    """The list in the docstring of `waves.node`, between the sentences around it."""
    items = (f"- {asked_by}: {documentation}" for asked_by, documentation in documented())
    return BEFORE + "\n".join(textwrap.fill(item, WIDTH, subsequent_indent="  ") for item in items) + AFTER


def main() -> None:
    """Writes both."""
    for file, begin, end, made in ((GUIDE, BEGIN, END, guide_table()), (FACE, BEFORE, AFTER, face_list())):
        text = file.read_text("utf-8")
        pattern = re.escape(begin) + ".*?" + re.escape(end)
        assert re.search(pattern, text, flags=re.DOTALL), f"{file.name} has no place for the list"
        file.write_text(re.sub(pattern, lambda _, made=made: made, text, flags=re.DOTALL), "utf-8")


if __name__ == "__main__":
    main()

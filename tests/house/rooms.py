"""The table of rooms in docs/architecture.md, made from the first paragraph of each room's `__init__.py`.

python -m tests.house.rooms
"""

from __future__ import annotations

import ast
import re

from tests.harness.paths import TOP

MAP = TOP / "docs" / "architecture.md"
BEGIN, END = "<!-- rooms: made by `python -m tests.house.rooms` -->", "<!-- end of rooms -->"


def map_of_rooms() -> str:
    """The table, between its two marks."""
    rows = ["| room | what it is for, what goes in and out |", "| --- | --- |"]
    for file in sorted((TOP / "waves").rglob("__init__.py")):
        room = file.parent.relative_to(TOP)
        docstring = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
        paragraph = " ".join(docstring.partition("\n\n")[0].split())
        assert paragraph or room.name == "waves", f"{room}/__init__.py has no docstring"
        if paragraph:
            rows.append(f"| `{room.as_posix()}/` | {paragraph} |")
    return "\n".join([BEGIN, "", *rows, "", END])


def main() -> None:
    text = MAP.read_text("utf-8")
    MAP.write_text(
        re.sub(re.escape(BEGIN) + ".*?" + re.escape(END), lambda _: map_of_rooms(), text, flags=re.DOTALL), "utf-8"
    )


if __name__ == "__main__":
    main()

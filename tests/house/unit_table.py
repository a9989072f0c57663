"""The table of units in docs/writing-a-node.md, made from `waves.node_types.contract.units`.

python -m tests.house.unit_table
"""

from __future__ import annotations

import re

from tests.harness.paths import TOP
from waves.node_types.contract.units import UNITS

GUIDE = TOP / "docs" / "writing-a-node.md"
BEGIN, END = "<!-- units: made by `python -m tests.house.unit_table` -->", "<!-- end of units -->"


def unit_table() -> str:
    """The table of the guide, between its two marks."""
    rows = [f'| `"{unit}"` | {meaning} |' for unit, meaning in UNITS.items()]
    return "\n".join([BEGIN, "", "| unit | meaning |", "| --- | --- |", *rows, "", END])


def main() -> None:
    """Writes it."""
    text = GUIDE.read_text("utf-8")
    pattern = re.escape(BEGIN) + ".*?" + re.escape(END)
    assert re.search(pattern, text, flags=re.DOTALL), "the guide has no place for the table"
    GUIDE.write_text(re.sub(pattern, lambda _: unit_table(), text, flags=re.DOTALL), "utf-8")


if __name__ == "__main__":
    main()

"""`python -m bench [PART...] [--quick]`."""

from __future__ import annotations

import importlib
import sys
from typing import Annotated

import typer

from bench import piece

PARTS = {
    "workloads": "three pieces offline, against the same by hand",
    "rows": "a node from 10 to 10,000, the empty row, the last stages",
    "commits": "the builder and the commit at 1,000 nodes",
    "saves": "from a save to the sound, by stage",
    "memory": "over many reloads",
    "startup": "the help, the first sound, compiling",
}

app = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    parts: Annotated[list[str] | None, typer.Argument(metavar="[PART]...", show_default=False)] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Shorter runs, for a look.")] = False,
) -> None:
    """Measure what the program costs, each figure beside its budget. Exit code 1 when one is missed.

    Parts: workloads, rows, commits, saves, memory, startup; all of them by default.
    """
    for part in parts or PARTS:
        if part not in PARTS:
            print(f"there is no part '{part}'; one of: {', '.join(PARTS)}", file=sys.stderr)
            raise typer.Exit(2)
    failures = 0
    try:
        for part in parts or PARTS:
            print(f"\n{part}: {PARTS[part]}", flush=True)
            for table in importlib.import_module(f"bench.{part}").measure(quick):
                table.show()
                failures += table.failures
    finally:
        piece.close()
    print(f"\n{failures} budgets missed" if failures else "\nevery budget kept")
    raise typer.Exit(int(failures > 0))


if __name__ == "__main__":
    app()

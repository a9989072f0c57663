"""`python -m bench [PART...] [--quick]`."""

from __future__ import annotations

import importlib
import subprocess
import sys
from typing import Annotated

import typer

from bench import piece

PARTS = {
    "workloads": "three pieces offline, against the same by hand",
    "sequences": "a sequence of 16ths, and voices that sleep",
    "rows": "a node from 10 to 10,000, the empty row, the last stages",
    "commits": "the builder and the commit at 1,000 nodes",
    "saves": "from a save to the sound, by stage",
    "live": "what each kind of edit does to a sounding piece",
    "oscillator": "from a save of nodes/sources/osc.py to the sound, by stage",
    "memory": "over many reloads",
    "startup": "the help, the first sound, compiling",
}

app = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    parts: Annotated[list[str] | None, typer.Argument(metavar="[PART]...", show_default=False)] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Shorter runs, for a look.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Put the table of `live` into docs/live.md.")] = False,
) -> None:
    """Measure what the program costs, each figure beside its budget. Exit code 1 when one is missed.

    Parts: workloads, sequences, rows, commits, saves, live, oscillator, memory, startup; all of them by default.
    """
    for part in parts or PARTS:
        if part not in PARTS:
            print(f"there is no part '{part}'; one of: {', '.join(PARTS)}", file=sys.stderr)
            raise typer.Exit(2)
    chosen = parts or list(PARTS)
    if len(chosen) > 1:
        missed = [part for part in chosen if not _alone(part, quick, write)]
        print(f"\nbudgets missed in: {', '.join(missed)}" if missed else "\nevery budget kept")
        raise typer.Exit(int(bool(missed)))
    try:
        print(f"\n{chosen[0]}: {PARTS[chosen[0]]}", flush=True)
        module = importlib.import_module(f"bench.{chosen[0]}")
        tables = module.measure(quick)
        if write and hasattr(module, "write"):
            module.write(tables)
    finally:
        piece.close()
    for table in tables:
        table.show()
    raise typer.Exit(int(any(table.failures for table in tables)))


def _alone(part: str, quick: bool, write: bool) -> bool:
    """A part in a process of its own, where nothing is left of the others; whether it kept its budgets."""
    options = [*(["--quick"] if quick else []), *(["--write"] if write else [])]
    command = [sys.executable, "-m", "bench", part, *options]
    return subprocess.run(command, check=False).returncode == 0


if __name__ == "__main__":
    app()

"""`python -m bench [PART...] [--quick]`, `… nodes [--only NAME]`, `… peers [--only NAME] [--runs N]`."""

from __future__ import annotations

import importlib
import subprocess
import sys
from typing import Annotated

import typer

from bench import workspace
from bench.peers.works import WORKS

PARTS = {
    "workloads": "three pieces offline, compared with hand-written code",
    "sequences": "a sequence of sixteenth notes, and silent voices",
    "rows": "cost of a node with 10 to 10,000 nodes, of a row without work, of the last stages, of the meters",
    "commits": "a build and a commit with 1,000 nodes",
    "saves": "from a save to its sound, by stage",
    "stream": "saves of my_sound on the default sound device",
    "idle": "what rests: paused, over, asleep; a player at rest",
    "cores": "pieces offline on one core and on two",
    "live": "effect of each kind of edit on a playing piece",
    "oscillator": "from a save of nodes/sources/_shapes.py to the sound of osc, by stage",
    "nodes": "each shipped node: time a frame, memory, compile time",
    "qualities": "each quality of the nodes that have some, as ratios",
    "functions": "functions of waves.dsp in a loop of 64 frames, beside those of Python's math",
    "memory": "memory over many reloads",
    "startup": "the help, the first sound, compiling",
    "peers": "eight workloads, compared with other synthesizers",
    "effects": "effects, compared with those of other programs",
}
MODULES = {
    "saves": "save_latency",
    "stream": "stream_saves",
    "nodes": "node_costs",
    "peers": "peers.comparison",
    "effects": "peers.effects",
}  # of parts whose module has another name
BY_NAME = ("stream", "nodes", "peers", "effects")  # parts that are measured only if they are named

app = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    parts: Annotated[list[str] | None, typer.Argument(metavar="[PART]...", show_default=False)] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Shorter runs.")] = False,
    write: Annotated[
        bool,
        typer.Option(
            "--write", help="Put the tables of `live` and `effects` into docs/, of `nodes` into README.md here."
        ),
    ] = False,
    only: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Of `peers` this workload, of `nodes` this node.")
    ] = None,
    runs: Annotated[int | None, typer.Option(min=1, metavar="N", help="Of `peers`: rounds.")] = None,
) -> None:
    """Measure time and memory, each result beside its budget. Exit code 1 if a budget is exceeded.

    Parts: workloads, sequences, rows, commits, saves, idle, cores, live, oscillator, qualities, functions, memory,
    startup; all by default. `stream`, `nodes`, `peers` and `effects` too, if they are named.
    """
    chosen = parts or [part for part in PARTS if part not in BY_NAME]
    for part in chosen:
        if part not in PARTS:
            print(f"there is no part '{part}'; one of: {', '.join(PARTS)}", file=sys.stderr)
            raise typer.Exit(2)
    for name in only or []:
        if name not in WORKS and "nodes" not in chosen:
            print(f"there is no workload '{name}'; one of: {', '.join(WORKS)}", file=sys.stderr)
            raise typer.Exit(2)
    if len(chosen) > 1:
        given = [*(["--quick"] if quick else []), *(["--write"] if write else [])]
        given += [word for name in only or [] for word in ("--only", name)]
        given += ["--runs", str(runs)] if runs else []
        missed = [part for part in chosen if not _alone(part, *given)]
        print(f"\nbudgets exceeded in: {', '.join(missed)}" if missed else "\nall within budget")
        raise typer.Exit(int(bool(missed)))
    try:
        print(f"\n{chosen[0]}: {PARTS[chosen[0]]}", flush=True)
        module = importlib.import_module(f"bench.{MODULES.get(chosen[0], chosen[0])}")
        more = {"peers": (only or (), runs), "nodes": (only or (),)}.get(chosen[0], ())
        tables = module.measure(quick, *more)
        if write and hasattr(module, "write"):
            module.write(tables)
    finally:
        workspace.close()
    for table in tables:
        table.show()
    raise typer.Exit(int(any(table.failures for table in tables)))


def _alone(part: str, *options: str) -> bool:
    """Run a part in a process of its own, free of traces of other parts; whether it is within its budgets."""
    command = [sys.executable, "-m", "bench", part, *options]
    return subprocess.run(command, check=False).returncode == 0


if __name__ == "__main__":
    app()

"""Time to start: the help, the first sound, the first sound with nothing compiled."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.pieces import FIRST
from bench.table import Table
from bench.timing import Seconds, interleaved
from bench.workspace import Folder

TOP = Path(__file__).parent.parent
BARE = """
import typer
app = typer.Typer(rich_markup_mode=None, add_completion=False)
app.command("play")(lambda: None)
app.command("render")(lambda: None)
app(["--help"])
"""
PATIENCE = 300.0  # s
COLD = {"tone": (5, 8), "my_sound": (8, 14)}  # by sound of the demo: seconds and CPU seconds to its sound


def environment(cache: str | None = None) -> dict[str, str]:
    """The environment of this process, with the checkout on the path and, if given, another kernel cache.

    Python keeps its bytecode, as it does for a player.
    """
    path = os.pathsep.join([str(TOP), *filter(None, [os.environ.get("PYTHONPATH")])])
    known = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**known, "PYTHONPATH": path, **({"WAVES_CACHE": cache} if cache else {})}


def run(arguments: Sequence[str], cache: str | None = None) -> str:
    """Run Python with these arguments; its output."""
    command = [sys.executable, *arguments]
    done = subprocess.run(command, env=environment(cache), capture_output=True, text=True, check=True, timeout=PATIENCE)
    return done.stdout


def first_sound(folder: Path, cache: str | None = None) -> Seconds:
    """Seconds from the command to the line that `waves play` prints when the device runs."""
    command = [
        sys.executable,
        "-m",
        "waves",
        "play",
        "--dir",
        str(folder),
        "--device",
        "silent",
        "--json-events",
    ]
    started = time.perf_counter()
    with subprocess.Popen(
        command, env=environment(cache), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout and process.stderr
        line = process.stdout.readline()
        took = time.perf_counter() - started
        process.terminate()
        _, complaint = process.communicate(timeout=10.0)
    assert line and json.loads(line)["event"] == "started", complaint
    return took


def measure(quick: bool = False) -> list[Table]:
    """The tables of starts and of compiling."""
    rounds = 3 if quick else 10
    table = Table("Start", f"The best of {rounds} runs, in turn; the piece has all node types but those of a sequence.")
    best = interleaved({"typer": lambda: run(["-c", BARE]), "waves": lambda: run(["-m", "waves", "--help"])}, rounds)
    more = best["waves"] - best["typer"]
    table.add("`waves --help`", f"{best['waves'] * 1e3:.0f} ms")
    table.add("  more than an empty typer program", f"{more * 1e3:+.0f} ms", "at most +50 ms", more <= 0.05)
    piece = Folder(FIRST, 2)
    first_sound(piece.path)  # compiles what is not there
    warm = min(first_sound(piece.path) for _ in range(rounds))
    table.add("`waves play` to the first sound", f"{warm * 1e3:.0f} ms", "at most 700 ms", warm <= 0.7)
    with tempfile.TemporaryDirectory(prefix="waves-bench-") as cache:
        fresh = first_sound(piece.path, cache)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    table.add(f"  with nothing compiled, {cores} cores", f"{fresh:.1f} s", "at most 15 s on two", fresh <= 15.0)
    return [table, kernels()]


def kernels() -> Table:
    """Compile time of each kernel that the first piece needs."""
    with tempfile.TemporaryDirectory(prefix="waves-bench-") as cache:
        printed = [json.loads(line) for line in run(["-m", "bench.compiling"], cache).splitlines()]
    starts, lines = printed[: len(COLD)], printed[len(COLD) :]
    total = sum(line["seconds"] for line in lines)
    note = f"{len(lines)} kernels one after the other in one process, {total:.1f} s; two work at a time in play."
    table = Table("Compiling", f"{note} The first includes the start of the process.")
    for line in starts:
        seconds, cpu = COLD[line["sound"]]
        good = line["seconds"] <= seconds and line["cpu"] <= cpu
        result = f"{line['seconds']:.1f} s, {line['cpu']:.1f} CPU s, {line['kernels']} kernels"
        table.add(f"`waves play {line['sound']}`, empty cache", result, f"{seconds} s, {cpu} CPU s on two", good)
    slow = sorted(lines[1:], key=lambda line: -line["seconds"])
    table.add(_name(lines[0]), f"{lines[0]['seconds']:.2f} s")
    for line in slow:
        table.add(_name(line), f"{line['seconds']:.2f} s")
    return table


def _name(line: dict[str, Any]) -> str:
    constant = f", {' and '.join(line['constant'])} constant" if line["constant"] else ""
    return f"{line['kernel']}{constant}"

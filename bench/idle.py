"""What rests: a paused piece, parts that are over, voices that sleep, a part whose volume is 0, a player at rest."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from bench.pieces import mix, song
from bench.sequences import silent
from bench.startup import environment
from bench.table import Table
from bench.timing import interleaved
from bench.workspace import RATE, Folder, Piece

PAUSED, ASLEEP = 0.1, 0.3  # most, in % of a core
AT_REST = 1.0  # % of a core
VOICES = 1000
SETTLES, WATCHED = 8.0, 10.0  # s


def sounds(quick: bool) -> Table:
    """The engine's share of a core while it gives silence."""
    long, brief = (
        mix(f"{{osc: {{freq: {100 + k}, amp: 0.005, duration: {seconds}}}}}" for k in range(100))
        for seconds in (1e6, 0.1)
    )
    pieces = {
        "plays": Piece(song(), 2),
        "paused": Piece(song(), 2),
        "sounding": Piece(long, 2),
        "over": Piece(brief, 2),
        "nothing": Piece("my_sound: {osc: {freq: 100, amp: 0.1}}\n", 2),
        "asleep": Piece(silent(VOICES), 2),
    }
    pieces["paused"].engine.pause(True)
    for piece in pieces.values():
        piece.engine.render(RATE)
    runs = {name: lambda piece=piece: piece.engine.render(RATE) for name, piece in pieces.items()}
    share = {name: 100 * seconds for name, seconds in interleaved(runs, 5 if quick else 20).items()}
    table = Table("What rests", f"% of a core for stereo at {RATE} Hz.")
    table.add("a song of 300 lines that plays", f"{share['plays']:.3f} %")
    table.add("  the same, paused", f"{share['paused']:.3f} %", f"at most {PAUSED} %", share["paused"] <= PAUSED)
    table.add("100 oscillators with an end", f"{share['sounding']:.3f} %")
    over = share["over"] / share["sounding"]
    table.add("  the same, once they are over", f"{share['over']:.3f} %", "at most 1.2 of it", over <= 1.2)
    asleep = share["asleep"] - share["nothing"]
    table.add(f"{VOICES} voices asleep", f"{asleep:.3f} %", f"at most {ASLEEP} %", asleep <= ASLEEP)
    return table


def at_rest() -> tuple[float, float]:
    """The share of a core, in %, and wakes per second of all threads of a player but that of the sound. Linux only."""
    folder = Folder("my_sound: {osc: {freq: 220, amp: 0.2}}\n", 2)
    command = [sys.executable, "-m", "waves", "play", "--plain", "--device", "silent", "--dir", str(folder.path)]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        while "playing" not in process.stdout.readline():
            pass
        time.sleep(SETTLES)  # what is begun at the start is over
        tasks, began = Path(f"/proc/{process.pid}/task"), time.monotonic()

        def looked() -> dict[str, tuple[int, int]]:
            figures = {task.name: (task / "schedstat").read_text().split() for task in tasks.iterdir()}
            return {name: (int(spent), int(times)) for name, (spent, _, times) in figures.items()}

        before = looked()
        time.sleep(WATCHED)
        after, seconds = looked(), time.monotonic() - began
        process.terminate()
    spent = [(after[name][0] - ns, after[name][1] - times) for name, (ns, times) in before.items() if name in after]
    others = sorted(spent)[:-1]
    return sum(ns for ns, _ in others) / 1e7 / seconds, sum(times for _, times in others) / seconds


def measure(quick: bool = False) -> list[Table]:
    """The tables of what rests, and of a player at rest."""
    tables = [sounds(quick)]
    if Path("/proc/self/schedstat").exists():
        share, wakes = at_rest()
        table = Table("A player at rest", "`waves play --plain` of one oscillator, all threads but that of the sound.")
        table.add("share of a core", f"{share:.2f} %", f"at most {AT_REST:g} %", share <= AT_REST)
        table.add("wakes", f"{wakes:.0f} a second")
        tables.append(table)
    return tables

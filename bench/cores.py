"""Pieces offline on one core and on all: the same sound, and how many times as fast.

By the clock that says something only while no other program wants the cores; by the processor time of the thread that
has the most to do it says how well the piece is divided.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from bench.pieces import mix
from bench.table import Table
from bench.workspace import Folder, compiler
from waves.app.performance.offline import offline_engine
from waves.engine.lanes.laned_engine import kernels_of_lanes
from waves.live.workspace.composer import Composer
from waves.live.workspace.composition import Composition
from waves.live.workspace.open_workspace import open_workspace
from waves.live.workspace.shipped_files import library_folder

TRACK = (
    "{{track: {{pan: {pan:.2f}, signal: {{reverb: {{decay: 2, signal: {{filter: {{cutoff: {cutoff}, "
    "signal: {{osc: {{type: saw, freq: {freq}, amp: 0.02}}}}}}}}}}}}}}}}"
)
EIGHT = mix(TRACK.format(pan=k / 4 - 0.9, cutoff=500 + 100 * k, freq=55 + 11 * k) for k in range(8))
FASTER, DEMO = 1.7, 1.3  # times on two cores: eight equal tracks, the shipped piece
CHUNK = 4096  # frames
TASKS = Path("/proc/self/task")


def seconds_on(composition: Composition, composer: Composer, cores: int, seconds: float) -> tuple[float, float, bytes]:
    """Seconds to render on so many cores, processor time of the busiest thread in seconds, and the sound."""
    with offline_engine(composition, composer, cores=cores) as engine:
        before, began = time_of_threads(), time.perf_counter()
        sound = [engine.render(CHUNK) for _ in range(int(seconds * composer.rate / CHUNK))]
        took = time.perf_counter() - began
        busiest = max((spent - before.get(name, 0.0) for name, spent in time_of_threads().items()), default=0.0)
    return took, busiest, np.concatenate(sound).tobytes()


def time_of_threads() -> dict[str, float]:
    """Seconds of processor time of each thread, by its number; Linux only."""
    if not Path("/proc/self/schedstat").exists():
        return {}
    return {task.name: int((task / "schedstat").read_text().split()[0]) / 1e9 for task in TASKS.iterdir()}


def spare_cores() -> float:
    """How many loops of numbers this machine does at once, by how long they take alone."""
    numbers = np.ones(4_000_000)

    def work(_: object = None) -> float:
        began = time.perf_counter()
        for _ in range(10):
            np.sqrt(numbers, out=np.empty_like(numbers))
        return time.perf_counter() - began

    alone = min(work() for _ in range(3))
    with ThreadPoolExecutor(2) as threads:
        both = max(threads.map(work, range(2)))
    return 2 * alone / both


def measure(quick: bool = False) -> list[Table]:
    """The table of two pieces on one core and on two."""
    folder = Folder(EIGHT, 2)
    demo = open_workspace(library_folder("nodes").parent, True).composer()
    pieces = {
        "eight equal tracks": (folder.composer, folder.compose(), FASTER),
        "the shipped piece": (demo, demo.compose(demo.choose(["my_sound"])), DEMO),
    }
    table = Table(
        "Cores",
        f"The best of several runs in turn. {os.cpu_count()} cores do {spare_cores():.1f} loops at a time now.",
    )
    for name, (composer, composition, least) in pieces.items():
        compiler().compile(kernels_of_lanes())
        best: dict[int, float] = {}
        busiest: dict[int, float] = {}
        sounds = set()
        for _ in range(2 if quick else 6):
            for cores in (1, 2):
                took, spent, sound = seconds_on(composition, composer, cores, 10.0 if quick else 60.0)
                best[cores] = min(best.get(cores, took), took)
                busiest[cores] = min(busiest.get(cores, spent), spent)
                sounds.add(sound)
        times = best[1] / best[2]
        table.add(f"{name}, on two cores", f"{times:.2f} ×", f"above {least} ×", times > least)
        if busiest[2]:
            table.add("  by the processor time of the busiest thread", f"{busiest[1] / busiest[2]:.2f} ×")
        table.add("  the same sound", "yes" if len(sounds) == 1 else "no", "to the bit", len(sounds) == 1)
    return [table]

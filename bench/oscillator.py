"""From a save of a helper file of `osc` to its sound, while a piece plays: loaded, compiled, tried, committed."""

from __future__ import annotations

import random
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import waves.node_types.library.library
from bench.pieces import song
from bench.session import BEGIN, Live
from bench.table import Table
from bench.timing import Seconds, stages
from bench.workspace import compiler
from waves.engine.compiler import kernel_cache
from waves.events.event import Event
from waves.live.saves.file_watch import watch
from waves.live.saves.node_reload import NodeReloader
from waves.live.workspace.shipped_files import library_folder
from waves.node_types.library import library

LIBRARY = "library"  # the folder of its copy
FILE = "sources/_shapes.py"
LINE = "late(work, i) + 0.25"  # of a function that the kernel uses
BUDGET = 1.5  # s


class Edited(Live):
    """A piece that plays nodes from a copy of the library, which is watched."""

    def __init__(self) -> None:
        super().__init__(song())
        composer = self.folder.composer
        self.nodes_folder = self.folder.path / LIBRARY
        shutil.copytree(library_folder("nodes"), self.nodes_folder)
        types = library.load_library(self.nodes_folder)  # the same package, in another place
        packages = library.open_folders(self.nodes_folder)
        composer.library = types
        self.nodes = NodeReloader(types, packages, compiler(), self.notify, self.accept)
        compiler().rehearse(kernel_cache.variants(types["osc"]))
        self.text = (self.nodes_folder / FILE).read_text("utf-8")
        assert self.text.count(LINE) == 1

    @contextmanager
    def edited(self) -> Iterator[Edited]:
        """On a silent device, with the library watched."""
        stop = threading.Event()

        def follow() -> None:
            for _ in watch(lambda: library.families(self.nodes_folder), stop):
                self.nodes.changed()

        watcher = threading.Thread(target=follow, daemon=True)
        with self.on_air():
            self.nodes.start()
            watcher.start()
            time.sleep(BEGIN)
            yield self
            stop.set()
            self.nodes.stop()
            watcher.join(2.0)
        self.close()

    def accept(self, types: library.Types, files: list[Path], since: float) -> None:
        self.folder.composer.offer(types)
        self.session.changed(files, since)

    def edit(self, number: float) -> tuple[Seconds, Event]:
        """Save another number in the line: seconds until the callback has taken the plan, and the event."""
        return self.saved({f"{LIBRARY}/{FILE}": self.text.replace(LINE, f"late(work, i) + {number}")})


def places() -> dict[str, tuple[Any, str]]:
    """The functions whose time is taken, by stage."""
    return {
        "run in the sandbox": (compiler().sandbox, "load"),
        "loaded": (waves.node_types.library.library, "load_types"),
        "compiled, and run as Python meanwhile": (compiler(), "compile"),
        "machine code tried": (compiler().sandbox, "run_compiled"),
    }


def measure(quick: bool = False) -> list[Table]:
    """The table of all stages."""
    count = 3 if quick else 9
    chance = random.Random(time.time_ns())  # what was compiled once is not compiled again
    spent: dict[str, list[Seconds]] = {}
    with Edited().edited() as live:
        with stages(places()) as found:
            for _ in range(count):
                time.sleep(0.5)
                found.clear()
                total, event = live.edit(round(chance.uniform(0.2, 0.3), 9))
                found["compiled, and run as Python meanwhile"] -= found["machine code tried"]
                found["composed, planned, tried, committed"] = sum(
                    event.stages[name] / 1e3 for name in ("compose", "plan", "commit")
                )
                found["noticed and read, and the rest"] = total - sum(found.values())
                for name, seconds in {"all": total, **found}.items():
                    spent.setdefault(name, []).append(seconds)
        assert not live.engine.underflows
    variants = len(kernel_cache.variants(live.nodes.types["osc"]))
    note = (
        f"{count} saves, one line of a function changed, {variants} variants on "
        "two workers that have compiled it before. Median, maximum."
    )
    table = Table(f"From a save of nodes/{FILE} to the sound of osc", note)
    for name, taken in spent.items():
        middle, most = np.percentile(taken, (50, 100))
        shown = f"{middle * 1e3:.0f} ms, {most * 1e3:.0f} ms"
        if name == "all":
            table.add(name, shown, f"the median within {BUDGET:g} s", bool(middle <= BUDGET))
        else:
            table.add(f"  {name}", shown)
    return [table]

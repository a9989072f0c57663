"""Memory over many reloads: of the piece, each save with another number, type or name; and of a node file."""

from __future__ import annotations

import ctypes
import gc
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from bench.pieces import small
from bench.table import Table
from bench.workspace import FADE, RATE, Folder, compiler
from waves.engine.compiler import kernel_cache
from waves.engine.runtime.engine import Engine
from waves.engine.state.state_registry import Registry
from waves.events.event import Event
from waves.live.saves.node_reload import NodeReloader
from waves.live.session.session import Session
from waves.live.workspace.shipped_files import library_folder
from waves.node_types.library import library

PARKING = 100  # nodes
VERSIONS = 6  # of a node file
POINTS = 20  # at which memory is measured
NODE = '''"""Grit: a quieter signal.

    rough: {{grit: {{signal: {{osc: {{freq: 110}}}}}}}}
"""

from waves.node import Node, Signal, State, param


class Grit(Node):
    signal: Signal = param(unit="value", description="The signal.")

    class state(State):
        count: int = 0  # frames

    @staticmethod
    def render(out, signal, state):
        for i in range(out.size):
            state.count += 1
            out[i] = 0.1 * {scale} * signal[i]
'''
FRAMES = 1024  # of one callback: longer than a fade
MEGABYTE = 1e6


def resident(process: int = 0) -> float:
    """Resident bytes of a process; 0: of this one, without free memory. The maximum if the system only has that."""
    if not process:
        gc.collect()
        if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
            trim(0)
    pages = Path(f"/proc/{process or 'self'}/statm")
    if pages.exists():
        return int(pages.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    import resource
    import sys

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


@contextmanager
def called(engine: Engine) -> Iterator[None]:
    """A device that asks for the next frames without a pause."""
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(0.0002):
            engine.call(FRAMES)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield
    stop.set()
    thread.join(2.0)


class Reloads:
    """A session that reloads one version after the other."""

    def __init__(self) -> None:
        self.folder = Folder(small(0))
        composition = self.folder.compose()
        for k in range(4):  # the kernels of every version
            self.folder.write(small(k))
            self.folder.compose()
        self.engine = Engine(RATE, 1)
        self.refused: list[Event] = []
        self.session = Session(
            self.folder.composer,
            [("my_sound", {})],
            self.engine,
            compiler(),
            self.notify,
            fade=FADE / RATE,
            registry=Registry(parking_nodes=PARKING),
        )
        self.session.begin(composition)
        self.session.builder.start()

    def notify(self, event: Event) -> None:
        if event.kind == "refused":
            self.refused.append(event)

    def run(self, first: int, last: int) -> None:
        """Save each of these versions; each plays before the next is saved."""
        with called(self.engine):
            for k in range(first, last):
                self.folder.write(small(k))
                self.session.changed([self.folder.file])
                assert self.session.builder.wait(5.0), "a save was not committed"
        assert not self.refused, self.refused[0].text

    def counts(self) -> dict[str, int]:
        """Sizes that could grow with every reload, by name."""
        registry = self.session.node_state_registry
        return {
            "states": len(registry.states),
            "parked": len(registry.parked),
            "machine code": len(kernel_cache._codes),
            "plans": len(self.engine._plans),
        }


class NodeReloads(Reloads):
    """A session that reloads a node file, in turn in a few versions."""

    def __init__(self) -> None:
        super().__init__()
        self.file = self.folder.path / "nodes" / "grit.py"
        self.file.parent.mkdir()
        packages = library.open_folders(library_folder("nodes"), Path(__file__).parent / "nodes", self.file.parent)
        self.nodes = NodeReloader(self.folder.composer.library, packages, compiler(), self.notify, self.accept)
        self.save(0)
        self.folder.write(small(0) + "    own: {grit: {signal: {osc: {freq: 70, amp: 0.1}}}}\n")
        self.session.changed([self.folder.file])

    def accept(self, types: library.Types, files: list[Path], since: float) -> None:
        self.folder.composer.offer(types)
        self.session.changed(files, since)

    def save(self, k: int) -> None:
        """Save a version, with a time a minute ago, and load it."""
        self.file.write_text(NODE.format(scale=k % VERSIONS + 1))
        os.utime(self.file, (time.time() - 60.0,) * 2)
        assert (result := self.nodes.reload()).names == ("grit",), result.error

    def run(self, first: int, last: int) -> None:
        with called(self.engine):
            for k in range(first, last):
                self.save(k)
                assert self.session.builder.wait(5.0), "a save was not committed"
        assert not self.refused, self.refused[0].text

    def children(self) -> float:
        """Resident bytes of the compiler processes and the sandbox."""
        one = compiler()
        trial = one.sandbox._process
        return sum(resident(child.pid) for child in (*one.workers._all, trial) if child)

    @property
    def versions(self) -> int:
        """How many versions of the node's class are in memory."""
        gc.collect()
        return sum(issubclass(type(one), type) and one.__name__ == "Grit" for one in gc.get_objects())


def grown(values: Sequence[float], reloads: int) -> float:
    """Bytes per reload: the median of the steps from point to point in the second half.

    A leak grows all the time; one more arena of 1 MB, which Python takes now and then, is a single step.
    """
    half = np.asarray(values[len(values) // 2 :])
    return float(np.median(np.diff(half))) * (len(values) - 1) / reloads


def of_piece(count: int) -> Table:
    """Memory over saves of the piece."""
    reloads = Reloads()
    reloads.run(1, 1 + count // 10)
    engines, sizes = len(kernel_cache._codes), [resident()]
    started = time.perf_counter()
    for k in range(POINTS):
        reloads.run(1 + count // 10 + k * count // POINTS, 1 + count // 10 + (k + 1) * count // POINTS)
        sizes.append(resident())
    took = (time.perf_counter() - started) / count
    counts, plan = reloads.counts(), reloads.engine.playing
    piece = len(plan.states) if plan else 0
    reloads.session.stop()
    table = Table(
        "Memory over saves of the piece",
        f"{count:,} saves through the session, {took * 1e3:.1f} ms each. Resident is what is left when the C library "
        "has given back what is free: Python makes its table of names again every 3,000 saves, and 2 MB of the old one "
        "may stay.",
    )
    table.add(f"resident after {count // 10:,} saves", f"{sizes[0] / MEGABYTE:.1f} MB")
    table.add(f"  and after {count:,} more", f"{(sizes[-1] - sizes[0]) / MEGABYTE:+.2f} MB")
    growth = grown(sizes, count) * 1000 / MEGABYTE
    table.add("  for 1,000 saves, in the second half", f"{growth:+.3f} MB", "at most +0.1 MB", growth <= 0.1)
    table.add("states in the registry", f"{counts['states']}", f"the piece, {piece}", counts["states"] == piece)
    table.add("  parked", f"{counts['parked']}", f"at most {PARKING}", counts["parked"] <= PARKING)
    table.add("plans held", f"{counts['plans']}", "at most 2", counts["plans"] <= 2)
    more = counts["machine code"] - engines
    table.add("machine code loaded meanwhile", f"{more}", "none", more == 0)
    return table


def of_nodes(count: int) -> Table:
    """Memory over saves of a node file."""
    reloads = NodeReloads()
    reloads.run(1, 1 + 4 * VERSIONS)
    codes, sizes, children = len(kernel_cache._codes), [resident()], [reloads.children()]
    started = time.perf_counter()
    for k in range(POINTS):
        reloads.run(1 + k * count // POINTS, 1 + (k + 1) * count // POINTS)
        sizes.append(resident())
        children.append(reloads.children())
    took = (time.perf_counter() - started) / count
    versions, more = reloads.versions, len(kernel_cache._codes) - codes
    reloads.session.stop()
    table = Table(
        "Memory over saves of a node file",
        f"{count:,} saves, {VERSIONS} versions in turn, compiled before; {took * 1e3:.0f} ms each until the commit.",
    )
    table.add("resident before", f"{sizes[0] / MEGABYTE:.1f} MB")
    table.add("  and after", f"{(sizes[-1] - sizes[0]) / MEGABYTE:+.2f} MB")
    growth = grown(sizes, count) * 100 / MEGABYTE
    table.add("  for 100 saves, in the second half", f"{growth:+.3f} MB", "at most +0.1 MB", growth <= 0.1)
    growth = grown(children, count) * 100 / MEGABYTE
    table.add("compiler and sandbox", f"{children[0] / MEGABYTE:.0f} MB")
    table.add("  for 100 saves, in the second half", f"{growth:+.3f} MB", "at most +0.5 MB", growth <= 0.5)
    table.add("versions of the node", f"{versions}", "at most 4", versions <= 4)
    table.add("machine code loaded meanwhile", f"{more}", "at most 2", more <= 2)
    return table


def measure(quick: bool = False) -> list[Table]:
    """The tables of both."""
    return [of_piece(500 if quick else 10_000), of_nodes(60 if quick else 1000)]

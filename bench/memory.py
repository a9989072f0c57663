"""Memory over many reloads: through the session, each save another number, type or name."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.piece import FADE, RATE, Folder, compiler
from bench.table import Table
from bench.texts import small
from waves import kernels
from waves.engine import Engine
from waves.events import Event
from waves.registry import Registry
from waves.session import Session

PARKING = 100  # nodes
FRAMES = 1024  # of one callback: longer than a fade
MEGABYTE = 1e6


def resident() -> float:
    """Bytes of this process in memory; the most it ever had where the system does not tell what it has."""
    pages = Path("/proc/self/statm")
    if pages.exists():
        return int(pages.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    import resource
    import sys

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


@contextmanager
def called(engine: Engine) -> Iterator[None]:
    """A device that asks for the next frames as soon as it has some."""
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
    """A session that is given one version after the other."""

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
        if event.kind != "reloaded":
            self.refused.append(event)

    def run(self, first: int, last: int) -> None:
        """Each of these versions, heard before the next is saved."""
        with called(self.engine):
            for k in range(first, last):
                self.folder.write(small(k))
                self.session.changed([self.folder.file])
                assert self.session.builder.wait(5.0), "a save was not heard"
        assert not self.refused, self.refused[0].text

    def counts(self) -> dict[str, int]:
        """What could pile up, by name."""
        registry = self.session.node_state_registry
        return {
            "states": len(registry.states),
            "parked": len(registry.parked),
            "llvm engines": len(kernels._engines),
            "plans": len(self.engine._plans),
        }


def measure(quick: bool = False) -> list[Table]:
    first, last = (100, 400) if quick else (1000, 10_000)
    reloads = Reloads()
    started = time.perf_counter()
    reloads.run(1, first)
    gc.collect()
    before, engines = resident(), reloads.counts()["llvm engines"]
    reloads.run(first, last)
    gc.collect()
    after, counts = resident(), reloads.counts()
    took = (time.perf_counter() - started) / last
    plan = reloads.engine.playing
    piece = len(plan.states) if plan else 0
    reloads.session.stop()
    table = Table("Memory over reloads", f"{last:,} saves through the session, {took * 1e3:.1f} ms each.")
    table.add(f"resident after {first:,} reloads", f"{before / MEGABYTE:.1f} MB")
    growth = (after - before) / MEGABYTE
    table.add(f"  and after {last:,}", f"{growth:+.1f} MB", "at most +2 MB", growth <= 2.0)
    table.add("states in the registry", f"{counts['states']}", f"the piece, {piece}", counts["states"] == piece)
    table.add("  parked", f"{counts['parked']}", f"at most {PARKING}", counts["parked"] <= PARKING)
    table.add("plans held", f"{counts['plans']}", "at most 2", counts["plans"] <= 2)
    more = counts["llvm engines"] - engines
    table.add("machine code loaded meanwhile", f"{more}", "none", more == 0)
    return [table]

"""From a save to the new sound, through the session of `waves play`, on a silent device in real time."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence

import numpy as np

import waves.composer
import waves.lowering
import waves.session
from bench.piece import FADE, RATE, Folder, compiler
from bench.table import Table
from bench.texts import PARTS, song
from bench.timing import Seconds, interleaved, stages
from waves.document import read_document
from waves.engine import Engine
from waves.events import Event
from waves.session import Session
from waves.silent import SilentStream
from waves.watch import watch

FRAMES = 256  # of one callback
PAUSE = (0.12, 0.16)  # s between two saves
PATIENCE = 5.0  # s until a save must have come in


class Live:
    """A piece that plays, is watched, and tells when the last save was heard."""

    def __init__(self, text: str, channels: int = 2):
        self.folder = Folder(text, channels)
        composition = self.folder.compose()
        self.engine = Engine(RATE, channels, limiting=True)
        self.session = Session(
            self.folder.composer, [("my_sound", {})], self.engine, compiler(), self.notify, fade=FADE / RATE
        )
        self.session.begin(composition)
        self.stream = SilentStream(
            self.engine.callback, self.engine.address, rate=RATE, block=FRAMES, channels=channels
        )
        self.events: list[Event] = []
        self.heard = threading.Event()
        self._stop = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Live:
        self.session.builder.start()
        self.stream.start()
        self._watcher.start()
        time.sleep(0.3)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self.session.stop()
        self.stream.stop()
        self._watcher.join(2.0)

    def _watch(self) -> None:
        for files in watch([self.folder.file], self._stop):
            self.session.changed(files)

    def notify(self, event: Event) -> None:
        self.events.append(event)
        self.heard.set()

    def save(self, text: str) -> tuple[Seconds, Event]:
        """Save and wait: seconds until the callback has taken it, and what was reported."""
        self.heard.clear()
        started = time.time()
        self.folder.file.write_text(text)
        assert self.heard.wait(PATIENCE), "the save was not heard"
        event = self.events[-1]
        assert event.kind == "reloaded", event.text
        return event.at - started, event


STAGES = {
    "schema and tree": (waves.composer, "build"),
    "graph": (waves.lowering, "lower"),
    "plan": (waves.session, "build_plan"),
    "trial": (waves.session, "try_plan"),
}


def run(count: int) -> dict[str, list[Seconds]]:
    """Seconds of so many saves by stage, at random moments between two callbacks."""
    chance = random.Random(1)
    spent: dict[str, list[Seconds]] = {}
    with Live(song()) as live, stages({**STAGES, "read and parse": (live.folder.composer, "read")}) as found:
        for number in range(count):
            time.sleep(chance.uniform(*PAUSE))
            found.clear()
            total, event = live.save(song(2001 + number, number % PARTS))
            found["commit and device"] = event.figures["stages"]["commit"] / 1e3
            found["watch"] = total - sum(found.values())
            for name, seconds in {**found, "all": total}.items():
                spent.setdefault(name, []).append(seconds)
        assert not live.engine.underflows
    return spent


def measure(quick: bool = False) -> list[Table]:
    count, rounds = (15, 1) if quick else (60, 3)
    spent = min((run(count) for _ in range(rounds)), key=lambda spent: np.percentile(spent["all"], 95))
    lines = song().count("\n")
    note = (
        f"{count} saves of {lines} lines, one entry changed, {FRAMES} frames a callback; the best of "
        f"{rounds} such runs. Reading waits until the file has rested for 10 ms. Median, 95 of 100."
    )
    table = Table("From a save to the first frame of the new version", note)

    def row(what: str, names: Sequence[str], budget: float | None = None) -> None:
        seconds = np.sum([spent[name] for name in names], axis=0)
        middle, most = np.percentile(seconds * 1e3, (50, 95))
        kept = None if budget is None else bool(most <= budget)
        table.add(what, f"{middle:.1f} ms, {most:.1f} ms", f"95 of 100 within {budget:g} ms" if budget else "", kept)

    row("all", ["all"], 60.0)
    row("  watch", ["watch"], 15.0)
    row("  read and parse", ["read and parse"], 15.0)
    for what, names in (
        ("schema, tree and plan", ("schema and tree", "graph", "plan")),
        ("commit", ("trial", "commit and device")),
    ):
        row(f"  {what}", names, 15.0)
        for name in names:
            row(f"    {name}", [name])
    text = song()
    whole = interleaved({"": lambda: read_document(text, "waves.yaml")}, 3 if quick else 7)[""]
    table.add("the whole file parsed", f"{whole * 1e3:.0f} ms", "under 150 ms", whole < 0.15)
    return [table]

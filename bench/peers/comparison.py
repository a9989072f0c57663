"""The tables of `python -m bench peers`."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.peers.checks import CHECKS, SECONDS, lasting
from bench.peers.programs.by_hand import InC32, InC64
from bench.peers.programs.csound import Csound
from bench.peers.programs.faust import Faust
from bench.peers.programs.ours import Draft, Ours
from bench.peers.programs.pd import Pd
from bench.peers.programs.program import Program, RunError
from bench.peers.programs.scsynth import Scsynth
from bench.peers.quality import MEASURES
from bench.peers.quality import SECONDS as PROBE_SECONDS
from bench.peers.runs import Side, ratio
from bench.peers.sounds import loudness
from bench.peers.works import RATE, WORKS
from bench.table import Table

ALSO = {"voices": ["voice"]}  # patches that are checked besides
PROGRAMS: Sequence[type[Program]] = (Ours, Draft, Scsynth, Csound, Pd, Faust, InC64, InC32)
OURS = (Ours, Draft)
BY_HAND = (InC64, InC32)
FRAMES = round(SECONDS * RATE)  # of a sound that is checked
CPU, QUICK_CPU = 1.0, 0.3  # s of a long render
ROUNDS, QUICK_ROUNDS = 5, 3


@dataclass(slots=True)
class Outcome:
    """A workload in all programs that played it right."""

    work: str
    sides: dict[str, Side] = field(default_factory=dict)
    quality: dict[str, Sequence[float]] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    """By program: why it is not compared."""

    def peers(self, alike: bool, name: str) -> list[Side]:
        """Other programs, by speed; with `alike` only those that sound as good as this one with a quality."""
        own = self.quality.get(name)
        chosen = []
        for other, side in self.sides.items():
            if isinstance(side.program, (Ours, InC64)):
                continue
            good = own is not None and other in self.quality
            if not alike or (good and MEASURES[self.work].alike(self.quality[other], own or ())):
                chosen.append(side)
        return sorted(chosen, key=lambda side: -side.speed)


def sides_of(work: str, programs: Sequence[Program], scratch: Path, cpu: float) -> Outcome:
    """The sides that play it right, and the quality of each."""
    outcome = Outcome(work)
    for program in programs:
        if not program.has(work):
            continue
        try:
            main, *others = (
                Side(program, patch, _folder(scratch, program, patch)) for patch in (work, *ALSO.get(work, ()))
            )
            sound = main.sound(SECONDS)[:FRAMES]
            level = loudness(sound[-2 * RATE :])
            faults = CHECKS[work](sound)
            for side in others:
                faults += CHECKS[side.work](side.sound(SECONDS)[:FRAMES])
            if not isinstance(program, InC64):
                measure = MEASURES[work]
                probe = Side(program, measure.probe, _folder(scratch, program, measure.probe))
                outcome.quality[program.name] = list(measure.of(probe.sound(PROBE_SECONDS)))
            faults = faults or lasting(main.size(cpu), main.seconds, level)
        except RunError as error:
            faults = [str(error)]
        if faults:
            outcome.wrong[program.name] = faults[0]
        else:
            outcome.sides[program.name] = main
    return outcome


def _folder(scratch: Path, program: Program, work: str) -> Path:
    folder = scratch / f"{program.name.replace(', ', '-')}-{work}"
    folder.mkdir(exist_ok=True)
    return folder


def compare(work: str, programs: Sequence[Program], rounds: int, cpu: float) -> Outcome:
    """One workload: check and measure all sides, then run them in turn."""
    scratch = Path(tempfile.mkdtemp(prefix="waves-bench-"))
    try:
        outcome = sides_of(work, programs, scratch, cpu)
        for _ in range(rounds):
            for side in outcome.sides.values():
                side.run()
        return outcome
    finally:
        shutil.rmtree(scratch)


def measure(quick: bool = False, only: Sequence[str] = (), runs: int | None = None) -> list[Table]:
    """A table for each workload, and one of all."""
    programs = [kind() for kind in PROGRAMS]
    for program in programs:
        if program.missing:
            print(f"{program.name} is left out: {', '.join(program.missing)} is not installed", flush=True)
    there = [program for program in programs if not program.missing]
    rounds = runs or (QUICK_ROUNDS if quick else ROUNDS)
    outcomes = []
    for work in only or WORKS:
        outcomes.append(compare(work, there, rounds, QUICK_CPU if quick else CPU))
        print(f"{work}: {len(outcomes[-1].sides)} programs compared", flush=True)
    return [*(table_of(outcome) for outcome in outcomes), summary(outcomes)]


def levels(values: Sequence[float]) -> str:
    """Measures in dB."""
    return " / ".join(f"{value:.0f}" for value in values)


def table_of(outcome: Outcome) -> Table:
    """One workload: each program, its speed, how much faster this one is, its quality, where it does less."""
    measured = MEASURES[outcome.work]
    note = f"Quality: {measured.what}, in dB. Ratio: how many times as fast waves is, in the same rounds."
    columns = ("program", "s of sound per CPU s", "spread", "ratio", "quality", "remark")
    table = Table(WORKS[outcome.work], note, columns)
    ours = outcome.sides.get(Ours.name)
    for name, side in outcome.sides.items():
        times = f"{ratio(ours, side):.2f}" if ours and side is not ours else ""
        remark = side.program.less.get(outcome.work, "")
        quality = levels(outcome.quality.get(name, ()))
        table.row((name, f"{side.speed:.0f}", f"{side.spread:.0%}", times, quality, remark))
    for name, text in outcome.wrong.items():
        table.row((name, "", "", "", "", f"not compared: {text}"), False)
    return table


def summary(outcomes: Sequence[Outcome]) -> Table:
    """All workloads: this program beside the best peer, the best that sounds as good, and C by hand."""
    columns = ("work", "waves", "best peer", "ratio", "best as good", "ratio", "of C float64", "of C float32")
    note = "Ratio below 1: the peer is faster. As good: at most 6 dB worse, or so good that more is not heard."
    table = Table("All workloads", note, columns)
    for outcome in outcomes:
        for kind in OURS:
            if own := outcome.sides.get(kind.name):
                table.row(_beside(outcome, own))
    return table


def _beside(outcome: Outcome, own: Side) -> tuple[str, ...]:
    """The cells of one workload, with one of the qualities."""
    name = own.program.name
    cells = [outcome.work + name.removeprefix(Ours.name), f"{own.speed:.0f}"]
    for alike in (False, True):
        best = next(iter(outcome.peers(alike, name)), None)
        cells += [f"{best.program.name} {best.speed:.0f}", f"{ratio(own, best):.2f}"] if best else ["none", ""]
    for kind in BY_HAND:
        side = outcome.sides.get(kind.name)
        cells.append(f"{ratio(own, side):.2f}" if side else "")
    return tuple(cells)

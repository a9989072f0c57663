"""The table of `python -m bench effects`: effects beside those of other programs.

`--write` puts it into docs/node-facts.md.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile

from bench import workspace
from bench.peers.effect_patches import OURS, PEERS, Patch
from bench.peers.effect_probes import PROBES, Probe
from bench.peers.programs.ours import TOP
from bench.peers.programs.program import TONE, Array, RunError
from bench.peers.runs import cpu_seconds, rendered
from bench.peers.works import RATE
from bench.table import Table

DOCUMENT = TOP / "docs" / "node-facts.md"
MARKS = "<!-- python -m bench effects --write: from here -->\n", "<!-- to here -->\n"
COLUMNS = ("node", "measured", "waves", "others", "best")


def ours(probe: Probe, given: dict[str, object]) -> Array:
    """The left channel of a piece that plays the file through a node of this program, without the limiter."""
    text = json.dumps({"my_sound": {probe.node: {**given, "signal": {"sample": {"file": TONE}}}}})
    piece = workspace.Piece(text, channels=2, files={TONE: probe.sound})
    return np.asarray(piece.render(probe.sound.size), float)


def theirs(probe: Probe, patch: Patch) -> Array:
    """What another program makes of the file. Raises RunError."""
    with tempfile.TemporaryDirectory(prefix="waves-bench-") as name:
        folder = Path(name)
        (folder / TONE).parent.mkdir()
        soundfile.write(folder / TONE, probe.sound, RATE, subtype="FLOAT")
        command = patch.program().command(patch.patch, probe.sound.size / RATE, folder)
        cpu_seconds(command, folder)
        return rendered(folder)[: probe.sound.size]


def figures(name: str) -> tuple[dict[str, Sequence[float]], dict[str, Sequence[float]]]:
    """The figures of this program, and those of the others that are installed, by the names of their parts."""
    probe = PROBES[name]
    own = {part: probe.figures(ours(probe, given)) for part, given in OURS[name].items()}
    found: dict[str, Sequence[float]] = {}
    for patch in PEERS[name]:
        if not patch.program().missing:
            try:
                found[f"{patch.program.name} {patch.part}"] = probe.figures(theirs(probe, patch))
            except RunError as error:
                print(f"{patch.program.name} {patch.part} is left out: {error}", flush=True)
    return own, found


def measure(quick: bool = False) -> list[Table]:
    """One row for each figure; the programs that are not installed are left out with a line."""
    missing = {patch.program.name: patch.program().missing for patches in PEERS.values() for patch in patches}
    for name, needs in missing.items():
        if needs:
            print(f"{name} is left out: {', '.join(needs)} is not installed", flush=True)
    table = Table("Effects", "A sound through each effect, 44.1 kHz; scsynth and Faust calculate in float32.", COLUMNS)
    for name, probe in PROBES.items():
        own, found = figures(name)
        for k, what in enumerate(probe.names):
            all_of = {part: values[k] for part, values in {**own, **found}.items()}
            best = (
                "" if probe.more[k] is None else (max if probe.more[k] else min)(all_of, key=lambda part: all_of[part])
            )
            cells = (told({part: values[k] for part, values in side.items()}) for side in (own, found))
            table.row((probe.node, what, *cells, best))
    return [table]


def told(values: dict[str, float]) -> str:
    """Figures with the names of their parts."""
    return "; ".join(f"{part} {value:.2f}" for part, value in values.items())


def write(tables: list[Table]) -> None:
    """Write the table into docs/node-facts.md."""
    before, begin, rest = DOCUMENT.read_text("utf-8").partition(MARKS[0])
    _, end, after = rest.partition(MARKS[1])
    assert begin and end, f"{DOCUMENT.name} lacks the marks of the table"
    DOCUMENT.write_text(f"{before}{begin}\n{tables[0].markdown}\n{end}{after}", "utf-8")

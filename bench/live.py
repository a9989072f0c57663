"""Effect of each kind of edit on a playing piece: clicks, state, tracks that are not edited, time until it sounds.

Everything but the times is rendered offline, through the session of `waves play`, and the same on every machine.
"""

from __future__ import annotations

import math
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bench.clicks import AFTER, ALLOWED, MASKED, SILENT, Frames, References
from bench.edit_case import CHANNELS, EDITED, FIRST, RHYTHMIC, STEADY, Edit
from bench.edit_cases import EDITS
from bench.engine_player import Player
from bench.node_positions import COUNTING, Positions, distances, positions
from bench.session import Live
from bench.table import Table
from bench.workspace import RATE, Folder
from waves.engine.graph.graph import Graph
from waves.events.event import Event
from waves.node import BLOCK

COMMITS = (30_016, 33_088, 36_032)  # frames, whole blocks; by then an echo of what plays from the start is in it
WHOLE_BLOCKS = -(-AFTER // BLOCK) * BLOCK  # frames that are played after a commit
EXACT = 1e-3  # frames of error by rounding
NOTHING = -100.0  # dB of excess
PAUSE = 0.1  # s between two saves
STAGES = ("watch", "compose", "plan", "commit")
GROUPS = ("kept", "moved", "renamed", "changed", "new", "returned", "dropped", "glided")
DOCUMENT = Path(__file__).parent.parent / "docs" / "live.md"
MARKS = "<!-- python -m bench live --write: from here -->\n", "<!-- to here -->\n"


@dataclass(slots=True)
class Outcome:
    """Effect of one kind of edit: `click` and `excess` as in `bench.clicks`; `state`: the largest error in frames."""

    edit: Edit
    report: str = ""
    click: float = 0.0
    excess: float = SILENT
    state: float = 0.0
    steady: bool = True
    rhythmic: bool = True
    milliseconds: dict[str, float] = field(default_factory=dict)  # medians by stage, and "all"

    @property
    def passed(self) -> bool:
        """Whether nothing clicks, no state is lost, and the other tracks keep every bit."""
        soft = self.click <= ALLOWED and self.excess <= MASKED
        return soft and self.state <= EXACT and self.steady and self.rhythmic

    @property
    def cells(self) -> tuple[str, ...]:
        """Its row in the table."""
        exact = f"{self.state:.0f}" if self.state <= EXACT or self.state == math.inf else f"{self.state:.2f}"
        others = ", ".join(name for name in ("steady", "rhythmic") if not getattr(self, name))
        times = [f"{self.milliseconds[name]:.0f}" if name in self.milliseconds else "" for name in (*STAGES, "all")]
        return (
            self.edit.title,
            self.report,
            f"{self.click:.2f}",
            "" if self.excess < NOTHING else f"{self.excess:.0f}",
            exact,
            f"not {others}" if others else "yes",
            *times,
        )


def measured(edit: Edit, commits: tuple[int, ...] = COMMITS) -> Outcome:
    """The worst effect of an edit, committed at several frames."""
    outcome = Outcome(edit)
    for commit in commits:
        _measure(edit, commit, outcome)
    return outcome


def _measure(edit: Edit, commit: int, outcome: Outcome) -> None:
    live = Live(edit.before, CHANNELS, edit.files, keeps=True)
    played = [live.play(FIRST)]
    versions = [(0, live.plan.graph)]
    if edit.first:
        played.append(live.save(edit.first))
        versions.append((FIRST, live.plan.graph))
    played.append(live.play(commit - sum(map(len, played))))
    if edit.saved:
        played.append(live.save(edit.saved))
    else:
        live.session.undo()
        played.append(live.settle())
    played.append(live.play(commit + WHOLE_BLOCKS - sum(map(len, played))))
    live.close()
    event = live.last
    assert (event.kind == "refused") == edit.refused, [event.text, *map(str, getattr(event, "problems", ()))]
    sound = np.concatenate(played)
    outcome.report = "refused" if edit.refused else _report(event)
    references = _references(edit, versions[-1][1], live.plan.graph, commit, len(sound))
    outcome.click = max(outcome.click, references.step(sound[:, EDITED], commit))
    outcome.excess = max(outcome.excess, references.excess(sound[:, EDITED], commit))
    untouched = Player(versions[0][1], channels=CHANNELS).play(len(sound))
    outcome.steady &= _same(sound, untouched, STEADY)
    outcome.rhythmic &= _same(sound, untouched, RHYTHMIC)
    errors = _errors(edit, live, commit)
    lost = sum(getattr(event, name, 0) for name in ("new", "returned", "dropped")) > edit.others
    outcome.state = max(outcome.state, *errors.values(), math.inf if lost else 0.0)


def _report(event: Event) -> str:
    return ", ".join(f"{name} {count}" for name in GROUPS if (count := getattr(event, name)))


def _references(edit: Edit, old: Graph, new: Graph, commit: int, frames: int) -> References:
    """The edited channels of the piece before and after an edit, each played alone; and where a number glides."""
    graphs = [old, new]
    if "GLIDE" in edit.expected:
        graphs.append(Folder(edit.expected_at(commit), CHANNELS, edit.files).compose().graph)
    alone = [Player(graph, channels=CHANNELS).play(frames)[:, EDITED] for graph in graphs]
    texts = [edit.before, *(text for text in edit.saved.values() if isinstance(text, str))]
    together = any(text.count(node) > 1 for text in texts for node in ("sequencer:", "delay:"))  # beside both tracks
    return References(*alone, together=together)


def _same(one: Frames, other: Frames, channels: slice) -> bool:
    assert other[:, channels].any(), "the channels are silent"
    return np.array_equal(one[:, channels], other[:, channels])


def _errors(edit: Edit, live: Live, commit: int) -> dict[tuple[str, str], float]:
    """The distance in frames of each node that continues from its expected position."""
    folder = Folder(edit.expected_at(commit), CHANNELS, edit.files)
    player = Player(folder.compose().graph, channels=CHANNELS)
    player.play_to(commit + WHOLE_BLOCKS)
    assert player.plan
    expected = positions(player.plan, player.played, RATE)
    player.play(BLOCK)
    later = positions(player.plan, player.played, RATE)
    return distances(_continuing(edit, live, commit), expected, later, BLOCK)


def _continuing(edit: Edit, live: Live, commit: int) -> Positions:
    """Positions of the nodes that played before, by their IDs in the expected piece; and of all that counts steps."""
    plan = live.plan
    transition = plan.transition
    found = positions(plan, commit + WHOLE_BLOCKS, RATE)
    if transition is None:
        return found
    counting = {row.state_key for row in plan.graph.rows.values() if row.kind.__name__ in COUNTING}
    continuing = {}
    for (key, name), position in found.items():
        state, *inner = key.split(" ")
        node, *channel = state.split("#")
        if state in counting or state not in transition.new:
            if not edit.expected and not edit.first:
                node = transition.previous_ids.get(node, node)
            continuing[" ".join(["#".join([node, *channel]), *inner]), name] = position
    return continuing


def time_of(edit: Edit, count: int) -> dict[str, float]:
    """Milliseconds from a save to its sound, the median of each stage of so many saves, on a silent device."""
    live = Live(edit.before, CHANNELS, edit.files, keeps=True)
    back = edit.first or {name: {"waves.yaml": edit.before, **edit.files}[name] for name in edit.saved}
    spent: dict[str, list[float]] = {}
    with live.on_air():
        if edit.first:
            live.saved(edit.first)
        for number in range(count):
            time.sleep(PAUSE)
            total, event = live.saved(edit.not_compiled_yet()) if edit.saved else live.reported(live.session.undo)
            assert (event.kind == "refused") == edit.refused, [event.text, *map(str, getattr(event, "problems", ()))]
            for name, milliseconds in {**getattr(event, "stages", {}), "all": total * 1e3}.items():
                spent.setdefault(name, []).append(milliseconds)
            time.sleep(PAUSE)
            if not edit.refused and number < count - 1:
                live.saved(back) if edit.saved else live.reported(lambda: live.session.undo(-1))
        assert not live.engine.underflows
    live.close()
    return {name: statistics.median(values) for name, values in spent.items()}


def measure(quick: bool = False) -> list[Table]:
    """The table of all kinds of edit."""
    commits, count = (COMMITS[:1], 1) if quick else (COMMITS, 5)
    note = f"Click, state and the rest: the worst of {len(commits)} frames; ms: medians of {count} saves."
    columns = ("edit", "report", "click", "excess, dB", "state", "rest", *(f"{name}, ms" for name in STAGES), "all, ms")
    table = Table("Effect of an edit on a playing piece", note, columns)
    for edit in EDITS:
        outcome = measured(edit, commits)
        outcome.milliseconds = time_of(edit, count)
        table.row(outcome.cells, outcome.passed)
    return [table]


def write(tables: list[Table]) -> None:
    """Write the table into docs/live.md."""
    before, begin, rest = DOCUMENT.read_text("utf-8").partition(MARKS[0])
    _, end, after = rest.partition(MARKS[1])
    assert begin and end, f"{DOCUMENT.name} lacks the marks of the table"
    DOCUMENT.write_text(f"{before}{begin}\n{tables[0].markdown}\n{end}{after}", "utf-8")

"""What each kind of edit does to a sounding piece: clicks, state, tracks that nobody touched, time until it is heard.

All but the times is rendered by hand, through the session of `waves play`, and the same on every machine.
"""

from __future__ import annotations

import math
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bench.edit import CHANNELS, EDITED, FIRST, RHYTHMIC, STEADY, Edit
from bench.edits import EDITS
from bench.piece import FADE, RATE, Folder
from bench.places import COUNTING, Places, apart, places
from bench.player import ALLOWED, HEARD, Frames, Player, bound, over
from bench.session import Live
from bench.table import Table
from waves.engine.graph.graph import Graph
from waves.events.event import Event
from waves.node import BLOCK

COMMITS = (4032, 10_176, 20_032)  # frames, whole blocks
AFTER = -(-HEARD // BLOCK) * BLOCK  # frames
EXACT = 1e-3  # frames that rounding may make
PAUSE = 0.1  # s between two saves
STAGES = ("watch", "compose", "plan", "commit")
GROUPS = ("kept", "moved", "renamed", "changed", "new", "returned", "dropped", "glided")
DOCUMENT = Path(__file__).parent.parent / "docs" / "live.md"
MARKS = "<!-- python -m bench live --write: from here -->\n", "<!-- to here -->\n"


@dataclass(slots=True)
class Outcome:
    """What one kind of edit does. `click`: the largest step over its bound; `state`: frames."""

    edit: Edit
    report: str = ""
    click: float = 0.0
    state: float = 0.0
    steady: bool = True
    rhythmic: bool = True
    milliseconds: dict[str, float] = field(default_factory=dict)  # by stage, medians; "all" together

    @property
    def passed(self) -> bool:
        return self.click <= ALLOWED and self.state <= EXACT and self.steady and self.rhythmic

    @property
    def cells(self) -> tuple[str, ...]:
        exact = f"{self.state:.0f}" if self.state <= EXACT or self.state == math.inf else f"{self.state:.2f}"
        others = ", ".join(name for name in ("steady", "rhythmic") if not getattr(self, name))
        times = [f"{self.milliseconds[name]:.0f}" if name in self.milliseconds else "" for name in (*STAGES, "all")]
        return (
            self.edit.title,
            self.report,
            f"{self.click:.2f}",
            exact,
            f"not {others}" if others else "yes",
            *times,
        )


def measured(edit: Edit, commits: tuple[int, ...] = COMMITS) -> Outcome:
    """The worst of an edit at several frames."""
    outcome = Outcome(edit)
    for commit in commits:
        _measure(edit, commit, outcome)
    return outcome


def _measure(edit: Edit, commit: int, outcome: Outcome) -> None:
    live = Live(edit.before, CHANNELS, edit.files, keeps=True)
    heard = [live.play(FIRST)]
    versions = [(0, live.plan.graph)]
    if edit.first:
        heard.append(live.save(edit.first))
        versions.append((FIRST, live.plan.graph))
    heard.append(live.play(commit - sum(map(len, heard))))
    if edit.saved:
        heard.append(live.save(edit.saved))
    else:
        live.session.undo()
        heard.append(live.settle())
    heard.append(live.play(commit + AFTER - sum(map(len, heard))))
    live.close()
    told = live.last
    assert (told.kind == "refused") == edit.refused, told.text
    sound = np.concatenate(heard)
    outcome.report = "refused" if edit.refused else _report(told)
    near = sound[commit - 1 : commit + HEARD, EDITED]
    outcome.click = max(outcome.click, over(near, _bound(versions, live.plan.graph, commit)))
    untouched = Player(versions[0][1], channels=CHANNELS).play(len(sound))
    outcome.steady &= _same(sound, untouched, STEADY)
    outcome.rhythmic &= _same(sound, untouched, RHYTHMIC)
    errors = _errors(edit, live, commit)
    lost = sum(getattr(told, name, 0) for name in ("new", "returned", "dropped")) > edit.others
    outcome.state = max(outcome.state, *errors.values(), math.inf if lost else 0.0)


def _report(event: Event) -> str:
    return ", ".join(f"{name} {count}" for name in GROUPS if (count := getattr(event, name)))


def _bound(versions: list[tuple[int, Graph]], new: Graph, commit: int) -> float:
    def started() -> Player:
        (_, first), *others = versions
        player = Player(first, channels=CHANNELS)
        for frame, graph in others:
            player.play_to(frame)
            player.offer(graph)
            player.play(2 * FADE)
        return player

    return bound(started, new, commit, EDITED.stop)


def _same(one: Frames, other: Frames, channels: slice) -> bool:
    assert other[:, channels].any(), "nothing is heard"
    return np.array_equal(one[:, channels], other[:, channels])


def _errors(edit: Edit, live: Live, commit: int) -> dict[tuple[str, str], float]:
    """How many frames each place that goes on is from its course."""
    folder = Folder(edit.course_of(commit), CHANNELS, edit.files)
    player = Player(folder.compose().graph, channels=CHANNELS)
    player.play_to(commit + AFTER)
    assert player.plan
    course = places(player.plan, player.played, RATE)
    player.play(BLOCK)
    later = places(player.plan, player.played, RATE)
    return apart(_going_on(edit, live, commit), course, later, BLOCK)


def _going_on(edit: Edit, live: Live, commit: int) -> Places:
    """Where the nodes are that had a past, under the IDs that they have in the course; and what counts steps."""
    plan = live.plan
    transition = plan.transition
    found = places(plan, commit + AFTER, RATE)
    if transition is None:
        return found
    counting = {row.state_key for row in plan.graph.rows.values() if row.kind.__name__ in COUNTING}
    going = {}
    for (key, name), at in found.items():
        state, *inner = key.split(" ")
        node, *channel = state.split("#")
        if state in counting or state not in transition.new:
            if not edit.course and not edit.first:
                node = transition.previous_ids.get(node, node)
            going[" ".join(["#".join([node, *channel]), *inner]), name] = at
    return going


def time_of(edit: Edit, count: int) -> dict[str, float]:
    """Milliseconds from so many saves to the sound, the median of each stage, on a silent device in real time."""
    live = Live(edit.before, CHANNELS, edit.files, keeps=True)
    back = edit.first or {name: {"waves.yaml": edit.before, **edit.files}[name] for name in edit.saved}
    spent: dict[str, list[float]] = {}
    with live.on_air():
        if edit.first:
            live.saved(edit.first)
        for number in range(count):
            time.sleep(PAUSE)
            total, event = live.saved(edit.unseen()) if edit.saved else live.told(live.session.undo)
            assert (event.kind == "refused") == edit.refused, event.text
            for name, milliseconds in {**getattr(event, "stages", {}), "all": total * 1e3}.items():
                spent.setdefault(name, []).append(milliseconds)
            time.sleep(PAUSE)
            if not edit.refused and number < count - 1:
                live.saved(back) if edit.saved else live.told(lambda: live.session.undo(-1))
        assert not live.engine.underflows
    live.close()
    return {name: statistics.median(values) for name, values in spent.items()}


def measure(quick: bool = False) -> list[Table]:
    commits, count = (COMMITS[:1], 1) if quick else (COMMITS, 5)
    note = f"Click, state and the rest: the worst of {len(commits)} frames; ms: medians of {count} saves."
    columns = ("edit", "report", "click", "state", "rest", *(f"{name}, ms" for name in STAGES), "all, ms")
    table = Table("What an edit does to a sounding piece", note, columns)
    for edit in EDITS:
        outcome = measured(edit, commits)
        outcome.milliseconds = time_of(edit, count)
        table.row(outcome.cells, outcome.passed)
    return [table]


def write(tables: list[Table]) -> None:
    """Put the table into its document."""
    before, begin, rest = DOCUMENT.read_text("utf-8").partition(MARKS[0])
    _, end, after = rest.partition(MARKS[1])
    assert begin and end, f"{DOCUMENT.name} lacks the marks of the table"
    DOCUMENT.write_text(f"{before}{begin}\n{tables[0].markdown}\n{end}{after}", "utf-8")

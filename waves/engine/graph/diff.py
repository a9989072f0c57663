"""From the graph that plays to the next one: what stays, what fades, what runs twice for a moment.

A pure comparison of two graphs. Nothing is copied for a row that stays. Where an input of it differs, a `Fade` goes
from the old source to the new one; a row whose settings changed runs once more as it was (a ghost) as long as
somebody fades away from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from waves.engine.graph.graph import IMPORT, Graph, Output, Row, Source, Voice
from waves.node import Channels
from waves.node_types.builtin.crossfade import Fade
from waves.node_types.builtin.feedback import FeedbackRead, FeedbackWrite
from waves.node_types.library import signature

GHOST = "~"  # keys of rows as they were


@dataclass(eq=False, slots=True)
class Transition:
    """The rows to run during the fade, and what became of each row."""

    moving: Graph
    kept: set[str] = field(default_factory=set)  # same rows; only their inputs may fade
    changed: set[str] = field(default_factory=set)  # same ID, other settings
    new: set[str] = field(default_factory=set)
    dropped: set[str] = field(default_factory=set)
    fades: int = 0
    glided: int = 0  # fades from number to number
    before: Graph | None = None  # what it comes from

    @property
    def is_idle(self) -> bool:
        """Whether everything goes on as it was."""
        edits = self.fades or self.changed or self.new or self.dropped
        return not edits and all(inner.is_idle for inner in self.voices.values())

    voices: dict[str, Transition] = field(default_factory=dict)  # of the pools that stay
    followed: dict[str, str] = field(default_factory=dict)  # node IDs that were others before


def compare(old: Graph, new: Graph, frames: int) -> Transition:
    """The transition of so many frames."""
    twice: set[str] = set()
    cut: set[str] = set()
    while True:
        comparison = _Comparison(old, new, frames, twice, cut)
        loop = comparison.run()
        if not loop:
            return comparison.result
        # Old and new edges together close a loop: what stays in it runs twice as well, what already does is cut over.
        staying = loop & comparison.result.kept
        twice |= staying
        if not staying:
            cut |= loop & comparison.result.changed


def switched(was: Row, row: Row) -> set[str]:
    """Inputs of which there is no way from old to new: what the kind names, and channels when their number changes."""
    channels = signature.parameters(row.kind, Channels)
    return {*row.kind.crossfaded} | {
        name for name in channels if was.lists.get(name, {}).keys() != row.lists.get(name, {}).keys()
    }


class _Comparison:
    def __init__(self, old: Graph, new: Graph, frames: int, twice: set[str], cut: set[str]):
        self.old, self.new, self.frames, self.cut = old, new, frames, cut
        self.result = Transition(
            Graph(sinks=list(new.sinks), end=new.end, transport=new.transport),
            new=new.rows.keys() - old.rows.keys(),
            dropped=old.rows.keys() - new.rows.keys(),
            before=old,
        )
        for key in [key for key in new.rows if key in old.rows]:  # in order of execution: sources come first
            same = key not in twice and self.glides(old.rows[key], new.rows[key])
            same = same and self.plays_on(key)
            (self.result.kept if same else self.result.changed).add(key)
        self.rows: dict[str, Row] = {}
        self.faded: dict[tuple[Source, Source], Output] = {}

    def glides(self, was: Row, row: Row) -> bool:
        """Whether a row is the same but for inputs that can fade from the old source to the new one."""
        if was.version != row.version:
            return False
        for name in switched(was, row):
            before, after = was.lists.get(name), row.lists.get(name)
            if before is None or after is None:
                before, after = {"": was.inputs[name]}, {"": row.inputs[name]}
            if before.keys() != after.keys() or not all(self.same(before[key], after[key]) for key in after):
                return False
        return True

    def same(self, old: Source, new: Source) -> bool:
        """Whether an input stays what it was; NaN is what is not written."""
        return (old == new and self.stays(new)) or (old != old and new != new)

    def plays_on(self, key: str) -> bool:
        """Whether the voices of a pool go on; not if there are more or fewer of them while they run twice."""
        was, row = self.old.rows[key], self.new.rows[key]
        if was.voice and row.voice:
            inner = compare(was.voice.graph, row.voice.graph, self.frames)
            if inner.changed and was.settings["voices"] != row.settings["voices"]:
                return False
            self.result.voices[key] = inner
        return True

    def run(self) -> set[str]:
        """Make the moving graph; the rows of a loop, if there is one."""
        for key, row in self.new.rows.items():
            goes_on = key in self.old.rows and self.old.rows[key].kind is row.kind and key not in self.cut
            self.rows[key] = self.moved(row) if goes_on else row
        moving = self.result.moving
        moving.outputs = [
            self.between(old, new) for old, new in zip(self.old.outputs, self.new.outputs, strict=True)
        ]  # as many in both: the device and the stems stay what they were at the start
        self.result.fades = len(self.faded)
        self.result.glided = sum(not any(isinstance(one, Output) for one in pair) for pair in self.faded)
        return self.order()

    def moved(self, row: Row) -> Row:
        """A row that goes on from its state: its inputs fade where they differ."""
        was = self.old.rows[row.key]
        if row.voice and was.voice:
            return self.moved_pool(row, row.voice, was)
        at_once = switched(was, row)
        inputs = {
            name: source if name in at_once else self.between(was.inputs.get(name, source), source)
            for name, source in row.inputs.items()
        }
        lists = {}
        for name, entries in row.lists.items():
            if name not in at_once:
                before = was.lists.get(name, {})
                names = [*entries, *(key for key in before if key not in entries)]
                entries = {key: self.between(before.get(key, 0.0), entries.get(key, 0.0)) for key in names}
            lists[name] = entries
        same = inputs == row.inputs and lists == row.lists
        return row if same else replace(row, inputs=inputs, lists=lists)

    def moved_pool(self, row: Row, voice: Voice, was: Row) -> Row:
        """A pool that stays: its voices are in transition, and may still read what only the old ones read."""
        before, after = was.lists["imports"], row.lists["imports"]
        imports = {name: self.image(source) for name, source in before.items()} | after
        for name in before.keys() & after.keys():
            imports[name] = self.between(before[name], after[name])
        inner = self.result.voices.get(row.key)
        moving = replace(voice, graph=inner.moving) if inner else voice
        return replace(row, lists={"imports": imports}, voice=moving)

    def between(self, old: Source, new: Source) -> Source:
        """The source of an input during the transition."""
        if (old == new and self.stays(new)) or old != old or new != new:  # NaN: not written, nothing to fade from
            return new
        before = self.image(old)
        if (before, new) not in self.faded:
            key = f"fade{len(self.faded)}"
            settings = {"frames": self.frames}
            inputs: dict[str, Source] = {"old": before, "new": new}
            self.rows[key] = Row(key, Fade, settings, inputs, {}, {}, (Fade,), 0, key)
            self.faded[before, new] = Output(key)
        return self.faded[before, new]

    def stays(self, source: Source) -> bool:
        return not isinstance(source, Output) or source.key.startswith(IMPORT) or source.key in self.result.kept

    def image(self, old: Source) -> Source:
        """What stands for a source of the old graph: the row that stays, or a ghost."""
        if not isinstance(old, Output) or self.stays(old):
            return old
        self.ghost(old.key)
        return Output(GHOST + old.key, old.index)

    def ghost(self, key: str) -> None:
        stack = [key]
        while stack:
            key = stack.pop()
            if GHOST + key in self.rows:
                continue
            was = self.old.rows[key]
            ghosts = [s.key for s in was.sources() if isinstance(s, Output) and not self.stays(s)]
            stack.extend(ghosts)
            self.rows[GHOST + key] = replace(
                was,
                key=GHOST + key,
                inputs={name: self.shade(source) for name, source in was.inputs.items()},
                lists={n: {k: self.shade(s) for k, s in e.items()} for n, e in was.lists.items()},
                settings={**was.settings, "notes": ()} if was.voice else was.settings,  # starts nothing more
            )
            if was.kind is FeedbackRead:
                writer = next(k for k, r in self.old.rows.items() if r.kind is FeedbackWrite and r.state == was.state)
                stack.append(writer)
                self.result.moving.sinks.append(GHOST + writer)

    def shade(self, source: Source) -> Source:
        if isinstance(source, Output) and not self.stays(source):
            return Output(GHOST + source.key, source.index)
        return source

    def order(self) -> set[str]:
        """Rows in order of execution into the moving graph, writers of delayed edges last; or a loop's rows."""
        moving, state = self.result.moving, dict[str, int]()  # 1: its sources are being visited, 2: done
        last = set(moving.sinks)
        for root in [*(s.key for s in moving.outputs if isinstance(s, Output)), *self.rows]:
            if root in last or root not in self.rows:
                continue
            if loop := self.visit(root, state):
                return loop
        for root in moving.sinks:
            if loop := self.visit(root, state):
                return loop
        return set()

    def visit(self, root: str, state: dict[str, int]) -> set[str]:
        path: list[tuple[str, Iterator[Source]]] = []

        def enter(key: str) -> None:
            state[key] = 1
            path.append((key, self.rows[key].sources()))

        if root not in state:
            enter(root)
        while path:
            key, sources = path[-1]
            for source in sources:
                if not isinstance(source, Output) or source.key not in self.rows or state.get(source.key) == 2:
                    continue
                if state.get(source.key) == 1:
                    keys = [k for k, _ in path]
                    return set(keys[keys.index(source.key) :])
                enter(source.key)
                break
            else:
                state[key] = 2
                path.pop()
                self.result.moving.rows[key] = self.rows[key]
        return set()

"""From the graph that plays to the next one: what stays, what fades, what runs twice for a moment.

A pure comparison of two graphs. Nothing is copied for a row that stays. Where an input of it differs, a `Fade` goes
from the old source to the new one; a row whose settings changed runs once more as it was (a ghost) as long as
somebody fades away from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from waves.graph import Graph, Output, Row, Source
from waves.links import Fade, Previous, Remember

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


class _Comparison:
    def __init__(self, old: Graph, new: Graph, frames: int, twice: set[str], cut: set[str]):
        self.old, self.new, self.frames, self.cut = old, new, frames, cut
        both = old.rows.keys() & new.rows.keys()
        kept = {key for key in both if old.rows[key].version == new.rows[key].version and key not in twice}
        self.result = Transition(
            Graph(sinks=list(new.sinks), end=new.end),
            kept=kept,
            changed=both - kept,
            new=new.rows.keys() - old.rows.keys(),
            dropped=old.rows.keys() - new.rows.keys(),
        )
        self.rows: dict[str, Row] = {}
        self.faded: dict[tuple[Source, Source], Output] = {}

    def run(self) -> set[str]:
        """Make the moving graph; the rows of a loop, if there is one."""
        for key, row in self.new.rows.items():
            goes_on = key in self.old.rows and self.old.rows[key].kind is row.kind and key not in self.cut
            self.rows[key] = self.moved(row) if goes_on else row
        moving = self.result.moving
        moving.outputs = [
            self.between(old, new) for old, new in zip(self.old.outputs, self.new.outputs, strict=True)
        ]
        self.result.fades = len(self.faded)
        return self.order()

    def moved(self, row: Row) -> Row:
        """A row that goes on from its state: its inputs fade where they differ."""
        was = self.old.rows[row.key]
        inputs = {name: self.between(was.inputs.get(name, source), source) for name, source in row.inputs.items()}
        lists = {}
        for name, entries in row.lists.items():
            before = was.lists.get(name, {})
            names = [*entries, *(key for key in before if key not in entries)]
            lists[name] = {key: self.between(before.get(key, 0.0), entries.get(key, 0.0)) for key in names}
        same = inputs == row.inputs and lists == row.lists
        return row if same else replace(row, inputs=inputs, lists=lists)

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
        return not isinstance(source, Output) or source.key in self.result.kept

    def image(self, old: Source) -> Source:
        """What stands for a source of the old graph: the row that stays, or a ghost."""
        if not isinstance(old, Output) or old.key in self.result.kept:
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
            ghosts = [s.key for s in was.sources() if isinstance(s, Output) and s.key not in self.result.kept]
            stack.extend(ghosts)
            self.rows[GHOST + key] = replace(
                was,
                key=GHOST + key,
                inputs={name: self.shade(source) for name, source in was.inputs.items()},
                lists={n: {k: self.shade(s) for k, s in e.items()} for n, e in was.lists.items()},
            )
            if was.kind is Previous:
                writer = next(k for k, r in self.old.rows.items() if r.kind is Remember and r.state == was.state)
                stack.append(writer)
                self.result.moving.sinks.append(GHOST + writer)

    def shade(self, source: Source) -> Source:
        if isinstance(source, Output) and source.key not in self.result.kept:
            return Output(GHOST + source.key, source.index)
        return source

    def order(self) -> set[str]:
        """Rows in order of execution into the moving graph, writers of delayed edges last; or a loop's rows."""
        moving, state = self.result.moving, dict[str, int]()  # 1: its sources are being visited, 2: done
        last = set(moving.sinks)
        for root in [*(s.key for s in moving.outputs if isinstance(s, Output)), *self.rows]:
            if root in last:
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
                if not isinstance(source, Output) or state.get(source.key) == 2:
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

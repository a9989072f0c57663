"""Diff of two graphs: which rows are kept, faded, run twice, new or dropped while the next graph takes over.

A pure comparison without threads or memory. A kept row is the same row in both graphs. Where one of its inputs
differs, a `Fade` row leads from the old source to the new one. A row whose settings changed runs twice during the
transition, once more with its old settings as a ghost, as long as a fade still reads the ghost.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from waves.engine.graph.feedback_loops import execution_order
from waves.engine.graph.graph import IMPORT, Graph, Output, Row, Source, VoiceGraph, fade_row, have_same_notes
from waves.engine.graph.known_rows import OtherRows, other_numbers
from waves.node import BLOCK, Channels
from waves.node_types.builtin.feedback import FeedbackRead, FeedbackWrite
from waves.node_types.library import signature

GHOST = "~"  # begins the key of a ghost


@dataclass(eq=False, slots=True)
class Transition:
    """The graph to run during the fade, and what happens to each row, by key."""

    moving: Graph
    kept: set[str] = field(default_factory=set)  # the same rows; only their inputs may fade
    changed: set[str] = field(default_factory=set)  # the same key with other settings: run twice
    new: set[str] = field(default_factory=set)
    dropped: set[str] = field(default_factory=set)
    fades: int = 0
    glided: int = 0  # fades from number to number
    faded: set[str] = field(default_factory=set)  # rows with an input that fades
    old: Graph | None = None  # the graph that it comes from, its nodes under the IDs of the next graph
    voices: dict[str, Transition] = field(default_factory=dict)  # of the pools that are kept
    previous_ids: dict[str, str] = field(default_factory=dict)  # of nodes that had another ID before, by the next ID
    numbers: list[str] | None = None  # where nothing but numbers and pools differs the rows that read other numbers
    pools: list[str] = field(default_factory=list)  # and the pools that have other voices or notes
    others: OtherRows | None = None  # the same, also where rows run twice because their number cannot glide
    reached: list[Row] | None = None  # that differ or read what differs: kept by `slow_rise`

    @property
    def only_glides(self) -> bool:
        """Whether nothing differs but numbers, which glide."""
        edits = self.changed or self.new or self.dropped or self.fades > self.glided
        return not edits and all(inner.only_glides for inner in self.voices.values())

    @property
    def is_of_numbers(self) -> bool:
        """Whether nothing differs but numbers that rows outside of voices read."""
        return self.numbers is not None and not self.pools

    @property
    def is_idle(self) -> bool:
        """Whether nothing differs, so that no fade is needed."""
        edits = self.fades or self.changed or self.new or self.dropped
        return not edits and all(inner.is_idle for inner in self.voices.values())


def compare(old: Graph, new: Graph, frames: int) -> Transition:
    """The transition from `old` to `new` with fades of so many frames. Any thread.

    Example: a row `osc` reads `0.5` in the old graph and `lfo` in the new one:

        old.rows     {osc(freq=0.5)}
        new.rows     {lfo, osc(freq=lfo)}
        moving.rows  {lfo, fade0(old=0.5, new=lfo), osc(freq=fade0)}      kept {osc}, new {lfo}

    Old and new edges together may close a loop that neither graph has. Example: two echoes change places,

        old.rows     {p(signal=s), q(signal=p)}
        new.rows     {q(signal=s), p(signal=q)}
        moving.rows  p reads fade0(old=s, new=q), q reads fade1(old=p, new=s): p needs q, q needs p

    so the kept rows of the loop run twice as well: `q` then fades from the ghost `~p` and does not need `p` any more.
    If every row of a loop runs twice already, the inputs of these rows are cut over without a fade.

    What enters the memory of a new row fades in too: a loop that is closed, and a ring that others share already. Its
    own ring does that by itself (`PlanBinding`). An added channel goes on from the first one, whose memory it gets.
    """
    if old is new:  # voices that stay
        inner = {key: compare(g, g, frames) for key, row in new.rows.items() if row.voice for g in [row.voice.graph]}
        return Transition(new, kept=set(new.rows), old=new, numbers=[], voices=inner)
    rows = other_numbers(old, new)
    if rows is not None and not any(_is_cut(old.rows[key], new.rows[key]) for key in rows.numbers):
        comparison = _Comparison(old, new, frames, set(), set(), rows)
        comparison.run()
        return comparison.result
    run_twice: set[str] = set()
    cut_over: set[str] = set()
    while True:
        comparison = _Comparison(old, new, frames, run_twice, cut_over)
        loop = comparison.run()
        if not loop:
            comparison.result.others = rows
            return comparison.result
        if kept := loop & comparison.result.kept:
            run_twice |= kept
        else:
            cut_over |= loop & new.rows.keys()


def cut_inputs(was: Row, row: Row) -> set[str]:
    """Inputs that cannot fade from the old source to the new one.

    Those that the type declares as `crossfaded`, such as times and gates, and channels if their number differs.
    """
    channels = signature.parameter_names(row.kind, Channels)
    return {*row.kind.crossfaded} | {
        name for name in channels if was.lists.get(name, {}).keys() != row.lists.get(name, {}).keys()
    }


def _is_cut(was: Row, row: Row) -> bool:
    """Whether a number differs that cannot fade, of two rows that are the same but for numbers."""
    pairs = ((was.inputs.get(name), row.inputs.get(name)) for name in row.kind.crossfaded)
    return any(before is not after and repr(before) != repr(after) for before, after in pairs) or any(
        was.lists.get(name) != row.lists.get(name) for name in row.kind.crossfaded
    )


class _Comparison:
    """One attempt to compare two graphs; `run_twice` and `cut_over` are keys of rows in loops of earlier attempts.

    `others`: of graphs that differ in numbers that can fade and in pools these rows; others are not looked at.
    """

    def __init__(
        self,
        old: Graph,
        new: Graph,
        frames: int,
        run_twice: set[str],
        cut_over: set[str],
        others: OtherRows | None = None,
    ):
        self.old, self.new, self.frames, self.cut_over, self.others = old, new, frames, cut_over, others
        self.wait = 0
        self.rows: dict[str, Row] = {}
        self.fades: dict[tuple[Source, Source], Output] = {}
        if others:
            moving = Graph(sinks=list(new.sinks), end=new.end, transport=new.transport, noted=new.noted)
            self.result, self.all_kept = Transition(moving, set(new.rows), old=old, numbers=others.numbers), True
            self.result.pools, self.result.others = others.pools, others
            for row in new.all_noted():
                self.compare_voices(row.key)
            return
        self.result = Transition(
            Graph(sinks=list(new.sinks), end=new.end, transport=new.transport),
            new=new.rows.keys() - old.rows.keys(),
            dropped=old.rows.keys() - new.rows.keys(),
            old=old,
        )
        for key, row in new.rows.items():  # in order of execution: sources come first
            if (was := old.rows.get(key)) is None:
                continue
            kept = key not in run_twice and self.can_fade(was, row) and self.compare_voices(key)
            (self.result.kept if kept else self.result.changed).add(key)
        self.all_kept = not (self.result.changed or self.result.new or self.result.dropped)
        # A loop that is new is silent for its first block: nothing fades before it sounds.
        begins = any(row.kind is FeedbackRead and key not in old.rows for key, row in new.rows.items())
        self.wait = BLOCK if begins and frames > BLOCK else 0

    def can_fade(self, was: Row, row: Row) -> bool:
        """Whether a row is the same, but for inputs that can fade from the old source to the new one."""
        if was is row:
            return not row.kind.crossfaded or all(map(self.is_kept, row.outputs_read(row.kind.crossfaded)))
        if was.version != row.version:
            return False
        for name in cut_inputs(was, row):
            before, after = was.lists.get(name), row.lists.get(name)
            if before is None or after is None:
                before, after = {"": was.inputs[name]}, {"": row.inputs[name]}
            if before.keys() != after.keys() or not all(self.is_same(before[key], after[key]) for key in after):
                return False
        return True

    def is_same(self, old: Source, new: Source) -> bool:
        """Whether an input reads the same; two NaN are the same, an input that is not written."""
        return (old == new and self.is_kept(new)) or (old != old and new != new)

    def compare_voices(self, key: str) -> bool:
        """Compare the voices of a pool; False if it must run twice: its voices do, and their number differs."""
        was, row = self.old.rows[key], self.new.rows[key]
        if was.voice and row.voice:
            inner = compare(was.voice.graph, row.voice.graph, self.frames)
            if inner.changed and was.settings["voices"] != row.settings["voices"]:
                return False
            if inner.others and not inner.others.pools and was.voice is not row.voice:
                row.voice.like(was.voice)
                if have_same_notes(was, row):
                    row.like(was)
            self.result.voices[key] = inner
        return True

    def run(self) -> set[str]:
        """Make the moving graph; the keys of a loop in it, if there is one."""
        if self.others:
            self.rows, edited = dict(self.new.rows), (*self.others.numbers, *self.others.pools)
            self.rows |= {key: self.with_fades(self.new.rows[key], self.old.rows[key]) for key in edited}
        for key, row in self.new.rows.items() if not self.others else ():
            was = self.old.rows.get(key) or self.old.rows.get(key.rpartition("#")[0])  # of an added channel the first
            if key in self.cut_over or (was is row and self.all_kept):
                self.rows[key] = row
            elif was and was.kind is row.kind:
                self.rows[key] = self.with_fades(row, was)
            else:
                self.rows[key] = self.entering(row) if key not in self.old.rows else row
        moving = self.result.moving
        moving.outputs = [
            self.faded(old, new) for old, new in zip(self.old.outputs, self.new.outputs, strict=True)
        ]  # as many in both: device channels and stems do not change while the program runs
        moving.meters = {
            name: list(map(self.fade_between, self.old.meters.get(name, [0.0, 0.0]), channels))
            for name, channels in self.new.meters.items()
        }
        self.result.fades = len(self.fades)
        self.result.glided = sum(not any(isinstance(end, Output) for end in ends) for ends in self.fades)
        first = [source.key for source in moving.outputs if isinstance(source, Output)]
        if self.all_kept and self.result.fades == self.result.glided:  # fades of two numbers read nothing
            moving.rows = {fade.key: self.rows[fade.key] for fade in self.fades.values()} | self.rows
            return set()
        moving.rows, loop = execution_order(self.rows, first, moving.sinks)
        return loop

    def entering(self, row: Row) -> Row:
        """A new row, what enters a memory that plays already or is not its own fading in."""
        if row.kind is not FeedbackWrite and not any(memory.is_shared for memory in row.memories):
            return row
        heard = ("signal",) if row.kind is FeedbackWrite else row.kind.waits
        inputs = {name: self.faded(0.0, source) if name in heard else source for name, source in row.inputs.items()}
        return replace(row, inputs=inputs)

    def with_fades(self, row: Row, was: Row) -> Row:
        """A row that goes on from one of the old graph, its inputs fading where they differ."""
        if row.voice and was.voice:
            return self.pool_with_fades(row, row.voice, was)
        cut = row.kind.crossfaded if self.others else cut_inputs(was, row)
        inputs = {
            name: source if name in cut else self.faded(was.inputs.get(name, source), source)
            for name, source in row.inputs.items()
        }
        lists = {}
        for name, entries in row.lists.items():
            if name not in cut:
                before = was.lists.get(name, {})
                names = [*entries, *(key for key in before if key not in entries)]
                entries = {key: self.faded(before.get(key, 0.0), entries.get(key, 0.0)) for key in names}
            lists[name] = entries
        if inputs == row.inputs and lists == row.lists:
            return row
        self.result.faded.add(row.key)
        return replace(row, inputs=inputs, lists=lists).like(row)

    def pool_with_fades(self, row: Row, voice: VoiceGraph, was: Row) -> Row:
        """A pool of both graphs: its voices are in transition, and may still read what only the old ones read."""
        before, after = was.lists["imports"], row.lists["imports"]
        imports = {name: self.old_source(source) for name, source in before.items()} | after
        for name in before.keys() & after.keys():
            imports[name] = self.faded(before[name], after[name])
        inner = self.result.voices.get(row.key)
        if inner and inner.is_idle and imports == after:
            return row
        moving = replace(voice, graph=inner.moving) if inner else voice
        return replace(row, lists={"imports": imports}, voice=moving)

    def faded(self, old: Source, new: Source) -> Source:
        """The source of an input during the transition: the new one, or a fade from the old one to it."""
        if (old == new and self.is_kept(new)) or old != old or new != new:  # NaN: not written, nothing to fade from
            return new
        before = self.old_source(old)
        if (before, new) not in self.fades:
            key = f"fade{len(self.fades)}"
            self.rows[key] = fade_row(key, before, new, self.frames - self.wait, self.wait)
            self.fades[before, new] = Output(key)
        return self.fades[before, new]

    def fade_between(self, old: Source, new: Source) -> Source:
        """The fade from one source to another that some row reads, else the new source: a meter adds no row."""
        return self.fades.get((self.ghost_source(old), new), new)

    def is_kept(self, source: Source) -> bool:
        """Whether a source is a constant, a kept row, or outside the voice."""
        return not isinstance(source, Output) or source.key.startswith(IMPORT) or source.key in self.result.kept

    def old_source(self, source: Source) -> Source:
        """A source of the old graph during the transition: the kept row, or a ghost, which is added."""
        if isinstance(source, Output) and not self.is_kept(source):
            self.add_ghosts(source.key)
        return self.ghost_source(source)

    def ghost_source(self, source: Source) -> Source:
        if isinstance(source, Output) and not self.is_kept(source):
            return Output(GHOST + source.key, source.index)
        return source

    def add_ghosts(self, key: str) -> None:
        """Add the ghost of an old row, and ghosts of everything that it reads and that is not kept."""
        stack = [key]
        while stack:
            key = stack.pop()
            if GHOST + key in self.rows:
                continue
            was = self.old.rows[key]
            stack += [source.key for source in was.sources() if isinstance(source, Output) and not self.is_kept(source)]
            ghost = replace(
                was,
                key=GHOST + key,
                inputs={name: self.ghost_source(source) for name, source in was.inputs.items()},
                lists={n: {k: self.ghost_source(s) for k, s in e.items()} for n, e in was.lists.items()},
                settings={**was.settings, "notes": (), "pages": None} if was.voice else was.settings,  # no more notes
            )
            self.rows[GHOST + key] = ghost.like(was)
            if was.kind is FeedbackRead:
                writer = self.feedback_writer(was)
                stack.append(writer)
                self.result.moving.sinks.append(GHOST + writer)

    def feedback_writer(self, reader: Row) -> str:
        """The old row that writes what a `FeedbackRead` reads: they share a state."""
        rows = self.old.rows.items()
        return next(key for key, row in rows if row.kind is FeedbackWrite and row.state_key == reader.state_key)

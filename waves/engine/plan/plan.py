"""Builds plans: a graph as words for the sound thread, with the transition from the plan that plays.

A plan has two lists of rows: the moving ones, for the transition, and the settled ones after it. Rows point into the
records of the registry, so that nothing is copied for what is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal, NamedTuple

import numpy as np

from waves import abi
from waves.abi import COPY, LEVEL, METER, MOST_LEVELS, PLAN, ROW
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.kernel_cache import EngineKernel, Kernel
from waves.engine.graph.diff import Transition, compare
from waves.engine.graph.graph import Graph, Row
from waves.engine.graph.known_rows import changed_rows
from waves.engine.graph.slow_rise import Rise
from waves.engine.plan.edits.glides import behind_fades
from waves.engine.plan.edits.row_edits import has_room, with_rows, with_voices
from waves.engine.plan.forgetting import nothing
from waves.engine.plan.renaming import continued, rename_graph
from waves.engine.plan.row_assembly import EngineAddresses, assemble
from waves.engine.plan.row_forms import kernel_of, with_numbers
from waves.engine.plan.row_words import Rows
from waves.engine.plan.seams import ends_of_seams
from waves.engine.plan.state_binding import PlanBinding
from waves.engine.plan.tail_counters import tail_copies
from waves.engine.state.copies import Copy, address_of
from waves.engine.state.kept_memory import KeptMemory
from waves.engine.state.page_rings import EngineTime, PageRing, ghost_rings, page_rings
from waves.engine.state.state_registry import Record, Registry
from waves.node import GRID, Node
from waves.node_types.builtin.crossfade import SHORT, Fade
from waves.node_types.builtin.mixing import Muted
from waves.node_types.builtin.moved_value import MovedValue

Array = np.ndarray[Any, Any]

_numbers = count(1)  # of tracks


class Track(NamedTuple):
    """A track or node that is measured: its number, which no other track has, and the place of its level in a bank."""

    number: int
    slot: int


@dataclass(eq=False, slots=True)
class Plan:
    """Memory that the engine plays: a header of words (`abi.PLAN`), and everything that the addresses in it point to.

    Made on the build thread. Once it is offered, the sound thread writes its memory; other threads only read it.
    """

    graph: Graph
    parent: Plan | None
    states: dict[str, Record]
    memories: dict[str, KeptMemory]
    transition: Transition | None
    settled: Rows
    moving: Rows | None
    copies: Array  # int64 of shape (n, len(abi.COPY)): what the commit copies
    settling: Array  # the same: what is copied when the transition is over
    header: Array  # int64 of shape (len(abi.PLAN),)
    tracks: dict[str, Track]  # those that are measured, by name
    meters: list[Array]  # int64 of shape (tracks, len(abi.METER)): tables of the settled and of the moving rows
    returned: set[str] = field(default_factory=set)  # rows that continue from a parked state
    renamed_keys: set[str] = field(default_factory=set)  # keys under which its states and rings were known before
    clears: int = 0  # of the registry, when the plan was built
    level: float | None = None  # dBFS of its trial, or of the plan that it continues; None: not known
    risen: Rise = field(default_factory=Rise)  # by which numbers may have raised it since then
    warned: tuple[tuple[str, str], ...] = ()  # rows that its trial has warned of, each with the sentence
    accepted: bool = False  # by the player, whatever its trial says
    keep: Any = None  # the transport that it waits for
    rings: dict[str, PageRing] = field(default_factory=dict)  # pages of its rows, by their keys
    tables: dict[bool, Any] = field(default_factory=dict)  # kept by `snapshot`, also for plans with the same states

    def wait_for_beat(self, transport: Record, beats: float) -> None:
        """Take effect at a position in beats of the transport that plays, however its tempo moves.

        Build thread only, before the plan is offered.
        """
        self.header.view(np.float64)[PLAN.index("boundary")] = beats
        for word, name in (("beats", "beats"), ("beats_frame", "frame"), ("bpm", "bpm")):
            at = transport.values.dtype.fields[name][1]
            self.header[PLAN.index(word)] = transport.address + int(at)
        self.keep = transport

    def commit_states(self, registry: Registry) -> None:
        """Tell the registry that this plan plays. Build thread only."""
        registry.commit(self.states, self.memories, self.renamed_keys)

    def continue_level(self, playing: Plan | None) -> None:
        """Take over what is known of the level of the plan that plays, for a plan that is not tried."""
        if playing:
            self.level, self.risen, self.warned = playing.level, playing.risen.kept, playing.warned

    @property
    def fade(self) -> int:
        """Frames in which it fades from the plan before."""
        return int(self.header[PLAN.index("fade")])

    @property
    def channels(self) -> int:
        """Outputs that it has for the engine: those of the device and of stems."""
        return self.settled.outputs.size

    @property
    def restarts(self) -> bool:
        """Whether the piece starts with it."""
        return bool(self.header[PLAN.index("restart")])

    @property
    def address(self) -> int:
        """Address of the header, by which the sound thread and the next plan know this one."""
        return address_of(self.header)


class MissingKernels(Exception):
    """A plan needs kernels that are not compiled."""

    def __init__(self, kernels: list[Kernel]):
        super().__init__(", ".join(kernel.title for kernel in kernels))
        self.kernels = kernels


def needed_kernels(*graphs: Graph) -> list[Kernel]:
    """The kernels that the rows of some graphs call: of a node type those variants that occur. Any thread."""
    return list(dict.fromkeys(kernel for graph in graphs for kernel in _kernels(graph)))


def _kernels(graph: Graph, playing: Plan | None = None) -> Iterator[Kernel]:
    """The kernel of each row, of voices too; not of those that are `playing`, or have a form, with its address."""
    for row in changed_rows(graph.rows, playing.graph.rows if playing else {}).values():
        if not (playing and row.form):
            yield kernel_of(row)
        if row.voice:
            yield from _kernels(row.voice.graph, playing)


def needed_to_play(graph: Graph, output: Literal["callback", "render"]) -> list[Kernel]:
    """The kernels without which a graph cannot begin to play: for a device (`callback`), or without one (`render`)."""
    return [*needed_of_engine(output), *needed_kernels(graph)]


def needed_of_engine(output: Literal["callback", "render"]) -> list[Kernel]:
    """The functions of the engine without which no graph can begin to play."""
    return [EngineKernel(function) for function in ("run", "block", "swap", "trial_blocks", output)]


def needed_for_changes(graph: Graph) -> list[Kernel]:
    """The kernels that saves and moved parameters of a graph are likely to need, the likeliest first.

    Fades, what silences a part, all variants of its node types (a number may become a signal), and voices.
    """
    kinds: dict[type[Node], None] = dict.fromkeys((Fade, MovedValue, Muted, *node_types(graph)))
    return [*(kernel for kind in kinds for kernel in kernel_cache.variants(kind)), EngineKernel("pool")]


def node_types(graph: Graph) -> Collection[type[Node]]:
    """The types of the rows, each once, of voices too, but not of pools. Any thread."""
    if graph.kinds is None:
        rows = graph.rows.values()
        graph.kinds = dict.fromkeys(row.kind for row in rows if not row.voice)
        for voice in [row.voice for row in rows if row.voice]:
            graph.kinds |= dict.fromkeys(node_types(voice.graph))
    return graph.kinds


def grid_of(*graphs: Graph) -> int:
    """Frames of a block of which the frame of a commit is a multiple: slow values go from step to step."""
    return GRID if any(kind.slow for graph in graphs for kind in node_types(graph)) else 1


def placed_tracks(names: Collection[str], playing: Mapping[str, Track]) -> dict[str, Track]:
    """The tracks of a plan: those that play already stay the same, others get a new number and a free place.

    Example: `b` is removed and `c` added:

        placed_tracks(["a", "c"], {"a": Track(1, 0), "b": Track(2, 1)})     {"a": Track(1, 0), "c": Track(3, 1)}
    """
    kept = {name: playing[name] for name in names if name in playing}
    taken = {track.slot for track in kept.values()}
    free = (slot for slot in range(MOST_LEVELS) if slot not in taken)
    return {name: kept.get(name) or Track(next(_numbers), next(free)) for name in names}


def meters_of(tracks: Mapping[str, Track], rows: Rows) -> Array:
    """The table of the tracks, with the buffers that some rows write."""
    words = [(tracks[name].number, tracks[name].slot * LEVEL.itemsize, *two) for name, two in rows.meters.items()]
    return np.array(words, np.int64).reshape(-1, len(METER))


def _rows_of(
    graph: Graph,
    playing: Plan | None,
    transition: Transition | None,
    fades: bool,
    binding: PlanBinding,
    addresses: EngineAddresses,
    header: int,
) -> tuple[Rows, Rows | None]:
    """The settled rows of a plan, and the moving ones of its transition, if it `fades`."""
    template = moving = None
    others = transition.others if transition else None
    written = [*dict.fromkeys((*others.pools, *sorted(transition.changed)))] if transition and others else []
    stay = others is not None and binding.go_on_but([graph.rows[key] for key in written])
    if stay and others and transition and playing:
        stay = has_room(playing.settled.template, others.pools, graph, transition.moving)
    gone = [binding.old_states[state] for key in written if (state := graph.rows[key].state_key) in binding.old_states]
    if stay and others and playing:
        template = with_numbers(playing.settled.template, graph, others.numbers, addresses.rate)
        template = template and with_rows(template, graph, written, gone, binding.binding, addresses)
    template = template or assemble(graph, binding.binding, addresses)
    if transition and fades and stay and transition.numbers is not None:
        faded = transition.faded.difference(transition.pools)
        moving = behind_fades(template, graph, transition.moving, faded, binding.binding, addresses)
        moving = moving and with_voices(moving, transition, graph, binding.binding, addresses)
    if transition and fades and not moving:
        moving = assemble(transition.moving, binding.binding, addresses)
    return template.in_memory(header), moving.in_memory(header) if moving else None


def copies_of(copies: list[Copy]) -> Array:
    """Words of copies, int64 of shape (n, len(COPY))."""
    return np.array(copies, np.int64).reshape(-1, len(COPY))


def build_plan(
    graph: Graph,
    playing: Plan | None,
    registry: Registry,
    addresses: EngineAddresses,
    fade: int,
    forget: Callable[[Row], bool] = nothing,
    restart: bool = False,
    at: int = -1,
) -> Plan:
    """A plan that follows the one that plays. Build thread only; the engine's functions must be compiled.

    `fade` in frames, 0 cuts. Rows for which `forget` is true start from their default state; `restart` sets the clock
    of the piece to 0. The plan takes effect at frame `at` of the piece, or with the next block. Raises
    MissingKernels, before anything is done, and Problems: a pool, or all nodes, need too much memory.
    """
    fade = fade if playing else 0
    transition: Transition | None = None
    states: Mapping[str, Record] = {}
    memories: Mapping[str, KeptMemory] = {}
    keys: Mapping[str, str] = {}
    if playing:
        renamed = rename_graph(playing.graph, graph)
        graph = continued(graph, renamed.graph, forget)
        transition, keys = compare(renamed.graph, graph, max(fade, 1)), renamed.keys
        renamed.note_in(transition)
        states, memories = renamed.states(playing.states), renamed.memories(playing.memories)
        if transition.is_idle:
            fade = 0
    graphs = [graph, transition.moving] if transition and fade else [graph]
    unknown = dict.fromkeys(kernel for one in graphs for kernel in _kernels(one, playing))
    if missing := kernel_cache.missing(unknown):
        raise MissingKernels(missing)
    forgotten = round(SHORT * addresses.rate) if playing and not restart else 0
    binding = PlanBinding(graph, transition, states, memories, registry, fade, forget, forgotten)
    time = EngineTime(addresses.rate, addresses.clock, addresses.rendered)
    rings = page_rings(graph, binding.states, states, playing.rings if playing else {}, time, restart)
    if transition and fade:
        rings |= ghost_rings(transition.moving, states, time)
    binding.rings = {key: address_of(ring.words) for key, ring in rings.items()}
    header = np.zeros(len(PLAN), np.int64)
    settled, moving = _rows_of(graph, playing, transition, fade > 0, binding, addresses, address_of(header))
    copies, after = copies_of(binding.copies), copies_of([])
    if playing and transition and transition.old and not restart:
        # Only into the rows that play next: a voice that starts during the fade must not end by an old count.
        first, its_graph = (moving, transition.moving) if moving else (settled, graph)
        copies = np.concatenate([copies, tail_copies(playing.settled, transition.old, first, its_graph, keys)])
    if moving and transition:
        seams = copies_of(ends_of_seams(binding.copies))
        after = np.concatenate([tail_copies(moving, transition.moving, settled, graph, {}), seams])
    words: dict[str, int] = {
        "parent": playing.address if playing else 0,
        "at": at,
        "fade": fade,
        "restart": int(restart),
        "grid": grid_of(graph, *([playing.graph] if playing else [])),
        "copies": address_of(copies),
        "copies_count": len(copies),
        "settling": address_of(after),
        "settling_count": len(after),
    }
    tracks = placed_tracks(graph.meters, playing.tracks if playing else {})
    meters = []
    for prefix, rows in (("", settled), ("moving_", moving)):
        if rows:
            meters.append(meters_of(tracks, rows))
            words[f"{prefix}meters"], words[f"{prefix}meters_count"] = address_of(meters[-1]), len(tracks)
            words[f"{prefix}rows"], words[f"{prefix}count"] = rows.address, len(rows.offsets)
            words[f"{prefix}outputs"] = address_of(rows.outputs)
            words[f"{prefix}end"] = rows.address + rows.offsets[graph.end] + abi.offset(ROW, "status")
    for name, value in words.items():
        header[PLAN.index(name)] = value
    own = (binding.states, binding.memories)
    renamed_keys = {key for key, now in keys.items() if now != key and any(now in kept for kept in own)}
    plan = Plan(
        graph,
        playing,
        *own,
        transition,
        settled,
        moving,
        copies,
        after,
        header,
        tracks,
        meters,
        binding.returned,
        renamed_keys,
        registry.clears,
        rings=rings,
    )
    if playing and binding.all_go_on:
        plan.tables = playing.tables
    return plan

"""Lowering: from a tree of nodes to a graph of rows. One row per channel, loops opened, signals as sources.

A pool becomes one row; the nodes of its voices become a graph of their own (`VoiceGraph`), made once per pool and not
once per voice.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Sequence

from waves.abi import MOST_TRACKS
from waves.engine.graph.channel_counts import named_outputs, pair, width
from waves.engine.graph.common import Common, unwritten
from waves.engine.graph.device_outputs import LEVEL_TYPES, device_outputs, route
from waves.engine.graph.feedback_loops import edges_of, open_loops, position, too_short
from waves.engine.graph.graph import (
    IMPORT,
    Graph,
    Output,
    Prepare,
    Row,
    Source,
    VoiceGraph,
    engine_row,
    frozen,
    monitored,
    output_id,
    relative_id,
    shared_memories,
)
from waves.engine.graph.known_rows import known_row, known_voice
from waves.engine.graph.lowered_parts import LoweredParts, voice_in_time
from waves.engine.graph.node_memories import memory_of, needs_of
from waves.language.tree.kept.outside import outside_of_parts, positions_of_tempos
from waves.language.tree.tree_node import (
    PartRun,
    Reference,
    Template,
    TreeNode,
    known_parameters,
    outermost_mix,
    output_of,
    reachable,
    target_of,
    tracks,
)
from waves.node import BLOCK, Channels
from waves.node_types.builtin.feedback import FeedbackRead, FeedbackWrite
from waves.node_types.builtin.mixing import Mono
from waves.node_types.library import signature


def lower(
    root: TreeNode,
    *,
    channels: int,
    rate: float,
    seed: int,
    prepare: Prepare,
    stems: Sequence[str] = (),
    known: Graph | None = None,
) -> Graph:
    """The graph of a tree for `channels` of the device, followed by two channels for each stem. Any thread.

    `rate` in frames per second; `prepare` gives the arrays of a node, from a cache. A mono piece sounds on both
    channels of a stereo device. Rows that are the same as in `known`, a graph before, are those. Raises Problems.
    """
    outside = outside_of_parts(root)
    positions = positions_of_tempos(outside)
    nodes = [*outside, *(reachable(root.transport) if root.transport else ())]
    common = Common(rate, seed, prepare, open_loops(nodes))
    while True:
        lowering = _Lowering(common, known=known)
        graph = lowering.run(root, positions)
        if common.widths == common.found_widths:
            break
        # A loop has more channels than were read from its previous block: again with as many.
        common.widths, common.found_widths = common.found_widths, {}
    graph.outputs = device_outputs(pair(graph.outputs), channels, common.routed, lowering.add)
    mix = outermost_mix(root)
    graph.outputs += [source for name in stems for source in pair(lowering.track(mix, name))]
    graph.meters = {name: pair(lowering.measured(mix, name))[:2] for name in tracks(root)[:MOST_TRACKS]}
    graph.monitors = monitored(lowering.parts.shown)
    graph.meters |= {name: pair(lowering.done[node])[:2] for name, node in graph.monitors.items()}
    warnings = [too_short(node, rate) for node in nodes if node in common.loops.early]
    graph.warnings = [warning for warning in warnings if warning]
    return graph


class _Lowering:
    """The rows of a piece, or of one voice of a pool of the piece or voice `parent`."""

    def __init__(
        self,
        common: Common,
        pool: TreeNode | None = None,
        parent: _Lowering | None = None,
        known: Graph | None = None,
    ):
        self.common, self.parent, self.known = common, parent, known
        self.template = pool.template if pool else None
        self.prefix = pool.id if pool else ""
        self.graph = Graph(delayed=sorted((edge for _, edge in common.loops.edges), key=position))
        self.done: dict[TreeNode | PartRun, list[Output]] = {}
        self.named: dict[tuple[TreeNode, str], list[Output]] = {}  # outputs with a name, by it
        self.previous: dict[tuple[TreeNode, str], list[Output]] = {}
        self.imports: dict[str, Source] = {}
        self.parts = LoweredParts(known, common.prepare)
        self.graph.parts = self.parts.parts

    def run(self, root: TreeNode, positions: Sequence[TreeNode] = ()) -> Graph:
        """The graph below a root; its outputs are the root's channels. `positions` of tempos are rows of no part."""
        for node in positions:
            self.channels_of(node)
        outputs = self.previous_block(root) if root in self.common.loops.early else self.channels_of(root)
        if root.transport:
            self.graph.transport = self.channels_of(root.transport)[0].key
            self.graph.sinks.append(self.graph.transport)
        delayed: dict[tuple[TreeNode, str], list[Output]] = {}
        while len(delayed) < len(self.previous):  # such a node may itself read delayed edges
            for target, name in [found for found in self.previous if found not in delayed]:
                outputs_of_target = self.channels_of(target)
                delayed[target, name] = self.named[target, name] if name else outputs_of_target
        self.write_feedback(delayed)
        self.graph.outputs = list(outputs)
        self.graph.end = outputs[0].key
        return self.graph

    def track(self, mix: TreeNode, name: str) -> list[Source]:
        """The channels of a track of a mix; silence if there is no such track now."""
        signals = mix.inputs.get("signals")
        return self.channels_read(mix, signals[name]) if isinstance(signals, dict) and name in signals else [0.0]

    def measured(self, mix: TreeNode, name: str) -> Sequence[Source]:
        """The channels of a track as they sound, though on outputs of its own, where its stem is silent."""
        signals = mix.inputs["signals"]
        entry = signals[name] if isinstance(signals, dict) else None
        routed = self.common.routed.get(entry) if isinstance(entry, TreeNode) else None
        return routed or self.track(mix, name)

    def key(self, id: str, channel: int = 0) -> str:
        """The key of a row: the node's ID, in a voice relative to the pool, and `#1` for the second channel."""
        key = relative_id(id, self.prefix)
        return f"{key}#{channel}" if channel else key

    def owns(self, node: TreeNode) -> bool:
        """Whether a node belongs to this piece or voice, and not to one around or inside it."""
        return node.voice is self.template

    def channels_of(self, root: TreeNode) -> list[Output]:
        """The outputs of a node. Rows of everything that it reads are made first, without recursion."""
        stack, waiting = list[TreeNode | PartRun]([root]), set[TreeNode | PartRun]()  # for what they read
        while stack:
            node = stack[-1]
            if node in self.done:
                stack.pop()
                continue
            if node.inside is not None and (part := self.parts.take(node, self.done)):
                self.graph.rows |= part.rows
                self.done |= part.outputs
                self.named |= part.named
                continue
            needed = [] if node in waiting else [target for target in self.needs(node) if target not in self.done]
            stack.extend(reversed(needed))
            waiting.add(node)
            if not needed:
                stack.pop()
                self.done[node] = self.parts.add(node, self.rows_of(node) if isinstance(node, TreeNode) else [])
                if node.inside is not None and not self.common.routed:  # which sound on outputs of their own
                    self.parts.keep(node)
        return self.done[root]

    def needs(self, node: TreeNode | PartRun) -> Iterator[TreeNode | PartRun]:
        """The nodes of this piece or voice that must be executed before a node."""
        if isinstance(node, PartRun):
            yield from node.tops.values()
            return
        for reader, source in edges_of(node):
            if isinstance(source, PartRun):
                yield source
            elif self.owns(target := target_of(source)) and (reader, source) not in self.common.loops.edges:
                yield target

    def channels_read(self, node: TreeNode, written: float | TreeNode | Reference) -> list[Source]:
        """The channels of one input of a node."""
        if isinstance(written, TreeNode) and self.owns(written) and not (self.common.routed or self.common.loops.edges):
            return list(self.done[written])  # as nearly all in a large piece
        if isinstance(written, float | int):
            return [float(written)]
        target = target_of(written)
        if not self.owns(target):
            assert self.parent
            return [self.imported(source) for source in self.parent.channels_read(node, written)]
        if target in self.common.routed and isinstance(written, TreeNode) and node.kind not in LEVEL_TYPES:
            return [0.0]  # it sounds on outputs of its own
        name = output_of(written)
        if (node, written) in self.common.loops.edges:
            return list(self.previous_block(target, name))
        return list(self.named[target, name] if name else self.done[target])

    def imported(self, source: Source) -> Source:
        """A source outside the voice, under the name by which its rows read it: `@my_sound.root.Osc.0`."""
        if not isinstance(source, Output):
            return source
        name = f"{IMPORT}{source.key}.{source.index}"
        self.imports[name] = source
        return Output(name)

    def previous_block(self, target: TreeNode, name: str = "") -> list[Output]:
        """Rows that read the previous block of a node, or of an output by its name."""
        if (target, name) not in self.previous:
            channels = range(self.common.widths.get((target, name), 1))
            keys = [self.key(f"{output_id(target, name)}.previous", c) for c in channels]
            self.previous[target, name] = [self.add(engine_row(key, FeedbackRead, node=target)) for key in keys]
        return self.previous[target, name]

    def write_feedback(self, targets: dict[tuple[TreeNode, str], list[Output]]) -> None:
        """Rows that keep the current block of nodes for the next one, in the state of the rows that read it."""
        for (target, name), outputs in targets.items():
            if len(outputs) > 1:
                self.common.found_widths[target, name] = len(outputs)
            for c, output in enumerate(outputs):
                id = output_id(target, name)
                key, state_key = self.key(f"{id}.remember", c), self.key(f"{id}.previous", c)
                row = engine_row(key, FeedbackWrite, inputs={"signal": output}, state_key=state_key, node=target)
                self.add(row)
                self.graph.sinks.append(key)

    def add(self, row: Row) -> Output:
        """Append a row; its first output."""
        row = self.graph.rows[row.key] = known_row(row, self.known)
        self.parts.add_row(row)
        return Output(row.key)

    def mono(self, node: TreeNode, name: str, channels: list[Source]) -> Source:
        """All channels of an input as one, for a node that is not executed once per channel."""
        if len(channels) == 1:
            return channels[0]
        entries = {str(c): source for c, source in enumerate(channels)}
        key = self.key(f"{node.id}.{name}.mono")
        return self.add(engine_row(key, Mono, lists={"signal": entries}, node=node))

    def rows_of(self, node: TreeNode) -> list[Output]:
        """Append the rows of a node; the output of each channel.

        Example: `osc` with a stereo `freq` is two rows `Osc` and `Osc#1`, each reading one channel. `track`, which has
        two outputs itself, is one row `Track` whose outputs 0 and 1 are the channels.
        """
        kind = node.kind
        if node.template:
            return self.pool(node, node.template)
        constants = known_parameters(node)
        arrays = self.common.prepare(node, constants) if kind.arrays else {}
        missing = unwritten(node)
        inputs: dict[str, list[Source]] = {name: [math.nan] for name in missing}
        lists: dict[str, dict[str, list[Source]]] = {}
        in_channels = signature.parameter_names(kind, Channels)
        silent = [name for name in in_channels if name not in node.inputs]
        channel_inputs: dict[str, dict[str, Source]] = {name: {"0": math.nan} for name in silent}
        for name, written in node.inputs.items():
            if isinstance(written, dict):
                lists[name] = {key: self.channels_read(node, entry) for key, entry in written.items()}
            elif name in in_channels:
                channels = self.channels_read(node, written)
                channel_inputs[name] = {str(c): source for c, source in enumerate(channels)}
            else:
                inputs[name] = self.channels_read(node, written)
        single = signature.is_one_row(kind)
        early = BLOCK if node in self.common.loops.early else 0
        rows = 1 if single else width(inputs, lists, arrays)
        wide = len(channel_inputs[kind.channels]) if isinstance(kind.channels, str) else 1
        outs = signature.output_count(kind, wide)
        version = (kind, frozen(node.settings), early, outs, *missing, *(id(arrays[name]) for name in sorted(arrays)))
        widths = {name: len(read) for name, read in channel_inputs.items()}
        needs = needs_of(node, constants, self.common.rate, widths)
        made = []
        for c in range(rows):
            key = self.key(node.id, c)
            row = Row(
                key=key,
                kind=kind,
                settings=node.settings,
                inputs={n: self.mono(node, n, s) if single else s[c % len(s)] for n, s in inputs.items()},
                lists={n: {k: s[c % len(s)] for k, s in e.items()} for n, e in lists.items()} | channel_inputs,
                arrays={name: array[c % len(array)] if array.ndim == 2 else array for name, array in arrays.items()},
                version=version,
                seed=zlib.crc32(f"{self.common.seed} {node.id} {c}".encode()),
                state_key=key,
                node=node,
                memories=tuple(memory_of(node, need, self.key(f"{node.id}:{need.name}", c), c) for need in needs),
                early=early,
                outs=outs,
            )
            made.append(self.add(row))
        outputs = [Output(made[0].key, k) for k in range(signature.channel_count(kind, wide))] if single else made
        for name, named in named_outputs(node, made, outputs, wide):
            self.named[node, name] = named
            self.parts.named.append(((node, name), named))
        route(node, outputs, self.common.routed)
        return outputs

    def pool(self, node: TreeNode, template: Template) -> list[Output]:
        """Append the row of a pool, with the graph of its voices; its outputs."""
        assert template.root
        before = self.known.rows.get(self.key(node.id)) if self.known else None
        known = before.voice if before else None
        imports: dict[str, Source] = {}
        if before and known and before.node and before.node.template is template and self.parts.is_prepared(before):
            voice = voice_in_time(known, template)  # the same template is that of a closed part
        else:
            inner = _Lowering(self.common, node, self, known.graph if known else None)
            graph, imports = inner.run(template.root), inner.imports
            note_values = [[output.key for output in inner.done.get(value, [])] for value in template.given]
            gates = [output.key for held in template.held for output in inner.done.get(held, [])]
            voice = known_voice(VoiceGraph(graph, note_values, gates, shared_memories(graph)), known)
        clock = self.channels_read(node, node.inputs["clock"])[0]  # type: ignore[arg-type]
        row = engine_row(
            self.key(node.id),
            node.kind,
            settings=node.settings,
            inputs={"clock": clock},
            lists={"imports": imports},
            node=node,
        )
        row.voice = voice
        row.seed = zlib.crc32(f"{self.common.seed} {node.id} 0".encode())
        self.add(row)
        return [Output(row.key, c) for c in range(row.outs)]

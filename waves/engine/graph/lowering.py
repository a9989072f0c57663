"""From a tree to rows: one a channel, loops opened, settings made numbers."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from waves.engine.graph.feedback_loops import open_loops, place, reads
from waves.engine.graph.graph import IMPORT, Graph, Output, Prepare, Row, Source, Voice, frozen, inside
from waves.language.tree.tree_node import KnownParameters, Reference, Template, TreeNode, reachable
from waves.node import Channels, Node, Shared, Signal
from waves.node_types.builtin.feedback import FeedbackRead, FeedbackWrite
from waves.node_types.builtin.mixing import Mono, Sum
from waves.node_types.library import signature
from waves.node_types.library.preparation import ring_frames
from waves.problem import Problem, Problems


def lower(
    root: TreeNode, *, channels: int, rate: float, seed: int, prepare: Prepare, stems: Sequence[str] = ()
) -> Graph:
    """The rows of a tree for a device of so many channels, and two channels more for each stem.

    `prepare` gives the arrays of a node, from a cache. A mono piece is heard on both channels of a pair.
    """
    common = _Common(
        rate, seed, prepare, open_loops([*reachable(root), *(reachable(root.transport) if root.transport else ())])
    )
    while True:
        lowering = _Lowering(common)
        graph = lowering.run(root)
        if common.widths == common.found:
            break
        common.widths, common.found = common.found, {}  # a loop turned out wider than its previous block
    graph.outputs = lowering.device(pair(graph.outputs), channels)
    for name in stems:
        graph.outputs += pair(lowering.track(root, name))
    return graph


def pair(channels: Sequence[Source]) -> list[Source]:
    """A mono signal on both sides."""
    return [channels[0], channels[0]] if len(channels) == 1 else list(channels)


def outermost_mix(root: TreeNode) -> TreeNode:
    """The mix whose tracks are the stems."""
    while "signals" not in root.inputs and isinstance(inner := root.inputs.get("signal"), TreeNode):
        root = inner
    return root


def tracks(root: TreeNode) -> list[str]:
    """Names of the tracks of the outermost mix."""
    found = outermost_mix(root).inputs.get("signals")
    return list(found) if isinstance(found, dict) else []


@dataclass(eq=False, slots=True)
class _Common:
    """What the lowerings of a piece and of its voices share. `widths` are channels of delayed targets above one."""

    rate: float
    seed: int
    prepare: Prepare
    delayed: set[tuple[TreeNode, Reference]]
    widths: dict[TreeNode, int] = field(default_factory=dict)
    found: dict[TreeNode, int] = field(default_factory=dict)
    routed: dict[TreeNode, list[Output]] = field(default_factory=dict)  # tracks with outputs of their own


class _Lowering:
    """The rows of a piece, or of one voice inside `parent`."""

    def __init__(self, common: _Common, pool: TreeNode | None = None, parent: _Lowering | None = None):
        self.common, self.parent = common, parent
        self.template = pool.template if pool else None
        self.prefix = pool.id if pool else ""
        self.rate = common.rate
        self.graph = Graph(delayed=sorted((edge for _, edge in common.delayed), key=place))
        self.done: dict[TreeNode, list[Output]] = {}
        self.previous: dict[TreeNode, list[Output]] = {}
        self.imports: dict[str, Source] = {}

    def run(self, root: TreeNode) -> Graph:
        remembered: dict[TreeNode, list[Output]] = {}
        outputs = self.channels_of(root)
        if root.transport:
            self.graph.transport = self.channels_of(root.transport)[0].key
            self.graph.sinks.append(self.graph.transport)
        while len(remembered) < len(self.previous):  # a remembered node may itself read delayed edges
            for target in [t for t in self.previous if t not in remembered]:
                remembered[target] = self.channels_of(target)
        self.remember(remembered)
        self.graph.outputs = list(outputs)
        self.graph.end = outputs[0].key
        return self.graph

    def track(self, root: TreeNode, name: str) -> list[Source]:
        """The channels of a track of the outermost mix; silence when it is gone."""
        mix = outermost_mix(root)
        found = mix.inputs.get("signals")
        return self.source(mix, found[name]) if isinstance(found, dict) and name in found else [0.0]

    def device(self, main: list[Source], channels: int) -> list[Source]:
        """A source for each channel of the device: the piece on the first ones, tracks where they go."""
        if channels == 1 and main[0] != main[1]:
            both = {str(c): source for c, source in enumerate(main)}
            main = [self.add(Row("output.mono", Mono, {}, {}, {"signal": both}, {}, (Mono,), 0, "output.mono"))]
        outputs = [main[c] if c < len(main) else 0.0 for c in range(channels)]
        added: dict[int, list[Source]] = {}
        for node, sources_ in self.common.routed.items():
            first = int(node.settings["out"]) - 1
            if first + len(sources_) > channels:
                sentence = f"there is no output {first + len(sources_)}: the device has {channels}, see --channels"
                raise Problems(Problem(sentence, node.mark, node.path))
            for c, source in enumerate(sources_):
                added.setdefault(first + c, []).append(source)
        for c, further in added.items():
            entries = {str(k): source for k, source in enumerate([outputs[c], *further])}
            key = f"output {c + 1}"
            outputs[c] = self.add(Row(key, Sum, {}, {}, {"signals": entries}, {}, (Sum,), 0, key))
        return outputs

    def key(self, id: str, channel: int = 0) -> str:
        """The key of a row: the node's ID, in a voice from the pool on, and the channel after the first."""
        key = inside(id, self.prefix)
        return f"{key}#{channel}" if channel else key

    def owns(self, node: TreeNode) -> bool:
        return node.voice is self.template

    def channels_of(self, root: TreeNode) -> list[Output]:
        """The outputs of a node; its rows and those of all it needs are made first, without recursion."""
        stack = [root]
        while stack:
            node = stack[-1]
            if node in self.done:
                stack.pop()
                continue
            needed = [t for t in self.needs(node) if t not in self.done]
            if needed:
                stack.extend(reversed(needed))
            else:
                stack.pop()
                self.done[node] = self.rows_of(node)
        return self.done[root]

    def needs(self, node: TreeNode) -> Iterator[TreeNode]:
        for reader, source in reads(node):
            target = source.target if isinstance(source, Reference) else source
            if self.owns(target) and (reader, source) not in self.common.delayed:
                yield target

    def source(self, node: TreeNode, written: float | TreeNode | Reference) -> list[Source]:
        """The channels of an input of a node."""
        if isinstance(written, float | int):
            return [float(written)]
        target = written.target if isinstance(written, Reference) else written
        if not self.owns(target):
            assert self.parent
            return [self.imported(source) for source in self.parent.source(node, written)]
        if target in self.common.routed and isinstance(written, TreeNode):
            return [0.0]  # heard elsewhere
        if (node, written) in self.common.delayed:
            return list(self.before(target))
        return list(self.done[target])

    def imported(self, source: Source) -> Source:
        """A source outside the voice under the name by which its rows know it."""
        if not isinstance(source, Output):
            return source
        name = f"{IMPORT}{source.key}.{source.index}"
        self.imports[name] = source
        return Output(name)

    def before(self, target: TreeNode) -> list[Output]:
        """The previous block of a node."""
        if target not in self.previous:
            keys = [self.key(f"{target.id}.previous", c) for c in range(self.common.widths.get(target, 1))]
            self.previous[target] = [self.add(_link(key, FeedbackRead, {}, key, target)) for key in keys]
        return self.previous[target]

    def remember(self, targets: dict[TreeNode, list[Output]]) -> None:
        for target, outputs in targets.items():
            if len(outputs) > 1:
                self.common.found[target] = len(outputs)
            for c, output in enumerate(outputs):
                key, state = self.key(f"{target.id}.remember", c), self.key(f"{target.id}.previous", c)
                self.add(_link(key, FeedbackWrite, {"signal": output}, state, target))
                self.graph.sinks.append(key)

    def add(self, row: Row) -> Output:
        self.graph.rows[row.key] = row
        return Output(row.key)

    def mono(self, node: TreeNode, name: str, channels: list[Source]) -> Source:
        """One channel of an input that a node cannot have once a channel."""
        if len(channels) == 1:
            return channels[0]
        key = self.key(f"{node.id}.{name}.mono")
        entries = {str(c): source for c, source in enumerate(channels)}
        return self.add(Row(key, Mono, {}, {}, {"signal": entries}, {}, (Mono,), 0, key, node))

    def rows_of(self, node: TreeNode) -> list[Output]:
        kind = node.kind
        if node.template:
            return self.pool(node, node.template)
        constants = KnownParameters(node)
        arrays = self.common.prepare(node, constants) if kind.arrays else {}
        try:
            ring = ring_frames(kind, constants, self.rate)
        except ValueError as error:
            raise Problems(Problem(str(error), node.mark, node.path)) from None
        shared = next((str(node.settings[name]) for name in signature.parameters(kind, Shared)), "")
        missing = unwritten(node)
        inputs: dict[str, list[Source]] = {name: [math.nan] for name in missing}
        lists: dict[str, dict[str, list[Source]]] = {}
        together: dict[str, dict[str, Source]] = {}
        for name, written in node.inputs.items():
            if isinstance(written, dict):
                lists[name] = {key: self.source(node, one) for key, one in written.items()}
            elif signature.annotation(kind, name) is Channels:
                together[name] = {str(c): one for c, one in enumerate(self.source(node, written))}
            else:
                inputs[name] = self.source(node, written)
        alone = len(kind.outputs) > 1 or bool(together) or bool(signature.parameters(kind, Channels))
        count = 1
        if not alone:
            widths = [len(s) for s in inputs.values()] + [len(s) for e in lists.values() for s in e.values()]
            count = max([1, *widths, *(a.shape[0] for a in arrays.values() if a.ndim == 2)])
        made = []
        settings = frozen(node.settings)
        for c in range(count):
            key = self.key(node.id, c)
            own = {name: array[c % array.shape[0]] if array.ndim == 2 else array for name, array in arrays.items()}
            row = Row(
                key=key,
                kind=kind,
                settings=node.settings,
                inputs={n: self.mono(node, n, s) if alone else s[c % len(s)] for n, s in inputs.items()},
                lists={n: {k: s[c % len(s)] for k, s in e.items()} for n, e in lists.items()} | together,
                arrays=own,
                version=(kind, settings, *missing, *(id(arrays[name]) for name in sorted(arrays))),
                seed=zlib.crc32(f"{self.common.seed} {node.id} {c}".encode()),
                state=key,
                node=node,
                memory=((f"shared:{shared}#{c}" if c else f"shared:{shared}") if shared else key) if ring else "",
                ring=ring,
            )
            made.append(self.add(row))
        outputs = [Output(made[0].key, k) for k in range(len(kind.outputs))] if alone else made
        if node.settings.get("out"):
            if node.voice:
                raise Problems(
                    Problem("a voice has no outputs of its own: give 'out' to the track around", node.mark, node.path)
                )
            self.common.routed[node] = outputs
        return outputs

    def pool(self, node: TreeNode, template: Template) -> list[Output]:
        """The row of a pool; its voices are one graph of their own."""
        assert template.root
        inner = _Lowering(self.common, node, self)
        graph = inner.run(template.root)
        given = [[output.key for output in inner.done.get(one, [])] for one in template.given]
        gates = [output.key for output in inner.done.get(template.gate, [])] if template.gate else []
        clock = self.source(node, node.inputs["clock"])[0]  # type: ignore[arg-type]
        row = Row(
            key=self.key(node.id),
            kind=node.kind,
            settings=node.settings,
            inputs={"clock": clock},
            lists={"imports": inner.imports},
            arrays={},
            version=(node.kind,),
            seed=0,
            state=self.key(node.id),
            node=node,
            voice=Voice(graph, given, gates),
        )
        self.add(row)
        return [Output(row.key, c) for c in range(len(node.kind.outputs))]


def _link(key: str, kind: type[Node], inputs: dict[str, Source], state: str, node: TreeNode) -> Row:
    return Row(key, kind, {}, inputs, {}, {}, (kind,), 0, state, node)


def unwritten(node: TreeNode) -> list[str]:
    """Signals without a default that are not given: the kernel finds NaN there."""
    return [name for name in signature.parameters(node.kind, Signal) if name not in node.inputs]

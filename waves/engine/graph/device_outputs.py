"""Sources of the channels of the device: the piece on the first two, tracks on those that their `out` says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from waves.engine.graph.graph import Output, Row, Source, engine_row
from waves.language.tree.tree_node import TreeNode
from waves.node_types.builtin.crossfade import SlowFade
from waves.node_types.builtin.mixing import Gain, Mono, Muted, Sum
from waves.problem import Problems

LEVEL_TYPES = (Gain, Muted, SlowFade)
"""Types of the nodes inside of which a part of a mix may be."""


def device_outputs(
    main: list[Source], channels: int, routed: Mapping[TreeNode, Sequence[Source]], add: Callable[[Row], Output]
) -> list[Source]:
    """A source for each channel of the device.

    `main` are the two channels of the piece, `routed` those of tracks with outputs of their own; `add` appends a row.
    Raises Problems for an output that the device does not have.
    """
    if channels == 1 and main[0] != main[1]:
        both = {str(c): source for c, source in enumerate(main)}
        main = [add(engine_row("output.mono", Mono, lists={"signal": both}))]
    outputs = [main[c] if c < len(main) else 0.0 for c in range(channels)]
    added: dict[int, list[Source]] = {}
    for node, sources in routed.items():
        track = _with_outputs(node)
        first = int(track.settings["out"]) - 1
        if first + len(sources) > channels:
            sentence = f"there is no output {first + len(sources)}: the device has {channels}, see --channels"
            raise Problems(track.problem_at("out", sentence))
        for c, source in enumerate(sources):
            added.setdefault(first + c, []).append(source)
    for c, further in added.items():
        entries = {str(k): source for k, source in enumerate([outputs[c], *further])}
        outputs[c] = add(engine_row(f"output {c + 1}", Sum, lists={"signals": entries}))
    return outputs


def route(node: TreeNode, outputs: list[Output], routed: dict[TreeNode, list[Output]]) -> None:
    """Note the outputs of a track with outputs of its own among those that are `routed`, and of what is around it."""
    if node.settings.get("out"):
        if node.voice:
            sentence = "a voice has no outputs of its own: give 'out' to the track around"
            raise Problems(node.problem_at("out", sentence))
        routed[node] = outputs
    elif node.kind in LEVEL_TYPES and (inner := node.inputs["signal"]) in routed:
        assert isinstance(inner, TreeNode)
        del routed[inner]  # it stands between the track and its outputs
        routed[node] = outputs


def _with_outputs(node: TreeNode) -> TreeNode:
    """The track with an `out`, which may stand inside nodes that set its level."""
    while "out" not in node.settings:
        inner = node.inputs["signal"]
        assert isinstance(inner, TreeNode)
        node = inner
    return node

"""Channels of pools: those of their voices."""

from __future__ import annotations

import pytest

from tests.harness.sequences import pools, tree
from waves.language.tree.channel_width import widen
from waves.node_types.builtin.voices import Pool, StereoPool


def test_a_sound_with_two_channels_has_a_pool_with_two():
    inner = "{sequencer: {interval: 1, steps: [{track: {signal: kick}}]}}"
    steps = f"[{{track: {{pan: 1, signal: {{osc: {{}}}}}}}}, {{osc: {{}}}}, {inner}]"
    kinds = {name: pool.kind for name, pool in pools(tree(steps)).items()}
    assert kinds == {"track": StereoPool, "osc": Pool, "sequencer": StereoPool}


def test_a_stereo_sample_is_known_later():
    root = tree("[{filter: {cutoff: 3, signal: {sample: {file: x.wav}}}}]")
    (pool,) = pools(root).values()
    assert pool.kind is Pool
    widen(root, lambda node: 2 if "file" in node.settings else 1)
    assert pool.kind is StereoPool


@pytest.mark.long
def test_a_voice_that_reads_a_long_chain_of_references():
    links = "".join(f"    x{k}: {{smooth: {{id: t{k}, time: 0.01, signal: $t{k + 1}}}}}\n" for k in range(1500))
    beat = "    beat: {sequencer: {interval: 1, steps: [{smooth: {time: 1, signal: {reference: {ref: t0}}}}]}}\n"
    text = "beat:\n  mix:\n" + links + beat
    for last, kind in (("{osc: {id: t1500}}", Pool), ("{track: {id: t1500, signal: {osc: {}}}}", StereoPool)):
        (pool,) = pools(tree("", text=f"{text}    last: {last}\n")).values()
        assert pool.kind is kind

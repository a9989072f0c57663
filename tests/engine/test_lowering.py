"""Lowering: stems and device outputs of a graph."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.harness.session_harness import RATE, Player, compose, composer_for, save
from tests.harness.small_nodes import TYPES, build_sounds
from waves.audio.sound_files import stem_paths
from waves.engine.graph.lowering import lower
from waves.engine.plan.plan import build_plan
from waves.engine.runtime.engine import Engine
from waves.engine.state.state_registry import Registry
from waves.language.text.document import read_document
from waves.node import Channels, Node, param
from waves.problem import Problems


def test_stems_add_up_to_the_unlimited_mix(tmp_path):
    text = (
        "n: {osc: {freq: f, amp: 0.9, duration: 0.1}}\n"
        "a: {mix: {x: {sequencer: {interval: 0.07, steps: [n c3, n e3]}}, 'b/..c': {track: {pan: 0.4, signal: "
        "{osc: {freq: 300}}}}, z: {osc: {type: noise, amp: 0.1}}}}\n"
    )
    save(tmp_path, text)
    composer = composer_for(tmp_path)
    composer.stems = composer.tracks([("a", {})])
    assert composer.stems == ["x", "b/..c", "z"]
    composition = compose(composer, "a")
    engine = Engine(RATE, 2, False, 6)
    engine.offer(build_plan(composition.graph, None, Registry(), engine.addresses, 0))
    out = engine.render(RATE)
    main, stems = out[:, :2], out[:, 2:].reshape(-1, 3, 2)
    assert np.abs(main).max() > 1.0 and np.abs(main - stems.sum(axis=1)).max() < 1e-12
    names = [path.name for path in stem_paths(Path("x.wav"), [*composer.stems, "b c"])]
    assert names == ["x__x.wav", "x__b_..c.wav", "x__z.wav", "x__b_c.wav"]


class Keyed(Node):
    signal: Channels = param(description="What sounds.")
    key: Channels = param(None, description="What controls it, if anything does.")

    @staticmethod
    def render(out, signal, key):
        for i in range(out.size):
            out[i] = signal[0][i] if key[0][i] != key[0][i] else key[0][i]


def test_channels_without_a_default_that_are_not_written_are_nan():
    root, _ = build_sounds(["a"], TYPES | {"keyed": Keyed}, [read_document("a: {keyed: {signal: 0.5}}", "waves.yaml")])
    graph = lower(root, channels=2, rate=RATE, seed=0, prepare=lambda node, known: {})
    [row] = [row for row in graph.rows.values() if row.kind is Keyed]
    assert row.lists["signal"] == {"0": 0.5}
    assert [*row.lists["key"]] == ["0"] and np.isnan(row.lists["key"]["0"])


def test_a_track_with_an_output_of_its_own(tmp_path):
    text = "a: {mix: {x: {track: {out: 3, signal: {osc: {freq: 300}}}}, y: {osc: {freq: 100, amp: 0.5}}}}"
    save(tmp_path, text)
    four = Player(compose(composer_for(tmp_path, CHANNELS=4), "a").graph, channels=4).play(4410)
    frames = np.arange(4410)
    assert np.allclose(four[:, 0], 0.5 * np.sin(2 * np.pi * 100 * frames / RATE), atol=1e-6)
    assert np.allclose(four[:, 3], np.sin(2 * np.pi * 300 * frames / RATE), atol=1e-6)
    with pytest.raises(Problems, match="there is no output 4: the device has 2, see --channels"):
        compose(composer_for(tmp_path), "a")

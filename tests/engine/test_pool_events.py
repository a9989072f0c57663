"""Note events: sequences in the sounds of sequences, many voices, long lists, sequences that are renamed and moved."""

from __future__ import annotations

import numpy as np
import pytest

from tests.harness.session_harness import RATE, Player, compose, composer_for, save
from waves.problem import Problems

CLICK = "k: {osc: {type: cos, freq: 0, duration: 0.001}}\n"


def onsets(sound):
    sounding = np.abs(sound[:, 0]) > 1e-6
    return np.flatnonzero(sounding & ~np.concatenate([[False], sounding[:-1]]))


def graph(folder, text, sound="a"):
    save(folder, text)
    return compose(composer_for(folder), sound).graph


@pytest.mark.parametrize("block", [1, 63, 64, 65, 256, 1024, 4096])
def test_live_is_offline_to_the_bit_whatever_the_block(tmp_path, block):
    text = (
        "hat: {osc: {type: noise, amp: 0.2 * v, duration: 0.05, release: 0.04}}\n"
        "bass: {osc: {type: saw, freq: f, amp: {envelope: {attack: 0.01, release: 0.1, gate: gate}}}}\n"
        "a: {tempo: {bpm: 120 + 20 * sin(t), signal: {mix: {\n"
        "  b: {sequencer: {interval: sixteenth, swing: 0.2, steps: [hat, hat v.5, 'hat v.2, bass c2', null]}},\n"
        "  c: {sequencer: {interval: beat / 3, steps: [bass e3, null, bass g3 v.5]}}}}}}\n"
    )
    live = Player(graph(tmp_path, text)).play(40_000, block)
    offline = Player(graph(tmp_path, text)).engine.render(40_000).astype(np.float32)
    assert np.abs(live).max() > 0.3 and np.array_equal(live, offline)


@pytest.mark.parametrize("change", ["renamed", "wrapped"])
@pytest.mark.parametrize("bpm", ["133.7", "120 + 30 * sin(t)"])
def test_a_sequence_that_moves_keeps_every_onset(tmp_path, change, bpm):
    """A hundred times from one place to the other: the onsets of an uninterrupted play."""
    sequence = "{sequencer: {interval: sixteenth, swing: 0.4, steps: [k, k, null, k]}}"
    other = {
        "renamed": f"drums: {sequence}",
        "wrapped": f"s: {{track: {{volume: 1, signal: {sequence}}}}}",
    }[change]

    def piece(inside):
        return graph(tmp_path, f"{CLICK}a: {{tempo: {{bpm: {bpm}, signal: {{mix: {{{inside}}}}}}}}}")

    places = [piece(f"s: {sequence}"), piece(other)]
    exact = onsets(Player(places[0]).play(600_000))
    random = np.random.default_rng(5)
    player, at, sounding = Player(places[0]), 0, []
    for k in range(100):
        length = int(random.integers(2000, 9000))
        sounding += [int(frame) + at for frame in onsets(player.play(length))]
        at += length
        player.offer(places[(k + 1) % 2])
    exact = exact[exact < at]
    cut = set(exact.tolist()) ^ set(sounding)
    # a click that a play's end cuts in two is counted at the start of the next one
    assert len(cut) <= 8 and all(np.abs(exact - frame).min() < 64 for frame in cut)


def test_sequences_inside_the_sounds_of_sequences_three_deep(tmp_path):
    text = (
        f"{CLICK}one: {{sequencer: {{interval: 0.01, repeat: 1, steps: [k, k, k]}}}}\n"
        "two: {sequencer: {interval: 0.05, repeat: 1, steps: [one, null, one]}}\n"
        "a: {sequencer: {interval: 0.3, steps: [two, two]}}\n"
    )
    sound = Player(graph(tmp_path, text)).play(RATE)
    exact = [(0.3 * a + 0.05 * b + 0.01 * c) * RATE for a in range(4) for b in (0, 2) for c in range(3)]
    frames = [int(np.ceil(frame - 1e-6)) for frame in exact]
    assert onsets(sound).tolist() == [frame for frame in frames if frame < RATE]


def test_ten_thousand_steps(tmp_path):
    steps = ", ".join("k" if k % 3 == 0 else "null" for k in range(10_000))
    sound = Player(graph(tmp_path, f"{CLICK}a: {{sequencer: {{interval: 0.002, steps: [{steps}]}}}}")).play(RATE)
    exact = np.ceil(np.arange(0, 500, 3) * 0.002 * RATE - 1e-6)
    assert np.array_equal(onsets(sound), exact[exact < RATE])


def test_256_voices_at_once(tmp_path):
    text = (
        "n: {osc: {freq: 100, amp: 0.001, duration: 2}}\na: {sequencer: {interval: 0.004, voices: 256, steps: [n]}}\n"
    )
    player = Player(graph(tmp_path, text))
    player.play(round(1.03 * RATE))
    record = next(record for key, record in player.registry.states.items() if "Pool" in key)
    assert 256 <= record.values["control"]["active"][0] <= 257
    assert not player.engine.faults
    player.play(RATE)
    assert record.values["control"]["active"][0] <= 256 + 64


def test_64_triggers_in_one_block_are_64_notes(tmp_path):
    text = (
        "n: {osc: {type: cos, freq: 0, amp: 0.01, duration: 1}}\n"
        "a: {sequencer: {trigger: {osc: {type: sqr, freq: 22050, naive: true}}, voices: 64, repeat: 32, steps: [n]}}\n"
    )
    sound = Player(graph(tmp_path, text)).play(256)[:, 0]
    assert np.allclose(sound[:64], 0.01 * (np.arange(64) // 2 + 1), atol=1e-6)


def test_a_pool_above_256_mb_is_refused_with_what_to_do(tmp_path):
    text = "n: {delay: {time: 20, signal: {osc: {}}}}\na: {sequencer: {interval: 1, voices: 200, steps: [n]}}\n"
    with pytest.raises(Problems, match="give fewer 'voices'"):
        Player(graph(tmp_path, text))

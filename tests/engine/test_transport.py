"""One transport: its names, which tempo a clock follows, and events that sound on their frame."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.harness.session_harness import Player, compose, composer_for, save, shipped
from tests.harness.small_nodes import build_sounds, nodes, single
from waves.engine.graph.graph import Graph
from waves.language.text.document import read_document
from waves.language.tree.tree_node import TreeNode
from waves.node_types.builtin.expression import Expression
from waves.node_types.builtin.step_clock import StepClock
from waves.node_types.builtin.step_values import StepRandom, StepValues
from waves.node_types.builtin.transport import BeatNumber, BeatTick, KeepAlive, Transport
from waves.problem import Problem, Problems

CLICK = "k: {osc: {type: cos, freq: 0, duration: 0.001}}\n"


def tree(text: str, bpm: float = 120.0) -> TreeNode:
    root, warnings = build_sounds(["a"], shipped(), [read_document(text, "w.yaml")], bpm=bpm)
    assert warnings == []
    return root


def found(text: str) -> list[Problem]:
    try:
        _, problems = build_sounds(["a"], shipped(), [read_document(text, "w.yaml")])
    except Problems as error:
        problems = error.problems
    return problems


def of_kind(root: TreeNode, *kinds: type) -> list[TreeNode]:
    return [node for node in nodes(root).values() if node.kind in kinds]


def only(root: TreeNode, kind: type) -> TreeNode:
    (node,) = of_kind(root, kind)
    return node


# Names


def test_lengths_are_constant_without_a_tempo():
    lengths = {"beat": 0.5, "bar": 2.0, "eighth": 0.25, "sixteenth": 0.125, "triplet": 1 / 6}
    for name, seconds in lengths.items():
        freq = single(tree(f"a: {{osc: {{freq: 1 / {name}}}}}")).inputs["freq"]
        assert isinstance(freq, float) and freq == pytest.approx(1 / seconds)


def test_a_tempo_names_its_own_lengths_and_they_are_folded():
    inside = "{osc: {freq: beat + 10 * bar + 100 * bpm}}"
    text = f"a: {{mix: {{x: {{tempo: {{bpm: 60, signal: {inside}}}}}, y: {inside}}}}}"
    signals = tree(text).inputs["signals"]
    assert isinstance(signals, dict)
    x, y = signals["x"], signals["y"]
    assert isinstance(x, TreeNode) and isinstance(y, TreeNode)
    assert x.inputs["freq"] == pytest.approx(1 + 40 + 6000)
    assert y.inputs["freq"] == pytest.approx(0.5 + 20 + 12_000)


@pytest.mark.parametrize(
    ("metre", "lengths"),
    [
        ("4/4", {"bar": 4, "eighth": 0.5, "sixteenth": 0.25}),
        ("3/4", {"bar": 3, "eighth": 0.5, "sixteenth": 0.25}),
        ("7/8", {"bar": 7, "eighth": 1, "sixteenth": 0.5}),
        ("5/2", {"bar": 5, "eighth": 0.25, "sixteenth": 0.125}),
    ],
)
def test_any_metre(metre, lengths):
    for name, beats in (lengths | {"beat": 1, "triplet": 1 / 3}).items():
        text = f"a: {{tempo: {{metre: {metre}, bpm: 60, signal: {{osc: {{freq: {name}}}}}}}}}"
        assert single(tree(text)).inputs["freq"] == pytest.approx(beats)


def test_ticks_and_numbers_are_nodes_of_the_one_transport():
    y = "{osc: {freq: beats + bar_number}}"
    root = tree(f"a: {{mix: {{x: {{osc: {{freq: bar_number, amp: sixteen_bar_tick}}}}, y: {y}}}}}")
    transport = only(root, Transport)
    assert transport.inputs == {"bpm": 120.0} and transport.id == "transport.Transport"
    assert only(root, BeatNumber).settings == {"every": 4.0}
    assert only(root, BeatTick).settings == {"every": 64.0}
    assert only(root, BeatNumber).inputs["beats"] is transport


def test_every_name_is_there():
    names = [f"{word}_number" for word in ("bar", "beat", "eighth", "sixteenth", "triplet")]
    ticks = ("bar", "beat", "eighth", "sixteenth", "triplet")
    ticks += ("two_bar", "four_bar", "eight_bar", "sixteen_bar")
    names += [f"{word}_tick" for word in ticks]
    for around in ("{}", "{{tempo: {{signal: {}}}}}", "{{tempo: {{metre: [4/4, 7/8], signal: {}}}}}"):
        sound = "{osc: {freq: " + " + ".join(names) + "}}"
        assert len(of_kind(tree(f"a: {around.format(sound)}"), BeatTick, BeatNumber)) == len(names)


def test_a_var_cannot_move():
    (problem,) = found("vars: {x: bar_tick * 2}\na: {osc: {freq: x}}")
    assert problem.sentence == "a var is a constant, 'bar_tick' moves"


def test_a_moving_length_is_an_expression():
    root = tree("a: {tempo: {bpm: 120 + t, signal: {osc: {freq: beat, duration: bar * 2}}}}")
    osc = next(node for node in nodes(root).values() if node.id.endswith("Osc"))
    assert isinstance(osc.inputs["freq"], TreeNode) and osc.inputs["freq"].kind is Expression
    keep = only(root, KeepAlive)
    assert keep.inputs["beats"] is only(root, Transport)


# Which tempo


def test_the_outermost_tempo_is_the_transport_and_the_inner_one_gives_names():
    inner = "{tempo: {bpm: 90, signal: {sequencer: {interval: beat, steps: [k]}}}}"
    root = tree(f"{CLICK}a: {{tempo: {{bpm: 60, signal: {inner}}}}}")
    clock = only(root, StepClock)
    assert clock.inputs["interval"] == pytest.approx(60 / 90)
    assert (clock.inputs["beat"], only(root, Transport).inputs["bpm"]) == (1.0, 60.0)
    assert clock.inputs["beats"] is only(root, Transport)


def test_a_moving_length_begins_with_the_bar_unless_it_moves_with_the_tempo():
    def beginning(interval: str, bpm: str = "120", more: str = "") -> str:
        sequence = f"{{sequencer: {{interval: {interval}, {more}steps: [k]}}}}"
        root = tree(f"{CLICK}a: {{tempo: {{bpm: {bpm}, signal: {sequence}}}}}")
        return str(only(root, StepClock).settings["begin"])

    assert beginning("beat / 3") == beginning("0.3") == beginning("beat / 3", "120 + sin(t)") == "grid"
    assert beginning("0.1 + 0.01 * sin(t)") == beginning("{osc: {range: [1, 2]}}") == "bar"
    assert beginning("rand(2)") == "bar"
    assert beginning("0.3", more="sync: start, ") == "now"


def test_a_metre_that_does_not_exist():
    (problem,) = found("a: {tempo: {metre: 4/3, signal: {osc: {}}}}")
    assert (
        str(problem) == "w.yaml:1:20: a.tempo.metre: expected a metre like 4/4 or 6/8, got '4/3'; did you mean '4/4'?"
    )


def test_a_foreign_clock_is_a_warning():
    (problem,) = found("a: {tempo: {source: external, signal: {osc: {}}}}")
    assert (problem.level, problem.sentence) == (
        "warning",
        "MIDI clock is not supported: 'bpm' gives the tempo",
    )


# Automation


def test_random_values_are_drawn_at_their_step():
    steps = "[rand(1), null, 3 + rand() * rand()]"
    root = tree(f"a: {{osc: {{freq: {{automation: {{steps: {steps}}}}}}}}}")
    draws = of_kind(root, StepRandom)
    sites = sorted((draw.settings["at"], draw.settings["site"]) for draw in draws)
    assert sites == [(0, 0), (2, 0), (2, 1)]
    ramp = tree("a: {osc: {freq: {automation: {mode: ramp, steps: [rand(1), null, rand(2)]}}}}")
    assert sorted(draw.settings["at"] for draw in of_kind(ramp, StepRandom)) == [0, 2]
    assert only(root, StepValues).settings["order"] == (0, -1, 1)


# Sound


def onsets(sound: np.ndarray[Any, Any]) -> list[int]:
    """Frames at which something begins after silence."""
    sounding = np.abs(sound[:, 0]) > 1e-9
    return [int(k) for k in np.flatnonzero(sounding & ~np.concatenate([[False], sounding[:-1]]))]


def play(folder: Path, text: str, frames: int, block: int = 256, **settings: Any) -> np.ndarray[Any, Any]:
    save(folder, text)
    return Player(compose(composer_for(folder, **settings), "a").graph).play(frames, block)


def test_a_sequence_sounds_on_its_frames(tmp_path):
    text = f"{CLICK}a: {{sequencer: {{interval: sixteenth, swing: 0.3, steps: [k, k, null]}}}}"
    sound = play(tmp_path, text, 3 * 44100, BPM=127.3)
    length = 15 / 127.3 * 44100
    exact = [math.ceil((k - 0.15 * (k % 2)) * length) for k in range(30) if k % 3 != 2]
    assert onsets(sound) == [frame for frame in exact if frame < 3 * 44100]
    np.testing.assert_array_equal(play(tmp_path, text, 3 * 44100, 63, BPM=127.3), sound)


def test_a_note_gives_its_values_to_its_voice_only(tmp_path):
    text = "k: {osc: {type: cos, freq: 0, amp: 0.1 * v, duration: 0.01}}\n"
    text += "a: {sequencer: {interval: 0.005, steps: [k v1, k v4]}}"
    sound = play(tmp_path, text, 1000)[:, 0]
    np.testing.assert_allclose(sound[10:210], 0.1)
    np.testing.assert_allclose(sound[230:430], 0.5)


def test_ramps_and_ticks_sound(tmp_path):
    ramp = "{automation: {mode: ramp, interval: 0.5, repeat: 1, steps: [0, 0.5]}}"
    sound = play(tmp_path, f"a: {{mix: {{x: {ramp}, y: 0.25 * beat_tick}}}}", 44100)[:, 0]
    line = np.minimum(np.arange(44100) / 22050, 1.0) * 0.5
    line[[0, 22050]] += 0.25
    np.testing.assert_allclose(sound, line, atol=1e-8)


def test_a_chain_waits_for_the_sounds(tmp_path):
    steps = "[{osc: {type: cos, freq: 0, duration: 0.1}}, k, {osc: {type: cos, freq: 0, duration: 0.2}}]"
    sound = play(tmp_path, f"{CLICK}a: {{sequencer: {{repeat: 1, chain: {steps}}}}}", 44100)
    first, second, third = onsets(sound)
    assert first == 0 and 0 <= second - 4410 <= 128 and 0 <= third - second - 44 <= 128
    assert int(np.flatnonzero(sound[:, 0])[-1]) == third + 8820 - 1


@pytest.mark.parametrize("bpm", ["127.3", "120 + 40 * sin(t * 2)"])
def test_a_sequence_that_is_removed_and_returns_is_in_time(tmp_path, bpm):
    """Five hundred times each: nothing that an uninterrupted play has not, and all of it after the fade."""

    def graph(tracks: str) -> Graph:
        save(tmp_path, f"{CLICK}a: {{tempo: {{bpm: {bpm}, signal: {{mix: {{{tracks}}}}}}}}}")
        return compose(composer_for(tmp_path), "a").graph

    full = graph("s: {sequencer: {interval: sixteenth, swing: 0.3, steps: [k, null, k]}}, z: {osc: {amp: 0}}")
    without = graph("z: {osc: {amp: 0}}")
    random = np.random.default_rng(3)
    pauses = random.integers(1000, 3000, 500)
    plays = random.integers(3000, 9000, 500)
    exact = np.array(onsets(Player(full).play(1000 + int(pauses.sum() + plays.sum()))))
    player, at = Player(full), 1000
    player.play(at)
    for pause, length in zip(pauses, plays, strict=True):
        player.offer(without)
        player.play(int(pause))
        back = at + int(pause)
        player.offer(full)
        at = back + int(length)
        sounding = np.array(onsets(player.play(int(length)))) + back
        assert np.isin(sounding, exact).all()
        assert np.isin(exact[(exact > back + 1000) & (exact < at)], sounding).all()


@pytest.mark.parametrize(
    ("edited", "steps"),
    [
        ("steps: [k, null, k, k]", [2, 3, 4, 6, 7, 8]),
        ("repeat: 2, steps: [k, null, k, 'k v.5']", [2, 3, 4, 6, 7]),
        ("steps: [k, [k, {osc: {type: cos, freq: 0, amp: 0}}], k]", [2, 3, 4, 5, 6, 7, 8]),
        ("swing: 0.5, steps: [k, null, k]", [2, 2.75, 4.75, 6, 8, 8.75]),
    ],
)
def test_an_edit_of_the_steps_keeps_the_time(tmp_path, edited, steps):
    def text(inside: str) -> str:
        return f"{CLICK}a: {{sequencer: {{interval: 0.1, {inside}}}}}"

    save(tmp_path, text("steps: [k, null, k]"))
    composer = composer_for(tmp_path)
    player = Player(compose(composer, "a").graph)
    player.play(5000)
    save(tmp_path, text(edited))
    player.offer(compose(composer, "a").graph)
    found = [5000 + frame for frame in onsets(player.play(34_000))]
    assert found == [math.ceil(4410 * step) for step in steps]

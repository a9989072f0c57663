"""Outputs by name, and nodes that are as wide as an input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.harness.engine_harness import RATE, Reference, Rig, mix, node
from tests.harness.session_harness import Player, compose, composer_for, save
from waves.node_types.library.library import load_library
from waves.problem import Problems

LIBRARIES = (Path(__file__).parents[2] / "nodes", Path(__file__).parents[1] / "example_nodes")
FADE = 882


def composition(folder: Path, text: str) -> Any:
    save(folder, text)
    return compose(composer_for(folder, dict(load_library(*LIBRARIES))))


def tone(id: str = "t", freq: float = 220.0, amp: float = 0.5) -> Any:
    return node(id, "osc", freq=freq, amp=amp)


def stereo() -> Any:
    return node("both", "split", a=tone("l", 220.0, 0.4), b=tone("r", 330.0, 0.2))


# ---- outputs by name


def test_a_mono_input_goes_to_two_named_channels():
    """With the same power wherever it is; the mean of a stereo input."""
    out = Rig(mix(a=node("o", "orbit", signal=node("s", "split", a=0.75, b=0.25), speed=2.0))).play(RATE)
    assert np.allclose(np.hypot(*out.T), 0.75, atol=1e-6)
    assert np.allclose(out[0], 0.75 * np.sqrt(0.5)) and np.allclose(out.min(axis=0), 0.0, atol=1e-3)


def test_an_output_is_read_by_its_name():
    sides = node("sides", "sides", signal=stereo())
    found = {}
    for name in ("", "middle", "side"):
        found[name] = Rig(mix(a=Reference(sides, None, name), b=0.0)).play(2000)[:, 0]
    left, right = (Rig(tone(*given)).play(2000)[:, 0] for given in (("l", 220.0, 0.4), ("r", 330.0, 0.2)))
    total, difference = left + right, left - right
    np.testing.assert_allclose(found["middle"], 0.5 * (total + difference), atol=1e-6)
    np.testing.assert_allclose(found["side"], 0.5 * (total - difference), atol=1e-6)
    assert np.array_equal(found[""], found["middle"]), "the first output is the signal of the node"


PIECE = """\
my_sound:
  mix:
    heard: {{osc: {{freq: 220, amp: {read}}}}}
    taken: {{sides: {{id: taken, signal: {{track: {{pan: 0.5, signal: {{osc: {{freq: 3, amp: 0.2}}}}}}}}}}}}
"""


@pytest.mark.parametrize(
    ("read", "problem"),
    [
        ("$taken.side", ""),
        ("0.5 + 2 * $taken.middle", ""),
        ("{reference: {ref: taken, output: side}}", ""),
        (
            "$taken.sude",
            "waves.yaml:3:35: my_sound.mix.heard.osc.amp: 'taken' has no output 'sude'; there are middle, side; "
            "did you mean 'side'?",
        ),
        ("{reference: {ref: taken, output: left}}", "'taken' has no output 'left'; there are middle, side"),
        ("$tken.side", "no node has the id 'tken'"),
        ("taken.side", "a '.' stands in numbers only"),
        ("$taken.side.more", "a '.' stands in numbers only"),
    ],
)
def test_what_a_piece_reads_of_it(tmp_path, read, problem):
    text = PIECE.format(read=read)
    if not problem:
        assert np.abs(Player(composition(tmp_path, text).graph).play(4000)).max() > 0.01
        return
    with pytest.raises(Problems) as caught:
        composition(tmp_path, text)
    assert problem in str(caught.value)


def test_a_channel_is_read_by_its_name(tmp_path):
    text = "my_sound: {mix: {wide: {track: {id: wide, pan: 0.5, signal: {osc: {freq: 220}}}}, less: %s}}"
    taken = ("0", "-1 * $wide.left", "-1 * $wide.right")
    both, left, right = (Player(composition(tmp_path, text % read).graph).play(4000) for read in taken)
    assert not np.abs(left[:, 0]).max() > 1e-6 and not np.abs(right[:, 1]).max() > 1e-6
    assert np.abs(left[:, 1]).max() > 0.1 and np.abs(both[:, 0]).max() > 0.1
    with pytest.raises(Problems, match="'wide' has no output 'lefd'; there are left, right; did you mean 'left'"):
        composition(tmp_path, text % "$wide.lefd")


AROUND = ("gain: -20", "mute: true", "duration: 9", "send: {room: 0.5}", "solo: true", "monitor: true", "gain: $lfo")
INNER = "{sides: {id: s, signal: {track: {pan: 0.5, signal: {osc: {freq: 3}}}}%s}}"
IN_MIX = f"my_sound: {{mix: {{read: {{osc: {{amp: $s.side}}}}, s: {INNER}, room: {{osc: {{id: lfo, freq: 1}}}}}}}}"
IN_NODE = f"my_sound: {{mix: {{read: {{osc: {{amp: $s.side}}}}, s: {{filter: {{cutoff: 100, signal: {INNER}}}}}}}}}"


@pytest.mark.parametrize("around", AROUND)
def test_what_stands_around_a_node_passes_its_outputs_on(tmp_path, around):
    """An output with a name is that of the node itself; in a mix, and in a node, where `mute` is around it too."""
    for text in (IN_MIX, IN_NODE)[: 1 if "lfo" in around else 2]:
        rows = [composition(tmp_path, text % written).graph.rows for written in ("", f", {around}")]
        found = [one["my_sound.root.Mix.read.Osc"].inputs["amp"] for one in rows]
        assert found[0] == found[1] and found[0].index == 1, "the second output of the node"


def test_a_channel_is_that_of_what_is_heard(tmp_path):
    text = "my_sound: {mix: {wide: {track: {id: wide, pan: 0.5, signal: {osc: {freq: 220}}%s}}, less: %s}}"
    for around in (", gain: -6", ", gain: 3 * $wide.left", ", duration: 0.05"):
        left = Player(composition(tmp_path, text % (around, "-1 * $wide.left")).graph).play(4000)
        right = Player(composition(tmp_path, text % (around, "-1 * $wide.right")).graph).play(4000)
        assert not np.abs(left[:, 0]).max() > 1e-6 and not np.abs(right[:, 1]).max() > 1e-6, around
        assert np.abs(left[:, 1]).max() > 0.05, around
    with pytest.raises(Problems, match="'wide' has no output 'lefd'; there are left, right; did you mean 'left'"):
        composition(tmp_path, text % (", gain: -6", "$wide.lefd"))


def test_a_node_without_names_says_how_its_signal_is_read(tmp_path):
    text = "my_sound: {mix: {a: {osc: {id: a, freq: 3}}, b: {osc: {freq: 220, amp: $a.level}}}}"
    with pytest.raises(Problems, match=r"'a' has no output 'level': write '\$a'"):
        composition(tmp_path, text)


def test_a_loop_through_an_output_is_opened(tmp_path):
    text = "my_sound: {sides: {id: s, signal: {mix: {a: {osc: {freq: 220, amp: 0.1}}, b: 0.5 * $s.side}}}}"
    assert np.isfinite(Player(composition(tmp_path, text).graph).play(4000)).all()


def test_another_output_is_faded_to():
    sides = node("sides", "sides", signal=stereo())
    rig = Rig(mix(a=Reference(sides, None, "middle")))
    before = rig.play(6400)
    rig.offer(mix(a=Reference(sides, None, "side")))
    after = rig.play(2 * FADE)
    assert np.abs(np.diff(np.concatenate([before, after])[:, 0])).max() < 1.1 * np.abs(np.diff(before[:, 0])).max()


# ---- as wide as an input


@pytest.mark.parametrize("signal", [tone(), stereo()], ids=["mono", "stereo"])
def test_a_linked_compressor_is_as_wide_as_its_signal_and_moves_all_channels_alike(signal):
    graph = Rig(node("c", "squeeze", signal=signal, threshold=-30.0, ratio=4.0)).plan.graph
    width = 1 if signal.id == "t" else 2
    assert graph.rows["c"].outs == width + 1 and len(graph.rows["c"].memories) == width
    heard = Rig(node("c", "squeeze", signal=signal, threshold=-30.0, ratio=4.0)).play(RATE)[RATE // 2 :]
    dry = Rig(signal).play(RATE)[RATE // 2 :]
    gains = [np.abs(heard[:, c]).max() / np.abs(dry[:, c]).max() for c in range(2)]
    assert gains[0] == pytest.approx(gains[1], rel=0.02) and gains[0] < 0.5


def test_the_curve_of_the_compressor_and_its_reduction():
    steady = node("c", "squeeze", signal=0.5, threshold=-20.0, ratio=4.0)
    above = 20.0 * np.log10(0.5) + 20.0
    heard = Rig(mix(a=steady)).play(RATE)[-1, 0]
    assert 20.0 * np.log10(heard / 0.5) == pytest.approx(-0.75 * above, abs=0.001)
    reduction = Rig(mix(a=Reference(steady, None, "reduction"), b=0.0)).play(RATE)[-1, 0]
    assert reduction == pytest.approx(-0.75 * above, abs=0.001)


def test_a_key_of_its_own_pushes_the_sound_down():
    quiet = Rig(mix(a=node("c", "squeeze", signal=0.05, threshold=-20.0, key=0.8))).play(RATE)[-1, 0]
    assert quiet < 0.02 < Rig(mix(a=node("c", "squeeze", signal=0.05, threshold=-20.0))).play(RATE)[-1, 0]


def test_from_mono_to_stereo_and_back_without_a_click():
    """Another number of channels is another row: it runs twice while it fades."""

    def piece(signal: Any) -> Any:
        return mix(a=node("c", "squeeze", signal=signal, threshold=-30.0))

    rig = Rig(piece(tone()))
    heard = [rig.play(8000)]
    rig.offer(piece(stereo()))
    heard.append(rig.play(2 * FADE))
    assert np.abs(rig.play(4000)[:, 0] - rig.play(4000)[:, 1]).max() > 0.01
    rig.offer(piece(tone()))
    heard.append(rig.play(2 * FADE))
    for part in heard:
        assert np.isfinite(part).all()
        assert np.abs(np.diff(part, axis=0)).max() < 0.05


def test_voices_are_as_wide_as_a_node_in_them_that_is_as_wide_as_its_input(tmp_path):
    text = """\
my_sound: {{sequencer: {{interval: 0.2, steps: [a]}}}}
a: {{squeeze: {{signal: {}}}}}
"""
    osc = "{osc: {freq: 220, amp: 0.5, duration: 0.1}}"
    for signal, same in ((osc, True), (f"{{track: {{pan: 0.7, signal: {osc}}}}}", False)):
        heard = Player(composition(tmp_path, text.format(signal)).graph).play(8000)
        assert np.array_equal(heard[:, 0], heard[:, 1]) == same and np.abs(heard).max() > 0.01

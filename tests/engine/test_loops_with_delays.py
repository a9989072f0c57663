"""Loops through `$id` with a delay in them: they take the time of the delay, in any order, at any rate."""

from __future__ import annotations

import numpy as np
import pytest

from tests.harness.at_rates import composed, rendered
from tests.harness.session_harness import Player, compose, composer_for, save

RATES = [44_100, 48_000, 96_000]
STRIKE = '{osc: {id: b, type: cos, freq: 0, amp: "t < 0.000001"}}'


def mix(*parts):
    return "my_sound: {mix: {" + ", ".join(parts) + "}}\n"


def delay(signal, time=0.02, name="d", more=""):
    return f'{name}: {{delay: {{id: {name}, time: {time}{more}, signal: "{signal}"}}}}'


def echoes(folder, text, rate=44_100, seconds=0.1):
    """Frames at which something sounds, and the levels there."""
    save(folder, text)
    sound = rendered(folder, rate, seconds)[:, 0]
    found = np.flatnonzero(np.abs(sound) > 1e-6)
    return dict(zip(found.tolist(), sound[found].tolist(), strict=True))


def expected(levels, seconds=0.1, rate=44_100):
    return pytest.approx({frame: level for frame, level in levels.items() if frame < seconds * rate}, abs=1e-8)


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("frames", [64, 65, 100, 882])
def test_a_loop_takes_the_time_of_its_delay(tmp_path, frames, rate, order):
    parts = [f"b: {STRIKE}", delay("$b + 0.5 * $d", frames / rate)]
    heard = echoes(tmp_path, mix(*parts[::order]), rate)
    assert heard == expected({0: 1.0} | {frames * k: 0.5 ** (k - 1) for k in range(1, 21)}, rate=rate)


@pytest.mark.parametrize("rate", RATES)
def test_a_string_is_in_tune(tmp_path, rate):
    """Within 0.1 cent, from the phase of its lowest partial in two windows."""
    save(tmp_path, mix(f"b: {STRIKE}", delay("$b + 0.999 * $d", "1 / 110")))
    sound = rendered(tmp_path, rate, 3.0)[:, 0]
    size = rate
    window = np.kaiser(size, 20.0) * np.exp(-2j * np.pi * 110.0 * np.arange(size) / rate)
    early, late = (np.sum(sound[at : at + size] * window) for at in (rate // 2, rate + rate // 2))
    freq = 110.0 + np.angle(late / early) / (2.0 * np.pi)  # the windows are a second apart
    assert abs(1200.0 * np.log2(freq / 110.0)) < 0.1


def test_its_own_feedback_keeps_its_time_too(tmp_path):
    heard = echoes(tmp_path, mix(f"b: {STRIKE}", delay("$b + 0.25 * $d", more=", feedback: 0.5")))
    assert heard == expected({0: 1.0} | {882 * k: 0.75 ** (k - 1) for k in range(1, 6)})


def test_a_time_that_moves(tmp_path):
    still = echoes(tmp_path, mix(f"b: {STRIKE}", delay("$b + 0.5 * $d", "0.02 + 0 * t")))
    assert still == expected({0: 1.0} | {882 * k: 0.5 ** (k - 1) for k in range(1, 6)})
    save(tmp_path, mix(f"b: {STRIKE}", delay("$b + 0.5 * $d", "0.02 - 0.05 * t")))
    sound = rendered(tmp_path, 44_100, 1.0)[:, 0]
    assert np.isfinite(sound).all()
    short = echoes(tmp_path, mix(f"b: {STRIKE}", delay("$b + 0.5 * $d", "0 * t")), seconds=0.01)
    assert list(short)[:4] == [0, 64, 128, 192], "it is held at a block"


@pytest.mark.parametrize("own", [0.0, 0.25])
def test_delays_one_after_another_and_loops_that_share_one(tmp_path, own):
    """`d` of 0.01 s is in a loop with `e` of 0.02 s, and in one with itself."""
    text = mix(f"b: {STRIKE}", delay(f"$b + 0.5 * $e + {own} * $d", 0.01), delay("$d", 0.02, "e"))
    d, e, b = np.zeros((3, 4410))
    b[0] = 1.0
    for n in range(441, 4410):
        d[n] = b[n - 441] + 0.5 * e[n - 441] + own * d[n - 441]
        e[n] = d[n - 882] if n >= 882 else 0.0
    total = b + d + e
    assert echoes(tmp_path, text) == expected({int(k): float(total[k]) for k in np.flatnonzero(total > 1e-6)})


@pytest.mark.parametrize("source", ["{reference: {ref: d}}", "$d"])
def test_the_delay_may_be_the_whole_sound_and_be_read_by_anything(tmp_path, source):
    read = f"{{track: {{volume: 0.5, signal: {source}}}}}".replace("$d", '"$d"')
    text = f"my_sound: {{delay: {{id: d, time: 0.02, signal: {{mix: {{b: {STRIKE}, again: {read}}}}}}}}}\n"
    heard = echoes(tmp_path, text)
    assert heard == expected({882 * k: 0.5 ** (k - 1) for k in range(1, 6)})


def test_both_channels_and_a_voice(tmp_path):
    pan = f"left: {{track: {{pan: -1, signal: {STRIKE}}}}}"
    again = "{track: {volume: 0.5, signal: {reference: {ref: d}}}}"
    save(tmp_path, f"my_sound: {{delay: {{id: d, time: 0.02, signal: {{mix: {{{pan}, again: {again}}}}}}}}}\n")
    sound = rendered(tmp_path, 44_100, 0.1)
    assert np.flatnonzero(np.abs(sound[:, 0]) > 1e-9).tolist() == [882, 1764, 2646, 3528]
    assert not sound[:, 1].any()
    ring = f"ring: {{mix: {{b: {STRIKE}, {delay('$b + 0.5 * $d', 0.02)}}}}}\n"
    save(tmp_path, "my_sound: {sequencer: {interval: 0.0501, steps: [ring]}}\n" + ring)
    voice = rendered(tmp_path, 44_100, 0.12)[:, 0]
    notes = [0, 2210, 4419]  # the first frame at or after its time
    heard = sorted(note + 882 * k for note in notes for k in range(6) if note + 882 * k < 0.12 * 44_100)
    assert np.flatnonzero(np.abs(voice) > 1e-9).tolist() == heard


@pytest.mark.parametrize("rate", RATES)
def test_what_is_shorter_than_a_block_takes_a_block_and_says_so(tmp_path, rate):
    heard = echoes(tmp_path, mix(f"b: {STRIKE}", delay("$b + 0.5 * $d", 0.0005)), rate, 0.01)
    assert list(heard)[:4] == [0, 64, 128, 192]
    (warning,) = composed(tmp_path, rate).findings
    shortest = {44_100: "1.45 ms", 48_000: "1.33 ms", 96_000: "0.667 ms"}[rate]
    sentence = f"a loop takes at least {shortest} (64 frames at {rate} Hz), longer than the 0.5 ms here"
    assert (warning.sentence, warning.level, warning.path) == (sentence, "warning", "my_sound.mix.d.delay.time")
    assert warning.mark and warning.mark.line == 1


def test_a_delay_outside_of_any_loop_is_as_it_was(tmp_path):
    save(tmp_path, mix(f"b: {STRIKE}", delay("$b", 0.0005)))
    composition = composed(tmp_path, 44_100)
    assert composition.findings == [] and not any(row.early for row in composition.graph.rows.values())
    assert echoes(tmp_path, mix(f"b: {STRIKE}", delay("$b", 10 / 44_100)), seconds=0.01) == expected({0: 1.0, 10: 1.0})


def test_any_block_of_a_device_gives_the_same_bits(tmp_path):
    save(tmp_path, mix("b: {osc: {id: b, freq: 220, amp: 0.3}}", delay("$b + 0.7 * $d", 0.0071)))
    graph = compose(composer_for(tmp_path)).graph
    np.testing.assert_array_equal(Player(graph).play(5000, 37), Player(graph).play(5000, 256))


TONE = "b: {osc: {id: b, freq: 220, amp: 0.2}}"
LOOPS = [mix(TONE, delay("$b")), mix(TONE, delay("$b + 0.5 * $d")), mix(TONE, delay("$b + 0.5 * $d", 0.03))]
LOOPS += [mix(TONE, delay("$b", more=", mix: 0.5")), mix(TONE, delay("$b + 0.5 * $d", more=", mix: 0.5"))]


@pytest.mark.parametrize(("before", "after"), [(0, 1), (1, 0), (1, 2), (2, 0), (0, 2), (3, 4), (4, 3)])
def test_an_edit_that_closes_or_opens_a_loop_does_not_click(tmp_path, before, after):
    """By the second difference, which is 0.0002 for the tones themselves and 0.015 for an edge."""
    save(tmp_path, LOOPS[before])
    composer = composer_for(tmp_path)
    player = Player(compose(composer).graph)
    sound = [player.play(12_800)]
    save(tmp_path, LOOPS[after])
    player.offer(compose(composer).graph)
    sound.append(player.play(12_800))
    bends = np.abs(np.diff(np.concatenate(sound)[:, 0].astype(float), 2))
    assert bends[12_000:].max() < 0.0008

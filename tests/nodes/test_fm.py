"""FM: amplitudes of its partials against Bessel functions, who bends whom, envelopes, and how it ends."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from tests.harness.at_rates import rendered
from tests.harness.session_harness import save
from waves.problem import Problems
from waves.testing import RATE, Player, node

Fm = node("fm")
COUNT = 1 << 14
BIN = RATE / COUNT  # Hz
STILL = {"attacks": [0.0]}


def played(frames, **given):
    return Player(Fm, frames, compiled=True, **{**STILL, **given}).render()


def amplitudes(sound):
    return 2.0 * np.abs(np.fft.rfft(sound[-COUNT:])) / COUNT


@pytest.mark.parametrize("index", [0.3, 1.0, 2.4, 5.0])
@pytest.mark.parametrize("rate", [RATE, 96_000.0])
def test_two_operators_have_the_amplitudes_of_bessel_functions(index, rate):
    """Sidebands of a sine at 3000 Hz, 300 Hz apart; those below 0 Hz are far below all others."""
    freq, ratio = round(3000.0 / BIN), round(300.0 / BIN)
    given = {"freq": freq * rate / COUNT, "ratios": [1.0, ratio / freq], "levels": [1.0, index]}
    found = amplitudes(played(2 * COUNT, sample_rate=rate, **given))
    orders = np.arange(-9, 10)
    wanted = np.abs(special.jv(orders, index))
    heard = wanted > 1e-4
    away = 20.0 * np.log10(found[freq + orders * ratio][heard] / wanted[heard])
    print(f"index {index}: {np.abs(away).max():.5f} dB in {heard.sum()} partials")
    assert np.abs(away).max() < 0.01


def test_feedback_has_the_amplitudes_of_its_closed_form():
    """2 J_n(n b) / (n b), where an operator bends itself by b radians (Tomisawa): at 1 nearly a saw."""
    place = round(60.0 / BIN)
    for feedback in (0.3, 0.7, -0.7):
        found = amplitudes(played(2 * COUNT, freq=place * BIN, levels=[1.0], feedback=feedback))
        orders = np.arange(1, 8)
        wanted = np.abs(2.0 * special.jv(orders, orders * feedback) / (orders * feedback))
        away = 20.0 * np.log10(found[place * orders] / wanted)
        print(f"feedback {feedback}: {np.abs(away).max():.3f} dB")
        assert np.abs(away).max() < 0.1


BENT = {  # each operator, from the last on, of those that bend it; then what is heard
    1: ("d=s(4) c=s(3,d) b=s(2,c) a=s(1,b)", "a"),
    2: ("d=s(4) c=s(3) b=s(2,c,d) a=s(1,b)", "a"),
    3: ("d=s(4) c=s(3) b=s(2,c) a=s(1,b,d)", "a"),
    4: ("d=s(4) c=s(3,d) b=s(2) a=s(1,b,c)", "a"),
    5: ("d=s(4) c=s(3,d) b=s(2) a=s(1,b)", "ac"),
    6: ("d=s(4) c=s(3,d) b=s(2,d) a=s(1,d)", "abc"),
    7: ("d=s(4) c=s(3,d) b=s(2) a=s(1)", "abc"),
    8: ("d=s(4) c=s(3) b=s(2) a=s(1)", "abcd"),
}


@pytest.mark.parametrize("algorithm", BENT)
def test_an_algorithm_is_its_formula(algorithm):
    ratios, levels = [1.0, 2.0, 0.5, 3.0], [0.7, 0.6, 0.5, 0.4]
    place = 2 * round(150.0 / BIN)
    turns = 2.0 * np.pi * place * BIN * np.arange(2 * COUNT) / RATE
    names = {}
    written, heard = BENT[algorithm]
    for one in written.split():
        name, (number, *bends) = one[0], one[4:-1].split(",")
        k = int(number) - 1
        names[name] = levels[k] * np.sin(ratios[k] * turns + sum(names[bend] for bend in bends))
    wanted = amplitudes(sum(names[name] for name in heard))
    given = {"freq": place * BIN, "algorithm": algorithm, "ratios": ratios, "levels": levels}
    np.testing.assert_allclose(amplitudes(played(2 * COUNT, **given)), wanted, atol=1e-5)


def test_each_operator_has_its_envelope_and_it_ends():
    given = {"algorithm": 8, "freq": 0.0, "ratios": [1.0], "levels": [1.0]}
    given |= {"attacks": [0.1], "decays": [0.2], "sustains": [0.25], "releases": [0.1]}
    sines = {
        "freq": 0.25 * RATE,
        "gate": (np.arange(40_000) < 25_000) * 1.0,
    }  # two frames are a quarter of a turn apart
    sound = played(40_000, **{**given, **sines})
    level = np.hypot(sound[:-1], sound[1:])
    x = np.arange(level.size)

    def falls(frames, length):
        return (np.exp(-5.0 * np.clip(frames / length, 0.0, 1.0)) - np.exp(-5.0)) / (1.0 - np.exp(-5.0))

    wanted = np.where(x < 4410, 1.0 - falls(x, 4410.0), 0.25 + 0.75 * falls(x - 4410.0, 8820.0))
    wanted = np.where(x < 25_000, wanted, 0.25 * falls(x - 25_000.0, 4410.0))
    assert np.abs(level - wanted)[100:].max() < 0.01
    player = Player(Fm, 40_000, compiled=True, decays=[0.3], levels=[1.0, 2.0])
    sound = player.render()
    assert player.ended and not sound[-20_000:].any() and np.abs(sound[5000:9000]).max() > 0.1
    forever = Player(Fm, 4000, compiled=True, decays=[0.01], sustains=[0.5])
    assert np.abs(forever.render()[-500:]).max() > 0.3 and not forever.ended


def test_a_list_of_too_many_operators_is_told(tmp_path):
    save(tmp_path, "my_sound: {fm: {levels: [1, 2, 3, 4, 5]}}\n")
    with pytest.raises(Problems, match="there are 4 operators at most, got 5 numbers"):
        rendered(tmp_path, RATE, 0.1, "my_sound")

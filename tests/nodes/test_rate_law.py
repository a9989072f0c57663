"""The rate law: at 44.1 kHz a sound is what it is at 352.8 kHz, within a stated bound up to 16 kHz.

    pytest -m long -n 0 -s tests/nodes/test_rate_law.py

Prints how far each node and each sound of the tutorial is. It finds aliases, treble that is lost, curves that are
cramped, times in frames, glides of another length. Noise is another one at another rate, so it is left out.
"""

from __future__ import annotations

import re

import pytest

from tests.harness.at_rates import rendered
from tests.harness.node_examples import EFFECTS, RATE, SOUNDING, Examples
from tests.harness.paths import TOP
from tests.harness.rate_law import TIMES, apart
from tests.harness.session_harness import shipped
from tests.house.fingerprints import TUTORIAL
from waves.node_types.library.catalogue import example

BANDS, MOMENTS, PARTIALS = 0.5, 1.0, -60.0  # dB
NOISE = re.compile(r"noise|perlin|wander|snare|hat|clap|crackle")
SOURCES = [name for name in SOUNDING if name not in EFFECTS and not NOISE.search(example(shipped()[name]))]
LOWEST = {"freq_shift": 200.0}  # Hz, from where its filters have two phases a quarter turn apart at 352.8 kHz
FURTHER = {  # bounds that are wider, and why
    "impulse": (2.0, 2.0, -60.0, "a click takes as long as a frame here, so at a high rate it has 2 dB less at 16 kHz"),
    "comb": (0.5, 1.5, -20.0, "partials of the highest octave ring at a pitch that is a cent or two off"),
    "crush": (7.0, 7.5, -28.0, "a step is smoothed over four frames, which takes 3 dB at 10 kHz"),
    "drive": (1.0, 1.5, -60.0, "half-band filters fall from 12 kHz on"),
    "filter": (8.0, 5.0, -45.0, "two poles above the cutoff fall faster close to half the rate"),
    "flanger": (0.5, 1.5, -60.0, "its notches are narrow"),
    "freq_shift": (0.5, 4.0, -60.0, "partials that meet add with other phases"),
    "limit": (0.5, 2.0, -60.0, "peaks between frames count at a higher rate"),
    "phaser": (1.5, 4.0, -60.0, "its highest notches lie lower, by the bilinear transform"),
    "reverb": (0.5, 1.5, -32.0, "its diffusors are whole frames long"),
    "tape": (2.0, 2.5, -60.0, "tanh is averaged from frame to frame, which takes 1 dB at 14 kHz"),
    "vocoder": (10.0, 5.5, -42.0, "its highest band falls faster close to half the rate"),
    "wah": (0.8, 1.0, -60.0, "as filter"),
    "pluck": (2.5, 1.5, -50.0, "as filter"),
    "plucks": (4.0, 2.0, -45.0, "as filter"),
    "melody": (4.5, 1.5, -45.0, "as filter"),
    "chords": (7.5, 2.0, -45.0, "as filter"),
    "scales": (7.5, 2.0, -45.0, "as filter"),
    "hall": (4.0, 2.0, -44.0, "as filter, and as reverb"),
    "echo": (1.5, 1.5, -50.0, "as filter"),
    "steps": (0.5, 1.5, -42.0, "as filter"),
    "waltz": (0.5, 2.5, -60.0, "as filter"),
    "night": (0.5, 1.5, -60.0, "as filter"),
    "my_sound": (0.5, 2.0, -32.0, "hats are noise"),
    "chops": (0.5, 7.0, -20.0, "sample takes another file once in 64 frames"),
}


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    return Examples(tmp_path_factory.mktemp("examples"))


def check(name, sound, fast):
    found = apart(sound, fast, LOWEST.get(name, 0.0))
    bands, moments, partials, _ = FURTHER.get(name, (BANDS, MOMENTS, PARTIALS, ""))
    print(f"{name:12} {found}")
    assert found.bands < bands and found.moments < moments and found.partials < partials, found


@pytest.mark.long
@pytest.mark.parametrize("name", SOURCES)
def test_an_example_of_a_node(examples, name):
    check(name, examples.rendered(name)[1], examples.rendered(name, RATE * TIMES)[1])


@pytest.mark.long
@pytest.mark.parametrize("name", EFFECTS)
def test_music_through_an_effect(examples, name):
    """The music is a file, so that both hear the same up to 20 kHz."""
    check(name, examples.through(name), examples.through(name, RATE * TIMES))


@pytest.mark.long
@pytest.mark.parametrize("name", TUTORIAL)
def test_a_sound_of_the_tutorial(name):
    check(name, rendered(TOP, RATE, 2.0, name), rendered(TOP, RATE * TIMES, 2.0, name))

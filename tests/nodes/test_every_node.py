"""Every shipped node: the level of its example, an effect at its defaults beside the dry sound, sweeps."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from tests.harness import node_sweeps
from tests.harness.at_rates import rendered, third_octaves
from tests.harness.loudness import loudness
from tests.harness.node_examples import EFFECTS, NAMES, RATE, SOUNDING, Examples, dry_sound
from tests.harness.node_sweeps import (
    PART,
    POINTS,
    STILL,
    Sweep,
    base_of,
    pair_complaints,
    settings_complaints,
    smooth_sound,
    sweeps,
)
from tests.harness.paths import TOP
from tests.harness.session_harness import shipped
from tests.house import fingerprints
from tests.nodes.cases import CASES, IN_STEPS, LEAVES_AS_IT_IS, MOVES_THE_LEVEL, SWEPT
from waves.version import SOUND

KERNELS = [name for name in NAMES if hasattr(shipped()[name], "render")]


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    return Examples(tmp_path_factory.mktemp("examples"))


@pytest.mark.parametrize("name", SOUNDING)
def test_an_example_is_neither_too_quiet_nor_too_loud(examples, name):
    """Between -30 and -10 LUFS, with peaks below -1 dBFS."""
    sound, frames = examples.rendered(name)
    level, peak = loudness(frames), 20.0 * np.log10(np.abs(frames).max())
    print(f"{name}, '{sound}': {level:.1f} LUFS, peak {peak:.1f} dBFS")
    assert -30.0 < level < -10.0
    assert peak < -1.0


@pytest.mark.parametrize("name", SOUNDING)
def test_an_example_sounds_as_its_fingerprint_says(examples, name):
    """One that differs after a release is another number of the sound: see `tests.house.fingerprints`."""
    found, kept = fingerprints.fingerprint(examples.rendered(name)[1]), fingerprints.read()
    assert kept["sound"] == SOUND
    assert not fingerprints.has_changed(found, kept["nodes"][name]), (found, kept["nodes"][name])


@pytest.mark.parametrize("name", fingerprints.TUTORIAL)
def test_a_sound_of_the_tutorial_sounds_as_its_fingerprint_says(name):
    kept = fingerprints.read()["tutorial"][name]
    found = fingerprints.fingerprint(rendered(TOP, RATE, fingerprints.SECONDS, name))
    assert not fingerprints.has_changed(found, kept), (found, kept)
    louder = [level + 0.5 for level in kept]
    assert fingerprints.has_changed(louder, kept), "half a decibel is seen"


@pytest.mark.parametrize("name", EFFECTS)
def test_an_effect_at_its_defaults_is_heard_and_as_loud_as_the_dry_sound(examples, name):
    """It is more than 1 dB away in a third of an octave, or in how loud its loud or quiet moments are beside the whole.

    And 3 LU at most in all; but for those whose purpose it is. A reason that is not needed is one too many.
    """
    dry, wet = dry_sound(), examples.through(name)
    bands = np.abs(third_octaves(wet, RATE, 14_000.0) - third_octaves(dry, RATE, 14_000.0)).max()
    moved = np.abs(moments(wet) - moments(dry)).max()
    louder = loudness(wet) - loudness(dry)
    print(f"{name}: {bands:.1f} dB in a third of an octave, {moved:.1f} dB in its moments, {louder:+.1f} LU")
    assert (max(bands, moved) > 1.0) != (name in LEAVES_AS_IT_IS), LEAVES_AS_IT_IS.get(name)
    assert (abs(louder) < 3.0) != (name in MOVES_THE_LEVEL), MOVES_THE_LEVEL.get(name)


def moments(sound):
    """The levels that a tenth and nineteen twentieths of all moments of 20 ms stay below, in dB beside the whole."""
    power = (sound[RATE:] ** 2).sum(axis=1)
    levels = 10.0 * np.log10(power[: power.size // 882 * 882].reshape(-1, 882).mean(axis=1) + 1e-9)
    return np.percentile(levels, [10, 95]) - 10.0 * np.log10(power.mean())


@pytest.mark.parametrize("name", KERNELS)
def test_no_parameter_blows_up_clicks_or_falls_silent_over_its_range(name):
    kind = shipped()[name]
    case = next((given for node, given in CASES.values() if node == name), {})
    base = base_of(kind, case, SWEPT.get(name, {}))
    complaints = [complaint for sweep in sweeps(kind, base) for complaint in sweep.complaints()]
    complaints += settings_complaints(kind, base)
    assert not any("is not finite" in complaint for complaint in complaints)
    assert bool(complaints) == (name in IN_STEPS), complaints or IN_STEPS[name]


@pytest.mark.long
@pytest.mark.parametrize("name", KERNELS)
def test_two_parameters_at_once_neither_blow_up_nor_fall_silent(name):
    """The second of a `delay` is its ping-pong, of a `filter` its draft."""
    kind = shipped()[name]
    inner = {"filter": "Draft", "delay": "PingPong"}.get(name)
    kinds = [kind, *([getattr(sys.modules[kind.__module__], inner)] if inner else [])]
    case = next((given for node, given in CASES.values() if node == name), {})
    chance = np.random.default_rng(27)
    for one in kinds:
        base = base_of(one, case, SWEPT.get(name, {}))
        assert [complaint for _ in range(12) for complaint in pair_complaints(one, base, chance)] == []


FAULTS = {
    "a click, it bends by 0.02": lambda sound: np.where(np.arange(sound.size) < 3 * PART + 700, sound, sound - 0.02),
    "it is silent, and sounds at both ends": lambda sound: np.where(np.arange(sound.size) // PART == 4, 0.0, sound),
    "it stays at 0": lambda sound: np.where(np.arange(sound.size) >= 16 * PART, 0.0, sound),
    "reaches ": lambda sound: sound * np.where(np.arange(sound.size) // PART == 9, 20.0, 1.0),
    "is not finite": lambda sound: np.where(np.arange(sound.size) == 5 * PART, np.nan, sound),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_a_sweep_is_found(fault):
    whole = smooth_sound(18 * PART, 110.0)
    still = [smooth_sound(STILL, 110.0)[None]] * POINTS
    values = np.linspace(0.0, 1.0, POINTS)

    def complaints(sound):
        steps = np.full(POINTS - 1, 1.0 / (8 * PART))
        given = {"source": 0.0, "default": still[0], "play": lambda value, frames: whole[None, :frames]}
        given |= {"glides": True}
        return Sweep("p", values, steps, "factor", sound[None], False, still, **given).complaints()

    assert complaints(whole) == []
    assert any(fault in complaint for complaint in complaints(FAULTS[fault](whole)))


@pytest.mark.parametrize(("fault", "told"), [(np.nan, ["not finite"]), (400.0, ["it reaches 400"]), (1.0, [])])
def test_a_fault_of_two_parameters_is_found(monkeypatch, fault, told):
    """One that shows only while both move."""

    def bursting(kind, base, frames, **changed):
        sound = smooth_sound(frames, 110.0)[None].copy()
        if all(np.ndim(one) for one in changed.values()):
            sound[:, 3 * PART : 3 * PART + 9] = fault
        return sound, False

    monkeypatch.setattr(node_sweeps, "_play", bursting)
    found = pair_complaints(shipped()["osc"], {}, np.random.default_rng(1))
    assert len(found) == len(told) and all(part in one for part, one in zip(told, found, strict=True))

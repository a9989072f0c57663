"""The presets of `waves new --full`: few lines, a kind, a pitch and a strength, and one loudness."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.harness.loudness import loudest
from tests.harness.paths import TOP
from tests.harness.session_harness import compile_for, shipped
from waves.app.commands.list_sounds import read_sounds
from waves.app.performance.offline import default_seconds, offline_engine
from waves.app.setup.new import new_workspace
from waves.live.workspace.composer import Composer
from waves.live.workspace.open_workspace import open_workspace
from waves.live.workspace.piece_check import check_piece
from waves.live.workspace.settings import Settings
from waves.live.workspace.workspace import find_workspace
from waves.problem import Problems

KINDS = {"bass": 8, "lead": 8, "pad": 7, "keys": 8, "bell": 6, "drum": 12, "effect": 8}
FAMILIES = {"bass": "basses", "effect": "effects", "drum": "drums", "bell": "bells", "pad": "pads", "lead": "leads"}
ENDLESS = {"drone", "wind", "alarm"}
TARGET, WITHIN = -22.0, 1.5  # LUFS of the loudest 0.4 s; LU
QUICK = {"drum": 0.02, "keys": 0.02, "bell": 0.02, "bass": 0.25, "lead": 0.25}  # s to 70 % of the highest level
SLOW = 0.1  # s, of a pad
RUMBLE = -12.0  # dB of the whole that lie below 20 Hz
PITCHED = {"bass": ("c2", "c3"), "lead": ("c4", "c5"), "keys": ("c4", "c5"), "bell": ("c4", "c5"), "pad": ("c3", "c4")}
MOVES = {"riser": 4.0, "sweep_up": 4.0, "fall_down": 0.2, "laser_shot": 0.2, "kick_deep": 0.9, "kick_hard": 0.7}
MOVES |= {"bass_pluck": 0.5, "bell_fm": 0.5, "lead_fold": 0.5}
MOVES |= {"tom_low": 0.9, "bass_acid": 0.7, "keys_pluck": 0.6, "lead_acid": 0.7, "lead_sync": 0.7}
"""How many times as bright it is at its end as at its beginning: more at least, or less at most."""
CEILING = 10 ** (-0.3 / 20)
RATE = 44100
TEXTS = [file.read_text("utf-8") for file in sorted((TOP / "presets").glob("*.yaml"))]
KIND_OF = {name: kind for kind, name in re.findall(r"^# (\w+): .*\n(\w+):$", "\n".join(TEXTS), re.M)}
NAMES = [name for text in TEXTS for name in re.findall(r"^(\w+):$", text, re.M)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A new folder with all presets."""
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("home")
        patch.setenv("XDG_CONFIG_HOME", str(home))
        yield new_workspace(home / "full", full=True).root


def test_all_presets_are_in_a_full_folder_and_nothing_is_wrong(folder: Path) -> None:
    opened = open_workspace(folder)
    assert check_piece(opened) == ([], len(NAMES) + 5)
    document, *_ = read_sounds(opened)
    listed = {one.name: one.comment.split(": ") for one in document.sounds if one.file != "waves.yaml"}
    assert [*listed] == NAMES
    assert Counter(kind for kind, _ in listed.values()) == KINDS
    for one in document.sounds:
        if one.name in listed:
            assert one.file == f"sounds/{FAMILIES.get(listed[one.name][0], 'keys')}.yaml"
    with pytest.raises(Problems, match="is already there"):
        new_workspace(folder, full=True)


def test_a_preset_has_at_most_six_lines() -> None:
    for text in TEXTS:
        for block in text.strip().split("\n\n")[1:]:
            comment, *lines = block.splitlines()
            assert re.match(r"# \w+: ", comment) and len(lines) <= 6, block


def test_notes_give_each_preset_pitch_and_strength(folder: Path) -> None:
    """A word that a sound does not use would be a warning."""
    composer = Composer(find_workspace(folder), shipped(), Settings(), RATE)
    steps = ", ".join(f"{name} c3 v.5" for name in NAMES)
    text = f"my_sound: {{sequencer: {{interval: beat, steps: [{steps}]}}}}\n"
    texts = {**composer.file_texts(), "waves.yaml": text}
    assert composer.compose([("my_sound", {})], given=texts).findings == []


def test_each_example_of_a_preset_file_plays_as_it_is_written(folder: Path) -> None:
    quoted = [one for text in TEXTS for one in re.findall(r"`([^`]+)`", text.partition("\n\n")[0])]
    examples = [one for one in quoted if " " in one]
    assert len(examples) == 9
    typed = [one.split('"')[1] for one in examples if one.startswith("waves play ")]
    tracks = [one if one.startswith("{") else f"{{play: [{one}]}}" for one in examples if not one.startswith("waves ")]
    composer = Composer(find_workspace(folder), shipped(), Settings(), RATE)
    mix = ", ".join(f"t{k}: {track}" for k, track in enumerate(tracks))
    texts = {**composer.file_texts(), "waves.yaml": f"my_sound: {{mix: {{{mix}}}}}\n"}
    assert composer.compose([("my_sound", {}), *composer.choose(typed)], given=texts).findings == []


def played(folder: Path, sound: str, seconds: int = 2, **given: Any) -> np.ndarray[Any, Any]:
    """The first seconds of a preset."""
    composer = Composer(find_workspace(folder), shipped(), Settings(), RATE)
    composition = composer.compose([(sound, given)])
    assert (default_seconds(composition) is not None) >= (sound in ENDLESS)
    compile_for(composition.graph)
    with offline_engine(composition, composer) as engine:
        out = engine.render(seconds * RATE)
        assert engine.faults == {}
    return out


@pytest.mark.long
@pytest.mark.parametrize("sound", NAMES)
def test_a_preset_is_as_loud_as_the_others_and_follows_its_note(folder: Path, sound: str) -> None:
    out = played(folder, sound, 7)
    assert loudest(out) == pytest.approx(TARGET, abs=WITHIN)
    assert np.abs(out).max() < CEILING and np.abs(out.mean(axis=0)).max() < 2e-3
    assert (np.abs(out[-RATE // 10 :]).max() > 1e-3) == (sound in ENDLESS), "it ends, or it does not"
    mono = out.mean(axis=1)
    assert loudest(np.column_stack([mono, mono])) > loudest(out) - 1.5, "in mono too"
    power = np.abs(np.fft.rfft(mono)) ** 2
    assert 10.0 * np.log10(power[: 20 * 7].sum() / power.sum()) < RUMBLE
    last = int(np.flatnonzero(np.abs(out).max(axis=1) > 1e-6)[-1])
    assert np.abs(out[0]).max() < 1e-3 and (sound in ENDLESS or np.abs(out[last]).max() < 1e-4), "no click"
    level = np.sqrt(np.convolve(mono**2, np.full(441, 1 / 441), "valid"))
    rise, kind = np.argmax(level > 0.7 * level.max()) / RATE, KIND_OF[sound]
    print(f"{sound}: rises in {rise:.3f} s, moves by {moved(mono, level):.2f}")
    assert rise < QUICK.get(kind, 10.0) and (kind != "pad" or rise > SLOW)
    way = MOVES.get(sound, 1.0)
    assert way == 1.0 or (moved(mono, level) > way if way > 1.0 else moved(mono, level) < way)
    begin = out[: 2 * RATE]
    assert -20.0 < loudest(played(folder, sound, v=0.5)) - loudest(begin) < -3.5
    if kind not in PITCHED:
        assert np.abs(played(folder, sound, note="c4") - begin).max() > 0.01
        return
    low, high = (partials(played(folder, sound, note=note).mean(axis=1)) for note in PITCHED[kind])
    shifts = np.arange(240)
    alike = [float(low[: low.size - k] @ high[k:]) for k in shifts]
    print(f"{sound}: an octave higher is {0.1 * int(np.argmax(alike)):.1f} semitones")
    assert abs(int(np.argmax(alike)) - 120) <= 3


def moved(mono: np.ndarray[Any, Any], level: np.ndarray[Any, Any]) -> float:
    """How many times as high the centre of the spectrum is in the last tenth of a sound as in its first, to -40 dB."""
    heard = mono[: int(np.flatnonzero(level > 0.01 * level.max())[-1])]
    part = max(len(heard) // 10, 441)
    both = (np.abs(np.fft.rfft(one * np.hanning(part), 1 << 17)) ** 2 for one in (heard[:part], heard[-part:]))
    first, second = (float(power @ np.arange(power.size) / power.sum()) for power in both)
    return second / first


def partials(mono: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """How much is in each tenth of a semitone from 40 Hz on, for nine octaves, without its mean."""
    power = np.abs(np.fft.rfft(mono * np.hanning(2 * mono.size)[mono.size :], 1 << 18))
    edges = (40.0 * 2.0 ** (np.arange(1081) / 120.0) * (1 << 18) / RATE).astype(int)
    rows = np.maximum.reduceat(np.sqrt(power), edges[:-1])
    return np.asarray(rows - np.convolve(rows, np.full(61, 1 / 61), "same"))

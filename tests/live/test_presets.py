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
from waves.app.commands.list_sounds import sounds_of
from waves.app.performance.offline import default_seconds, offline_engine
from waves.live.workspace.composer import Composer
from waves.live.workspace.new_workspace import new_workspace
from waves.live.workspace.open_workspace import open_workspace
from waves.live.workspace.piece_check import check_piece
from waves.live.workspace.settings import Settings
from waves.live.workspace.workspace import find_workspace
from waves.problem import Problems

KINDS = {"bass": 8, "lead": 8, "pad": 7, "keys": 8, "bell": 6, "drum": 12, "effect": 8}
FAMILIES = {"bass": "basses", "effect": "effects", "drum": "drums", "bell": "bells", "pad": "pads", "lead": "leads"}
ENDLESS = {"drone", "wind", "alarm"}
TARGET, WITHIN = -22.0, 1.5  # LUFS of the loudest 0.4 s; LU
CEILING = 10 ** (-0.3 / 20)
RATE = 44100
TEXTS = [file.read_text("utf-8") for file in sorted((TOP / "presets").glob("*.yaml"))]
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
    document, _ = sounds_of(opened)
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
    begin = out[: 2 * RATE]
    assert -20.0 < loudest(played(folder, sound, v=0.5)) - loudest(begin) < -3.5
    assert np.abs(played(folder, sound, note="c4") - begin).max() > 0.01

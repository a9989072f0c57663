"""Names of samples: folders, packs and sample maps, which file each plays, and edits of a map while it plays."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.harness.engine_harness import compiler
from tests.harness.kept_sessions import log_of, replayed
from tests.harness.session_harness import RATE, composer_for, save, write_sample
from waves.app.setup.packs.list import samples_of
from waves.live.saves.save_router import SaveRouter
from waves.live.workspace import node_arrays
from waves.live.workspace.samples.maps import MapError, read_sample_map
from waves.live.workspace.samples.names import sample_names
from waves.live.workspace.settings import Settings
from waves.live.workspace.workspace import find_workspace

PIANO = {"a3": "a3.wav", "A4": ["soft.wav", "loud.wav"]}


def level(file: Path, value: float) -> None:
    """A file whose every frame has a value."""
    file.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(file, np.full(RATE, value), RATE, "FLOAT")


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """A piece with a folder, a pack of a folder and a map, and a map with pitches."""
    samples = tmp_path / "samples"
    level(samples / "tom" / "a.wav", 0.1)
    level(samples / "set" / "tom" / "a.wav", 0.2)
    level(samples / "set" / "cow" / "a.wav", 0.3)
    level(samples / "set" / "cow" / "b.wav", 0.4)
    save(
        samples, json.dumps({"_base": "https://example.org/x/", "piano": PIANO, "two words": "a3.wav"}), "keys/map.json"
    )
    for name, value in (("a3", 0.5), ("soft", 0.6), ("loud", 0.7)):
        level(samples / "keys" / f"{name}.wav", value)
    save(tmp_path, "my_sound: {osc: {}}\n")
    return tmp_path


def wanted(folder: Path, text: str) -> list[str]:
    """What `check` finds wrong in a piece."""
    save(folder, text)
    composer = composer_for(folder)
    return [one.sentence for one in composer.compose([("my_sound", {})]).findings]


def test_names_are_those_of_folders_packs_and_maps_and_the_nearer_one_plays(kit):
    names = sample_names(find_workspace(kit))
    found = {name: (one.folder.relative_to(kit / "samples").as_posix(), one.pack) for name, one in names.first.items()}
    mapped = ("keys", "keys")
    assert found.pop("piano") == found.pop("two words") == mapped
    assert found == {"tom": ("tom", ""), "cow": ("set/cow", "set"), "keys": ("keys", "")}
    assert names.words == {"tom", "cow", "keys", "piano"}
    document = samples_of(find_workspace(kit), Settings())
    assert [(one.name, one.names, one.files) for one in document.packs] == [("keys", 2, 3), ("set", 2, 3)]
    hidden = {(one.name, one.pack): (len(one.files), one.hidden) for one in document.samples}
    assert hidden["tom", ""] == (1, False) and hidden["tom", "set"] == (1, True)
    [piano] = [one for one in document.samples if one.name == "piano"]
    assert piano.pitches == [220.0, 440.0, 440.0]


def test_a_map_comes_before_the_folder_beside_it_and_a_name_is_looked_for_again(kit):
    workspace = find_workspace(kit)
    assert "snap" not in sample_names(workspace).first
    level(kit / "samples" / "keys" / "piano" / "x.wav", 1.0)
    level(kit / "samples" / "snap" / "x.wav", 1.0)
    names = sample_names(workspace)
    assert names.first["piano"].files and "snap" in names.first
    save(kit / "samples", "[1", "broken.json")
    assert sample_names(workspace).problems == ["'broken.json' is no sample map: it is not JSON"]


def test_a_folder_is_looked_for_again_only_when_a_file_a_name_or_the_folder_changes(kit, monkeypatch):
    def heard() -> list[float]:
        files = composer.compose([("my_sound", {})]).files["samples/tom"]
        composer.arrays.keep_used()
        return [round(float(sample.data[0, 0]), 3) for sample in files.samples]

    def rested() -> None:
        """Folders and maps were changed a while ago."""
        for path in (samples, *samples.rglob("*")):
            if path.suffix != ".wav":
                os.utime(path, (1e9, 1e9))

    def link() -> None:
        (samples / "tom").rename(kit / "gone")
        (samples / "tom").symlink_to(samples / "set" / "cow")

    save(kit, 'my_sound: {play: "tom"}\n')
    samples, composer, looked = kit / "samples", composer_for(kit), list[str]()
    load = node_arrays.load_files
    monkeypatch.setattr(node_arrays, "load_files", lambda *given: looked.append(given[4]) or load(*given))
    changes = {
        lambda: level(samples / "tom" / "a.wav", 0.9): [0.9],
        lambda: level(samples / "tom" / "0.wav", 0.8): [0.8, 0.9],
        lambda: os.replace(samples / "set" / "tom" / "a.wav", samples / "tom" / "a.wav"): [0.8, 0.2],
        lambda: save(samples, json.dumps({"tom": "set/cow/b.wav"}), "more.json"): [0.4],
        (samples / "more.json").unlink: [0.8, 0.2],
        link: [0.3, 0.4],
    }
    for change, levels in changes.items():
        rested()
        before = heard()
        looked.clear()
        assert heard() == before and (not looked or before == [0.4]), "nothing of a map stays"
        looked.clear()
        change()
        assert heard() == levels and looked == ["samples/tom"]


def test_no_name_leads_out_of_the_workspace(kit, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    level(outside / "bells" / "a.wav", 1.0)
    (kit / "samples" / "more").symlink_to(outside)
    save(kit / "samples", json.dumps({"out": str(outside / "bells" / "a.wav"), "up": "../../../etc/x.wav"}), "out.json")
    assert "bells" not in sample_names(find_workspace(kit)).first
    for name in ("out", "up"):
        save(kit, f'my_sound: {{play: "{name}"}}\n')
        with pytest.raises(Exception, match="there is no file|is outside the workspace"):
            composer_for(kit).compose([("my_sound", {})])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[]", "'m.json' is no sample map: names with lists of files belong in it"),
        ('{"a": 3}', "'m.json': 'a' is neither a file, nor a list of files, nor files by their notes"),
        ('{"a": {"h9": "x.wav"}}', "'m.json': 'h9' in 'a' is no note"),
        ("[" * 100_000, "'m.json' is no sample map: it is not JSON"),
    ],
)
def test_what_is_no_map_is_told(tmp_path, text, sentence):
    with pytest.raises(MapError) as told:
        read_sample_map(save(tmp_path, text, "m.json"))
    assert str(told.value) == sentence


def test_paths_of_a_map_begin_with_its_base_and_those_of_an_address_at_the_map(tmp_path):
    file = save(tmp_path, json.dumps({"_base": "wav/", "a": ["x.wav", "x.wav", "read.me"], "b": []}), "m.json")
    assert {name: [one.path for one in files] for name, files in read_sample_map(file).items()} == {"a": ["wav/x.wav"]}
    file = save(tmp_path, json.dumps({"_base": "github:a/b/main", "a": "/my%20kit/x.wav"}), "m.json")
    assert read_sample_map(file)["a"][0].path == "my kit/x.wav"


def test_a_word_of_a_pattern_and_of_a_list_is_a_name_of_samples(kit):
    assert wanted(kit, 'my_sound: {play: "tom cow:1 piano:c4"}\n') == []
    assert wanted(kit, "my_sound: {sequencer: {interval: beat, steps: [tom, cow v.5, piano a4]}}\n") == []
    composer = composer_for(kit)
    save(kit, 'my_sound: {play: "tom ton"}\n')
    with pytest.raises(Exception, match="there is no sound 'ton'; did you mean 'tom'"):
        composer.compose([("my_sound", {})])
    save(kit, 'tom: {osc: {}}\nmy_sound: {play: "tom"}\n')
    assert not composer.compose([("my_sound", {})]).files, "a sound comes before samples of its name"


def test_a_map_that_is_edited_is_heard_and_a_replay_plays_the_pitches_of_its_time(stage, tmp_path):
    folder = tmp_path / "piece"
    for name, freq in (("low", 220.0), ("high", 880.0)):
        write_sample(folder / "samples" / f"{name}.wav", freq)
    save(folder / "samples", json.dumps({"tone": {"a3": "low.wav", "a5": "high.wav"}}), "map.json")
    save(folder, "my_sound: {sample: {file: samples/tone, freq: a3, loop: true}}\n")
    live = stage(folder=folder, keeps=True)
    router = SaveRouter(live.performance.opened, live.session, compiler(), live.events.append)
    heard = [live.play(RATE // 5, 100)]
    live.save("my_sound: {sample: {file: samples/tone, freq: a3, loop: true}, amp: 0.9}\n")
    heard += [live.settle(), live.play(RATE // 5, 100)]
    file = save(folder / "samples", json.dumps({"tone": {"a2": "low.wav", "a5": "high.wav"}}), "map.json")
    router.changed([file])
    heard += [live.settle(), live.play(RATE // 2, 100)]
    frames = np.concatenate(heard)[:, 0]
    for part, freq in ((frames[2000:8000], 220.0), (frames[-12000:], 440.0)):
        spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)), 1 << 17))
        assert spectrum.argmax() * RATE / (1 << 17) == pytest.approx(freq, abs=1.0)
    log = log_of(live)
    save(folder / "samples", "{}", "map.json")
    np.testing.assert_array_equal(replayed(log, len(frames)), np.concatenate(heard))
    router.stop()

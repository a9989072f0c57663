"""Bundles: the same bytes for the same sound, the same sound elsewhere, and nothing from a hostile file."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from tests.harness.session_harness import write_sample
from waves.app.commands.render import render_sounds
from waves.app.setup.bundle import opened_for, write_sounds
from waves.cli import app
from waves.language.model.sound_arguments import UsageProblem
from waves.live.bundle import bundle_file
from waves.live.bundle.bundle_file import LIST, fault_of_name, opened_file, write_bundle
from waves.live.bundle.opening import open_bundle
from waves.live.workspace.open_workspace import open_workspace
from waves.live.workspace.samples.names import sample_names
from waves.live.workspace.trust import trust
from waves.live.workspace.workspace import find_workspace
from waves.problem import Problems

PIECE = """\
# A piece for bundles.

vars: {low: a2}
patterns: {beat: "tick ~ tick tick"}

# It plays all that is used.
my_sound:
  mix:
    beat: {play: beat}
    kit: {sample: {file: samples/kit, chop: 1, loop: true}, gain: -6}
    far: {sample: {file: far/b.wav, loop: true}, gain: -6}
# Of this one nothing is to be seen in a bundle.
secret: {sample: {file: samples/secret.wav}}
tick: {osc: {freq: low, amp: [0.2, 0], duration: 0.05}}
"""
NODE = """\
from waves.node import Node, Signal, param

from ._half import HALF


class Softer(Node):
    \"\"\"Half of it.

    Example:

        my_sound: {softer: {signal: {osc: {freq: 220}}}}
    \"\"\"

    signal: Signal = param(unit="value")

    @staticmethod
    def render(out, signal):
        for i in range(len(out)):
            out[i] = HALF * signal[i]
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of the user's settings; the present folder is another one."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    (tmp_path / "away").mkdir()
    monkeypatch.chdir(tmp_path / "away")
    return tmp_path / "home"


def piece_in(folder: Path, text: str = PIECE) -> Path:
    """A piece with samples of its own and of another folder, which its settings name."""
    for name in ("samples/kit/1.wav", "samples/kit/2.wav", "samples/secret.wav", "../library/far/b.wav"):
        write_sample(folder / name)
    (folder / "samples" / "kit" / "LICENSE.txt").write_text("Do with it what you want.")
    (folder.parent / "library" / "COPYING").write_text("Say whose it is.")
    (folder / "waves.yaml").write_text(text)
    (folder / "config.py").write_text("SEED = 7\nBPM = 140\nSAMPLE_FOLDERS = ['../library']\n")
    return folder


def bundle_of(folder: Path, *sounds: str, to: str = "night.waves") -> Path:
    write_sounds(sounds, Path(to), folder, trust=True, force=True)
    return Path(to)


def test_a_bundle_has_what_is_used_and_nothing_else(tmp_path: Path) -> None:
    bundle = bundle_of(piece_in(tmp_path / "set"))
    with opened_file(bundle) as found:
        about = found.about
        assert [*about.files] == [
            *("COPYING", "config.py", "far/b.wav"),
            *("samples/kit/1.wav", "samples/kit/2.wav", "samples/kit/LICENSE.txt", "waves.yaml"),
        ]
        assert about.licences == ["COPYING", "samples/kit/LICENSE.txt"] and about.play == ["my_sound"]
    there = open_bundle(bundle).folder
    text = (there / "waves.yaml").read_text()
    assert text == "\n".join(line for line in PIECE.split("\n") if "secret" not in line and "nothing" not in line)
    opened = open_workspace(there)
    assert (opened.settings.SEED, opened.settings.BPM, opened.trusted) == (7, 140.0, False)
    composer = opened.composer()
    assert composer.compose(composer.choose(about.play)).findings == []


def test_the_same_sound_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = piece_in(tmp_path / "one" / "set"), tmp_path / "two" / "set"
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    for number, file in enumerate(sorted(second.rglob("*.*"))):
        os.utime(file, (number, number))
        file.chmod(0o600 if file.is_file() else 0o700)
    one, two = bundle_of(first), bundle_of(second, to="other.waves")
    assert one.read_bytes() == two.read_bytes()
    again = bundle_of(open_bundle(one).folder, to="again.waves")
    assert again.read_bytes() == one.read_bytes(), "a bundle of what was in a bundle is that bundle"


def test_the_same_bits_in_an_empty_home(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def rendered(sounds: list[str], folder: Path, name: str) -> Any:
        out = tmp_path / name
        render_sounds(sounds, out, None, "0.5", False, folder, False, False, 1, {})
        return soundfile.read(out)[0]

    folder = piece_in(tmp_path / "set")
    trust(folder)
    (home / "waves-live" / "config.py").write_text("BPM = 90\nLIMITER = False\n")
    expected = rendered([], folder, "here.wav")
    bundle = bundle_of(folder)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "empty"))
    np.testing.assert_array_equal(rendered(*opened_for([str(bundle)], Path(), True), "there.wav"), expected)
    assert np.abs(expected).max() > 0.1


def test_anchors_and_all_that_they_lead_to_stay(tmp_path: Path) -> None:
    text = "a: {osc: &low {freq: 55}}\nmy_sound: {osc: *low}\nother: {sample: {file: samples/secret.wav}}\n"
    there = open_bundle(bundle_of(piece_in(tmp_path / "set", text))).folder
    assert (there / "waves.yaml").read_text() == text and (there / "samples" / "secret.wav").is_file()


def test_parameters_tunings_and_files_of_sounds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = piece_in(tmp_path / "set", "settings: {tuning: just.scl}\nunused: {osc: {freq: 3}}\n")
    (folder / "sounds").mkdir()
    (folder / "sounds" / "b.yaml").write_text("note: {context: {f: a3, signal: {osc: {freq: f}}}}\n")
    (folder / "sounds" / "c.yaml").write_text("other: {osc: {freq: 3}}\n")
    (folder / "tunings").mkdir()
    (folder / "tunings" / "just.scl").write_text("! just\njust\n 2\n 3/2\n 2/1\n")
    (folder / "tunings" / "unused.scl").write_text("! unused\nunused\n 1\n 2/1\n")
    bundle = bundle_of(folder, "note f220")
    with opened_file(bundle) as found:
        files, play = [*found.about.files], found.about.play
    assert files == ["config.py", "sounds/b.yaml", "tunings/just.scl", "waves.yaml"] and play == ["note f220"]
    assert opened_for([str(bundle)], Path(), True)[0] == play
    assert opened_for([str(bundle), "note", "f=3"], Path(), True)[0] == ["note", "f=3"]
    assert "night.waves was opened before in" in capsys.readouterr().err


def test_names_of_folders_and_maps_of_samples_come_along(tmp_path: Path) -> None:
    folder = piece_in(tmp_path / "set", "my_sound: {mix: {a: {play: keys, note: c4}, b: {play: 'deep other:1'}}}\n")
    for name in ("wav/low.wav", "wav/high.wav", "wav/x/high.wav", "wav/unused.wav", "deep/one.wav"):
        write_sample(folder / "samples" / "pack" / name)
    keys = {"c#3": "low.wav", "a4": ["high.wav", "x/high.wav"]}
    text = json.dumps({"_base": "wav/", "keys": keys, "other": ["missing.wav", "low.wav"], "no": "unused.wav"})
    (folder / "samples" / "pack" / "strudel.json").write_text(text)
    bundle = bundle_of(folder)
    there = open_bundle(bundle).folder
    assert sorted(path.relative_to(there / "samples").as_posix() for path in there.rglob("*.wav")) == [
        *("deep/one.wav", "keys/high-2.wav", "keys/high.wav", "keys/low.wav", "other/low.wav")
    ]
    here, moved = (sample_names(find_workspace(one)).first for one in (folder, there))
    assert [one.pitch for one in moved["keys"].files] == [one.pitch for one in here["keys"].files]
    assert [Path(one.path).name for one in moved["other"].files] == ["missing.wav", "low.wav"]
    assert bundle_of(there, to="again.waves").read_bytes() == bundle.read_bytes()


NESTED = ("kit/thud/1.wav", "kit/thud/2.wav", "kit/tick/1.wav")
FLAT = ("kit/1.wav", "kit/2.wav", "kit/3.wav")
STEPS = "sequencer: {interval: 0.01, steps: [thud, tick, thud:1]}"
MAPPED = {"thud": ["1.wav", "2.wav"], "tick": "3.wav"}


@pytest.mark.parametrize(
    ("files", "place", "names", "text"),
    [
        (FLAT, "kit/strudel.json", MAPPED, STEPS),
        (FLAT, "names.json", {"_base": "kit/", **MAPPED}, STEPS),
        (NESTED, "", {}, "play: beat"),
        (NESTED, "", {}, "mix: {a: {sample: {file: samples/thud}}, b: {sample: {file: samples/kit/tick/1.wav}}}"),
        (FLAT, "kit/a.json", {"thud": ["1.wav", "2.wav"], "tick": "3.wav", "TICK": "2.wav", "Thud": "3.wav"},
         "sequencer: {interval: 0.01, steps: [thud, tick, TICK, Thud]}"),
        (("kit/1.wav", "thud/1.wav"), "names.json", {"thud": "kit/1.wav"},
         "mix: {a: {sample: {file: samples/thud}}, b: {sample: {file: samples/thud/1.wav}}}"),
    ],
    ids=["map in it", "map beside", "in Python", "files", "upper and lower case", "file and name alike"],
)  # fmt: skip
def test_names_of_packs_are_the_same_bits_elsewhere(
    files: tuple[str, ...], place: str, names: dict[str, Any], text: str, tmp_path: Path
) -> None:
    def frames(folder: Path) -> Any:
        composer = open_workspace(folder, trust=True).composer()
        found = composer.compose(composer.choose(["my_sound"]))
        assert found.findings == []
        return {one: [sample.data.tobytes() for sample in kit.samples] for one, kit in found.files.items()}

    folder = tmp_path / "set"
    for number, name in enumerate(files):
        write_sample(folder / "samples" / name, 220.0 * (number + 1), 0.05)
    if place:
        (folder / "samples" / place).write_text(json.dumps(names))
    (folder / "waves.yaml").write_text(f"my_sound: {{{text}}}\n")
    if "beat" in text:
        (folder / "patterns").mkdir()
        (folder / "patterns" / "beat.py").write_text(
            'from waves.patterns import mini\nbeat = mini("thud tick thud:1")\n'
        )
    assert frames(open_bundle(bundle_of(folder)).folder) == frames(folder) != {}


def test_nodes_come_with_their_helpers_and_wait_for_trust(tmp_path: Path) -> None:
    folder = piece_in(tmp_path / "set", "my_sound: {softer: {signal: {osc: {freq: 220, amp: 0.2}}}}\n")
    (folder / "nodes" / "family").mkdir(parents=True)
    (folder / "nodes" / "family" / "softer.py").write_text(NODE)
    (folder / "nodes" / "family" / "_half.py").write_text("HALF = 0.5\n")
    (folder / "nodes" / "unused.py").write_text("raise SystemExit\n")
    there = open_bundle(bundle_of(folder)).folder
    assert sorted(path.name for path in there.rglob("*.py")) == ["_half.py", "config.py", "softer.py"]
    opened = open_workspace(there)
    assert "softer" not in opened.library and "is not trusted and not read" in opened.left_out[0]
    with pytest.raises(Problems, match="softer"):
        opened.composer().compose([("my_sound", {})])


def test_a_file_that_only_the_owner_has_is_refused(tmp_path: Path) -> None:
    folder = piece_in(tmp_path / "set")
    (folder / "waves.yaml").write_text(f"my_sound: {{sample: {{file: {folder / 'samples' / 'secret.wav'}}}}}\n")
    with pytest.raises(Problems, match="its path leads out of it"):
        bundle_of(folder)
    assert not Path("night.waves").exists()
    with pytest.raises(Problems, match=r"ends in .waves; did you mean 'night.waves'"):
        bundle_of(folder, to="night.zip")


def test_edits_stay_and_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = Path("night.waves")
    bundle.write_bytes(good())
    Path("night").mkdir()
    Path("night", "mine").write_text("mine")
    opened = open_bundle(bundle)
    assert opened.folder.name == "night-2" and os.listdir("night") == ["mine"]
    (opened.folder / "waves.yaml").write_text("my_sound: {osc: {freq: 3}}\n")
    again = open_bundle(bundle)
    assert (again.folder, again.was_there, again.changed) == (opened.folder, True, ("waves.yaml",))
    opened_for([str(bundle)], Path(), True)
    assert "changed since: waves.yaml" in capsys.readouterr().err
    with pytest.raises(Problems, match="is already there, and not of this bundle; nothing was changed"):
        open_bundle(bundle, Path("night"))
    assert open_bundle(bundle, Path("deep", "else")).folder == Path("deep", "else").absolute()
    assert sorted(os.listdir()) == ["deep", "night", "night-2", "night.waves"]


def test_no_folder_is_made_where_its_python_would_be_trusted(tmp_path: Path) -> None:
    bundle = Path("night.waves")
    bundle.write_bytes(good())
    trust(Path("night"))
    assert open_bundle(bundle).folder.name == "night-2"
    with pytest.raises(Problems, match="is trusted; nothing was changed"):
        open_bundle(bundle, Path("night"))
    Path("night").symlink_to("night-2")
    assert open_bundle(bundle).folder.name == "night-2", "a link is no folder of a bundle"


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = Path("night.waves")
    bundle.write_bytes(good())
    calls: list[int] = []

    def full(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Problems, match=os.strerror(errno.ENOSPC)):
        open_bundle(bundle)
    assert os.listdir() == ["night.waves"]


def test_play_and_render_take_a_bundle(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("night.waves").write_bytes(good())
    called: list[Any] = []
    monkeypatch.setattr("waves.app.player.ahead.play_sounds", lambda options: called.append(options) or 0)
    monkeypatch.setattr("waves.app.commands.render.render_sounds", lambda *given, **options: called.append(given))
    for words in ("play night.waves", "render night.waves my_sound --dir other", "play --dir other my_sound"):
        done = CliRunner().invoke(app, words.split())
        assert done.exit_code == 0, done.output
    (first, rendered, last), here = called, Path.cwd()
    assert (first.sounds, first.folder, first.trust) == (["my_sound"], here / "night", False)
    assert (rendered[0], rendered[5]) == (["my_sound"], here / "other")
    assert (last.sounds, last.folder) == (["my_sound"], Path("other"))
    missing = CliRunner().invoke(app, ["play", "missing.waves"]).exception
    assert isinstance(missing, UsageProblem) and "there is no file 'missing.waves'" in str(missing)


# ---- Files of strangers

FILES = {"waves.yaml": b"my_sound: {osc: {freq: 220}}\n", "samples/a.wav": b"no sound"}


def good() -> bytes:
    stream = BytesIO()
    write_bundle(stream, FILES, ["my_sound"])
    return stream.getvalue()


def forged(
    files: dict[str, bytes] | None = None,
    change: Callable[[dict[str, Any]], object] = lambda listed: None,
    mark: Callable[[zipfile.ZipInfo], object] = lambda info: None,
    more: tuple[str, ...] = (),
) -> bytes:
    """A bundle with other files, another list or other marks than `waves bundle` writes."""
    files = files or FILES
    with zipfile.ZipFile(BytesIO(good())) as archive:
        listed = json.loads(archive.read(LIST))
    listed["files"] = {
        name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in files.items()
    }
    change(listed)
    stream = BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(stream, "w") as archive:  # of names that are double
        archive.writestr(LIST, json.dumps(listed))
        for name, data in [*files.items(), *((name, b"") for name in more)]:
            info = zipfile.ZipInfo(name)
            mark(info)
            archive.writestr(info, data)
    return stream.getvalue()


def named(*names: str) -> bytes:
    return forged(dict.fromkeys(names, b"x"))


def is_link(info: zipfile.ZipInfo) -> None:
    info.external_attr = (stat.S_IFLNK | 0o777) << 16


def deflated(info: zipfile.ZipInfo) -> None:
    info.compress_type = zipfile.ZIP_DEFLATED


def with_end(**words: int) -> bytes:
    """A bundle with other words in the record at its end."""
    data = good()
    size = bundle_file.END.size
    _, disk, first, here, count, length, place, comment = bundle_file.END.unpack(data[-size:])
    given = {"here": here, "count": count, "length": length, "comment": comment} | words
    end = (disk, first, given["here"], given["count"], given["length"], place, given["comment"])
    return data[:-size] + bundle_file.END.pack(bundle_file.END_MARK, *end)


def larger() -> bytes:
    """A bundle with the record of archives above 4 GB, which tells of more files than the one at the end."""
    data, size = good(), bundle_file.END.size
    record = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1 << 40, 1 << 40, 1 << 50, 0)
    place = struct.pack("<4sIQI", bundle_file.END_MARK_64, 0, len(data) - size, 1)
    return data[:-size] + record + place + data[-size:]


HOSTILE = {
    "nothing": b"",
    "noise": bytes(range(256)) * 40,
    "no list": forged(mark=lambda info: None).replace(LIST.encode(), b"bundle.jsom"),
    "a link": forged(mark=is_link),
    "compressed": forged(mark=deflated),
    "up": named("waves.yaml", "../up.yaml"),
    "up inside": named("samples/../../up.yaml"),
    "absolute": named("/tmp/waves-hostile.yaml"),
    "drive": named("C:/up.yaml"),
    "backslash": named("..\\up.yaml"),
    "hidden": named(".waves/history/versions.yaml"),
    "hidden file": named("samples/.bashrc.py"),
    "program": named("samples/a.exe"),
    "no ending": named("samples/a"),
    "its own list": named(LIST),
    "control": named("samples/\x1b[31m.wav"),
    "device": named("samples/aux.wav"),
    "dot at the end": named("samples./a.wav"),
    "long": named("a" * 300 + ".wav"),
    "upper case": named("samples/a.wav", "samples/A.wav"),
    "upper case of a folder": named("samples/a.wav", "Samples/b.wav"),
    "a file as a folder": named("a.wav", "a.wav/b.wav"),
    "one more": forged(more=("nodes/more.py",)),
    "a folder": forged(more=("samples/",)),
    "twice": forged(more=("waves.yaml",)),
    "one less": forged(change=lambda listed: listed["files"].update({"c.wav": listed["files"]["waves.yaml"]})),
    "digest": forged(change=lambda listed: listed["files"]["waves.yaml"].update(sha256="0" * 64)),
    "larger than said": forged(change=lambda listed: listed["files"]["waves.yaml"].update(bytes=1)),
    "smaller than said": forged(change=lambda listed: listed["files"]["waves.yaml"].update(bytes=10**6)),
    "no number": forged(change=lambda listed: listed["files"]["waves.yaml"].update(bytes="1")),
    "later": forged(change=lambda listed: listed.update(format=2)),
    "unknown key": forged(change=lambda listed: listed.update(run="rm")),
    "plays too much": forged(change=lambda listed: listed.update(play=["a"] * 1000)),
    "no JSON": good().replace(b'"format"', b"[format]"),
    "comment": with_end(comment=5) + b"hello",
    "many": with_end(here=60_000, count=60_000),
    "two counts": with_end(here=2),
    "large directory": with_end(length=1 << 31),
    "larger archives": larger(),
    "cut": good()[:-30],
    "no beginning": good()[40:],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_leaves_nothing(tmp_path: Path, name: str) -> None:
    Path("night.waves").write_bytes(HOSTILE[name])
    with pytest.raises(Problems, match=r"^'night.waves' (cannot be opened|is no bundle)") as refused:
        open_bundle(Path("night.waves"))
    assert "\x1b" not in refused.value.problems[0].show()
    assert os.listdir() == ["night.waves"] and sorted(os.listdir(tmp_path)) == ["away"]


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo("pipe.waves")
    Path("folder.waves").mkdir()
    for name in ("pipe.waves", "folder.waves", "missing.waves"):
        with pytest.raises(Problems, match=f"'{name}' (cannot|is no bundle)"):
            open_bundle(Path(name))


def test_sizes_are_counted_while_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("night.waves").write_bytes(good())
    monkeypatch.setattr(bundle_file, "MOST_BYTES", sum(map(len, FILES.values())) - 1)
    with pytest.raises(Problems, match="larger than"):
        open_bundle(Path("night.waves"))
    with pytest.raises(Problems, match="more than"):
        good()
    assert os.listdir() == ["night.waves"]
    monkeypatch.setattr(bundle_file, "MOST_FILES", 1)
    with pytest.raises(Problems, match="does not end as a bundle does"):
        open_bundle(Path("night.waves"))


def test_files_have_no_rights_but_those_of_a_text(tmp_path: Path) -> None:
    def program(info: zipfile.ZipInfo) -> None:
        info.external_attr = (stat.S_IFREG | 0o4777) << 16

    Path("night.waves").write_bytes(forged(mark=program))
    file = open_bundle(Path("night.waves")).folder / "waves.yaml"
    assert not stat.S_IMODE(file.stat().st_mode) & 0o7111


@settings(max_examples=60)
@given(st.data())
def test_damage_is_found(data: st.DataObject) -> None:
    """A bit that changes changes nothing that is unpacked, or nothing is."""
    whole = bytearray(good())
    place, bit = data.draw(st.integers(0, len(whole) * 8 - 1)), data.draw(st.booleans())
    whole[place // 8] ^= 1 << place % 8
    damaged = bytes(whole) if bit else bytes(whole[: place // 8])
    folder = Path(f"damaged-{place}-{bit}")
    folder.mkdir(exist_ok=True)
    (folder / "a.waves").write_bytes(damaged)
    try:
        opened = open_bundle(folder / "a.waves").folder
    except Problems:
        assert os.listdir(folder) == ["a.waves"]
        return
    assert {name: (opened / name).read_bytes() for name in FILES} == FILES


@pytest.mark.parametrize(
    "name", ["waves.yaml", "sounds/a b.yaml", "samples/ö.flac", "LICENSE", "nodes/_a.py", "a/NOTICE.md"]
)
def test_names_that_a_bundle_may_hold(name: str) -> None:
    assert fault_of_name(name) == ""

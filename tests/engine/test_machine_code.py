"""A damaged file in the cache of machine code is a missing one: compiled again, and never loaded."""

from __future__ import annotations

import os
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.harness.command import Play, waves
from tests.harness.engine_harness import compiler
from tests.harness.full_disk import full_disk
from tests.harness.session_harness import compose, composer_for, save, shipped
from waves.app.player import ahead
from waves.app.player.options import PlayOptions
from waves.app.setup.warm import warm_cache
from waves.app.terminal.compiling import compile_missing, parts_of
from waves.engine.compiler import cache_folder, kernel_cache
from waves.engine.compiler.compiler import CompileError, Compiler
from waves.engine.compiler.kernel_cache import EngineKernel, NodeKernel
from waves.engine.compiler.machine_code import Code, UnusableCode, is_usable, move_code, read_code, write_code
from waves.node_types.builtin.crossfade import Fade
from waves.problem import Problems

NAME = f"osc_{'0' * 20}"
CODE = random.Random(1).randbytes(3000)
PIECE = "my_sound: {osc: {freq: 220, amp: 0.2}}\n"
DELAYED = "my_sound: {delay: {time: 0.1, signal: {osc: {freq: 220, amp: 0.2}}}}\n"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links, pipes and owners are those of POSIX")


def cut(length: int) -> Callable[[Path], None]:
    return lambda file: file.write_bytes(file.read_bytes()[:length])


def flipped(place: int) -> Callable[[Path], None]:
    def flip(file: Path) -> None:
        data = bytearray(file.read_bytes())
        data[place] ^= 1
        file.write_bytes(data)

    return flip


def swapped(file: Path) -> None:
    """The file of another kernel, whole."""
    other = file.with_name(f"saw_{'1' * 20}.o")
    write_code(other, "entry", CODE)
    other.replace(file)


def linked(file: Path) -> None:
    target = file.with_name("target")
    target.mkdir()
    file.replace(target / file.name)
    file.symlink_to(target / file.name)


def piped(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def foldered(file: Path) -> None:
    file.unlink()
    file.mkdir()
    (file / "mine").write_text("kept")


DAMAGE: dict[str, Callable[[Path], object]] = {
    **{f"cut to {length}": cut(length) for length in (0, 1, 10, 30, 60, 1000, -200, -1)},
    **{f"bit at {place}": flipped(place) for place in (0, 25, 55, 2000, -1)},
    "zeros": lambda file: file.write_bytes(bytes(file.stat().st_size)),
    "longer": lambda file: file.write_bytes(file.read_bytes() + b"\0"),
    "of another kernel": swapped,
    "a link": linked,
    "a pipe": piped,
    "a folder": foldered,
    "written by all": lambda file: file.chmod(0o777),
    "written by the group": lambda file: file.chmod(0o660),
    "gone": lambda file: file.unlink(),
}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of this test."""
    monkeypatch.setenv("WAVES_CACHE", str(tmp_path / "cache"))
    return cache_folder.folder()


@pytest.mark.parametrize("name", DAMAGE)
def test_what_is_not_whole_is_not_read_and_is_replaced_whole(tmp_path: Path, name: str) -> None:
    file = tmp_path / f"{NAME}.o"
    write_code(file, "entry", CODE)
    assert read_code(file) == ("entry", CODE)
    DAMAGE[name](file)
    assert not is_usable(file)
    with pytest.raises((UnusableCode, FileNotFoundError)):
        Code(file)
    write_code(file, "entry", CODE)
    assert read_code(file) == ("entry", CODE) and file.is_file() and not file.is_symlink()
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_folder_in_the_place_of_a_file_keeps_what_is_in_it(tmp_path: Path) -> None:
    file, tried = tmp_path / f"{NAME}.o", tmp_path / f"{NAME}.trial"
    file.mkdir()
    (file / "mine").write_text("kept")
    write_code(tried, "entry", CODE)
    move_code(tried, file)
    assert is_usable(file)
    assert [found.read_text() for found in tmp_path.glob(f".{NAME}.o.*/mine")] == ["kept"]


def test_a_file_of_another_user_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / f"{NAME}.o"
    write_code(file, "entry", CODE)
    monkeypatch.setattr(os, "geteuid", lambda: file.stat().st_uid + 1)
    with pytest.raises(UnusableCode, match="others can write to it"):
        read_code(file)


def test_a_save_does_not_wait_for_code_that_plays_though_the_cache_is_gone(stage, monkeypatch, tmp_path) -> None:
    """Nor for another variant of it: what was found is in memory."""
    live = stage("my_sound: {filter: {cutoff: 500, signal: {osc: {type: saw, freq: 220, amp: 0.2}}}}\n")
    live.play(1000)
    monkeypatch.setenv("WAVES_CACHE", str(tmp_path / "empty"))
    text = "my_sound: {filter: {cutoff: {osc: {freq: 3, amp: 300}}, signal: {osc: {type: saw, freq: 99, amp: 0.2}}}}\n"
    assert live.reload(text).kind == "reloaded"
    assert "compiled" not in live.kinds
    assert not list(cache_folder.folder().iterdir())


@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_a_cache_that_others_can_write_is_not_used(cache: Path, mode: int) -> None:
    assert cache_folder.folder_notice() == ""
    cache.chmod(mode)
    other = cache_folder.folder()
    assert other != cache and other.stat().st_mode & 0o777 == 0o700
    assert cache_folder.folder_notice() == (
        f"compiled nodes cannot be kept in '{cache}': it belongs to another user, or others can write to it; "
        "set WAVES_CACHE to a folder of your own (until then they are compiled again at every start)"
    )
    cache.chmod(0o700)
    assert cache_folder.folder() == cache


def test_neither_is_a_link_nor_one_of_another_user(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.rename(tmp_path / "elsewhere")
    cache.symlink_to(tmp_path / "elsewhere")
    assert "': it is a link; " in cache_folder.folder_notice()
    cache.unlink()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert "it belongs to another user" in cache_folder.folder_notice()


def test_a_cache_that_cannot_be_made_is_said_once_and_a_temporary_one_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("WAVES_CACHE", str(tmp_path / "file" / "deep"))
    compile_missing(compiler(), [])
    assert capsys.readouterr().err.count("set WAVES_CACHE to a folder of your own") == 1
    assert cache_folder.folder().is_dir()


def test_without_any_folder_it_is_one_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("WAVES_CACHE", str(tmp_path / "file" / "deeper"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    with pytest.raises(Problems, match="WAVES_CACHE.*nor is there a temporary folder: No such file or directory"):
        cache_folder.folder()


def test_a_user_without_a_home_gets_no_folder_named_like_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WAVES_CACHE", raising=False)
    monkeypatch.setattr(cache_folder, "user_cache_path", lambda name: Path("~/.cache") / name)
    monkeypatch.chdir(tmp_path)
    assert "set WAVES_CACHE" in cache_folder.folder_notice()
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_said_without_blaming_the_node(cache: Path) -> None:
    with Compiler() as one, full_disk(), pytest.raises(CompileError) as raised:  # the worker begins with this limit
        one._ask(NodeKernel(Fade))
    reason = "File too large; set WAVES_CACHE to a folder with room"
    assert str(raised.value) == f"compiled nodes cannot be kept in '{cache}': {reason}"
    assert not list(cache.iterdir())


# ---- the whole program


@pytest.fixture
def filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the cache with all kernels of the delayed piece."""
    save(tmp_path / "piece", DELAYED)
    compose(composer_for(tmp_path / "piece"))
    copy = tmp_path / "cache" / "kernels"
    shutil.copytree(cache_folder.folder(), copy)
    for file in copy.glob("*.o"):
        is_usable(file) or file.unlink()  # of an earlier version
    monkeypatch.setenv("WAVES_CACHE", str(copy.parent))
    return copy


@pytest.mark.long
def test_a_render_compiles_again_what_is_damaged_and_sounds_the_same(filled: Path, tmp_path: Path) -> None:
    piece = tmp_path / "piece"
    save(piece, PIECE)
    before = waves(piece, "render", "-o", "before.wav", "--duration", "1")
    assert before.returncode == 0, before.stderr
    engine = [EngineKernel(function) for function in ("swap", "run", "block", "render")]
    kernels = [*engine, NodeKernel(shipped()["osc"], frozenset({"freq", "phase"}))]
    harmed = [kernel_cache.path_of(kernel) for kernel in kernels]
    damage = ["zeros", "cut to 1000", "of another kernel", "a pipe", "bit at -1"]
    for k, file in enumerate(harmed):
        DAMAGE[damage[k % len(damage)]](file)
    assert len(harmed) >= len(damage)
    told = " ".join(waves(piece, "doctor").stdout.split())
    assert f"{len(harmed)} cannot be used, the first: block_" in told
    after = waves(piece, "render", "-o", "after.wav", "--duration", "1")
    assert after.returncode == 0 and f"compiling {len(harmed)} kernels, once" in after.stderr, after.stderr
    assert (piece / "after.wav").read_bytes() == (piece / "before.wav").read_bytes()
    assert all(map(is_usable, harmed))


def test_a_save_that_brings_in_a_damaged_kernel_plays(filled: Path, tmp_path: Path) -> None:
    piece = tmp_path / "piece"
    save(piece, PIECE)
    harmed = [kernel_cache.path_of(kernel) for kernel in kernel_cache.variants(shipped()["delay"])]
    with Play(piece, "my_sound", "--record", "take.wav") as play:
        for file in harmed:
            DAMAGE["zeros"](file)
        play.wait_for("started")
        play.save(DELAYED)
        play.wait_for("reloaded")
        assert play.end() == 130
    assert any(map(is_usable, harmed)), "the variant that it plays"
    sound, _ = soundfile.read(piece / "take.wav")
    assert np.abs(sound).max() > 0.1


def test_warm_removes_what_it_does_not_need(filled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stray = filled / f"old_{'2' * 20}.o"
    stray.write_bytes(b"entry\0code")
    foreign = filled / "notes.o"
    foreign.write_text("mine")
    warm_cache(tmp_path / "piece")
    assert capsys.readouterr().out.endswith(" of them compiled now; 1 file that could not be used removed\n")
    assert not stray.exists() and foreign.exists() and not kernel_cache.damaged()


def test_files_that_nobody_used_for_long_are_deleted_then_the_oldest(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["old.o", "old.trial", "older.o", "newer.trial", "new.o"]
    for days, name in zip((31, 31, 3, 2, 1), names, strict=True):
        (cache / name).write_bytes(bytes(100))
        os.utime(cache / name, (day := 86400 * (100 - days), day))
    (cache / "notes.txt").write_text("mine")
    assert kernel_cache.prune(now=86400 * 100) == 2
    assert {file.name for file in cache.iterdir()} == {*names[2:], "notes.txt"}
    monkeypatch.setattr(kernel_cache, "KEEP_BYTES", 250)
    assert kernel_cache.prune(now=86400 * 100) == 1
    assert {file.name for file in cache.iterdir()} == {*names[3:], "notes.txt"}


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_no_damage_by_chance_ends_a_program(filled: Path, tmp_path: Path) -> None:
    """Any files of the cache, any bytes."""
    chance = random.Random()
    print("seed", seed := chance.randrange(1 << 32))
    chance.seed(seed)
    piece = tmp_path / "piece"
    save(piece, DELAYED)
    waves(piece, "render", "-o", "right.wav", "--duration", "0.5")
    for _ in range(15):
        for file in chance.sample(sorted(filled.glob("*.o")), 8):
            data = bytearray(file.read_bytes())
            begin = chance.randrange(len(data))
            match chance.randrange(4):
                case 0:
                    del data[begin:]
                case 1:
                    data[begin] ^= 1 << chance.randrange(8)
                case 2:
                    data[begin : begin + 400] = chance.randbytes(min(400, len(data) - begin))
                case _:
                    data = bytearray(chance.choice(sorted(filled.glob("*.o"))).read_bytes())
            file.write_bytes(data)
        again = waves(piece, "render", "--force", "-o", "again.wav", "--duration", "0.5")
        assert again.returncode == 0, again.stderr
        assert (piece / "again.wav").read_bytes() == (piece / "right.wav").read_bytes()


def test_the_compiler_starts_ahead_only_where_nothing_is_compiled(monkeypatch, tmp_path):
    class Counted:
        starts = 0

        def start(self):
            self.starts += 1

    monkeypatch.setenv("WAVES_CACHE", str(tmp_path))
    monkeypatch.setattr(ahead, "Workers", Counted)
    monkeypatch.setattr("waves.app.player.start.play_sounds", lambda options, workers: workers.starts)
    assert ahead.play_sounds(PlayOptions()) == 1
    (tmp_path / "kernels" / "block_0.o").touch()
    assert ahead.play_sounds(PlayOptions()) == 0


def test_of_an_engine_that_is_compiled_in_part_the_functions_are_named(monkeypatch):
    engine = kernel_cache.engine_kernels()
    monkeypatch.setattr(kernel_cache, "missing", list)
    assert parts_of(engine) == "the engine"
    monkeypatch.setattr(kernel_cache, "missing", lambda kernels: [one for one in kernels if one.function == "render"])
    assert parts_of([one for one in engine if one.function == "render"]) == "render of the engine"

"""Keys and screen of a `waves play` in a real pseudo-terminal."""

from __future__ import annotations

import io
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.harness.command import CONTROL
from tests.harness.terminal import STOPS, Terminal
from waves.app.terminal.keys import Keys
from waves.app.terminal.progress import bar
from waves.events.progress import time_left

PIECE = "my_sound: {mix: {a: {osc: {freq: 220, amp: 0.2}}}}\n"


Begin = Callable[..., Terminal]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "waves.yaml").write_text(PIECE)
    return tmp_path


@pytest.fixture
def begin(folder: Path) -> Iterator[Begin]:
    begun: list[Terminal] = []

    def begin(*arguments: str, **options: str) -> Terminal:
        begun.append(Terminal(folder, *arguments, **options))
        return begun[-1]

    yield begin
    for terminal in begun:
        terminal.close()


@pytest.fixture
def plain(begin: Begin) -> Terminal:
    terminal = begin("--plain")
    terminal.wait_for("playing my_sound")
    return terminal


def test_every_key(plain: Terminal, folder: Path) -> None:
    for key, said in [
        (" ", "paused"),
        (" ", "going on"),
        ("+", "volume +1 dB"),
        ("-", "volume +0 dB"),
        ("-", "volume -1 dB"),
        ("=", "volume +0 dB"),
        ("r", "nothing that plays has changed"),
        ("h", "saves are held"),
        ("r", "waits for `h`"),
        ("h", "nothing that plays has changed"),
        ("c", "recording to "),
    ]:
        plain.press(key)
        plain.wait_for(said)
    time.sleep(0.5)
    plain.press("c")
    plain.wait_for("recorded ")
    plain.press("\x1b[A")  # an arrow: nothing
    plain.press("q")
    plain.wait_for("stopped after")
    assert plain.end() == 0
    assert plain.settings() == plain.before
    [file] = (folder / "recordings").iterdir()
    assert file.name.startswith("my_sound_") and file.suffix == ".wav"
    assert np.abs(soundfile.read(file)[0]).max() == pytest.approx(0.2, abs=1e-3)


def test_hush_is_silence_until_it_is_pressed_again(begin: Begin, folder: Path) -> None:
    terminal = begin("--plain", "--record", "live.wav")
    terminal.wait_for("playing my_sound")
    time.sleep(0.3)
    terminal.press(".")
    terminal.wait_for("hushed: silent until the next save")
    time.sleep(0.5)
    terminal.press(".")
    terminal.wait_for("sounding again")
    time.sleep(0.3)
    terminal.press("q")
    assert terminal.end() == 0
    frames = np.abs(soundfile.read(folder / "live.wav")[0][:, 0])
    levels = frames[: len(frames) // 220 * 220].reshape(-1, 220).max(axis=1)[:-8]  # by 5 ms, a period
    silent = np.flatnonzero(levels == 0.0)
    assert len(silent) >= 80 and (np.diff(silent) == 1).all(), "one silence"
    assert levels[: silent[0] - 12].min() > 0.19 and levels[-8:].min() > 0.19
    assert np.diff(levels[silent[0] - 8 : silent[0]]).max() < 0.0  # 50 ms of fade


def test_the_keys_are_shown_and_one_without_a_meaning_is_said(begin: Begin) -> None:
    terminal = begin()
    terminal.wait_for("playing my_sound")
    terminal.press("z")
    terminal.wait_for("the key 'z' does nothing: ? shows the keys")
    terminal.press("?")
    terminal.wait_for("n N      play the next sound of the file instead, or the one before")
    terminal.press("q")
    assert terminal.end() == 0


def test_q_ends_it_however_early_it_is_pressed(begin: Begin) -> None:
    terminal = begin("--plain")
    terminal.press("xq")
    assert terminal.end() == 0
    assert "does nothing" not in terminal.written and terminal.settings() == terminal.before


def test_other_keys_that_were_pressed_before_anything_plays_do_nothing(begin: Begin) -> None:
    terminal = begin("--plain")
    terminal.press("xc")
    terminal.wait_for("playing my_sound")
    terminal.press("+")
    deadline = time.monotonic() + 60.0
    while "volume +1 dB" not in terminal.written and time.monotonic() < deadline:
        terminal.read(0.1)
    assert "volume +1 dB" in terminal.written and "does nothing" not in terminal.written
    terminal.press("q")
    assert terminal.end() == 0


def test_q_stops_it_while_it_compiles_and_keys_are_not_shown(begin: Begin, folder: Path) -> None:
    terminal = begin(script=f'WAVES_CACHE="{folder}/cache" exec "$@"')
    terminal.wait_for("while other programs work")
    terminal.press("zzq")
    assert terminal.end() == 0
    terminal.read(0.1)
    assert "zz" not in terminal.written and "playing" not in terminal.written
    assert "stopped" in terminal.written
    assert terminal.settings() == terminal.before


def test_a_signal_that_ends_the_start_gives_the_terminal_back(begin: Begin, folder: Path) -> None:
    terminal = begin(script=f'WAVES_CACHE="{folder}/cache" exec "$@"')
    terminal.wait_for("while other programs work")
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.end() == -signal.SIGTERM
    assert terminal.settings() == terminal.before


def test_a_progress_bar_says_what_is_done_and_the_time_that_is_left(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    now = [1000.0]
    monkeypatch.setattr("rich.console.monotonic", lambda: now[0])
    with bar("compiling", 4, counts=True) as (advance, _):
        for done in (0, 1, 2):
            advance(done)
            now[0] += 30.0
    shown = CONTROL.sub("", capfd.readouterr().err)
    assert "2/4 0:01:30 0:00:30 left" in shown


def test_the_time_that_is_left_counts_down_between_two_kernels_and_never_stands_still():
    assert time_left(5.0, 0.0, 0, 4) is None and time_left(5.0, 1.0, 2, 0) is None
    assert [time_left(now, 20.0, 2, 4) for now in (20.0, 25.0, 30.0)] == [20.0, 15.0, 10.0], "10 s for each"
    assert time_left(60.0, 20.0, 2, 4) == 20.0, "the third takes 40 s: at least 20 s for each"
    assert time_left(40.0, 40.0, 4, 4) == 0.0


def test_a_broken_piece_is_shown_until_it_is_mended(begin: Begin, folder: Path) -> None:
    (folder / "waves.yaml").write_text(PIECE.replace("freq", "freqq"))
    terminal = begin()
    terminal.wait_for("nothing plays until a save mends the piece")
    terminal.wait_for("'osc' has no parameter 'freqq'")
    (folder / "waves.yaml").write_text(PIECE)
    terminal.wait_for("playing my_sound")
    terminal.press("q")
    assert terminal.end() == 0
    assert terminal.settings() == terminal.before
    (folder / "waves.yaml").write_text("my_sound: {")
    terminal = begin()
    terminal.wait_for("nothing plays until")
    terminal.press("q")
    assert terminal.end() == 1
    assert terminal.settings() == terminal.before


def test_the_bell_rings_on_the_screen(begin: Begin, folder: Path) -> None:
    (folder / "config.py").write_text("NOTIFY = 'bell'\n")
    terminal = begin()
    terminal.wait_for("playing my_sound")
    assert "\a" not in terminal.written
    (folder / "waves.yaml").write_text("my_sound: {")
    terminal.wait_for("\a")
    terminal.press("q")
    assert terminal.end() == 0


def test_notices_of_a_start_that_waited_are_shown_too(begin: Begin, folder: Path) -> None:
    (folder / "waves.yaml").write_text(PIECE.replace("freq", "freqq"))
    terminal = begin()
    terminal.wait_for("'osc' has no parameter 'freqq'")
    (folder / "config.py").write_text("SAMPLE_FOLDERS = ['/']\n")
    (folder / "waves.yaml").write_text(PIECE)
    terminal.wait_for("SAMPLE_FOLDERS in config.py reaches outside the folder")
    terminal.wait_for("playing my_sound")
    terminal.press("q")
    assert terminal.end() == 0


def test_a_pause_is_no_part_of_the_duration(begin: Begin, folder: Path) -> None:
    terminal = begin("--plain", "--record", "live.wav", "--duration", "3")
    terminal.wait_for("playing my_sound")
    terminal.press(" ")
    terminal.wait_for("paused")
    time.sleep(0.8)
    terminal.press(" ")
    assert terminal.end() == 0
    frames = np.abs(soundfile.read(folder / "live.wav")[0][:, 0])
    levels = frames[: len(frames) // 441 * 441].reshape(-1, 441).max(axis=1)  # by 10 ms
    assert np.count_nonzero(levels < 0.001) >= 50
    assert np.count_nonzero(levels > 0.001) >= 295, "the pause was counted"


def test_control_c_gives_the_terminal_back(plain: Terminal) -> None:
    plain.press("\x03")
    assert plain.end() == 130
    assert plain.settings() == plain.before


def test_the_screen(begin: Begin, folder: Path) -> None:
    terminal = begin()
    terminal.wait_for("editing waves.yaml: change `freq: 220`, line 1")
    terminal.wait_for("-14.0 dB")  # the peak of 0.2
    terminal.wait_for("volume 0.0 dB   silent device: nothing is heard")
    (folder / "waves.yaml").write_text(PIECE.replace("osc", '"[red]osk"'))
    terminal.wait_for("'[red]osk'")
    (folder / "waves.yaml").write_text(PIECE.replace("220", "330"))
    terminal.wait_for("a: freq 220 → 330")
    terminal.press(" ")
    terminal.wait_for("my_sound   paused")
    terminal.press("q")
    assert terminal.end() == 0
    terminal.read(0.1)
    assert terminal.written.count("\x1b[?25h") == 1  # the cursor is back


def test_what_libraries_write_leaves_no_rows_on_the_screen(begin: Begin) -> None:
    terminal = begin()
    terminal.wait_for("playing my_sound")
    error = os.open(f"/proc/{terminal.process.pid}/fd/2", os.O_WRONLY)
    os.write(error, b"ALSA lib pcm.c:8570:(snd_pcm_recover) underrun occurred\n")
    os.write(error, b"something that nobody knows\n")
    os.close(error)
    terminal.wait_for("something that nobody knows")
    terminal.press("q")
    assert terminal.end() == 0
    assert "underrun" not in terminal.written


def test_a_lost_terminal_ends_it(plain: Terminal) -> None:
    plain.process.send_signal(signal.SIGHUP)
    assert plain.end() == 129


def test_without_a_terminal_there_are_no_keys() -> None:
    keys = Keys(io.StringIO("q"))
    started = time.monotonic()
    assert not keys.active and keys.read(0.05) == ""
    assert time.monotonic() - started >= 0.05
    keys.close()


SHOWN, HIDDEN = "\x1b[?25h", "\x1b[?25l"  # the cursor


UNDER = STOPS.replace(
    '"$@"', """sh -c '"$@"; true' sh "$@" """
)  # inside another program that waits for it, as `uv run`


@pytest.mark.parametrize(
    ("piece", "script"),
    [(PIECE, STOPS), (PIECE, UNDER), (PIECE.replace("freq", "freqq"), STOPS)],
    ids=["plays", "inside another program", "waits for the mend"],
)
def test_control_z_leaves_the_terminal_as_it_was_and_the_screen_comes_back(
    begin: Begin, folder: Path, piece: str, script: str
) -> None:
    """The first one does: nobody has to press it again."""
    (folder / "waves.yaml").write_text(piece)
    title = "playing my_sound" if piece == PIECE else "nothing plays until a save"
    terminal = begin(script=script)
    terminal.wait_for(title)
    terminal.press("\x1a")
    deadline = time.monotonic() + 60.0
    while "the shell is back" not in terminal.written and time.monotonic() < deadline:
        terminal.read(0.1)
    before, said, after = terminal.written.partition("the shell is back")
    assert said and before.rfind(SHOWN) > before.rfind(HIDDEN), "the cursor is shown"
    assert HIDDEN not in after
    assert terminal.settings() == terminal.before
    terminal.written = ""
    terminal.press("\n")
    terminal.wait_for(title)
    terminal.press("q")
    terminal.end()
    assert terminal.settings() == terminal.before


def test_a_progress_bar_shows_the_cursor_too_before_it_stops(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    written: list[str] = []
    monkeypatch.setattr(signal, "pthread_kill", lambda *_: written.append(capfd.readouterr().err))
    before = signal.getsignal(signal.SIGTSTP)
    with bar("compiling", 2) as (advance, _):
        os.kill(os.getpid(), signal.SIGTSTP)
        advance(1)
    assert signal.getsignal(signal.SIGTSTP) is before
    [stopped] = written
    assert HIDDEN in stopped and stopped.rfind(SHOWN) > stopped.rfind(HIDDEN)
    assert HIDDEN in capfd.readouterr().err, "and it is drawn again"

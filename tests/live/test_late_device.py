"""A device that opens late: what is asked for before it takes the first plan stands upon that, and loses nothing."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.harness.command import waves
from tests.harness.kept_sessions import kept_in, log_of, replayed, state_of
from tests.harness.rich_piece import RICH_WITH_NOTES
from tests.harness.session_harness import RATE, save, write_sample
from tests.harness.waiting import LIMIT, wait
from waves import open_piece
from waves.app.player.ahead import play_sounds
from waves.app.player.options import PlayOptions
from waves.app.player.restart import VARIABLE
from waves.audio.silent_device import SilentStream
from waves.events.changes import Refused, Reloaded, SettingsChanged
from waves.live.history.resume_state import read_state

PIECE = """\
my_sound:
  mix:
    tone: {osc: {freq: 110, amp: 0.2, id: tone}}
    loop: {sample: {file: samples/a.wav, loop: true, id: loop}}
"""
EDITED = PIECE.replace("amp: 0.2", "amp: 0.3")


@pytest.fixture
def kept(stage):
    """A stage that has played and kept its state, and that state."""
    live = stage(RICH_WITH_NOTES, keeps=True)
    live.play(20_000)
    return live, state_of(live)


def test_an_edit_before_the_start_comes_in_upon_the_restored_states(stage, kept):
    live, saved = kept
    save(live.folder, RICH_WITH_NOTES.replace("root: 110", "root: 220"))
    again = stage(folder=live.folder, keeps=True, resumed=saved)
    again.session.reload()
    assert again.session.builder.wait(0.3) is False, "the build does not wait for the device"
    assert not again.events
    again.settle()
    report = again.events[-1]
    assert isinstance(report, Reloaded)
    assert (report.new, report.dropped, report.glided) == (0, 0, 1)
    assert again.state("tone").elapsed == again.engine.clock > saved.about["clock"]
    again.play(5000)
    assert not np.array_equal(again.play(640), np.zeros((640, 2)))


def test_several_edits_before_the_device_opens_are_one_build_of_the_last(stage, kept):
    live, saved = kept
    again = stage(folder=live.folder, keeps=True, resumed=saved)
    for root in (220, 330, 440):
        again.save(RICH_WITH_NOTES.replace("root: 110", f"root: {root}"))
    again.settle()
    reports = [event for event in again.events if isinstance(event, Reloaded)]
    assert reports and all(not report.new and not report.dropped for report in reports)
    assert again.archive.versions.texts(again.archive.versions.playing)["waves.yaml"].count("root: 440") == 1


def test_a_mistake_is_said_before_the_device_opens(stage, kept):
    live, saved = kept
    again = stage(folder=live.folder, keeps=True, resumed=saved)
    again.save("my_sound: {oscc: {}}\n")
    assert wait(lambda: any(isinstance(event, Refused) for event in again.events))
    heard, expected = again.play(5000), stage(folder=live.folder, keeps=False, resumed=saved).play(5000)
    assert np.array_equal(heard, expected)


def test_a_parameter_that_is_moved_before_the_device_opens_loses_no_state_and_is_replayed(stage, kept):
    live, saved = kept
    again = stage(folder=live.folder, keeps=True, resumed=saved)
    again.session.reload()
    again.session.set_value("tone.amp", 0.1)
    again.session.upkeep.wait_for_insertion(LIMIT)
    heard = [again.play(640), again.settle(), again.play(9000)]
    assert again.state("tone").elapsed == again.engine.clock > saved.about["clock"] + 9000
    sound = np.concatenate(heard)
    assert np.array_equal(replayed(log_of(again), len(sound)), sound)


def test_the_end_does_not_wait_for_the_device(stage, kept):
    live, saved = kept
    again = stage(folder=live.folder, keeps=True, resumed=saved)
    again.session.reload()
    began = time.monotonic()
    again.stop()
    assert not again.session.builder._thread.is_alive() and time.monotonic() - began < 1.5


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silent devices that start three tenths of a second late: longer than a build takes."""
    start = SilentStream.start

    def start_late(self: SilentStream, late: float = 0.0) -> None:
        time.sleep(0.3)
        start(self, late)

    monkeypatch.setattr(SilentStream, "start", start_late)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_sample(tmp_path / "samples" / "a.wav")
    (tmp_path / "waves.yaml").write_text(PIECE)
    done = waves(tmp_path, "play", "--device", "silent", "--plain", "--duration", "1")
    assert done.returncode == 0, done.stderr
    return tmp_path


@pytest.mark.usefixtures("late")
@pytest.mark.parametrize("handover", [False, True], ids=["resume", "restart after a hang"])
def test_the_command_resumes_an_edited_piece_on_a_late_device(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], handover: bool
) -> None:
    before = read_state(kept_in(folder))
    (folder / "waves.yaml").write_text(EDITED)
    if handover:
        monkeypatch.setenv(VARIABLE, json.dumps({"restarts": 1, "left": 1.0}))
    silent = {"DEVICE": "silent"}
    options = PlayOptions(folder=folder, overruled=silent, duration=1.0, json_events=True, resume=not handover)
    assert play_sounds(options) == 0
    events: list[dict[str, Any]] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [report] = [event for event in events if event["event"] == "reloaded"]
    assert (report["kept"], report["new"], report["dropped"]) == (3, 0, 0)
    after = read_state(kept_in(folder))
    places = [int(state.states["my_sound/loop"][1]["last_playhead_position"][0]) for state in (before, after)]
    clocks = [state.about["clock"] for state in (before, after)]
    assert clocks[1] > clocks[0] and places == [clock % RATE for clock in clocks]


@pytest.mark.usefixtures("late")
def test_a_change_of_the_engine_and_a_save_with_it_lose_nothing(folder: Path) -> None:
    with open_piece(folder) as piece:
        piece.play("my_sound", device="silent")
        assert wait(lambda: piece.status().seconds > 0.2)
        (folder / "waves.yaml").write_text(EDITED)
        with piece.subscription() as events:
            (folder / "config.py").write_text("CHANNELS = 4\nFADE = 0.03\n")
            seen: list[object] = []
            while not any(isinstance(one, SettingsChanged) for one in seen) or not isinstance(seen[-1], Reloaded):
                event = events.take(20.0)
                assert event is not None, seen
                seen.append(event)
        reports = [event for event in seen if isinstance(event, Reloaded)]
        assert reports and all(not report.new and not report.dropped for report in reports)

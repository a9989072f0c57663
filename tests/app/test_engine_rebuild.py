"""CHANNELS and SAMPLE_RATE saved while it plays: another engine goes on from a snapshot of this one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.harness.waiting import wait
from waves import LivePiece, node_state_registry, open_piece
from waves.events.changes import Mended, Refused, SettingsChanged
from waves.events.event import Event

PIECE = """\
my_sound:
  mix:
    tone: {osc: {freq: 110, amp: 0.2, id: main}}
    echo:
      delay:
        time: 0.1
        feedback: 0.6
        signal:
          envelope:
            trigger: {osc: {type: sqr, freq: 3}}
            decay: 0.05
            sustain: 0
            signal: {osc: {freq: 330, amp: 0.2}}
    beat: {sequencer: {interval: eighth, steps: [ping, ~, ping f=2]}}
ping: {context: {f: 1, signal: {osc: {freq: 440 * f, amp: [0.2, 0], duration: 0.2}}}}
"""
PLAIN = "LIMITER = False\n"


@pytest.fixture
def piece(tmp_path: Path) -> Iterator[LivePiece]:
    (tmp_path / "waves.yaml").write_text(PIECE)
    (tmp_path / "config.py").write_text(PLAIN)
    with open_piece(tmp_path) as opened:
        yield opened


def save(piece: LivePiece, config: str, until: type[Event] = SettingsChanged) -> Event:
    """Save settings and let them take effect, or be refused: the event that says so."""
    (piece.folder / "config.py").write_text(PLAIN + config)
    with piece.subscription() as events:
        piece.call("reload")
        while (event := events.take(20.0)) and not isinstance(event, until | Refused):
            pass
    assert event is not None
    return event


def test_with_other_channels_every_state_goes_on_to_the_bit(piece):
    whole = piece.render("my_sound", seconds=2.0).astype(np.float32)
    piece.play("my_sound", device="none", watch=False)
    before = piece.next_frames(30_000)
    assert isinstance(save(piece, "CHANNELS = 4\n"), SettingsChanged)
    after = piece.next_frames(40_000)
    assert (before.shape[1], after.shape[1]) == (2, 4)
    assert np.array_equal(before, whole[:30_000])
    faded_in = 1024  # frames: 20 ms and a block
    begin = 30_016  # the block that was begun is played on from its end
    assert np.array_equal(after[faded_in:, :2], whole[begin + faded_in : begin + 40_000])
    assert (np.abs(after[:faded_in, :2]) <= np.abs(whole[begin : begin + faded_in]) + 1e-7).all()
    assert not after[:, 2:].any()


def test_at_another_rate_the_music_goes_on_where_it_was(piece):
    piece.play("my_sound", device="none", watch=False)
    piece.next_frames(44_160)
    beats = node_state_registry.get_state("my_sound.root.Mix.beat.Sequencer.Clock").step
    assert isinstance(save(piece, "SAMPLE_RATE = 48000\n"), SettingsChanged)
    piece.next_frames(64)
    status = piece.status()
    assert status.rate == 48_000 and status.place.startswith("bar 1, beat 3.0")
    clock = node_state_registry.get_state("my_sound.root.Mix.beat.Sequencer.Clock")
    assert np.array_equal(clock.step, beats)
    sound = piece.next_frames(48_000)[2000:, 0]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    assert np.argmax(spectrum) * 48_000 / len(sound) == pytest.approx(110, abs=1.5)


def test_the_other_engine_measures_the_same_tracks(piece):
    piece.play("my_sound", device="none", watch=False)
    piece.next_frames(6400)
    before = piece._playing().engine
    tracks = [level.name for level in before.take_meters()]
    assert isinstance(save(piece, "CHANNELS = 4\n"), SettingsChanged)
    piece.next_frames(6400)
    levels = piece._playing().engine.take_meters()
    assert piece._playing().engine is not before
    assert [level.name for level in levels] == tracks == ["tone", "echo", "beat"]
    assert levels[0].frames == 6400 and levels[0].peak == pytest.approx(0.2, rel=1e-3)


def test_what_cannot_be_rebuilt_changes_nothing(piece):
    soundfile.write(piece.folder / "long.wav", np.zeros(110_250, np.float32), 44_100)
    (piece.folder / "waves.yaml").write_text(PIECE.replace("tone:", "long: {sample: {file: long.wav}}\n    tone:"))
    piece.play("my_sound", device="none", watch=False)
    piece.next_frames(1000)
    refused = save(piece, "SAMPLE_RATE = 384000\nSAMPLE_MB = 1.0\n", Refused)
    assert isinstance(refused, Refused) and "needs 4 MB of memory" in str(refused.problems[0])
    status = piece.status()
    assert status.rate == 44_100 and piece.next_frames(5000).any()
    assert refused.partly and refused.problems[0] in status.problems
    assert save(piece, "SAMPLE_MB = 1.0\n", Mended).text == "config.py: in order again, all settings are as before"
    assert refused.problems[0] not in piece.status().problems


def test_what_was_accepted_without_its_trial_plays_on(piece):
    piece.play("my_sound", device="none", watch=False)
    piece.next_frames(1000)
    loud = PIECE.replace("amp: 0.2, id: main", "amp: 5000, id: main")
    (piece.folder / "waves.yaml").write_text(loud)
    with piece.subscription() as events:
        piece.call("reload")
        assert isinstance(events.take(20.0), Refused)
        piece.call("accept_refused")
        while piece.status().good == 0:
            piece.next_frames(64)
    refused = save(piece, "CHANNELS = 4\n", Refused)
    assert isinstance(refused, Refused) and "above +40 dBFS" in refused.problems[0].sentence
    assert piece.next_frames(5000).any() and piece.status().problems


def test_a_piece_that_is_hushed_stays_silent(piece):
    piece.play("my_sound", device="silent", watch=False)
    assert wait(lambda: piece.status().seconds > 0.1)
    assert piece.call("hush") is True
    (piece.folder / "config.py").write_text(PLAIN + "CHANNELS = 4\n")
    piece._performance.saves.live.configure()
    engine = piece._performance.engine
    assert wait(lambda: engine.frames_written > 10_000)
    assert piece.status().hushed and not engine.ring[:10_000].any()
    assert piece.call("hush") is False
    assert wait(lambda: engine.ring[10_000:].any())


def test_on_a_stream_it_takes_one_fade(piece):
    """Volume, moved parameters, pauses of the session log and the next saves are there as before."""
    piece.play("my_sound", device="silent")
    key = piece.set_value("main.freq", 220.0)
    piece.call("volume", level=-6.0)
    with piece.subscription() as events:
        (piece.folder / "config.py").write_text(PLAIN + "CHANNELS = 4\n")
        while (event := events.take(20.0)) and not isinstance(event, SettingsChanged):
            assert not isinstance(event, Refused)
    status = piece.status()
    assert status.values == {key: 220.0} and status.gain == pytest.approx(10 ** (-6 / 20))
    (piece.folder / "waves.yaml").write_text(PIECE.replace("110", "115"))
    assert piece.reload().kind == "reloaded"
    logs = list((piece.folder / ".waves" / "sessions").glob("*.jsonl"))
    assert len(logs) == 2

"""Buffer: what is written and read where, tapes that nodes share, also in voices, files, and edits while it plays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import signal

from tests.harness.session_harness import Player as Piece
from tests.harness.session_harness import compose, composer_for, save, write_sample
from waves.testing import RATE, Player, node

Buffer = node("buffer")
FRAMES = 6000
sound = np.random.default_rng(8).standard_normal(FRAMES)
turns = np.arange(FRAMES) / RATE


def heard(frames: int = FRAMES, **given):
    return Player(Buffer, frames, compiled=True, **{"length": 0.1} | given).render()


def played(folder: Path, text: str, seconds: float):
    save(folder, text)
    return Piece(compose(composer_for(folder), "a").graph).play(round(seconds * RATE))[:, 0].astype(float)


@pytest.mark.parametrize("frames", [0, 1, 2, 100, 4000])
def test_whole_offsets_are_exact(frames):
    expected = np.concatenate([np.zeros(frames), sound])[:FRAMES]
    np.testing.assert_allclose(heard(signal=sound, offset=frames / RATE), expected, atol=1e-12)


@pytest.mark.parametrize("freq", [1000.0, 8000.0])
def test_between_cells_it_reads_a_curve(freq):
    """The difference from a sine that is so late: -118 dB at 1 kHz, -38 dB at 8 kHz."""
    offset = 500.3 / RATE
    late = heard(signal=np.sin(2 * np.pi * freq * turns), offset=offset)[1000:]
    error = late - np.sin(2 * np.pi * freq * (turns[1000:] - offset))
    decibels = 20 * np.log10(np.sqrt(2.0 * np.mean(error**2)))
    print(f"{freq:g} Hz: {decibels:.1f} dB")
    assert decibels < {1000.0: -100.0, 8000.0: -30.0}[freq]


def test_a_part_plays_as_a_sample_does():
    """At 1.5 times the speed a sine of a file is a fifth higher; a loop goes on without a click."""
    wave = np.sin(2 * np.pi * 440.0 * np.arange(4410) / RATE).astype(np.float32)
    given = {"file": [wave.reshape(1, -1)], "start": 0.0, "end": 1.0, "loop": True, "speed": 1.5}
    out = Player(Buffer, 40_000, compiled=True, **given).render()
    expected = np.sin(2 * np.pi * 440.0 * 1.5 * np.arange(40_000) / RATE)
    np.testing.assert_allclose(out, expected, atol=1e-4)


def test_a_part_that_is_no_loop_ends():
    given = {"file": [np.ones((1, 1000), np.float32)], "start": 0.25, "end": 0.75}
    player = Player(Buffer, 2000, compiled=True, **given)
    out = player.render()
    assert player.ended and np.flatnonzero(out).max() < 500
    np.testing.assert_allclose(out[200:300], 1.0, atol=1e-12)  # 3 ms from its edges


def test_a_slower_tape_stretches_what_was_written():
    """Written at half the speed and read at the speed of the piece, a sine is an octave higher."""
    tape = Player(Buffer, 20_000, compiled=True, signal=np.sin(2 * np.pi * 300.0 * np.arange(20_000) / RATE), speed=0.5,
                  length=0.3)  # fmt: skip
    tape.render()
    read = Player(Buffer, 8000, compiled=True, name=tape.memories["name"], start=0.0, end=0.6, first=20_000)
    out = read.render()[500:5000]
    freqs, power = signal.periodogram(out, RATE, "hann", nfft=1 << 17)
    assert freqs[power.argmax()] == pytest.approx(600.0, abs=2.0)


def test_a_tape_that_stands_keeps_what_is_on_it():
    speed = np.where(np.arange(FRAMES) < 3000, 1.0, 0.0)
    player = Player(Buffer, FRAMES, compiled=True, signal=sound, speed=speed, length=0.1)
    player.render()
    np.testing.assert_allclose(player.memories["name"].data[8:3008], sound[:3000], atol=1e-12)
    assert not player.memories["name"].data[3010:].any()


def test_an_offset_that_jumps_is_no_click():
    wave = np.sin(2 * np.pi * 200.0 * turns)
    offset = np.where(np.arange(FRAMES) // 1000 % 2 == 0, 0.0123, 0.02)
    bend = np.abs(np.diff(heard(signal=wave, offset=offset)[1000:], 2)).max()
    print(f"bend {bend:.2e}, of the wave {(2 * np.pi * 200.0 / RATE) ** 2:.2e}")
    assert bend < 4.0 * (2 * np.pi * 200.0 / RATE) ** 2


CLICK = "click: {osc: {type: cos, freq: 0, duration: 0.0001}}\n"


def test_each_pass_of_a_loop_goes_into_the_next_one(tmp_path):
    """The loop is exactly its length: 0.1 s."""
    value = "{expression: {exp: x + 0.5 * y, x: {click: {}}, y: {buffer: {name: tape}}}}"
    out = played(tmp_path, f"a: {{buffer: {{name: tape, length: 0.1, signal: {value}}}}}\n{CLICK}", 0.45)
    found = np.flatnonzero(np.abs(out) > 0.01)
    onsets = found[np.diff(found, prepend=-100) > 50]
    assert onsets.tolist() == [4410 * k for k in range(5)]
    np.testing.assert_allclose(out[onsets], 0.5 ** np.arange(5), rtol=1e-6)


def test_a_reader_is_as_late_wherever_it_stands(tmp_path):
    write, read = (
        "w: {buffer: {name: t, signal: {click: {}}}}",
        "r: {track: {volume: 0.5, signal: {buffer: {name: t, offset: 0.05}}}}",
    )
    first = played(tmp_path, f"a: {{mix: {{{write}, {read}}}}}\n{CLICK}", 0.1)
    last = played(tmp_path, f"a: {{mix: {{{read}, {write}}}}}\n{CLICK}", 0.1)
    np.testing.assert_array_equal(first, last)
    assert first[2205] == pytest.approx(0.5, abs=1e-6)


def test_an_id_is_the_name_of_a_tape(tmp_path):
    text = (
        "a: {mix: {w: {buffer: {id: loop, length: 1, signal: {click: {}}}}, r: {buffer: {name: loop, offset: 0.05}}}}\n"
    )
    assert played(tmp_path, text + CLICK, 0.1)[2205] == pytest.approx(1.0, abs=1e-6)


def test_notes_write_to_one_tape(tmp_path):
    """Two voices that sound together add up, and a reader outside hears both."""
    text = (
        "a: {mix: {n: {sequencer: {interval: 0.02, repeat: 2, steps: [note]}}, r: {buffer: {name: t, offset: 0.1}}}}\n"
        "note: {track: {volume: 0, signal: {buffer: {name: t, signal: {osc: {type: cos, freq: 0, duration: 0.03}}}}}}\n"
    )
    out = played(tmp_path, text, 0.2)
    at = lambda seconds: out[round((0.1 + seconds) * RATE)]  # noqa: E731
    assert [at(0.01), at(0.025), at(0.04), at(0.06)] == pytest.approx([1.0, 2.0, 1.0, 0.0], abs=1e-6)


def test_a_file_is_on_the_tape(tmp_path):
    (tmp_path / "samples").mkdir()
    write_sample(tmp_path / "samples" / "x.wav", 300.0, 0.5)
    tape = played(tmp_path, "a: {buffer: {file: samples/x.wav, start: 0.9, end: 1, loop: true}}\n", 0.04)
    plain = played(tmp_path, "a: {sample: {file: samples/x.wav, start: 0.9, loop: true}}\n", 0.04)
    np.testing.assert_allclose(tape, plain, atol=2e-3)


def test_an_edit_beside_a_tape_keeps_every_bit(tmp_path):
    """Another reader that asks for more memory comes: the tape grows, and what plays is the same."""
    text = (
        "a: {mix: {w: {buffer: {name: t, length: .1, signal: {osc: {freq: 300}}}}, r: {buffer: {name: t, offset: .03}}"
    )
    save(tmp_path, text + "}}\n")
    before = compose(composer_for(tmp_path), "a").graph
    save(tmp_path, text + ", s: {track: {volume: 0, signal: {buffer: {name: t, length: 3, offset: 0.02}}}}}}\n")
    after = compose(composer_for(tmp_path), "a").graph
    alone, edited = Piece(before), Piece(before)
    edited.play(20_000)
    edited.offer(after)
    np.testing.assert_array_equal(edited.play(20_000), alone.play(40_000)[20_000:])

"""Sound files of any length: an ordinary WAV file as long as its header can say its length, then RF64."""

from __future__ import annotations

import io
import struct
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.harness.full_disk import full_disk
from waves.audio import file_headers
from waves.audio.output_file import BITS, OutputFile
from waves.audio.sound_files import format_of

RATE = 44_100


def written(path: Path, data: np.ndarray, subtype: str | None = None, *, recording: bool = False) -> bytes:
    """The bytes of a file with these frames, given in two parts."""
    form = format_of(path, subtype)
    with OutputFile(path, RATE, data.shape[1], form, recording=recording) as file:
        for part in np.array_split(data, 2):
            file.write(part)
            if recording:
                file.settle()
    return path.read_bytes()


def noise(frames: int, channels: int) -> np.ndarray:
    return np.random.default_rng(frames).uniform(-1, 1, (frames, channels))


def decoded(data: bytes) -> np.ndarray:
    return soundfile.read(io.BytesIO(data), always_2d=True)[0]


SUBTYPES = ["FLOAT", "DOUBLE", "PCM_16", "PCM_24", "PCM_32", "PCM_U8", "ULAW", "ALAW"]


@pytest.mark.parametrize("subtype", SUBTYPES)
@pytest.mark.parametrize("channels", [1, 2, 3, 6])
def test_a_file_too_long_for_its_header_is_read_to_its_last_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, subtype: str, channels: int
) -> None:
    data = noise(2001, channels)
    ordinary = written(tmp_path / "short.wav", data, subtype)
    monkeypatch.setattr(file_headers, "LARGEST_WAV", 1999)
    monkeypatch.setattr(file_headers, "SHIFT", 1000)  # a file may be longer than memory
    long = written(tmp_path / "long.wav", data, subtype)
    assert long[:4] == b"RF64" and long[12:16] == b"ds64"
    riff, sound, frames, table = struct.unpack_from("<QQQI", long, 20)
    align = channels * np.dtype({"DOUBLE": "f8", "PCM_16": "i2", "PCM_24": "S3"}.get(subtype, "f4")).itemsize
    align = channels if subtype in ("PCM_U8", "ULAW", "ALAW") else align
    assert (riff, sound, frames, table) == (len(long) - 8, 2001 * align, 2001, 0)
    begin = long.index(b"data\xff\xff\xff\xff") + 8
    assert long[begin:] == ordinary[ordinary.index(b"data") + 8 :], "not one byte of the sound differs"
    info = soundfile.info(tmp_path / "long.wav")
    assert (info.format, info.frames, info.channels, info.samplerate) == ("RF64", 2001, channels, RATE)
    assert (decoded(long) == decoded(ordinary)).all()


@pytest.mark.parametrize("subtype", SUBTYPES)
def test_the_limit_is_the_last_size_that_a_header_can_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, subtype: str
) -> None:
    assert [file_headers.needs_rf64(2**32 + more) for more in (-1, 6, 7, 8)] == [False, False, True, True]
    data = noise(100, 2)
    ordinary = written(tmp_path / "a.wav", data, subtype)
    monkeypatch.setattr(file_headers, "LARGEST_WAV", len(ordinary) - 8)
    assert written(tmp_path / "b.wav", data, subtype) == ordinary
    monkeypatch.setattr(file_headers, "LARGEST_WAV", len(ordinary) - 9)
    assert written(tmp_path / "c.wav", data, subtype)[:4] == b"RF64"


def test_a_recording_has_the_bytes_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = noise(3000, 2)
    for limit in (file_headers.LARGEST_WAV, 10_000, 20_000):
        monkeypatch.setattr(file_headers, "LARGEST_WAV", limit)
        file = written(tmp_path / f"file{limit}.wav", data)
        assert written(tmp_path / f"take{limit}.wav", data, recording=True) == file
        assert file[:4] == (b"RIFF" if limit > 30_000 else b"RF64")


@pytest.mark.parametrize(
    ("name", "subtype"),
    [("a.wav", subtype) for subtype in SUBTYPES] + [("a.flac", subtype) for subtype in ("PCM_S8", "PCM_16", "PCM_24")],
)
def test_the_same_sound_is_the_same_bytes_however_it_is_given(tmp_path: Path, name: str, subtype: str) -> None:
    (tmp_path / "again").mkdir()
    data = noise(5000, 2)
    first = written(tmp_path / name, data, subtype)
    with OutputFile(tmp_path / "again" / name, RATE, 2, format_of(tmp_path / name, subtype)) as file:
        for part in np.array_split(data, [1, 70, 71, 3000]):
            file.write(part)
    assert first == (tmp_path / "again" / name).read_bytes()


def test_an_ogg_file_has_the_same_bytes_twice(tmp_path: Path) -> None:
    """libsndfile takes a random serial number for it; each page has a checksum over that."""
    data = 0.3 * np.sin(0.05 * np.arange(60_000))[:, None]
    one, other = (written(tmp_path / name, data, "VORBIS") for name in ("a.ogg", "b.ogg"))
    assert one == other and one.count(b"OggS") > 2
    assert np.abs(decoded(one) - data).max() < 0.05, "its checksums are right"
    soundfile.write(tmp_path / "c.ogg", data, RATE, format="OGG", subtype="VORBIS")
    plain = (tmp_path / "c.ogg").read_bytes()
    size = 27 + plain[26] + sum(plain[27 : 27 + plain[26]])
    cleared = plain[:22] + bytes(4) + plain[26:size]
    assert file_headers._ogg_checksum(cleared) == int.from_bytes(plain[22:26], "little")


@pytest.mark.parametrize(
    ("suffix", "subtype"),
    [(".wav", "PCM_U8"), (".wav", "PCM_16"), (".wav", "PCM_24"), (".flac", "PCM_S8"), (".flac", "PCM_24")],
)
def test_what_integers_round_off_is_noise(tmp_path: Path, suffix: str, subtype: str) -> None:
    """Of a sound of 0.3 steps: a mean of 0 and a variance of 1/4 step, whatever the sound is, and no distortion."""
    step = 2.0 ** (1 - BITS[subtype])
    wave = 0.3 * np.sin(2.0 * np.pi * 0.01 * np.arange(100_000) + 0.1)[:, None]
    found = decoded(written(tmp_path / f"a{suffix}", wave * step, subtype)) / step
    error = (found - wave)[:, 0]
    assert abs(error.mean()) < 0.01 and error.var() == pytest.approx(0.25, rel=0.02)
    for part in (wave[:, 0] > 0.2, wave[:, 0] < -0.2, abs(wave[:, 0]) < 0.1):
        assert error[part].var() == pytest.approx(0.25, rel=0.04)
    spectrum = np.abs(np.fft.rfft(found[:, 0])) * 2.0 / found.size
    assert spectrum[1000] == pytest.approx(0.3, abs=0.01) and spectrum[3000] < 0.01, "rounded, it is silent"


@pytest.mark.parametrize("subtype", BITS)
def test_silence_is_silent_and_integers_reach_full_scale(tmp_path: Path, subtype: str) -> None:
    path = tmp_path / ("a.flac" if subtype == "PCM_S8" else "a.wav")
    step = 2.0 ** (1 - BITS[subtype])
    found = decoded(written(path, np.repeat([[0.0], [2.0], [-2.0]], 1000, axis=0), subtype))[:, 0]
    assert (found == np.repeat([0.0, 1.0 - step, -1.0], 1000)).all()


def test_an_error_has_the_reason_of_the_system(tmp_path: Path) -> None:
    file = OutputFile(tmp_path / "a.wav", RATE, 2, ("WAV", "FLOAT"), recording=True)
    with closing(file), full_disk(5000), pytest.raises(OSError, match="^File too large$"):
        file.write(noise(10_000, 2))
    assert file.failed and 0 < file.frames_on_disk() < 1000


def test_a_disk_without_room_for_a_header_gets_no_file(tmp_path: Path) -> None:
    handles = len(list(Path("/proc/self/fd").iterdir()))
    with full_disk(20):
        for _ in range(5):
            with pytest.raises(OSError, match="File too large"):
                OutputFile(tmp_path / "a.wav", RATE, 2, ("WAV", "FLOAT"), recording=True)
    assert not list(tmp_path.iterdir())
    assert len(list(Path("/proc/self/fd").iterdir())) == handles


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("subtype", ["FLOAT", "PCM_16"])
@pytest.mark.parametrize("recording", [False, True])
def test_more_than_four_gib_are_read_to_the_last_frame(tmp_path: Path, subtype: str, recording: bool) -> None:
    """As many channels as a file can have: the same bytes in fewer frames."""
    channels, block = 256, 1 << 14
    size = {"FLOAT": 4, "PCM_16": 2}[subtype]
    path, data = tmp_path / "long.wav", np.zeros((block, channels), np.float32)
    blocks = (2**32 + 2**27) // (block * channels * size)
    try:
        with OutputFile(path, RATE, channels, ("WAV", subtype), recording=recording) as file:
            for k in range(blocks):
                data[-1] = (k + 1) / 2**10
                file.write(data)
                if recording and k % 50 == 0:
                    file.settle()
                    assert soundfile.info(path).frames == (k + 1) * block
        assert path.stat().st_size > 2**32
        with soundfile.SoundFile(path) as found:
            assert (found.format, found.frames) == ("RF64", blocks * block)
            for k in (0, blocks // 2, blocks - 1):
                found.seek((k + 1) * block - 2)
                silent, step = found.read(2)
                assert (silent == 0.0).all() and (np.abs(step - (k + 1) / 2**10) <= 2 / 2**15).all()
    finally:
        path.unlink(missing_ok=True)

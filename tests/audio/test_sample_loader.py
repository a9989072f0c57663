"""Samples of any format and rate come as float32 channels at the rate of the engine, or as one sentence."""

import os
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from waves.audio import sample_loader
from waves.audio.sample_loader import SampleCache, SampleError, list_folder, load_kit, load_sample


def sine(frequency: float, rate: int, seconds: float = 0.5) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * frequency * np.arange(int(rate * seconds)) / rate)


def wav_header(frames: int, rate: int = 44100, size: int | None = None) -> bytes:
    """A header of 16 bit mono that claims so many frames."""
    data = 2 * frames if size is None else size
    form = struct.pack("<HHIIHH", 1, 1, rate, 2 * rate, 2, 16)
    return (
        b"RIFF"
        + struct.pack("<I", 36 + data)
        + b"WAVEfmt "
        + struct.pack("<I", 16)
        + form
        + b"data"
        + struct.pack("<I", data)
    )


@pytest.mark.parametrize(
    ("name", "subtype", "error"),
    [
        *(("a.wav", subtype, error) for subtype, error in (("PCM_16", 2**-15), ("PCM_24", 2**-23), ("PCM_U8", 2**-7))),
        *(("a.wav", subtype, 1e-7) for subtype in ("FLOAT", "DOUBLE", "PCM_32")),
        *(
            ("a.flac", "PCM_16", 2**-15),
            ("a.aiff", "PCM_24", 2**-23),
            ("a.ogg", "VORBIS", 0.05),
            ("a.mp3", None, 0.05),
        ),
    ],
)
def test_every_format_has_the_same_scale(tmp_path: Path, name: str, subtype: str | None, error: float) -> None:
    written = sine(441, 44100)
    soundfile.write(tmp_path / name, written, 44100, subtype)
    sample = load_sample(tmp_path / name, 44100, 10)
    assert (sample.channels, sample.path, sample.data.dtype) == (1, tmp_path / name, np.float32)
    middle = slice(5000, 15000)  # a lossy coder changes the ends
    assert np.max(np.abs(sample.data[0, middle] - written[middle])) <= error


def test_channels_are_rows(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.array([[0.25, -0.5], [0.75, 0.0]]), 44100, "FLOAT")
    sample = load_sample(tmp_path / "a.wav", 44100, 10)
    assert (sample.channels, sample.frames) == (2, 2)
    assert sample.data.tolist() == [[0.25, 0.75], [-0.5, 0.0]]
    assert sample.data.flags.c_contiguous
    with pytest.raises(ValueError, match="read-only"):
        sample.data[0, 0] = 1


@pytest.mark.parametrize("file_rate", [8000, 22050, 48000, 96000])
def test_resampling_keeps_pitch_and_level(tmp_path: Path, file_rate: int) -> None:
    soundfile.write(tmp_path / "a.wav", sine(1000, file_rate), file_rate, "DOUBLE")
    data = load_sample(tmp_path / "a.wav", 44100, 10).data[0]
    assert len(data) == pytest.approx(22050, abs=1)
    middle = slice(4000, 18000)
    assert np.max(np.abs(data[middle] - sine(1000, 44100)[: len(data)][middle])) < 1e-5


def test_resampling_down_removes_what_cannot_be_heard(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", sine(30000, 96000), 96000, "DOUBLE")
    data = load_sample(tmp_path / "a.wav", 44100, 10).data[0]
    assert np.max(np.abs(data[4000:18000])) < 1e-5


def test_what_is_not_finite_becomes_zero(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.array([0.5, np.nan, np.inf, -np.inf, 0.25]), 44100, "FLOAT")
    assert load_sample(tmp_path / "a.wav", 44100, 10).data.tolist() == [[0.5, 0, 0, 0, 0.25]]
    assert np.isfinite(load_sample(tmp_path / "a.wav", 48000, 10).data).all()


def test_a_file_too_large_is_refused_by_its_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*given: object, **options: object) -> None:
        raise AssertionError("it was decoded")

    monkeypatch.setattr(soundfile.SoundFile, "read", read)
    path = tmp_path / "long.wav"
    path.write_bytes(wav_header(0, size=2**32 - 100))
    os.truncate(path, 2**32 - 64)  # sparse: the length of 4 GB, next to nothing on the disk
    with pytest.raises(SampleError, match=r"'long.wav' needs 8590 MB of memory, more than SAMPLE_MB = 512 allows"):
        load_sample(path, 44100, 512)


def test_the_limit_counts_what_resampling_makes(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "slow.wav", np.zeros(1000), 1, "PCM_16")
    with pytest.raises(SampleError, match="needs 176 MB"):
        load_sample(tmp_path / "slow.wav", 44100, 100)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.wav", b"", "is not a sound file"),
        ("a.wav", b"RIFF", "is not a sound file"),
        ("a.wav", os.urandom(5000), "is not a sound file"),
        ("a.raw", bytes(5000), "'a.raw' is not a sound file: no header"),
        ("a.wav", wav_header(0), "'a.wav' has no sound"),
        ("a.mp3", b"not music", "is not a sound file"),
    ],
)
def test_what_is_no_sound(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SampleError, match=words) as raised:
        load_sample(tmp_path / name, 44100, 10)
    assert "\n" not in str(raised.value)
    assert str(tmp_path) not in str(raised.value)


def test_a_header_that_promises_too_much(tmp_path: Path) -> None:
    (tmp_path / "cut.wav").write_bytes(wav_header(100_000) + bytes(2000))
    sample = load_sample(tmp_path / "cut.wav", 44100, 10)
    assert (sample.frames, sample.warning) == (1000, "'cut.wav' is cut short: it plays to the cut, at 0.0227 s")


@pytest.mark.parametrize("suffix", ["wav", "aiff", "au", "w64", "rf64", "flac", "mp3"])
def test_of_a_file_that_is_cut_short_what_is_there_plays_and_it_is_said(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    noise = np.random.default_rng(0).uniform(-1, 1, (600_000, 2))
    soundfile.write(path, noise, 44100, None if suffix == "mp3" else "PCM_16", format=suffix.upper())
    whole = load_sample(path, 44100, 100)
    assert (whole.frames, whole.warning) == (600_000, "")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    sample = load_sample(path, 44100, 100)
    assert 200_000 < sample.frames < 400_000
    assert sample.warning == f"'{path.name}' is cut short: it plays to the cut, at {sample.frames / 44100:.3g} s"
    assert np.abs(sample.data - whole.data[:, : sample.frames]).max() < (0.2 if suffix == "mp3" else 1e-6)


@pytest.mark.parametrize("size", [0xFFFF_FFFF - 36, 0x7FFF_FFFF - 36])
def test_a_file_that_was_written_to_a_pipe_is_not_cut_short(tmp_path: Path, size: int) -> None:
    """Its size was not known when its header was written."""
    (tmp_path / "a.wav").write_bytes(wav_header(0, size=size) + bytes(2000))
    sample = load_sample(tmp_path / "a.wav", 44100, 10)
    assert (sample.frames, sample.warning) == (1000, "")


def test_channels_that_do_not_play_are_said(tmp_path: Path) -> None:
    for channels in (1, 2, 3, 6):
        soundfile.write(tmp_path / f"{channels}.wav", np.zeros((100, channels)), 44100)
        said = load_sample(tmp_path / f"{channels}.wav", 44100, 10).warning
        assert said == (f"'{channels}.wav' has {channels} channels: the first two play" if channels > 2 else "")


def test_a_bad_file_of_a_kit_is_silent_and_keeps_its_number(tmp_path: Path) -> None:
    for name in ("a", "c"):
        soundfile.write(tmp_path / f"{name}.wav", np.full(100, 0.5), 44100)
    (tmp_path / "b.wav").write_text("404 not found")
    cache = SampleCache(10)
    for _ in range(2):
        samples, said = load_kit(list_folder(tmp_path), lambda path: cache.load(path, 44100), tmp_path.name)
        assert [sample.data.max() for sample in samples] == [0.5, 0.0, 0.5]
        silent = f"number 1 of '{tmp_path.name}' is silent, the others play"
        assert said == [f"'b.wav' is not a sound file: Format not recognised; {silent}"]
    with pytest.raises(SampleError, match="^'b.wav' is not a sound file: Format not recognised$"):
        load_kit([tmp_path / "b.wav"], lambda path: cache.load(path, 44100), "kit")
    (tmp_path / "a.wav").write_text("404 not found")
    with pytest.raises(SampleError, match="^'a.wav' is not a sound file: Format not recognised$"):
        load_kit([tmp_path / "a.wav", tmp_path / "b.wav"], lambda path: cache.load(path, 44100), "kit")


def test_a_bad_file_is_not_decoded_again_until_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, asked = tmp_path / "a.wav", []
    path.write_text("404 not found")
    cache = SampleCache(10)
    real = sample_loader.load_sample
    monkeypatch.setattr(sample_loader, "load_sample", lambda *given: asked.append(given) or real(*given))
    for _ in range(3):
        with pytest.raises(SampleError):
            cache.load(path, 44100)
    assert len(asked) == 1
    soundfile.write(path, np.full(100, 0.5), 44100)
    assert cache.load(path, 44100).frames == 100


def test_only_files_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(SampleError, match="'pipe.wav' is not a file"):
        load_sample(tmp_path / "pipe.wav", 44100, 10)
    with pytest.raises(SampleError, match=r"'none.wav' cannot be read: No such file"):
        load_sample(tmp_path / "none.wav", 44100, 10)


def test_the_cache_reads_a_file_once_until_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, sine(100, 44100, 0.01), 44100)
    cache = SampleCache(10)
    first = cache.load(path, 44100)
    assert cache.load(path, 44100) is first
    assert cache.load(path, 48000).frames == 480
    soundfile.write(path, sine(100, 44100, 0.02), 44100)
    assert cache.load(path, 44100).frames == 882
    with pytest.raises(SampleError, match="cannot be read"):
        cache.load(tmp_path / "none.wav", 44100)


def test_the_cache_forgets_what_was_used_longest_ago(tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.wav" for name in "abc"]
    for path in paths:
        soundfile.write(path, np.zeros(100_000), 44100)
    a, b, c = paths
    cache = SampleCache(1)  # MB, and each sample takes 0.4
    kept, forgotten = cache.load(a, 44100), cache.load(b, 44100)
    cache.load(a, 44100)
    cache.load(c, 44100)
    assert cache.size == 800_000
    assert cache.load(a, 44100) is kept
    assert cache.load(b, 44100) is not forgotten


def test_a_folder_is_listed_by_name_without_case(tmp_path: Path) -> None:
    for name in ("b.wav", "A.WAV", "c.flac", "C.wav", ".hidden.wav", "notes.txt", "10.wav", "2.wav"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "folder.wav").mkdir()
    (tmp_path / "link.wav").symlink_to("/etc/hostname")
    assert [path.name for path in list_folder(tmp_path)] == [
        "2.wav",
        "10.wav",
        "A.WAV",
        "b.wav",
        "c.flac",
        "C.wav",
    ]
    with pytest.raises(SampleError, match="'none' cannot be read"):
        list_folder(tmp_path / "none")
    with pytest.raises(SampleError, match="the folder 'folder.wav' has no sound files"):
        list_folder(tmp_path / "folder.wav")

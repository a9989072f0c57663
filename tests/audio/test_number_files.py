"""Files of numbers come as columns of float64, or as one sentence with the line."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from waves.audio.number_files import NumbersError, load_numbers
from waves.audio.sample_loader import SampleCache, SampleError


def saved(array: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def load(folder: Path, name: str, content: str | bytes, limit_mb: float = 10.0) -> np.ndarray[Any, Any]:
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return load_numbers(folder / name, limit_mb)


ROWS = [[1.0, -2.5], [3.0, 4e-3], [0.0, 6.0]]
TEXTS = {
    "commas": "1,-2.5\n3,4e-3\n0,6\n",
    "commas and spaces": "1, -2.5\n 3 , 4e-3 \n0,6",
    "semicolons": "1;-2.5\n3;4e-3\n0;6\n",
    "tabs": "1\t-2.5\n3\t4e-3\n0\t6\n",
    "spaces": "1 -2.5\n  3    4e-3\n0 6\n",
    "names": "time,level\n1,-2.5\n3,4e-3\n0,6\n",
    "a name of two columns": "measured\n1,-2.5\n3,4e-3\n0,6\n",
    "quotes": '"time","level"\n"1","-2.5"\n"3","4e-3"\n"0","6"\n',
    "comments": "# first\n\n1,-2.5 # here\n   \n3,4e-3\n# between\n0,6\n\n",
    "a mark of UTF-8": "\ufeff1,-2.5\n3,4e-3\n0,6\n",
    "lines of Windows": "1,-2.5\r\n3,4e-3\r\n0,6\r\n",
    "lines of old": "1,-2.5\r3,4e-3\r0,6\r",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("name", ["a.csv", "a.txt", "A.CSV"])
def test_a_text_is_columns(tmp_path, name, text):
    numbers = load(tmp_path, name, text)
    assert numbers.dtype == np.float64 and numbers.tolist() == np.transpose(ROWS).tolist()
    assert numbers.flags.c_contiguous and not numbers.flags.writeable


ARRAYS = {
    "float64": np.array(ROWS),
    "of Fortran": np.asfortranarray(ROWS),
    "big-endian": np.array(ROWS, ">f8"),
    "float32": np.array(ROWS, np.float32),
}


@pytest.mark.parametrize("array", ARRAYS.values(), ids=ARRAYS)
def test_an_array_is_columns_too(tmp_path, array):
    numbers = load(tmp_path, "a.npy", saved(array))
    assert numbers.dtype == np.float64 and numbers.tolist() == np.array(array.T, float).tolist()


def test_a_text_of_numpy_is_its_array(tmp_path):
    array = np.random.default_rng(2).normal(size=(50, 3)) * np.logspace(-200, 200, 50)[:, None]
    for options in ({}, {"delimiter": ","}, {"delimiter": ";", "header": "a;b;c"}):
        np.savetxt(tmp_path / "a.txt", array, **options)
        assert np.array_equal(load_numbers(tmp_path / "a.txt", 1.0), array.T)
    assert np.array_equal(load(tmp_path, "a.npy", saved(array)), array.T)


@pytest.mark.parametrize(
    ("array", "numbers"),
    [(np.arange(3), [[0, 1, 2]]), (np.array([True, False]), [[1, 0]]), (np.float64(2.5), [[2.5]])],
)
def test_one_dimension_is_one_column(tmp_path, array, numbers):
    assert load(tmp_path, "a.npy", saved(array)).tolist() == numbers


LINES = [
    ("1,2\n3,loud\n", "a.csv:2: expected a number in column 2, got 'loud'"),
    ("x,y\n\n# c\n1,2\n3,\n", "a.csv:5: expected a number in column 2, got nothing"),
    ("1,2\n3\n", "a.csv:2: expected 2 numbers, as in the line above, got 1"),
    ("1 2\n3 4 5\n", "a.csv:2: expected 2 numbers, as in the line above, got 3"),
    ("1\nnan\n", "a.csv:2: expected a number in column 1, got 'nan'"),
    ("1\n-inf\n", "a.csv:2: expected a number in column 1, got '-inf'"),
    ("1\n1e999\n", "a.csv:2: expected a number in column 1, got '1e999'"),
    ("0,5;1\n", "a.csv:1: expected a number in column 1, got '0,5': decimals are written with a point"),
    ("time,level\nloud,2\n", "a.csv:2: expected a number in column 1, got 'loud'"),
    ("time,2\n", "a.csv:1: expected a number in column 1, got 'time'"),
    (f"1\n{'x' * 100}\n", f"a.csv:2: expected a number in column 1, got '{'x' * 39}…'"),
    (b"1\n2\n\xff\n", "a.csv:3: is not UTF-8 text"),
    ("", "'a.csv' has no numbers"),
    ("# nothing\n\n", "'a.csv' has no numbers"),
    ("time,level\n", "'a.csv' has no numbers"),
]


@pytest.mark.parametrize(("text", "sentence"), LINES, ids=[sentence for _, sentence in LINES])
def test_a_mistake_in_a_text_is_told_with_its_line(tmp_path, text, sentence):
    with pytest.raises(NumbersError) as found:
        load(tmp_path, "a.csv", text)
    assert str(found.value) == sentence


NO_ARRAY = "'a.npy' is not an array of numbers, as numpy.save writes it"
BROKEN = [
    (b"", NO_ARRAY),
    (b"\x93NUMPY", NO_ARRAY),
    (b"PK\x03\x04" + bytes(100), NO_ARRAY),
    (saved(np.array([{}], object), allow_pickle=True), NO_ARRAY),
    (saved(np.arange(100.0))[:-8], NO_ARRAY),
    (b"\x93NUMPY\x01\x00\xff\x00" + b"(" * 255, NO_ARRAY),
    (saved(np.array(["a"])), "'a.npy' holds something else than numbers: str32"),
    (saved(np.array([1j])), "'a.npy' holds something else than numbers: complex128"),
    (saved(np.zeros((2, 2, 2))), "'a.npy' has 3 dimensions, at most 2 can be used: rows and columns"),
    (saved([[1.0, 2.0], [3.0, np.nan]]), "'a.npy': [1, 1] is nan, not a finite number"),
    (saved([1.0, -np.inf]), "'a.npy': [1, 0] is -inf, not a finite number"),
    (saved(np.zeros((0, 3))), "'a.npy' has no numbers"),
]


@pytest.mark.parametrize(("content", "sentence"), BROKEN)
def test_a_broken_array_is_one_sentence(tmp_path, content, sentence):
    with pytest.raises(NumbersError) as found:
        load(tmp_path, "a.npy", content)
    assert str(found.value) == sentence


def test_a_header_that_promises_more_than_there_is_takes_no_memory(tmp_path):
    head = saved(np.zeros((1, 1)))
    content = head.replace(b"(1, 1), }" + b" " * 18, b"(30000000000, 100000), }" + b" " * 3)
    assert content != head and len(content) == len(head)
    with pytest.raises(NumbersError, match="is not an array of numbers"):
        load(tmp_path, "a.npy", content)


def test_nothing_larger_than_the_limit_is_read(tmp_path):
    path = tmp_path / "a.npy"
    path.write_bytes(b"")
    os.truncate(path, 10**12)  # sparse
    with pytest.raises(NumbersError, match=r"^'a.npy' is larger than SAMPLE_MB = 1 allows$"):
        load_numbers(path, 1.0)
    path = path.rename(tmp_path / "a.csv")
    with pytest.raises(NumbersError, match=r"^'a.csv' has more than 32 MB of text; an array in a .npy may be larger$"):
        load_numbers(path, 512.0)
    with pytest.raises(NumbersError, match=r"^'a.csv' is larger than SAMPLE_MB = 1 allows$"):
        load_numbers(path, 1.0)
    small = "'b.npy' needs 2 MB of memory, more than SAMPLE_MB = 1 allows"
    with pytest.raises(NumbersError, match=small):
        load(tmp_path, "b.npy", saved(np.zeros(200_000, np.int8)), 1.0)
    with pytest.raises(NumbersError, match=small.replace(".npy", ".csv")):
        load(tmp_path, "b.csv", "1 " * 200_000, 1.0)


@pytest.mark.parametrize("name", ["a.wav", "A.flac"])
def test_a_sound_is_its_frames_at_its_own_rate(tmp_path, name):
    frames = np.arange(-30, 30).reshape(-1, 2) / 64.0
    soundfile.write(tmp_path / name, frames, 96_000, "PCM_16")
    assert load_numbers(tmp_path / name, 1.0).tolist() == frames.T.tolist()
    soundfile.write(tmp_path / name, np.zeros(200_000), 8000, "PCM_16")
    with pytest.raises(NumbersError, match=r"needs 2 MB of memory, more than SAMPLE_MB = 1 allows"):
        load_numbers(tmp_path / name, 1.0)


def test_what_is_no_file_of_numbers(tmp_path):
    with pytest.raises(NumbersError, match=r"'a.ogg' is not a file of numbers: .csv, .txt, .npy, .wav, .flac"):
        load(tmp_path, "a.ogg", "1")
    with pytest.raises(NumbersError, match=r"'a.wav' is not a sound file: Format not recognised"):
        load(tmp_path, "a.wav", "1")
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(NumbersError, match=r"'pipe.csv' is not a file"):
        load_numbers(tmp_path / "pipe.csv", 1.0)
    with pytest.raises(NumbersError, match=r"'none.csv' cannot be read: No such file or directory"):
        load_numbers(tmp_path / "none.csv", 1.0)


def test_the_cache_reads_a_file_again_when_it_changes(tmp_path):
    cache = SampleCache(1.0)
    path = tmp_path / "a.csv"
    path.write_text("1\n2\n")
    first = cache.numbers(path)
    assert first.data.tolist() == [[1.0, 2.0]] and cache.numbers(path) is first
    path.write_text("1\n2\n3\n")
    assert cache.numbers(path).data.tolist() == [[1.0, 2.0, 3.0]]
    path.write_text("1\n2\nloud\n")
    for _ in range(2):
        with pytest.raises(SampleError, match=r"^a.csv:3: expected a number in column 1, got 'loud'$"):
            cache.numbers(path)
    with pytest.raises(SampleError, match="is not a sound file"):
        cache.load(path, 44100)
    assert {*cache.files()} == {path}

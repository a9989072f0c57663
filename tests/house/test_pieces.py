"""The demo and the pieces in `examples/`: they compose and name their sections; and each is music by its figures."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest

from tests.harness.pieces import DEMO, PIECES, composed, heard, sections_of, text_of
from tests.house.pieces import PAGE, PICTURES, bars_of, parts_of, png, seen_in
from tests.house.pieces import page as page_of

LINES = 80
LARGEST = 100_000  # bytes of a picture

ALL = (DEMO, *PIECES)


@pytest.mark.parametrize("name", ALL)
def test_a_piece_names_its_sections(name):
    """One after another, from bar 1."""
    sections = sections_of(name)
    assert len(sections) >= 4
    assert [one.first for one in sections] == [1, *(one.last + 1 for one in sections[:-1])]


@pytest.mark.parametrize("name", PIECES)
def test_a_piece_is_short_and_says_what_it_does(name):
    """Fewer than 80 lines, with comments in the text too."""
    text = text_of(name)
    assert text.count("\n") < LINES
    assert text.count(" # ") + text.count("\n    ") >= 5
    assert f"waves play --dir examples/{name} " in text


@pytest.mark.parametrize("name", PIECES)
def test_a_piece_composes(name):
    composed(name)


@pytest.mark.soak
def test_every_piece_is_on_the_page():
    """With a picture, and each section with what the piece says of it and what is seen."""
    page = PAGE.read_text("utf-8")
    parts = parts_of(page)
    assert tuple(parts) == ALL
    assert page_of(parts) == page
    for name, (_, chapter) in parts.items():
        assert f"](pieces/{name}.png)" in chapter
        assert (PICTURES / f"{name}.png").stat().st_size < LARGEST
        seen = seen_in(name)
        assert [*seen] == [bars_of(one) for one in sections_of(name)]
        for one in sections_of(name):
            assert f"| {bars_of(one)} | {one.text} | {seen[bars_of(one)]} |" in chapter


def test_a_picture_holds_the_levels():
    image = np.arange(12, dtype=np.uint8).reshape(3, 4)
    made = png(image)
    assert struct.unpack(">II", made[16:24]) == (4, 3)
    data = made[made.index(b"IDAT") + 4 : made.index(b"IEND") - 8]
    assert zlib.decompress(data) == b"".join(b"\0" + bytes(row) for row in image)


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", ALL)
def test_a_piece_is_as_loud_and_as_varied_as_it_should_be(name):
    one = heard(name)
    assert -16.0 <= one.lufs <= -12.0
    assert one.peak < (0.5 if name == DEMO else -1.0)  # the demo has no master but the limiter of the output
    assert one.range >= 6.0
    assert 8.0 <= one.crest <= 18.0
    assert one.reduction < 3.0
    assert one.mono > -3.0
    assert one.rumble <= -30.0
    assert one.offset < -60.0
    assert one.different >= 3
    assert one.repeated == 0


@pytest.mark.soak
def test_the_demo_is_as_loud_as_music_that_is_streamed():
    assert -15.0 <= heard(DEMO).lufs <= -13.0


@pytest.mark.soak
@pytest.mark.parametrize("name", ALL)
def test_a_piece_takes_less_than_two_fifths_of_a_core(name):
    assert heard(name).cost < 0.4

"""docs/pieces.md and its pictures: the demo and the pieces in `examples/`, their sections, levels and spectrograms.

python -m tests.house.pieces            all of them
python -m tests.house.pieces techno dub these; the others stay as they are on the page

What is seen and measured in each section stands in docs/pieces/seen.yaml.
"""

from __future__ import annotations

import re
import struct
import sys
import zlib

import numpy as np
from ruamel.yaml import YAML

from tests.harness.paths import TOP
from tests.harness.pieces import DEMO, PIECES, Frames, Heard, Section, heard, text_of
from tests.house.node_page import table

PAGE = TOP / "docs" / "pieces.md"
PICTURES = TOP / "docs" / "pieces"
SEEN = PICTURES / "seen.yaml"
HEAD = """# Pieces

<!-- made by `python -m tests.house.pieces` -->

`demo` is the piece that `waves play my_sound` plays in the folder of this repository. Each folder of `examples/` that
is listed here is another one, made of text alone:

```sh
waves play --dir examples/techno my_sound
```

A piece goes round: after its last bar comes the first one again, and what chance decides is another each time. The
figures are those of the first round. LUFS are by ITU-R BS.1770; the range is that between the softest and the loudest
section; the crest is the peak above the mean level; the reduction of the master is passed for 1 % of the time; mono is
the level of the sum of both sides; below 30 Hz is a part of the whole. Onsets are counted in a second. In the pictures
time goes to the right, from 30 Hz at the bottom to 18 kHz at the top; a line stands between two sections. What happens
is what the piece says of itself; what is seen was written from the picture and the figures alone.
"""
COLUMNS = ("piece", "loudness", "peak", "range", "crest", "reduction", "mono", "below 30 Hz", "one core")
ROWS, FLOOR, SHADES = 96, 70.0, 16  # bands; dB below the loudest that are black; levels of grey
Part = tuple[str, str]
"""The row of a piece in the first table, and its chapter."""


def page(parts: dict[str, Part]) -> str:
    """The text of the page."""
    rows = "\n".join(row for row, _ in parts.values())
    chapters = (chapter for _, chapter in parts.values())
    return "\n\n".join((HEAD.strip(), f"{table(COLUMNS, [])}\n{rows}", *chapters)) + "\n"


def parts_of(text: str) -> dict[str, Part]:
    """The part of each piece on a page."""
    rows = re.findall(r"^\| \[.*$", text, re.M)
    chapters = re.split(r"\n\n(?=## )", text.rstrip("\n"))[1:]
    names = (chapter.partition("\n")[0].removeprefix("## ") for chapter in chapters)
    return dict(zip(names, zip(rows, chapters, strict=True), strict=True))


def part(name: str, one: Heard) -> Part:
    """The part of a piece."""
    seen = seen_in(name)
    sections = [
        (bars_of(bars), bars.text, seen.get(bars_of(bars), ""), f"{level:.1f} LUFS", f"{onsets:.1f}")
        for bars, level, onsets in zip(one.sections, one.levels, one.onsets, strict=True)
    ]
    said = text_of(name).partition("\n")[0].removeprefix("# ")
    shown = table(("bars", "what happens", "what is seen", "loudness", "onsets"), sections)
    row = table((f"[{name}](#{name})", *figures_of(one)), []).partition("\n")[0]
    return row, "\n\n".join((f"## {name}", said, f"![Spectrogram](pieces/{name}.png)", shown))


def bars_of(one: Section) -> str:
    """The bars of a section, as in `17-32`."""
    return f"{one.first}-{one.last}"


def seen_in(name: str) -> dict[str, str]:
    """What is seen in each section of a piece, by its bars."""
    return dict(YAML(typ="safe").load(SEEN).get(name, {}))


def figures_of(one: Heard) -> tuple[str, ...]:
    """The figures of a piece with their units, in the order of the table."""
    sound = (f"{one.lufs:.1f} LUFS", f"{one.peak:.1f} dBTP", f"{one.range:.1f} LU", f"{one.crest:.1f} dB")
    return (*sound, f"{one.reduction:.1f} dB", f"{one.mono:.1f} dB", f"{one.rumble:.0f} dB", f"{100 * one.cost:.0f} %")


def picture(one: Heard) -> bytes:
    """The spectrogram of a piece as a PNG of grey levels."""
    levels = one.spectrogram
    shades = np.clip((levels - levels.max() + FLOOR) / FLOOR * SHADES, 0, SHADES - 1).astype(np.uint8)
    image = np.repeat(shades[::-1] * (255 // (SHADES - 1)), 2, axis=0)
    for bars in one.sections[1:]:
        image[:, round((bars.first - 1) / one.sections[-1].last * image.shape[1])] = 255
    return png(image)


def png(image: Frames) -> bytes:
    """A PNG of 8-bit grey levels, rows from above (W3C: Portable Network Graphics, third edition)."""
    height, width = image.shape
    lines = b"".join(b"\0" + row.tobytes() for row in image)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    made = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(made)


if __name__ == "__main__":
    wanted = sys.argv[1:] or (DEMO, *PIECES)
    made = parts_of(PAGE.read_text("utf-8")) if PAGE.exists() else {}
    for name in wanted:
        played = heard(name)
        (PICTURES / f"{name}.png").write_bytes(picture(played))
        made[name] = part(name, played)
        PAGE.write_text(page({name: made[name] for name in (DEMO, *PIECES) if name in made}), "utf-8")

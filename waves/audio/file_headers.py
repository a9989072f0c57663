"""Headers of sound files as libsndfile leaves them, set right where it does not do so.

A WAV header has 32 bits for a size. Beyond that it becomes RF64 (EBU Tech 3306): a chunk `ds64` holds the sizes.
libsndfile could write RF64 itself, but with the time of writing in it, and below the limit not as an ordinary WAV.

Each page of an Ogg file has a serial number, for which libsndfile takes a random one, and a checksum (RFC 3533).
"""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

LARGEST_WAV = 0xFFFF_FFFE  # bytes after the first eight; all bits set mean: look into `ds64`
UNKNOWN = b"\xff\xff\xff\xff"
HEAD = 4096  # bytes that are enough for a header
SHIFT = 1 << 24  # bytes that are moved at once
PAGE = struct.Struct("<4sBBQIIIB")  # of Ogg, before the sizes of its segments: the fifth is the serial number
SERIAL, CHECKSUM = 14, 22  # bytes before them in a page
TURNED = bytes(int(f"{k:08b}"[::-1], 2) for k in range(256))  # the bits of each byte the other way round
FLAC_TOTAL = 1 << 36  # the count of frames is in the lower bits of eight bytes of `STREAMINFO`


def needs_rf64(size: int) -> bool:
    """Whether a WAV file of so many bytes is too long for its header."""
    return size - 8 > LARGEST_WAV


def set_wav_length(path: Path, frames: int) -> bool:
    """Make the header of a WAV file with that many frames RF64 if it is too long; whether it is RF64 now.

    `ds64` takes the room of chunks that RF64 does not need; where there is none, everything after it is moved. Raises
    OSError.
    """
    with path.open("r+b", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        if not needs_rf64(size):
            return False
        file.seek(0)
        chunks, begin = _chunks(file.read(HEAD))
        head = b"".join(chunk for name, chunk in chunks.items() if name not in (b"ds64", b"fact", b"PAD "))
        left = begin - 8 - (12 + 36 + len(head))
        if left < 0 or 0 < left < 8:
            _insert(file, 12, 36, size)
            head, left = b"".join(chunks.values()), 0
            begin, size = begin + 36, size + 36
        fill = struct.pack("<4sI", b"PAD ", left - 8) + bytes(left - 8) if left else b""
        align = struct.unpack_from("<H", chunks[b"fmt "], 8 + 12)[0]
        ds64 = struct.pack("<4sIQQQI", b"ds64", 28, size - 8, frames * align, frames, 0)
        file.seek(0)
        file.write(b"RF64" + UNKNOWN + b"WAVE" + ds64 + head + fill + b"data" + UNKNOWN)
    return True


def _chunks(head: bytes) -> tuple[dict[bytes, bytes], int]:
    """The chunks before the sound, each with its name and size, and the first byte of the sound."""
    chunks, place = {}, 12
    while (name := head[place : place + 4]) != b"data":
        end = place + 8 + struct.unpack_from("<I", head, place + 4)[0]
        end += end % 2
        if end > len(head):
            raise OSError("its header cannot be read")
        chunks[name] = head[place:end]
        place = end
    return chunks, place + 8


def _insert(file: BinaryIO, place: int, count: int, size: int) -> None:
    """Moves everything from a place on by some bytes."""
    end = size
    while end > place:
        begin = max(place, end - SHIFT)
        file.seek(begin)
        part = file.read(end - begin)
        file.seek(begin + count)
        file.write(part)
        end = begin


def set_flac_length(path: Path, frames: int) -> None:
    """Say in the header of a FLAC file that it holds `frames`, or as many of them as are in whole blocks.

    For one that is being written: its encoder holds the last block back, and the header has no length. Raises OSError.
    """
    with path.open("r+b", buffering=0) as file:
        head = file.read(26)
        if len(head) < 26 or head[:4] != b"fLaC":
            return
        block = struct.unpack_from(">H", head, 8)[0]
        total = max(frames - 1, 0) // block * block
        packed = struct.unpack_from(">Q", head, 18)[0] // FLAC_TOTAL * FLAC_TOTAL
        file.seek(18)
        file.write(struct.pack(">Q", packed + min(total, FLAC_TOTAL - 1)))


def set_ogg_serial(path: Path) -> None:
    """Give an Ogg file of one stream the serial number 1. Raises OSError."""
    with path.open("r+b", buffering=0) as file:
        place = 0
        while len(head := file.read(PAGE.size)) == PAGE.size and head[:4] == b"OggS":
            sizes = file.read(head[-1])
            rest = sizes + file.read(sum(sizes))
            if len(rest) < head[-1] + sum(sizes):  # the disk has taken no more of it
                return
            page = bytearray(head + rest)
            struct.pack_into("<I", page, SERIAL, 1)
            struct.pack_into("<I", page, CHECKSUM, 0)
            struct.pack_into("<I", page, CHECKSUM, _ogg_checksum(bytes(page)))
            file.seek(place)
            file.write(page[: PAGE.size])
            place += len(page)
            file.seek(place)


def _ogg_checksum(page: bytes) -> int:
    """The CRC of a page: that of zlib from 0 on, with the bits of each byte and of the whole the other way round."""
    turned = zlib.crc32(page.translate(TURNED), 0xFFFF_FFFF) ^ 0xFFFF_FFFF
    return int.from_bytes(turned.to_bytes(4, "little").translate(TURNED), "big")

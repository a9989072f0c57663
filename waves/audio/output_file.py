"""A sound file that is being written: the same bytes for the same sound, readable at any moment, any length.

Private parts of `soundfile` are used here and nowhere else: `_snd.sf_command` and `_file` send a command of libsndfile
to an open file, and `sf_strerror` gives the reason of its last error; `soundfile` has no method for either. `_ffi.NULL`
is the empty argument of a command, `_ffi.string` makes a text of what C returns.

Integers of up to 24 bits are dithered, so that what is rounded off is noise, whatever the sound: triangular noise of
two steps in height. It is the same for each file. A frame that is exactly 0 stays 0, so silence is silent. (Lipshitz,
Wannamaker, Vanderkooy: Quantization and dither: a theoretical survey, 1992.)
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import soundfile

from waves.audio.file_headers import FLAC_TOTAL, set_flac_length, set_ogg_serial, set_wav_length
from waves.whole_file import CAREFUL, FOR_ALL

PEAK_CHUNK = 0x1050  # SFC_SET_ADD_PEAK_CHUNK: a chunk that holds the time of writing
UPDATE_HEADER = 0x1061  # SFC_SET_UPDATE_HEADER_AUTO: the header of a WAV file is right after every write
COUNTED = 1 << 16  # frames that are read at once
CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | CAREFUL
BITS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24}  # of the subtypes that are dithered
SEED = 16_807  # of the dither

Frames = np.ndarray[Any, Any]


class OutputFile:
    """A file of frames, to which one thread at a time writes. All methods raise OSError with the reason.

    `frames` were written; `failed`: not all that was given is in the file. An `.ogg` file has a random number in it
    until it is closed.
    """

    def __init__(self, path: Path, rate: float, channels: int, form: tuple[str, str], *, recording: bool = False):
        """`form`: format and subtype. It is written over whatever `path` holds.

        `recording`: nothing must be at `path` yet, and the file can be played at any moment while it is written.
        """
        self.path, self.frames, self.failed = path, 0, False
        self._format, self._given = form[0], 0
        self._bits = BITS.get(form[1], 0)
        self._chance = np.random.PCG64(SEED)
        # A recording goes to a file of its own, not to where a link leads.
        target = os.open(path, CREATE, FOR_ALL) if recording else path
        try:
            self._file = soundfile.SoundFile(target, "w", int(rate), channels, form[1], format=form[0])
        except soundfile.SoundFileError:
            reason = _reason(soundfile._ffi.NULL)
            if recording:  # no room even for a header
                path.unlink(missing_ok=True)
            raise OSError(reason) from None
        self._identity = path.stat()
        self._command(PEAK_CHUNK, 0)
        if recording and self._format == "WAV":  # an .ogg file would be spoilt
            self._command(UPDATE_HEADER, 1)

    def write(self, data: Frames) -> None:
        """Write frames. After an error only `close` may be called."""
        self._given += len(data)
        if self._format == "FLAC" and self._given >= FLAC_TOTAL:
            self.failed = True
            raise OSError("a .flac file has no room for more frames")
        try:
            self._file.write(self._rounded(data) if self._bits else data)
        except (soundfile.SoundFileError, AssertionError):  # asserted: as many were written as were given
            self.failed = True
            raise OSError(_reason(self._file._file)) from None
        self.frames += len(data)

    def settle(self) -> None:
        """Flush to the disk what was written, and make the header say so. For recordings, after each write."""
        self._file.flush()
        self._require_file()
        if self._format == "FLAC":
            set_flac_length(self.path, self.frames)
        elif self._format == "WAV" and set_wav_length(self.path, self.frames):
            self._command(UPDATE_HEADER, 0)  # libsndfile knows no other header

    def close(self) -> None:
        """Complete the file. After an error it holds what the disk has taken."""
        if self._file.closed:
            return
        try:
            self._file.close()
        except (soundfile.SoundFileError, AssertionError) as error:
            self.failed = True
            raise OSError(str(error)) from None
        finally:
            with contextlib.suppress(OSError) if self.failed else contextlib.nullcontext():
                self._require_file()
                if self._format == "WAV":
                    set_wav_length(self.path, self.frames)
                elif self._format == "OGG":
                    set_ogg_serial(self.path)
                elif self._format == "FLAC" and self.failed:
                    set_flac_length(self.path, self.frames)

    def frames_on_disk(self) -> int:
        """Frames that can be read from a file that was closed after an error."""
        frames = 0
        with contextlib.suppress(OSError, soundfile.SoundFileError):
            self._require_file()
            with soundfile.SoundFile(self.path) as file:
                if file.frames <= self._given:
                    return int(file.frames)
                while part := len(file.read(COUNTED, "float32")):  # it does not know its length
                    frames += part
        return frames

    def _rounded(self, data: Frames) -> Frames:
        """Frames as dithered integers, in the upper bits of the integers that the file is given."""
        scale = 2.0 ** (self._bits - 1)
        chance: Frames = np.asarray(self._chance.random_raw(data.shape))
        noise = (chance >> 32).astype(np.float64) - (chance & 0xFFFF_FFFF).astype(np.float64)
        steps = np.where(data == 0.0, 0.0, np.rint(np.asarray(data, np.float64) * scale + noise * 2.0**-32))
        width = 16 if self._bits <= 16 else 32
        whole: Frames = np.clip(steps, -scale, scale - 1.0).astype(f"i{width // 8}")
        return whole << (width - self._bits)

    def _require_file(self) -> None:
        """Raises OSError unless the path still leads to this file."""
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(self.path.stat(), self._identity):
                return
        self.failed = True
        raise FileNotFoundError(2, "the file was removed", str(self.path))

    def _command(self, command: int, value: int) -> None:
        soundfile._snd.sf_command(self._file._file, command, soundfile._ffi.NULL, value)

    def __enter__(self) -> OutputFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.failed |= kind is not None
        self.close()


def _reason(file: Any) -> str:
    """The reason of the last error of a file, or of opening one: in the words of the system."""
    text: str = soundfile._ffi.string(soundfile._snd.sf_strerror(file)).decode("utf-8", "replace")
    return text.removeprefix("System error : ").rstrip(".")

"""The demo and the pieces in `examples/`: their sections, the sound of each, and figures of that."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import signal

from tests.harness.loudness import loudness
from tests.harness.paths import TOP
from tests.harness.session_harness import compile_for, shipped
from waves.app.performance.offline import offline_engine, seconds_of_length
from waves.app.time_argument import Length
from waves.live.workspace.composer import Composer
from waves.live.workspace.composition import Composition
from waves.live.workspace.settings import Settings
from waves.live.workspace.workspace import find_workspace

Frames = np.ndarray[Any, Any]

EXAMPLES = TOP / "examples"
PIECES = tuple(sorted(path.parent.name for path in EXAMPLES.glob("*/waves.yaml") if path.parent.name != "kit"))
DEMO = "demo"  # the piece that is shipped
SECTION = re.compile(r"^# bars (\d+)-(\d+): (.+)$", re.MULTILINE)
MASTER = re.compile(r"^ {12}cutoff: (\d+)$", re.MULTILINE)
RATE = 44100.0
CHUNK = 1 << 16  # frames
ONCE = 0.8015  # corner of one of two equal highpasses, which together are 3 dB down at 1
OUTPUT = -0.3  # dB: ceiling of the limiter of the output
LATE = 74  # frames of a limiter with `true_peak`
WINDOW = 882  # frames in which the level before and behind the limiter is compared, 20 ms
HOP = 512  # frames
LEAST = 1.0  # of an onset: what a band of 1 % of full scale adds is 0.7
SOFT = 1e-4  # what is softer is not compared
BANDS = np.geomspace(40.0, 16000.0, 27)  # Hz: edges of thirds of an octave
BRIGHTNESS, BUSIER = 3.0, 1.25  # dB in a band in the mean; ratio of onsets: what makes two sections different


class Section(NamedTuple):
    """Bars from 1, the last one included, and what happens in them."""

    first: int
    last: int
    text: str


def folder_of(name: str) -> Path:
    """The workspace of a piece."""
    return TOP if name == DEMO else EXAMPLES / name


def text_of(name: str) -> str:
    """The text of a piece."""
    return (folder_of(name) / "waves.yaml").read_text("utf-8")


def sections_of(name: str) -> list[Section]:
    """The sections that the comments of a piece name."""
    return [Section(int(first), int(last), text) for first, last, text in SECTION.findall(text_of(name))]


def composed(name: str, composer: Composer | None = None) -> Composition:
    """A piece without findings; raises AssertionError for each."""
    composer = composer or composer_of(name)
    composition = composer.compose([("my_sound", {})])
    assert not composition.findings, composition.findings
    return composition


def composer_of(name: str) -> Composer:
    """Composer of a piece, which gives its parts beside their sum."""
    composer = Composer(find_workspace(folder_of(name)), shipped(), Settings(), RATE)
    composer.stems = composer.tracks([("my_sound", {})])
    return composer


@dataclass
class Heard:
    """One round of a piece: its sound (frames, 2), the sum of its parts before the master, seconds of a processor.

    `gain` and `cutoff` are of the master; a piece without one has none. The sound is `late` frames behind the parts.
    """

    sections: list[Section]
    sound: Frames
    parts: Frames
    gain: float
    cutoff: float | None
    late: int
    cost: float

    def bars(self, first: float, last: float) -> Frames:
        """The frames of some bars, from 1."""
        bar = len(self.sound) / self.sections[-1].last
        return self.sound[round((first - 1) * bar) : round(last * bar)]

    @cached_property
    def lufs(self) -> float:
        """Loudness of the whole."""
        return loudness(self.sound)

    @cached_property
    def levels(self) -> list[float]:
        """Loudness of each section in LUFS."""
        return [loudness(self.bars(one.first, one.last)) for one in self.sections]

    @cached_property
    def range(self) -> float:
        """LU between the softest section and the loudest one."""
        return max(self.levels) - min(self.levels)

    @cached_property
    def peak(self) -> float:
        """dBTP: the highest point of the wave between the frames too."""
        loud = np.abs(self.sound).max(axis=1)
        places = np.flatnonzero(loud[64:-64] > 0.9 * loud.max())[::8]
        near = (signal.resample_poly(self.sound[k : k + 128], 8, 1, axis=0)[384:640] for k in places)
        return decibels(max(np.abs(one).max() for one in near))

    @cached_property
    def crest(self) -> float:
        """dB between the peak and the mean level of the louder side."""
        return decibels(np.abs(self.sound).max() / np.sqrt((self.sound**2).mean(axis=0).max()))

    @cached_property
    def reduction(self) -> float:
        """dB that the master takes away, which it passes for 1 % of the time; without one the limiter of the output."""
        count = (len(self.sound) - self.late) // WINDOW * WINDOW
        if self.cutoff is None:
            peaks = np.abs(self.parts[:count]).reshape(-1, 2 * WINDOW).max(axis=1)
            return float(max(np.quantile(20.0 * np.log10(np.maximum(peaks, SOFT)), 0.99) - OUTPUT, 0.0))
        cut = signal.butter(2, ONCE * self.cutoff, "highpass", output="sos", fs=RATE)
        given = signal.sosfilt(np.vstack([cut, cut]), self.parts, axis=0)
        levels = [
            np.sqrt((one[:count] ** 2).reshape(-1, 2 * WINDOW).mean(axis=1)) for one in (given, self.sound[self.late :])
        ]
        before, behind = levels
        heard = before > SOFT
        return float(np.quantile(self.gain - 20.0 * np.log10(behind[heard] / before[heard]), 0.99))

    @cached_property
    def mono(self) -> float:
        """Level in dB of the sum of both sides in each of them, as a part of the whole."""
        return decibels(np.sqrt(2.0 * (self.sound.mean(axis=1) ** 2).mean() / (self.sound**2).sum(axis=1).mean()))

    @cached_property
    def rumble(self) -> float:
        """Level in dB of what is below 30 Hz, as a part of the whole."""
        freqs, power = signal.welch(self.sound, RATE, nperseg=1 << 15, axis=0)
        return 0.5 * decibels(power[freqs < 30.0].sum() / power.sum())

    @cached_property
    def offset(self) -> float:
        """Largest mean of a side, in dB."""
        return decibels(np.abs(self.sound.mean(axis=0)).max())

    @cached_property
    def spectra(self) -> Frames:
        """Level in dB of each band in each section, as a part of the section, -50 dB at least."""
        found = []
        for one in self.sections:
            freqs, power = signal.welch(self.bars(one.first, one.last).mean(axis=1), RATE, nperseg=1 << 13)
            bands = np.add.reduceat(power, np.searchsorted(freqs, BANDS))[:-1]
            found.append(10.0 * np.log10(np.maximum(bands / bands.sum(), 1e-5)))
        return np.array(found)

    @cached_property
    def onsets(self) -> list[float]:
        """Onsets in a second of each section: peaks of what is added to the spectrum."""
        freqs, _, spectrum = signal.stft(self.sound.mean(axis=1), RATE, nperseg=2 * HOP, noverlap=HOP)
        bands = np.add.reduceat(np.abs(spectrum) ** 2, np.searchsorted(freqs, BANDS[6::2]), axis=0)[:-1]
        flux = np.maximum(np.diff(np.log1p(100.0 * np.sqrt(bands)), axis=1), 0.0).sum(axis=0)
        peaks, _ = signal.find_peaks(flux, prominence=max(0.2 * np.quantile(flux, 0.99), LEAST), distance=5)
        bar, found = flux.size / self.sections[-1].last, []
        for one in self.sections:
            begin, end = (one.first - 1) * bar, one.last * bar
            found.append(float(((peaks >= begin) & (peaks < end)).sum() / ((end - begin) * HOP / RATE)))
        return found

    @cached_property
    def different(self) -> int:
        """Size of the largest set of sections of which any two differ in spectrum and in onsets."""
        for size in range(len(self.sections), 1, -1):
            for some in combinations(range(len(self.sections)), size):
                if all(self.differ(one, other) for one, other in combinations(some, 2)):
                    return size
        return 1

    def differ(self, one: int, other: int) -> bool:
        """Whether two sections have another spectrum and another number of onsets."""
        few, many = sorted((self.onsets[one], self.onsets[other]))
        return bool(np.abs(self.spectra[one] - self.spectra[other]).mean() >= BRIGHTNESS and many >= BUSIER * few)

    @cached_property
    def repeated(self) -> int:
        """Number of spans of eight bars that are equal to one before, to the bit."""
        last = self.sections[-1].last
        spans = [self.bars(first, first + 7) for first in range(1, last - 6, 8)]
        size = min(len(one) for one in spans)
        return len(spans) - len({one[:size].tobytes() for one in spans})

    @cached_property
    def spectrogram(self) -> Frames:
        """dB over 96 bands (rows, from low to high) and 480 moments (columns)."""
        mono, edges = self.sound.mean(axis=1), np.geomspace(30.0, 18000.0, 97)
        columns = []
        for middle in np.linspace(0, len(mono), 481)[:-1].astype(int):
            power = (
                np.abs(np.fft.rfft(mono[middle : middle + 8192] * np.hanning(8192)[: len(mono) - middle], 8192)) ** 2
            )
            at = np.searchsorted(np.fft.rfftfreq(8192, 1.0 / RATE), edges)
            columns.append([power[low : max(high, low + 1)].mean() for low, high in pairwise(at)])
        return 10.0 * np.log10(np.maximum(np.array(columns).T, 1e-9))


@lru_cache(maxsize=1)
def heard(name: str) -> Heard:
    """One round of a piece as it plays, of 44.1 kHz."""
    composer = composer_of(name)
    composition = composed(name, composer)
    compile_for(composition.graph)
    sections = sections_of(name)
    frames = round(seconds_of_length(Length(float(sections[-1].last), "bar"), composition, composer) * RATE)
    gain, cutoff = master_of(name, composition)
    sound, parts, spent = np.empty((frames, 2)), np.empty((frames, 2)), 0.0
    with offline_engine(composition, composer) as engine:
        late = LATE + engine.lookahead
        for at in range(0, frames, CHUNK):
            began = time.process_time()
            chunk = engine.render(min(CHUNK, frames - at))
            spent += time.process_time() - began
            sound[at : at + len(chunk)] = chunk[:, :2]
            parts[at : at + len(chunk)] = chunk[:, 2:].reshape(len(chunk), -1, 2).sum(axis=1)
    return Heard(sections, sound, parts, gain, cutoff, late, spent / (frames / RATE))


def master_of(name: str, composition: Composition) -> tuple[float, float | None]:
    """Gain in dB of the limiter of a piece, and the corner of the highpass before it."""
    masters = [row for row in composition.graph.rows.values() if row.kind.__name__ == "Limit"]
    if not masters:
        return 0.0, None
    return float(masters[0].inputs["gain"]), float(MASTER.findall(text_of(name))[0])


def decibels(factor: float) -> float:
    """A factor in dB."""
    return float(20.0 * np.log10(max(factor, 1e-30)))

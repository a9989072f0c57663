"""Clicks of a reload, by two measures; both compare with the piece before and the piece after, each played alone.

*Step*: two neighbouring frames may differ as much as in either of the two pieces, and by their difference divided by
the frames of the fade. *Excess*: spectra of 10 ms, A-weighted (IEC 61672-1). What a spectrum has above the highest one
of both pieces, per bin and up to three bins away, is the excess; its sum in the worst spectrum of a channel, by the
level of the loudest one, is that of the reload in dB. Below -40 dB it is masked.

The piece after is played from the start, on an engine of its own. So no reference has the memory of the reload: a click
that comes out of an echo counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.workspace import FADE, RATE

Frames = np.ndarray[Any, Any]
"""Sound of shape (frames, channels)."""

AFTER = 6000  # frames that are compared after a commit
ALLOWED = 1.1  # of the bound: a resonance, and fades one after the other, may stand out so much
MASKED = -40.0  # dB
WINDOW, HOP = 441, 88  # frames of a spectrum, and from one to the next
PAST = RATE // 2  # frames before the commit that show what the pieces are
SPREAD = 3  # bins
MARGIN = 1.26  # 1 dB
SILENT = -120.0  # dB


def step(frames: Frames) -> float:
    """The largest step between neighbouring frames."""
    return float(np.abs(np.diff(frames.astype(np.float64), axis=0)).max(initial=0.0))


@dataclass(frozen=True, eq=False, slots=True)
class References:
    """The piece before an edit and the one after it, each played alone from its start, of shape (frames, channels)."""

    before: Frames
    after: Frames
    between: Frames | None = None  # a piece that is never reloaded, in which a number glides as in the reload
    together: bool = False  # both may sound at the same time: notes and echoes of the one before sound on

    def step(self, reload: Frames, commit: int, frames: int = AFTER) -> float:
        """The largest step of a reload from its commit on, divided by the bound.

        `reload` is the sound from the start, of the same frames.
        """
        past, part = slice(max(commit - PAST, 0), commit + frames), slice(commit - 1, commit + frames)
        before, after = (one[past].astype(np.float64) for one in (self.before, self.after))
        steps = [step(before), step(after)]
        own = sum(steps) if self.together else max(steps)
        if self.between is not None:
            own = max(own, step(self.between[past]))
        bound = own + float(np.abs(after - before).max()) / FADE
        return step(reload[part]) / bound if bound else float(step(reload[part]) > 0.0)

    def excess(self, reload: Frames, commit: int, frames: int = AFTER) -> float:
        """Energy of a reload in the worst 10 ms from its commit on that neither piece has, in dB of the louder one."""
        past = slice(max(commit - PAST, 0), commit + frames)
        before, after = (spectra(one[past]) for one in (self.before, self.after))
        highest = (before.max((0, 1)), after.max((0, 1)))
        peaks = np.sqrt(highest).sum(0) ** 2 if self.together else np.maximum(*highest)
        if self.between is not None:
            peaks = np.maximum(peaks, spectra(self.between[past]).max((0, 1)))
        own = MARGIN * spread(peaks)
        level = max(before.sum(2).mean(0).max(), after.sum(2).mean(0).max())
        heard = spectra(reload[commit - WINDOW : commit + frames])
        above = float(np.maximum(heard - own, 0.0).sum(2).max())
        if not level > 0.0:
            return 0.0 if above > 0.0 else SILENT
        return max(10.0 * float(np.log10(above / level + 1e-12)), SILENT)


def spectra(frames: Frames) -> Frames:
    """Energies in spectra of 10 ms, A-weighted: of shape (spectra, channels, bins)."""
    windows = np.lib.stride_tricks.sliding_window_view(frames.astype(np.float64), WINDOW, axis=0)[::HOP]
    bins = np.fft.rfft(windows * np.hanning(WINDOW))
    energies: Frames = (bins.real**2 + bins.imag**2) * WEIGHTS
    return energies


def spread(energies: Frames) -> Frames:
    """The highest of the bins around each bin."""
    padded = np.pad(energies, SPREAD, mode="edge")
    highest: Frames = np.lib.stride_tricks.sliding_window_view(padded, 2 * SPREAD + 1).max(axis=-1)
    return highest


def _weights() -> Frames:
    """A-weighting of energies by bin."""
    square = np.maximum(np.fft.rfftfreq(WINDOW, 1 / RATE), 1.0) ** 2
    root = np.sqrt((square + 107.7**2) * (square + 737.9**2))
    weights: Frames = (1.2589 * 12194.0**2 * square**2 / ((square + 20.6**2) * root * (square + 12194.0**2))) ** 2
    return weights


WEIGHTS = _weights()

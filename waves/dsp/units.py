"""Units of level and pitch: decibels and semitones, to factors and back; they compile to vector instructions."""

from __future__ import annotations

import math

from waves.dsp.powers import exp2, log2

DECIBELS = 20.0 * math.log10(2.0)  # of a factor of 2


def db_to_factor(decibels: float) -> float:
    """The factor of a level in dB, relative error below 1e-14: 6.02 becomes 2; NaN counts as -6020 dB."""
    return exp2(decibels / DECIBELS)


def factor_to_db(factor: float) -> float:
    """The level of a factor in dB, error below 1e-14 of it: 2 becomes 6.02; 0 and below become -6000."""
    return log2(factor) * DECIBELS


def semitones_to_factor(semitones: float) -> float:
    """The factor of a pitch by which an interval in semitones raises it, relative error below 1e-14: 12 becomes 2."""
    return exp2(semitones / 12.0)


def factor_to_semitones(factor: float) -> float:
    """The interval of a factor of a pitch in semitones, error below 1e-14 of it: 2 becomes 12."""
    return log2(factor) * 12.0

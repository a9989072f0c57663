"""The `settings:` of a file; launch quantization: a save waits for nothing, or for the next beat or bar."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from waves.language.model.harmony.tunings import TuningError, read_tuning
from waves.language.model.models import Finding, WrittenParameter
from waves.node_types.library.parameters import written
from waves.problem import did_you_mean
from waves.version import SOUND

BARS = re.compile(r"(\d{1,3})\s+bars?")
BOUNDARIES = "now, beat, bar, or a number of bars like '4 bars'"
NAMES = ("at", "fade", "sound", "tuning", "a4")
LONGEST_FADE = 10.0  # s
LOWEST_A4, HIGHEST_A4 = 200.0, 900.0  # Hz


@dataclass(frozen=True, slots=True)
class Quantize:
    """A save takes effect on the next multiple of `count` beats or bars; immediately when `count` is 0."""

    count: int = 0
    bars: bool = False

    def __str__(self) -> str:
        if not self.count:
            return "now"
        unit = "bar" if self.bars else "beat"
        return unit if self.count == 1 else f"{self.count} {unit}s"


WORDS = {"now": Quantize(), "beat": Quantize(1), "bar": Quantize(1, True)}


def read_quantize(text: str) -> Quantize:
    """Read `now`, `beat`, `bar` or `4 bars`; raises ValueError with a sentence."""
    word = " ".join(str(text).lower().split())
    if word in WORDS:
        return WORDS[word]
    if (match := BARS.fullmatch(word)) and int(match[1]) > 0:
        return Quantize(int(match[1]), True)
    raise ValueError(f"expected {BOUNDARIES}, got '{text}'")


@dataclass(frozen=True, slots=True)
class FileSettings:
    """The `settings:` of a file; None for what is not written."""

    at: Quantize | None = None
    """The moment at which saves take effect."""
    fade: float | None = None
    """Seconds of their crossfade."""
    sound: int | None = None
    """Number of the sound of the nodes that the piece keeps."""


def is_a4(data: Any) -> bool:
    """Whether a value is a pitch of a4."""
    return isinstance(data, int | float) and not isinstance(data, bool) and LOWEST_A4 <= data <= HIGHEST_A4


def read_file_settings(
    settings: Mapping[str, WrittenParameter], scala: Mapping[str, str] = MappingProxyType({})
) -> tuple[FileSettings, list[Finding]]:
    """Read the settings of a file; also the findings in them. `scala`: texts of files by name."""
    values: dict[str, Any] = {}
    findings: list[Finding] = []
    for name, (data, place) in settings.items():
        if name == "at" and not isinstance(data, str):
            findings.append(Finding(place, f"expected {BOUNDARIES}, got {written(data)}"))
        elif name == "at":
            try:
                values["at"] = read_quantize(data)
            except ValueError as error:
                findings.append(Finding(place, str(error)))
        elif name == "fade":
            number = isinstance(data, int | float) and not isinstance(data, bool)
            if number and 0.0 <= data <= LONGEST_FADE:
                values["fade"] = float(data)
            else:
                findings.append(Finding(place, f"'fade' takes seconds from 0 to {LONGEST_FADE:g}, got {written(data)}"))
        elif name == "a4":
            if not is_a4(data):
                known = f"'a4' is a number of Hz from {LOWEST_A4:g} to {HIGHEST_A4:g}"
                findings.append(Finding(place, f"{known}, got {written(data)}", "'442'"))
        elif name == "tuning":
            try:
                read_tuning(str(data), scala)
            except TuningError as error:
                findings.append(Finding(place, error.sentence, error.meant))
        elif name == "sound":
            if type(data) is int and 1 <= data <= SOUND:
                values["sound"] = data
            else:
                newer = type(data) is int and data > SOUND
                known = f"'sound' takes the number of a sound, {f'1 to {SOUND}' if SOUND > 1 else 'so far 1'}"
                sentence = f"{known}, got {written(data)}" + (": of a newer waves" if newer else "")
                findings.append(Finding(place, sentence, str(SOUND)))
        else:
            sentence = f"there is no setting '{name}'"
            findings.append(Finding(place.at_key(), sentence, did_you_mean(name, NAMES)))
    return FileSettings(**values), findings

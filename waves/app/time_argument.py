"""Times and lengths on the command line: `90s`, `5m`, `1h30m`, `1:30`, `8 bars`, `16 beats`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from waves.language.model.sound_arguments import UsageProblem

WRITTEN = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d*)?|\.\d+)s?)?")
UNITS = (3600.0, 60.0, 1.0)  # seconds
MUSICAL = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(beat|bar)s?")


LOOSE_UNIT = re.compile(r"(beat|bar)s?")


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time in seconds, beats or bars."""

    count: float
    unit: Literal["s", "beat", "bar"] = "s"


def seconds_of(text: str) -> float:
    """Seconds of a text like `90`, `90s`, `5m`, `1h30m` or `1:30`. Raises UsageProblem."""
    parts: list[str] | tuple[str | None, ...] = []
    if match := WRITTEN.fullmatch(text.strip()):
        parts = match.groups()
    elif re.fullmatch(r"(\d+:){1,2}\d+(\.\d*)?", text.strip()):
        parts = text.strip().split(":")
        parts = ["0"] * (3 - len(parts)) + parts
    if not text.strip() or not parts:
        raise UsageProblem(f"expected a time like 90s, 5m, 1h or 1:30, got '{text:.40}'")
    return sum(float(part or 0) * unit for part, unit in zip(parts, UNITS, strict=True))


def length_of(text: str) -> Length:
    """A length like `8 bars`, `16 beats`, or one that `seconds_of` reads. Raises UsageProblem."""
    if match := MUSICAL.fullmatch(text.strip()):
        return Length(float(match[1]), "bar" if match[2] == "bar" else "beat")
    try:
        return Length(float(text))
    except ValueError:
        pass
    try:
        return Length(seconds_of(text))
    except UsageProblem:
        raise UsageProblem(f"expected a time like 90s, 5m or 1:30, or 8 bars or 16 beats, got '{text:.40}'") from None


def loose_unit(arguments: Sequence[str]) -> str:
    """The unit of a length that was not put in quotes, among the arguments behind it; "" without one.

    --duration 8 bars    bars
    """
    return next((word for word in arguments if LOOSE_UNIT.fullmatch(word)), "")

"""Type of an unquoted YAML scalar: a number, true, false, nothing, or the text itself."""

from __future__ import annotations

import math
import re

Scalar = str | int | float | bool | None

WORDS: dict[str, Scalar] = {"": None, "~": None}
for word, value in (("null", None), ("true", True), ("false", False)):
    WORDS |= {word: value, word.title(): value, word.upper(): value}

INTEGER = re.compile(r"[-+]?[0-9][0-9_]*")
NUMBER = re.compile(r"[-+]?(\.[0-9][0-9_]*|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?")
OTHER_BASE = re.compile(r"0x[0-9a-fA-F]{1,15}|0o[0-7]{1,20}")
INFINITE = re.compile(r"([-+]?)\.(inf|Inf|INF)")
NOT_A_NUMBER = re.compile(r"\.(nan|NaN|NAN)")
DATE = re.compile(r"\d{4}-\d\d?-\d\d?([Tt ].*)?")
MINUTES = re.compile(r"(\d{1,4}):([0-5]\d)(\.\d*)?")


def scalar(text: str) -> Scalar:
    """The value of `text` by YAML 1.2, which also reads numbers with a leading zero or `_`.

    Raises ValueError, one sentence, for NaN, and for what YAML 1.1 reads as a date or a time.
    """
    if text in WORDS:
        return WORDS[text]
    if INTEGER.fullmatch(text):
        digits = text.replace("_", "")
        return int(digits) if len(digits) < 20 else finite(text)
    if NUMBER.fullmatch(text):
        return finite(text)
    if OTHER_BASE.fullmatch(text):
        return int(text, 0)
    if match := INFINITE.fullmatch(text):
        return float(match[1] + "inf")
    if NOT_A_NUMBER.fullmatch(text):
        raise ValueError(f"'{text}' is not a number")
    if DATE.fullmatch(text):
        raise ValueError(f"'{text}' is a date; quote a text, or put spaces around '-' to subtract")
    if match := MINUTES.fullmatch(text):
        seconds = f"{60 * int(match[1]) + int(match[2])}{match[3] or ''}"
        raise ValueError(f"write seconds, not minutes: {seconds} instead of {text}")
    return text


def finite(text: str) -> float:
    """The number that a text is. Raises ValueError, one sentence, for one that is too large to be held."""
    value = float(text.replace("_", ""))
    if math.isinf(value):
        raise ValueError(f"'{text if len(text) <= 40 else text[:37] + '...'}' is too large")
    return value

"""Reads a ramp, `{from: 200, to: 6000, in: 8 bars}`: a value that moves over beats, wherever a signal may stand."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from waves.language.model.models import NodeModel, Number, Place, Text
from waves.language.model.scalar_validation import BROKEN, ScalarValidator
from waves.node_types.builtin.form.ramp import Ramp
from waves.node_types.library.parameters import Parameter, written
from waves.problem import did_you_mean

FROM, TO, IN = "from", "to", "in"
KEYS = (FROM, TO, IN)
LENGTH = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s*(beat|bar)s?")


def is_ramp(data: Mapping[str, Any]) -> bool:
    """Whether a mapping is written like a ramp."""
    return FROM in data and TO in data


def read_ramp(
    reader: ScalarValidator, data: Mapping[str, Any], place: Place, parameter: Parameter | None
) -> NodeModel | Number | None:
    """The node of a ramp, None for other data; its numbers are within the bounds of the parameter that it moves."""
    if not is_ramp(data):
        return None
    told = len(reader.findings)
    misnamed = [key for key in data if key not in KEYS]
    for key in misnamed:
        meant = did_you_mean(str(key), KEYS) or ("'in'" if IN not in data else "")
        sentence = f"'{key}' is nothing that a ramp has: 'from', 'to' and 'in'"
        reader.problem(place.below(key).at_key(), sentence, meant)
    if misnamed and IN not in data:
        return Number(BROKEN, place)
    beats, bars = _length(reader, data, place)
    settings: dict[str, Any] = {FROM: 0.0, TO: 0.0, "length": beats, "bars": bars, "metre": (4.0,)}
    texts: dict[str, Text | list[Number | Text]] = {}
    for key in (FROM, TO):
        number = reader.scalar(data[key], place.below(key), parameter)
        if isinstance(number, Text):
            texts[key] = number
        elif not math.isnan(number.value):
            settings[key] = number.value
    if reader.failed(told):
        return Number(BROKEN, place)
    return NodeModel("ramp", Ramp, place, settings, texts, written=frozenset(settings))


def _length(reader: ScalarValidator, data: Mapping[str, Any], place: Place) -> tuple[float, float]:
    """The length of a ramp in beats and in bars, one of which is 0."""
    length = data.get(IN)
    match = LENGTH.fullmatch(length.strip().lower()) if isinstance(length, str) else None
    if IN not in data:
        meant = f"'{{from: {data[FROM]}, to: {data[TO]}, in: 8 bars}}'"
        reader.problem(place.at_key(), "a ramp needs 'in', the time from one number to the other", meant)
    elif match is None or float(match[1]) <= 0.0:
        number = isinstance(length, int | float) and not isinstance(length, bool) and length > 0
        meant = f"'{length:g} bars'" if number else ""
        sentence = f"expected a length like '16 bars' or '4 beats', got {written(length)}"
        reader.problem(place.below(IN), sentence, meant)
    elif match[2] == "beat":
        return float(match[1]), 0.0
    else:
        return 0.0, float(match[1])
    return 4.0, 0.0

"""The same case with its inputs moving: what a node reads once in a block is heard only when it moves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from waves.node import Node, Signal
from waves.node_types.library import signature
from waves.node_types.library.parameters import parameters
from waves.testing.case import Array, Case

DEPTH = 0.25  # of a value, up and down; of 0: up to this number
FASTEST = 300  # frames of a period of the first; those of the others are longer


def moving_inputs(kind: type[Node], given: Mapping[str, Any]) -> dict[str, Array]:
    """A slow sine for each `Signal` of a case that is one number, around it and in its range; not for gates."""
    case = Case(kind, given)
    moved = {}
    for number, name in enumerate(signature.parameter_names(kind, Signal)):
        value, about = case.value(name), parameters(kind)[name]
        if about.unit == "gate" or value is None or np.ndim(value) or not math.isfinite(value):
            continue
        swing = np.sin(np.arange(case.frames) * math.tau / (FASTEST + 70 * number))
        wave = value + (DEPTH * abs(value) or DEPTH) * swing
        moved[name] = np.clip(wave, about.minimum, about.maximum)
    return {name: wave for name, wave in moved.items() if np.ptp(wave) > 0.0}

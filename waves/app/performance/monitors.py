"""Monitors: the last value that each node with `monitor` has passed on, and its peak since the last look."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import PlainSerializer

from waves.app.json_documents import Item
from waves.live.session.session import Session
from waves.node_types.library.parameters import Meter

READER = "monitors"
RANGES: dict[str, tuple[float, float]] = {"level": (0.0, 1.0), "value": (0.0, 1.0), "bipolar": (-1.0, 1.0)}


Rounded = Annotated[float, PlainSerializer(lambda number: float(f"{number:.6g}"), return_type=float)]


class Monitor(Item):
    """A node with `monitor`: the value that it passes on, and its peak, before volume and limiter."""

    node: str
    """ID of the node."""
    name: str
    """Its path in the text: `lead.osc.freq.osc`."""
    type: Literal["level", "value", "bipolar"]
    low: float
    """Ends of its meter."""
    high: float
    value: Rounded
    """The last frame, of the first channel."""
    peak: Rounded
    """The highest absolute frame since the last look, of two channels; 0 while nothing plays."""

    @property
    def part(self) -> float:
        """Place of its meter between its ends, 0 to 1: at the peak for a level, else at the value."""
        if self.low == self.high:
            return 0.0
        shown = self.peak if self.type == "level" else self.value
        return min(max((shown - self.low) / (self.high - self.low), 0.0), 1.0)


def read_monitors(session: Session, before: tuple[Monitor, ...] = ()) -> tuple[Monitor, ...]:
    """All monitors of what plays; one that was not measured since has the value of `before`. One thread only."""
    playing = session.composer.playing
    if playing is None or not playing.graph.monitors:
        return ()
    levels = {level.name: level for level in session.engine.take_meters(READER)}
    values = {monitor.node: monitor.value for monitor in before}
    found = []
    for name, node in playing.graph.monitors.items():
        level, wanted = levels.get(name), node.common["monitor"]
        meter = wanted if isinstance(wanted, Meter) else Meter(type="level" if wanted is True else wanted)
        low, high = meter.range or RANGES[meter.type]
        value, peak = (level.last, level.peak) if level and level.frames else (values.get(node.id, 0.0), 0.0)
        value = value if math.isfinite(value) else 0.0
        found.append(Monitor(node=node.id, name=node.path, type=meter.type, low=low, high=high, value=value, peak=peak))
    return tuple(found)

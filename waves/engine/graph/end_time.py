"""Tells when a sound ends, so that an offline render of one that never does stops by itself."""

from __future__ import annotations

import math

from waves.engine.graph.graph import Graph, Output, Row
from waves.language.tree.lifetime import kernel_reports_end


def seconds_to_end(graph: Graph) -> float:
    """The least time to the end of the root: infinite when it has none, 0 when only playing it can tell.

    A row ends by itself, with the first of its factors, or with the last of the inputs it waits for.
    """
    ends: dict[str, float] = {}

    def inputs(row: Row, names: tuple[str, ...]) -> list[float]:
        found = [s for name in names for s in (*row.lists.get(name, {}).values(), row.inputs.get(name))]
        return [ends.get(source.key, math.inf) for source in found if isinstance(source, Output)]

    for key, row in graph.rows.items():  # in order of execution: inputs first
        if row.voice:  # a pool ends after its clock, with the last of its voices
            ends[key] = 0.0 if max(inputs(row, ("clock",)), default=0.0) < math.inf else math.inf
            continue
        factors, waits = inputs(row, row.kind.factors), inputs(row, row.kind.waits)
        ends[key] = min(_by_itself(row), *factors, max(waits, default=math.inf))
    return ends[graph.end]


def _by_itself(row: Row) -> float:
    """When the kernel says that it has ended: after its durations, or once all is played and not looped."""
    settings = row.settings
    if not kernel_reports_end(row.kind) or not (settings.get("end", True) and settings.get("ends", True)):
        return math.inf
    given = [source for name, source in row.inputs.items() if name.endswith("duration")]
    constant = [source for source in given if isinstance(source, float) and math.isfinite(source)]
    moving = any(isinstance(source, Output) for source in given)
    counted = not settings.get("loop", True) or settings.get("repeat", math.inf) < math.inf
    return 0.0 if moving or counted else min(constant, default=math.inf)

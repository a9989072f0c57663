"""Euclidean rhythms: so many onsets in so many steps, as evenly as can be."""

from __future__ import annotations

from functools import lru_cache

from waves.language.patterns.syntax import PatternError, Source


@lru_cache(maxsize=256)
def rhythm(onsets: int, steps: int, rotation: int) -> tuple[bool, ...]:
    """Whether each step has an onset, by Bjorklund's algorithm (E. Bjorklund, 2003; G. Toussaint, 2005).

    With `onsets` below 0 the gaps are on. `rotation` moves the rhythm later.

        (3, 8, 0)    x..x..x.
    """
    count = abs(onsets)
    left: list[tuple[bool, ...]] = [(True,)] * count
    right: list[tuple[bool, ...]] = [(False,)] * (steps - count)
    while len(right) > 1 and left:
        paired = min(len(left), len(right))
        joined = [left[k] + right[k] for k in range(paired)]
        left, right = joined, left[paired:] or right[paired:]
    on = [one for group in (*left, *right) for one in group]
    shift = rotation % steps
    on = on[steps - shift :] + on[: steps - shift]
    return tuple(one != (onsets < 0) for one in on)


def fits(onsets: int, steps: int, column: int, before: str = "", source: Source | None = None) -> None:
    """Raise PatternError unless so many onsets fit into so many steps."""
    if steps < 1:
        raise PatternError("euclid has at least 1 step", column, "", source)
    if abs(onsets) > steps:
        meant = f"{before}({steps},{onsets})" if before and onsets > 0 else ""
        raise PatternError(f"{onsets} onsets do not fit into {steps} steps", column, meant, source)

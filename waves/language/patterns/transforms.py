"""Transforms: a line of notes in, another line out, each of them a function of the cycle alone.

A chain is applied from left to right: each transform changes what the ones before it made.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from waves.language.patterns import changes, drawn
from waves.language.patterns.chains import Chain, Task
from waves.language.patterns.line import Line, Numbers, Surroundings

TRANSFORMS: dict[str, Callable[[Line, Task], Line]] = {
    "fast": changes.fast,
    "slow": changes.slow,
    "rev": changes.rev,
    "palindrome": changes.palindrome,
    "shift": changes.shift,
    "iter": changes.iter,
    "ply": changes.ply,
    "also": changes.also,
    "jux": changes.jux,
    "echo": changes.echo,
    "every": changes.every,
    "chunk": changes.chunk,
    "inside": changes.inside,
    "mask": changes.mask,
    "transpose": changes.transpose,
    "shift_scale": changes.transpose,
    "nudge": changes.transpose,
    "invert": changes.transpose,
    "sometimes": drawn.sometimes,
    "some_cycles": drawn.some_cycles,
    "humanise": drawn.humanise,
    "degrade": drawn.left_out,
    "chance": drawn.left_out,
}
"""The transforms by name."""


def applied(chain: Chain, line: Line, around: Surroundings) -> Line:
    """The line that a chain makes of a line. Raises PatternError for what is too much."""
    for one in chain:
        change = partial(applied, one.chain, around=around)
        line = TRANSFORMS[one.name](line, Task(one, Numbers(one.number, around), around, change))
    return line

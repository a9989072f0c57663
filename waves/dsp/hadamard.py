"""The Hadamard transform, the mix of a feedback delay network: each line into each, and no energy lost.

(Jot: Digital delay networks for designing artificial reverberators, 1991.)
"""

from __future__ import annotations

import math
from typing import Any


def hadamard(state: Any, size: int, at: int = 0) -> None:
    """Transforms `size` numbers of `state` from `at` in place; `size` is a power of two.

    The sum of the squares stays, to 1e-15 of it, and the second transform gives the numbers back.
    """
    half = 1
    while half < size:
        for first in range(0, size, 2 * half):
            for k in range(first, first + half):
                a = state[at + k]
                b = state[at + k + half]
                state[at + k] = a + b
                state[at + k + half] = a - b
        half *= 2
    scale = 1.0 / math.sqrt(size)
    for k in range(size):
        state[at + k] *= scale

"""Pages of numbers that a kernel reads by cycle, where it runs as Python: the words of a ring of pages in memory in."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from waves.abi import FIRST_PAGES, NO_PAGE, PAGE_SLOTS, WORD, page_slot

Array = np.ndarray[Any, Any]


class PythonPages:
    """A ring of pages of numbers: `words`, int64, are those of `waves.abi`."""

    def __init__(self, name: str, words: Array, call: Any):
        """`call`: the `PythonCall` in which they are read."""
        self._name, self._words, self._call = name, words, call

    def of(self, cycle: int) -> Any:
        """The numbers of the page of a cycle, to read; none if it is not there."""
        at = 1 + 2 * page_slot(int(cycle))
        page = int(self._words[at + 1]) if self._words[at] == cycle else 0
        count = ctypes.c_int64.from_address(page).value if page else 0
        numbers = np.zeros(count)
        if count:
            numbers[:] = (ctypes.c_double * count).from_address(page + WORD)
        return self._call.block(f"{self._name}.of", numbers, "numbers")

    def miss(self) -> None:
        """Count a cycle that began without its page."""
        self._words[0] += 1


def no_pages() -> Array:
    """The words of a ring without any page."""
    words = np.full(1 + 2 * (FIRST_PAGES + PAGE_SLOTS), NO_PAGE, np.int64)
    words[0] = 0
    return words

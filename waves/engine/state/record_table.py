"""The plain records of a plan as one table, so that they are copied as a whole; made once for all plans with the same.

Example: records of 24 bytes at 1000 and at 4000, copied into memory at 9000:

    [COPY_BYTES, 1000, 9000, 24, ...]
    [COPY_BYTES, 4000, 9024, 24, ...]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

import numpy as np

from waves.abi import COPY, COPY_BYTES
from waves.engine.state.copies import address_of
from waves.engine.state.kept_memory import touched
from waves.engine.state.state_registry import Record
from waves.engine.state.voice_memory import PoolRecord

Array = np.ndarray[Any, Any]


class RecordTable:
    """Keys, types and places of the plain records among some states.

    `returning`: only of those whose type goes on with them when its node returns; of these as many as `most` bytes
    hold, `left_out` is the number of the others.
    """

    def __init__(self, states: Mapping[str, Record], returning: bool, most: float):
        wanted = {key: one for key, one in states.items() if not (returning and one.kind.idle_on_return)}
        self.pools = {key: record for key, record in wanted.items() if isinstance(record, PoolRecord)}
        """The other ones."""
        plain: list[tuple[str, Record]] = []
        self.left_out, total = 0, 0
        for key, record in wanted.items():
            if key in self.pools:
                continue
            if total + record.values.nbytes > most:
                self.left_out += 1
                continue
            plain.append((key, record))
            total += record.values.nbytes
        self.places = {key: place for place, (key, _) in enumerate(plain)}
        """By key the index in the table."""
        self.kinds = [record.kind.__name__ for _, record in plain]
        self.dtypes = [record.values.dtype for _, record in plain]
        sizes = np.array([dtype.itemsize for dtype in self.dtypes], np.int64)
        self.offsets: list[int] = [0, *np.cumsum(-(-sizes // 8) * 8).tolist()]
        self.bytes = self.offsets[-1]
        self._copies = np.zeros((len(plain), len(COPY)), np.int64)
        self._copies[:, COPY.index("kind")] = COPY_BYTES
        self._copies[:, COPY.index("source")] = [record.address for _, record in plain]
        self._copies[:, COPY.index("target")] = self.offsets[:-1]
        self._copies[:, COPY.index("bytes")] = sizes

    def copied(self) -> tuple[CopiedRecords, Array]:
        """Memory for a copy, and the copies that the sound thread is to make into it: words of `abi.COPY`."""
        memory = touched(self.bytes, "u1")
        copies = self._copies.copy()
        copies[:, COPY.index("target")] += address_of(memory)
        return CopiedRecords(self, memory), copies


class CopiedRecords(MutableMapping[str, tuple[str, Array]]):
    """Copies of the records of a table, and of others: by key the name of the type, and an array of shape (1,)."""

    def __init__(self, table: RecordTable, memory: Array):
        self._table, self._memory = table, memory
        self._others: dict[str, tuple[str, Array]] = {}

    def __getitem__(self, key: str) -> tuple[str, Array]:
        if key in self._others:
            return self._others[key]
        table, place = self._table, self._table.places[key]
        first, dtype = table.offsets[place], table.dtypes[place]
        return table.kinds[place], self._memory[first : first + dtype.itemsize].view(dtype)

    def __setitem__(self, key: str, value: tuple[str, Array]) -> None:
        self._others[key] = value

    def __delitem__(self, key: str) -> None:
        del self._others[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._table.places.keys() | self._others.keys() if self._others else self._table.places)

    def __len__(self) -> int:
        return len(self._table.places.keys() | self._others.keys())

    @property
    def nbytes(self) -> int:
        """Bytes of all of them."""
        return self._table.bytes + sum(array.nbytes for _, array in self._others.values())

"""Limits of the memory that the nodes of a piece need, looked at before any of it is taken."""

from __future__ import annotations

from collections.abc import Iterable

from waves.abi import CONTROL, VOICE
from waves.engine.graph.graph import Graph, Memory, Row
from waves.engine.state.voice_memory import pool_layout, slot_count
from waves.node_types.library.signature import state_dtype
from waves.problem import Problem, Problems

MEGABYTES = 2_000  # of all nodes at most
NUMBER = 8  # bytes


def require_memory(graph: Graph) -> None:
    """Raise Problems when the voices of a pool, or all nodes together, need too much memory."""
    _require_pools(graph)
    require_together(graph)


def _require_pools(graph: Graph) -> None:
    for row in graph.rows.values():
        if row.voice:
            pool_layout(row)


def require_together(graph: Graph) -> None:
    """Raise Problems, at the node that needs most, when all nodes together need too much memory."""
    needs: dict[str, int] = {}
    seen = set[str]()
    for row in graph.rows.values():
        fresh = [memory for memory in row.all_memories if memory.key not in seen]
        seen.update(memory.key for memory in fresh)
        if size := _memory_of(fresh) + (memory_of_pool(row) if row.voice else 0):
            needs[row.key] = size
    megabytes = sum(needs.values()) / 1e6
    if megabytes <= MEGABYTES:
        return
    _require_pools(graph)  # one that is too large alone says more
    largest = max(needs, key=lambda key: needs[key])
    sentence = f"all nodes need {megabytes:,.0f} MB of memory, more than {MEGABYTES:,}, and this one most"
    sentence += f", {needs[largest] / 1e6:,.0f} MB: give shorter times, or fewer voices"
    node = graph.rows[largest].node
    raise Problems(Problem(sentence, node.mark if node else None, node.path if node else ""))


def _memory_of(memories: Iterable[Memory]) -> int:
    return NUMBER * sum(memory.size for memory in memories)


def memory_of_pool(row: Row) -> int:
    """Bytes of the voices of a pool, without the few of each ring and page."""
    assert row.voice
    states: dict[str, int] = {}
    memories: dict[str, Memory] = {}
    inner = 0
    for one in row.voice.graph.rows.values():
        if one.voice:
            inner += memory_of_pool(one)
        else:
            states.setdefault(one.state_key, state_dtype(one.kind).itemsize)
        memories |= {memory.key: memory for memory in one.memories if not memory.is_shared}
    voice = VOICE.itemsize + sum(states.values()) + inner + _memory_of(memories.values())
    return CONTROL.itemsize + slot_count(row) * voice

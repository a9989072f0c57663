"""Time on a machine that is not quiet: variants in turn, the best of several rounds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

Seconds = float


def interleaved(variants: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, Seconds]:
    """The shortest time of each, all of them called once a round.

    A host with neighbours takes 1.0 and 1.6 in turn for the same work, for seconds at a time: only what is
    measured in turn can be compared, and only the best of several is the work itself.
    """
    best = dict.fromkeys(variants, float("inf"))
    for _ in range(rounds):
        for name, run in variants.items():
            started = time.perf_counter()
            run()
            best[name] = min(best[name], time.perf_counter() - started)
    return best


@contextmanager
def stages(places: Mapping[str, tuple[Any, str]]) -> Iterator[dict[str, Seconds]]:
    """Seconds spent in each function since the dict was cleared; a place is an object and the name in it."""
    spent: dict[str, Seconds] = {}
    patches = []
    for name, (holder, attribute) in places.items():
        patches.append(patch.object(holder, attribute, _timed(name, getattr(holder, attribute), spent)))
    for one in patches:
        one.start()
    try:
        yield spent
    finally:
        for one in patches:
            one.stop()


def _timed(name: str, function: Callable[..., Any], spent: dict[str, Seconds]) -> Callable[..., Any]:
    def run(*given: Any, **named: Any) -> Any:
        started = time.perf_counter()
        try:
            return function(*given, **named)
        finally:
            spent[name] = spent.get(name, 0.0) + time.perf_counter() - started

    return run

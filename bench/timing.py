"""Timing on a machine with other work: variants in turn, the best of several rounds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

Seconds = float


def interleaved(variants: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, Seconds]:
    """The shortest time of each variant; all of them are called once per round.

    On a shared host the same work may take 1.6 times as long for some seconds: only variants that run in turn can be
    compared, and only the best of several runs is the work itself.
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
    """Seconds spent in each function since the dict was cleared; a place is an object and the name of an attribute."""
    spent: dict[str, Seconds] = {}
    patches = []
    for name, (holder, attribute) in places.items():
        patches.append(patch.object(holder, attribute, _timed(name, getattr(holder, attribute), spent)))
    for patched in patches:
        patched.start()
    try:
        yield spent
    finally:
        for patched in patches:
            patched.stop()


def _timed(name: str, function: Callable[..., Any], spent: dict[str, Seconds]) -> Callable[..., Any]:
    def run(*given: Any, **named: Any) -> Any:
        started = time.perf_counter()
        try:
            return function(*given, **named)
        finally:
            spent[name] = spent.get(name, 0.0) + time.perf_counter() - started

    return run

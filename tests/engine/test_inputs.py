"""Timed input events: the block that takes them, their order, their limits, and reading them for the log."""

from __future__ import annotations

import weakref

import numpy as np
import pytest

from tests.harness.engine_harness import RATE, Rig, node
from waves.abi import INPUTS
from waves.engine.runtime.hush import Hush
from waves.engine.runtime.inputs import InputQueueFull
from waves.node import BLOCK


@pytest.fixture
def rig() -> Rig:
    return Rig(node("mix", "mix", signals=[node("tone", "osc")]))


def applied(rig: Rig) -> list[tuple[int, str, float]]:
    return [(frame, event.kind, event.value) for frame, event in rig.engine.inputs.take_applied()]


def test_an_event_is_applied_in_the_block_that_holds_its_frame(rig):
    engine = rig.engine
    for frame in (0, 3 * BLOCK - 1, 3 * BLOCK, 3 * BLOCK + 1):
        engine.send("gain", frame / 1000, frame=frame)
    engine.render(5 * BLOCK)
    assert applied(rig) == [
        (0, "gain", 0.0),
        (2 * BLOCK, "gain", (3 * BLOCK - 1) / 1000),
        (3 * BLOCK, "gain", 3 * BLOCK / 1000),
        (3 * BLOCK, "gain", (3 * BLOCK + 1) / 1000),
    ]
    assert applied(rig) == []


def test_one_that_waits_does_not_hold_up_the_others(rig):
    engine = rig.engine
    engine.send("pause", 1.0, frame=10 * BLOCK)
    for k in range(3 * INPUTS // 2):
        engine.send("gain", float(k))
        engine.render(BLOCK // 2)
    engine.render(BLOCK)
    found = applied(rig)
    assert [value for _, kind, value in found if kind == "gain"] == [float(k) for k in range(3 * INPUTS // 2)]
    assert (10 * BLOCK, "pause", 1.0) in found


def test_a_parameter_is_written_where_its_value_is(rig):
    value = np.array([1.0])
    rig.engine.send("parameter", 0.25, target=value, name="lead.freq")
    assert value[0] == 1.0
    rig.engine.render(1)
    assert value[0] == 0.25
    [(frame, event)] = rig.engine.inputs.take_applied()
    assert (frame, event.name) == (0, "lead.freq")


def test_an_event_keeps_the_memory_that_it_writes(rig):
    value = np.array([1.0])
    kept = weakref.ref(value)
    rig.engine.send("parameter", 0.25, target=value)
    del value
    assert kept() is not None
    rig.engine.render(BLOCK)
    assert kept()[0] == 0.25
    rig.engine.inputs.take_applied()
    assert kept() is None


def test_a_full_queue_is_said_and_loses_nothing(rig):
    engine = rig.engine
    for k in range(INPUTS):
        engine.send("gain", float(k))
    with pytest.raises(InputQueueFull, match="changes wait already"):
        engine.send("gain", 0.5)
    engine.render(BLOCK)
    assert len(applied(rig)) == INPUTS
    engine.send("gain", 0.5)
    engine.render(BLOCK)
    assert applied(rig) == [(BLOCK, "gain", 0.5)]


def test_a_kind_that_does_not_exist_is_refused(rig):
    with pytest.raises(ValueError, match="wobble"):
        rig.engine.send("wobble", 1.0)


def test_muting_leaves_the_volume_alone(rig):
    engine = rig.engine
    engine.set_gain(0.5)
    with engine.silenced(0.02, 0.0):
        engine.render(round(0.1 * RATE))
        assert (engine.level, engine.gain) == (0.0, 0.5)
        engine.set_gain(0.25)
    engine.render(round(0.1 * RATE))
    assert engine.level == 0.25


def test_silences_that_overlap_end_with_the_last(rig):
    engine = rig.engine
    first, second = engine.silenced(0.02, 0.0), engine.silenced(0.05, 0.0)
    first.__enter__()
    second.__enter__()
    engine.render(round(0.1 * RATE))
    first.__exit__(None, None, None)
    engine.render(round(0.1 * RATE))
    assert engine.level == 0.0
    second.__exit__(None, None, None)
    engine.render(round(0.1 * RATE))
    assert engine.level == 1.0


def test_a_silence_that_could_not_begin_has_no_end(rig):
    """When the queue is full; the next one is heard, and ends."""
    engine, hush = rig.engine, Hush(rig.engine)
    for _ in range(INPUTS):
        engine.send("gain", 1.0)
    with pytest.raises(InputQueueFull):
        hush.begin(0.0)
    assert not hush.is_on
    hush.end()
    engine.render(BLOCK)
    hush.begin(0.0)
    engine.render(round(0.1 * RATE))
    assert engine.level == 0.0
    hush.end()
    engine.render(round(0.1 * RATE))
    assert engine.level == 1.0

"""A composed piece in an engine without a device, for the command and for Python."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress

from waves.app.time_argument import Length
from waves.audio.offline_render import DEFAULT_SECONDS, LONGEST, FaultyRender
from waves.engine.lanes.laned_engine import laned_engine, plans_that_failed
from waves.engine.plan.plan import build_plan
from waves.engine.runtime.engine import Engine
from waves.engine.runtime.faults import fault_problems
from waves.engine.runtime.trial import try_numbers
from waves.engine.state.state_registry import Registry
from waves.language.tree.lifetime import seconds_to_end
from waves.live.session.music_time import counting_song, music_time
from waves.live.workspace.composer import Composer
from waves.live.workspace.composition import Composition
from waves.node import BLOCK
from waves.node_types.builtin.form.bars import bar_lines, beats_of
from waves.node_types.builtin.form.ramp import RampedTransport
from waves.problem import Problem, Problems

WORTH_IT = 20.0  # seconds of sound from which a piece is divided for several cores, which takes about 0.1 s
STILL = 60.0  # seconds of sound without a beat, after which a tempo stands still


@contextmanager
def offline_engine(composition: Composition, composer: Composer, more: int = 0, cores: int = 1) -> Iterator[Engine]:
    """An engine that plays a composition from its start, whose graph has `more` outputs. Its kernels are compiled.

    With several `cores` it plays independent parts at the same time where that is faster; the sound is the same to the
    bit. Raises Problems: at the start when a node fails its trial, at the end when one has failed in what was rendered,
    or where FaultyRender has ended that.
    """
    settings = composer.settings
    options = (composer.rate, settings.CHANNELS, settings.LIMITER, 2 * len(composer.stems) + more)
    engine = Engine(*options)
    plan = build_plan(composition.graph, None, Registry(), engine.addresses, 0)
    try_numbers(plan, engine)
    with ExitStack() as stack:
        if cores > 1 and (laned := laned_engine(composition.graph, *options, cores)):
            stack.callback(laned.close)
            engine = laned
        else:
            engine.offer(plan)
        with suppress(FaultyRender):
            yield engine
    if engine.faults:
        raise Problems(one for failed, key in plans_that_failed(engine) for one in fault_problems(failed, key))


def cores_for(composition: Composition, seconds: float | None, most: int | None) -> int:
    """Number of processor cores to render a piece on: `most`, or all that this process may use; 1 for what is short.

    `seconds` None: to the end of the piece.
    """
    if seconds is None:
        seconds = seconds_to_end(composition.root, composition.graph.delayed)
    if most is None:
        here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        most = here if seconds >= WORTH_IT else 1
    return most


def seconds_of_length(
    length: Length,
    composition: Composition,
    composer: Composer,
    watched: Callable[[Engine], AbstractContextManager[object]] = nullcontext,
) -> float:
    """Seconds from the start of a piece until its transport has gone through a length. Its kernels are compiled.

    Where the tempo moves, the piece is played to that beat, inside `watched`, and nothing is written. Raises Problems:
    also when the beat is not reached, or later than a file may last.
    """
    if length.unit == "s":
        return length.count
    row = composition.graph.rows[composition.graph.transport]
    bars, in_bars = bar_lines(row.settings["metre"]), length.unit == "bar"
    beats = beats_of(length.count, bars) if in_bars else length.count
    sung = in_bars and counting_song(composition.graph) is not None
    bpm, seconds = row.inputs["bpm"], math.inf
    if sung or row.kind is RampedTransport or not isinstance(bpm, float):
        with offline_engine(composition, composer) as engine, watched(engine):
            seconds = _frame_of_beat(engine, length.count if sung else beats, sung) / engine.rate
    elif bpm > 0.0:
        seconds = beats * 60.0 / bpm
    if seconds > LONGEST:
        sentence = f"{length.count:g} {length.unit}s are not over after {LONGEST:g} s, the most of one file"
        raise Problems(Problem(sentence))
    return seconds


def _frame_of_beat(engine: Engine, beats: float, sung: bool) -> float:
    """The frame at which a piece reaches a position in beats, `sung`: in bars of its song; infinite if it never does.

    The engine plays to it, block by block: inside a block the tempo counts as constant.
    """
    stood, clock, reached = 0, 0, 0.0
    while stood < STILL * engine.rate / BLOCK and clock < LONGEST * engine.rate:
        engine.render(BLOCK)
        music = music_time(engine.playing, engine.rate) if engine.playing else None
        now = music.beats_at(engine.clock) if music else 0.0
        now = music.bars.bars_at(now) if music and sung else now
        if now >= beats:
            return clock + (beats - reached) / (now - reached) * (engine.clock - clock)
        if engine.ended and music and music.bpm > 0.0:  # the transport has its last speed
            return music.frame_of(music.bars.beats_of(beats) if sung else beats)
        stood = 0 if now > reached else stood + 1
        clock, reached = engine.clock, now
    return math.inf


def default_seconds(composition: Composition) -> float | None:
    """Seconds to render where none are given; None: to the end of the sounds.

    Raises Problems when they last longer than a file may.
    """
    end = seconds_to_end(composition.root, composition.graph.delayed)
    if not math.isfinite(end):
        return DEFAULT_SECONDS
    if end > LONGEST:
        names = "+".join(name for name, _ in composition.sounds)
        sentence = f"'{names}' lasts {end:g} s, more than the {LONGEST:g} s of one file; give --duration"
        raise Problems(Problem(sentence))
    return None

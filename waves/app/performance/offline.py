"""A composed piece in an engine without a device, for the command and for Python."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from waves.audio.offline_render import DEFAULT_SECONDS, LONGEST, FaultyRender
from waves.engine.plan.plan import build_plan
from waves.engine.runtime.engine import Engine
from waves.engine.runtime.faults import fault_problem
from waves.engine.runtime.trial import try_numbers
from waves.engine.state.state_registry import Registry
from waves.language.tree.lifetime import seconds_to_end
from waves.live.workspace.composer import Composer, Composition
from waves.problem import Problem, Problems


@contextmanager
def offline_engine(composition: Composition, composer: Composer) -> Iterator[Engine]:
    """An engine that plays a composition from its start. Its kernels are compiled.

    Raises Problems: at the start when a node fails its trial, at the end when one has failed in what was rendered, or
    where FaultyRender has ended that.
    """
    settings = composer.settings
    engine = Engine(composer.rate, settings.CHANNELS, settings.LIMITER, 2 * len(composer.stems))
    plan = build_plan(composition.graph, None, Registry(), engine.addresses, 0)
    try_numbers(plan, engine)
    engine.offer(plan)
    with suppress(FaultyRender):
        yield engine
    if engine.faults:
        raise Problems(fault_problem(plan, key) for key in engine.faults)


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

"""The costs of a node: what is measured in turn, and that checks never cost less than none."""

from __future__ import annotations

import pytest

from waves.testing import costs, node
from waves.testing.case import Case


@pytest.mark.parametrize(("plain", "checked", "told"), [(20.0, 9.0, (10.0, 10.0)), (20.0, 26.0, (10.0, 16.0))])
def test_noise_makes_no_checks_that_cost_less_than_none(monkeypatch, plain, checked, told):
    """Nothing takes 10 ns a frame here; the first run is disturbed."""
    order, steps = [], []
    nanoseconds = {"nothing": 10.0, "osc": plain, "osc checked": checked}

    def compiled(kind, constant, checked):
        return kind.__name__.lower() + (" checked" if checked else "")

    def timed(times, player, code):
        times[:] = costs.BLOCK * nanoseconds[code] * (1.0 if order else 100.0)
        order.append(code)

    monkeypatch.setattr(costs, "compiled_here", compiled)
    monkeypatch.setattr(costs, "_time", timed)
    found = costs.costs_of(Case(node("osc"), {}), steps.append)
    assert (found["frame"], found["checked"]) == pytest.approx(told)
    assert order == [*nanoseconds] * costs.RUNS
    assert steps.count("measuring the costs") == len(order) and "compiling with checks" in steps

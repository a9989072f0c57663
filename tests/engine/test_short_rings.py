"""A ring that is shorter than what the kernel reads is told: the frame that comes is another one."""

from __future__ import annotations

import pytest

from tests.harness.session_harness import save
from waves.engine.compiler.python_run import rings_that_are_short
from waves.node_types.library import library

NODE = """from waves.node import Node, Signal, param


class Late(Node):
    signal: Signal = param(0.0, unit="value")

    rings = {"lines": 2}

    @staticmethod
    def lengths(constants, rate):
        return {"lines": SECONDS}

    @staticmethod
    def render(out, signal, lines, rate):
        for i in range(out.size):
            lines[0].push(signal[i])
            lines[1].push(signal[i])
            out[i] = lines[1].between(0.25 * rate)
"""
SHORT = "reads 11026 frames back, the ring 'lines' has 512: `lengths` gives the longest time that it needs"


@pytest.mark.parametrize(("seconds", "told"), [("0.01", [SHORT]), ("0.25", [])])
def test_a_ring_that_is_too_short_for_what_is_read_is_told(tmp_path, seconds, told):
    save(tmp_path, NODE.replace("SECONDS", seconds), "late.py")
    assert rings_that_are_short(library.load_library(tmp_path)["late"]) == told

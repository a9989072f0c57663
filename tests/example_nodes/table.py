"""Reads a prepared table, one row a channel.

    steps: {table: {length: 8, width: 2}}
"""

import numpy as np

from waves.node import Node, State, param


class Table(Node):
    length: int = param(8, unit="frames", minimum=1)
    width: int = param(1, unit="channels", minimum=1)
    scale: float = param(1.0, unit="factor")

    arrays = {"rows": "f4", "order": "i8"}

    class state(State):
        playhead: int = 0  # frames

    @staticmethod
    def prepare(constants, rate):
        shape = (constants.width, constants.length)
        rows = np.arange(constants.width * constants.length, dtype=np.float32).reshape(shape)
        return {"rows": rows * np.float32(constants.scale), "order": np.arange(constants.length)[::-1].copy()}

    @staticmethod
    def adopted(state, old, new):
        if new.length != old.length:  # begin the other table at its start
            state.playhead = 0

    @staticmethod
    def render(out, rows, order, state):
        for i in range(out.size):
            out[i] = rows[order[state.playhead % order.size]]
            state.playhead += 1

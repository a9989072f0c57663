"""Parameters that are moved from outside while a session plays: by the page, a controller, or the Python interface."""

from __future__ import annotations

import threading
from collections.abc import Callable

from waves.engine.runtime.engine import Engine
from waves.engine.runtime.inputs import InputQueueFull
from waves.language.build.moved_parameters import MovedParameter, digest_of, find_parameter
from waves.live.workspace.composer import Composer, Composition
from waves.node_types.builtin.moved_value import ValueCell
from waves.problem import Problem, Problems


class ParameterMoves:
    """The values under `<id>.<parameter>`, beside the registry: they survive saves, until the text changes the number.

    The first move of a parameter needs a plan, in which the node reads the value in place of the number: `insert` asks
    for it. Every further move is one input event. Any thread may move; `committed` is for the build thread.
    """

    def __init__(self, engine: Engine, composer: Composer, insert: Callable[[], None]):
        self.engine, self.composer, self._insert = engine, composer, insert
        self._lock = threading.Lock()
        self._cells = {parameter.cell.name for parameter in composer.moved.values()}  # names that are used up

    @property
    def values(self) -> dict[str, float]:
        """The values that are set now, by `<id>.<parameter>`."""
        return {key: parameter.cell.value for key, parameter in self.composer.moved.items()}

    def set(self, name: str, value: float, frame: int = 0) -> str:
        """Move a parameter to a value within 20 ms from `frame` of the stream on, 0: now; its `<id>.<parameter>`.

        Raises Problems for a name that nothing has, a value out of range, and when nothing takes the change.
        """
        value = float(value)
        with self._lock:
            playing = self.composer.playing
            if playing is None:
                raise Problems(Problem("nothing plays yet"))
            node, key, parameter = find_parameter(playing.root, name)
            if complaint := parameter.complaint(value):
                raise Problems(Problem(complaint, node.mark, f"{node.path}.{key}"))
            moved = self.composer.moved.get(f"{node.id}.{key}")
            is_first = moved is None
            if moved is None:
                source = node.inputs.get(key, float("nan"))
                assert not isinstance(source, dict)
                moved = MovedParameter(node.id, key, self._cell(f"{node.id}.{key}", value), digest_of(source))
            try:
                self.engine.send("parameter", value, moved.cell.array, moved.cell.name, frame)
            except InputQueueFull as error:
                raise Problems(Problem(str(error))) from None
            if is_first:
                self.composer.moved = {**self.composer.moved, moved.key: moved}
        if is_first:
            self._insert()
        return moved.key

    def _cell(self, key: str, value: float) -> ValueCell:
        """A cell whose name no other had: one that was given up may still fade out, and moves no more."""
        count, name = 1, key
        while name in self._cells:
            count += 1
            name = f"{key}~{count}"
        self._cells.add(name)
        return ValueCell(name, value)

    def release(self, name: str) -> str:
        """Give a parameter back to the text, with the next build; its `<id>.<parameter>`. Raises Problems."""
        with self._lock:
            moved = dict(self.composer.moved)
            if name not in moved and self.composer.playing:
                node, key, _ = find_parameter(self.composer.playing.root, name)
                name = f"{node.id}.{key}"
            if moved.pop(name, None) is None:
                raise Problems(Problem(f"'{name}' is not moved"))
            self.composer.moved = moved
        return name

    def committed(self, composition: Composition) -> None:
        """Forget what the text has taken back, and follow nodes that were renamed."""
        with self._lock:
            cells = {parameter.cell for parameter in composition.moved.values()}
            left = {
                key: parameter
                for key, parameter in self.composer.moved.items()
                if key not in composition.given_up and parameter.cell not in cells
            }
            self.composer.moved = left | dict(composition.moved)

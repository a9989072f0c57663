"""Moves parameters and switches tracks from outside while a session plays: for keys, a web page, Python programs."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Literal

from waves.engine.runtime.engine import Engine
from waves.language.build.moving.moved_parameters import find_parameter
from waves.language.tree.moved_parameter import MovedParameter, digest_of
from waves.language.tree.tree_node import NO_SWITCH, PartState, TreeNode, outermost_mix, track_states
from waves.live.workspace.composer import Composer
from waves.live.workspace.composition import Composition
from waves.node import BLOCK
from waves.node_types.builtin.moved_value import ValueCell
from waves.problem import Problem, Problems, did_you_mean


class ParameterMoves:
    """The values under `<id>.<parameter>`. A value survives saves until the text changes what is written there.

    The first move of a parameter needs a plan in which the node reads the value in place of its number, and so does
    its release one without it: `insert` asks the session for them. Every further move is one input event. Any thread
    may read, `set` and `release`; `committed` and `insertion_failed` are for the build thread.
    """

    def __init__(self, engine: Engine, composer: Composer, insert: Callable[[], None]):
        self.engine, self.composer, self._insert = engine, composer, insert
        self._lock = threading.Lock()
        self._cell_names = {parameter.cell.name for parameter in composer.moved.values()}  # in use or used up
        self._uninserted: set[str] = set()  # keys of parameters that no plan has read yet

    @property
    def values(self) -> dict[str, float]:
        """The values that are set now, by `<id>.<parameter>`."""
        return {key: parameter.cell.value for key, parameter in self.composer.moved.items()}

    @property
    def uninserted(self) -> bool:
        """Whether a parameter was moved that no plan has read yet."""
        return bool(self._uninserted)

    @property
    def names_uninserted(self) -> list[str]:
        """The names of these parameters, without their nodes."""
        with self._lock:
            return sorted({key.rpartition(".")[2] for key in self._uninserted})

    def set(self, name: str, value: float, frame: int = 0) -> str:
        """Glide a parameter to a value within 20 ms; its `<id>.<parameter>`.

        `name`: one of the names that `find_parameter` takes. `frame`: the frame of the stream at which the glide
        begins, to a block; 0: now. Only a constant, or a parameter that is moved already, can wait for a later frame.
        Raises Problems for a name that nothing has, for a value out of range, for a signal that would have to wait,
        and when the input queue is full.
        """
        value = float(value)
        with self._lock:
            playing = self.composer.playing
            if playing is None:
                raise Problems(Problem("nothing plays yet"))
            node, key, parameter = find_parameter(playing.root, name)
            if complaint := parameter.complaint(value):
                raise Problems(node.problem_at(key, complaint))
            moved = self.composer.moved.get(f"{node.id}.{key}")
            is_first = moved is None
            if moved is None:
                moved = self._first_move(node, key, value, frame)
            self._send(moved, value, frame)
            if is_first:
                self.composer.moved = {**self.composer.moved, moved.key: moved}
                self._uninserted.add(moved.key)
        if is_first:
            self._insert()
        return moved.key

    def _first_move(self, node: TreeNode, name: str, value: float, frame: int) -> MovedParameter:
        """The parameter with a cell of its own, which begins with the value, or with the constant until `frame`."""
        source = node.inputs.get(name, math.nan)
        assert not isinstance(source, dict)
        written, key = digest_of(source), f"{node.id}.{name}"
        if frame < self.engine.frames_rendered + BLOCK:  # due in the next block
            return MovedParameter(node.id, name, self._cell(key, value), written)
        if not isinstance(source, float) or math.isnan(source):
            sentence = f"'{name}' of '{node.id}' is not a constant: it can be moved now, but not at a later frame"
            raise Problems(Problem(sentence, node.mark, f"{node.path}.{name}"))
        moved = MovedParameter(node.id, name, self._cell(key, source), written)
        self._send(moved, source, 0)  # a replay makes the cell of the first event: it begins with the constant too
        return moved

    def _send(self, moved: MovedParameter, value: float, frame: int) -> None:
        self.engine.send("parameter", value, moved.cell.array, moved.cell.name, frame)

    def _cell(self, key: str, value: float) -> ValueCell:
        """A cell with a name of its own: one that was released may still fade out, and must not move any more."""
        count, name = 1, key
        while name in self._cell_names:
            count += 1
            name = f"{key}~{count}"
        self._cell_names.add(name)
        return ValueCell(name, value)

    def release(self, name: str) -> str:
        """Give a parameter back to the text that plays, within 20 ms; its `<id>.<parameter>`.

        `name`: as in `set`. Raises Problems when the parameter is not moved.
        """
        with self._lock:
            moved = dict(self.composer.moved)
            if name not in moved and self.composer.playing:
                node, key, _ = find_parameter(self.composer.playing.root, name)
                name = f"{node.id}.{key}"
            if moved.pop(name, None) is None:
                raise Problems(Problem(f"'{name}' is not moved"))
            self.composer.moved = moved
            self._uninserted.discard(name)
        self._insert()
        return name

    def committed(self, composition: Composition) -> None:
        """Forget parameters that the composition released, and take over the keys of nodes that were renamed."""
        with self._lock:
            moved = self.composer.moved  # since the composition was made, some may have been released or added
            cells = {parameter.cell for parameter in moved.values()}
            inserted = {key: parameter for key, parameter in composition.moved.items() if parameter.cell in cells}
            cells = {parameter.cell for parameter in inserted.values()}
            others = {
                key: parameter
                for key, parameter in moved.items()
                if key not in composition.released and parameter.cell not in cells
            }
            self.composer.moved = others | inserted
            self._uninserted -= {*composition.moved, *composition.released}

    def insertion_failed(self) -> None:
        """Forget the parameters that no plan has read yet."""
        with self._lock:
            moved = self.composer.moved.items()
            self.composer.moved = {key: parameter for key, parameter in moved if key not in self._uninserted}
            self._uninserted.clear()


class TrackSwitches:
    """Mute and solo of tracks, switched from outside: kept through saves until they are switched back.

    A switch takes effect with the next plan, for which `insert` asks the session. `chosen` is the track that keys mean.
    Any thread may read and `set`; `committed` is for the build thread.
    """

    def __init__(self, composer: Composer, insert: Callable[[], None]):
        self.composer, self._insert = composer, insert
        self._lock = threading.Lock()
        self.chosen = ""
        """Name of the track that keys mean; empty: none was chosen yet."""

    def states(self) -> dict[str, PartState]:
        """The state of each track of what plays, with what was switched and is not heard yet.

        Raises Problems if nothing plays.
        """
        if self.composer.playing is None:
            raise Problems(Problem("nothing plays yet"))
        root = self.composer.playing.root
        mix, states = outermost_mix(root).id, {}
        for name, state in track_states(root).items():
            switch = self.composer.switches.get(f"{mix}.{name}", NO_SWITCH)
            mute, solo = (state[k] if now is None else now for k, now in enumerate(switch))
            states[name] = state._replace(mute=bool(mute), solo=bool(solo))
        return states

    def choose(self, steps: int) -> str:
        """Choose the track so many steps after the chosen one, the first after the last; its name. Raises Problems."""
        names = list(self.states())
        if not names:
            raise Problems(Problem("there are no tracks"))
        here = names.index(self.chosen) if self.chosen in names else -1 if steps > 0 else 0
        self.chosen = names[(here + steps) % len(names)]
        return self.chosen

    def set(self, what: Literal["mute", "solo"], track: str | None, on: bool | None) -> tuple[str, bool]:
        """Switch mute or solo of a track, or the other way if `on` is None; its name, and whether it is on now.

        `track` None: the chosen one. Raises Problems for a track that does not play.
        """
        with self._lock:
            states = self.states()
            track = (self.chosen or self.choose(1)) if track is None else track
            if track not in states:
                raise Problems(Problem(f"no track is called '{track:.100}'", suggestion=did_you_mean(track, states)))
            assert self.composer.playing
            key = f"{outermost_mix(self.composer.playing.root).id}.{track}"
            switch = self.composer.switches.get(key, NO_SWITCH)
            is_on = getattr(states[track], what)
            on = not is_on if on is None else on
            if on != is_on:
                self.composer.switches = {**self.composer.switches, key: switch._replace(**{what: on})}
                self._insert()
        return track, on

    def committed(self, composition: Composition) -> None:
        """Forget the switches that the text of a composition agrees with: from now on it says."""
        mix = outermost_mix(composition.root)
        with self._lock:
            switches = dict(self.composer.switches)
            for name, state in track_states(composition.root).items():
                key = f"{mix.id}.{name}"
                if switches.get(key, NO_SWITCH) != composition.switches.get(key, NO_SWITCH):
                    continue  # switched again meanwhile
                switches.pop(key, None)
                if state.switch != NO_SWITCH:
                    switches[key] = state.switch
            self.composer.switches = switches

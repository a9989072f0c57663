"""One case of a node: its type with parameters, and players of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from waves.node import BLOCK, Channels, Node, Signal, Signals
from waves.node_types.library import signature
from waves.testing.kernel_player import Player, is_several

FRAMES = 1024  # that a case without arrays plays

Array = np.ndarray[Any, Any]


class Case:
    """A node type with parameters and options of `Player`. What was played once is kept. Any thread, one at a time.

    `begin` is called before each run of a kernel, for a limit of time.
    """

    signal_kinds = (Signal, Signals, Channels)

    def __init__(self, kind: type[Node], given: Mapping[str, Any], begin: Callable[[], None] = lambda: None):
        self.kind, self.given, self.begin = kind, dict(given), begin
        self.signals = [name for name in signature.parameter_names(kind, *self.signal_kinds) if name in self.given]
        """The signals that are given."""
        lengths = [np.size(one) for name in (*self.signals, "live") for one in self._each(name) if np.ndim(one)]
        self.frames = min(lengths, default=FRAMES)
        self._sounds: dict[tuple[bool, int], Array] = {}

    def value(self, name: str) -> Any:
        """A parameter, given or by default; of `Signals` and `Channels` a list."""
        info = self.kind.model_fields[name]
        value = self.given.get(name, None if info.is_required() else info.default)
        several = signature.annotation(self.kind, name) in (Signals, Channels)
        return [value] if several and not is_several(value) else value

    def player(self, frames: int = 0, /, *, compiled: bool = True, **changed: Any) -> Player:
        """A player of some frames, or of those of the case; arrays are repeated. `changed` are other inputs."""
        self.begin()
        frames = frames or self.frames
        given = {**self.given, **changed}
        for name in (*self.signals, "live"):
            if name in given and given[name] is not None:
                given[name] = _lasting(given[name], frames)
        return Player(self.kind, frames, compiled=compiled, **given)

    def sound(self, compiled: bool, block: int = BLOCK) -> Array:
        """The sound of the case in blocks of so many frames: float64 of shape (outputs, frames)."""
        key = (compiled, block)
        if key not in self._sounds:
            self._sounds[key] = np.atleast_2d(self.player(compiled=compiled).render(block=block))
        return self._sounds[key]

    def _each(self, name: str) -> list[Any]:
        value: Any = self.given.get(name)
        return list(value) if is_several(value) else [value]


def _lasting(value: Any, frames: int) -> Any:
    """A signal, or several, of so many frames; a number stays one."""
    if is_several(value):
        return [_lasting(one, frames) for one in value]
    return np.resize(value, frames) if np.ndim(value) else value


def spoilt_field(player: Player) -> str:
    """The first field of a player's state that is not finite where its default is; empty for none."""
    default = signature.state_default(player.kind)
    for name in player.record.dtype.names or ():
        if not np.isfinite(player.record[name][np.isfinite(default[name])]).all():
            return str(name)
    return ""


def difference(sound: Array, other: Array, near: float, least: float) -> str:
    """The first difference of two sounds in words, above `least` and above `near` times their size; empty for none."""
    sound, other = np.atleast_2d(sound), np.atleast_2d(other)
    away = ~np.isclose(sound, other, rtol=near, atol=least, equal_nan=True)
    if not away.any():
        return ""
    frame = int(np.flatnonzero(away.any(axis=0))[0])
    with np.errstate(invalid="ignore"):
        apart = np.abs(sound - other)[away]
    return f"from frame {frame} on, by up to {apart.max():.2g}"

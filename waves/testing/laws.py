"""The laws that every node keeps, each tried on one case; what is broken is a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from waves.node import BLOCK, Node, Signal
from waves.node_types.library import signature
from waves.node_types.library.parameters import parameters
from waves.testing.case import Array, Case, difference, spoilt_field
from waves.testing.kernel_player import sizes_of_blocks
from waves.testing.laws_of_life import (
    ends_for_good,
    hush_ends_it,
    new_code_goes_on,
    notes_are_the_same,
    reload_goes_on,
)

Law = Callable[[Case], Iterator[str]]

HOSTILE = (np.nan, np.inf, -np.inf, 1e300, -1e300, 1e9, -1e9)
HOSTILE_PLAIN = (np.nan, np.inf, 1e300)
"""Those that are tried as plain Python too, which is slow."""
KEEP_OUT = "; `finite(x, instead)` of `waves.dsp.maths` keeps it out of the state"
SPOILT, SECOND = 192, 44_100  # frames of a hostile input
HEALED, HEARD = 28, 128  # frames after it: until all must be good again, and in which it is listened to then
PULSE = 24  # frames for which a gate is on, and off


@dataclass(frozen=True, slots=True)
class Spell:
    """Frames in which an input is hostile: from one on, so many."""

    first: int
    frames: int
    bads: tuple[float, ...]
    when: str = ""
    """The same in words, where it is no moment in the middle of the sound."""
    pulses: bool = False
    """All other gates and triggers go on and off meanwhile, so that what is read at an edge is read."""
    plain: tuple[float, ...] = ()
    """Numbers that are tried as plain Python too."""


SPELLS = (
    Spell(100, SPOILT, HOSTILE, plain=HOSTILE_PLAIN),
    Spell(0, SPOILT, HOSTILE_PLAIN, " as it began"),
    Spell(100, SPOILT, HOSTILE_PLAIN, " at an edge of a gate", pulses=True),
    Spell(0, SECOND, HOSTILE_PLAIN[:1], " for a second"),
)
"""An input may be read in each frame, once at the beginning of a note, at an edge of a gate, or seldom."""


def laws(kind: type[Node], /, **given: Any) -> list[str]:
    """The laws that a node breaks with some parameters and options, a sentence each; none if all hold.

    `given` as for `Player`: `assert laws(node("osc"), type="saw", freq=440.0) == []`. It plays as many frames as the
    arrays in it have, else 1024. Raises as `Player` does for what cannot be played.
    """
    case = Case(kind, given)
    case.player()
    return [sentence for law in LAWS.values() for sentence in broken(law, case)]


def broken(law: Law, case: Case) -> list[str]:
    """The sentences on what breaks a law in a case; a kernel that raises breaks it."""
    found: list[str] = []
    try:
        found.extend(law(case))
    except (ArithmeticError, IndexError, RuntimeError, TypeError, ValueError) as error:
        found.append(f"it raises {type(error).__name__}: {error}")
    return found


def blocks_do_not_matter(case: Case) -> Iterator[str]:
    """In blocks of any size a node plays the same: as Python, and as machine code.

    A fade is calculated from the start of a run, and the remainder of a vector loop is rounded otherwise than the loop:
    where that is another, the last bits are.
    """
    for compiled, near in ((False, 1e-10), (True, 1e-12)):
        *sizes, largest = sizes_of_blocks(case.kind)
        whole = case.sound(compiled, largest)
        for size in sizes:
            if found := difference(case.sound(compiled, size), whole, near, 2e-13):
                sizes_in_words = f"in blocks of {size} frames it plays otherwise than in blocks of {largest}"
                yield f"{sizes_in_words}{_as(compiled)}: {found}"
                return


def code_is_python(case: Case) -> Iterator[str]:
    """Machine code and plain Python play the same."""
    if found := difference(case.sound(True, BLOCK), case.sound(False, BLOCK), 1e-9, 1e-9):
        yield f"as machine code it plays otherwise than as Python: {found}"


def constants_are_the_same(case: Case) -> Iterator[str]:
    """The variants for inputs that are one number play the same as the one for signals."""
    kind = case.kind
    numbers = {name for name in kind.constant if isinstance(case.value(name), int | float)}
    whole = case.sound(True, BLOCK)
    for constant in sorted({(one,) for one in numbers} | ({tuple(sorted(numbers))} if numbers else set())):
        if found := difference(case.player(constant=constant).render(), whole, 1e-9, 1e-9):
            yield f"its variant for a constant {' and '.join(constant)} plays otherwise: {found}"


def hostile_inputs_do_no_harm(case: Case) -> Iterator[str]:
    """Each signal is bad for some time; soon after it sound and state are finite again."""
    for name in signature.parameter_names(case.kind, *case.signal_kinds):
        for compiled in (True, False):
            tried = ((spell, bad) for spell in SPELLS for bad in (spell.bads if compiled else spell.plain))
            if found := next((said for spell, bad in tried if (said := _harm(case, name, bad, spell, compiled))), ""):
                yield f"{found}{_as(compiled)}"
                break


def _harm(case: Case, name: str, bad: float, spell: Spell, compiled: bool) -> str:
    """A sentence on the harm that a bad input has done; empty for none."""
    healed = spell.first + spell.frames + HEALED
    size = healed + HEARD
    changed = _pulses(case, name, spell, size) if spell.pulses else {}
    if spell.pulses and not changed:
        return ""
    value = case.value(name)

    def spoilt(one: Any) -> Array:
        signal = np.array(np.broadcast_to(np.nan if one is None else np.resize(one, size), size), float)
        signal[spell.first : spell.first + spell.frames] = bad
        return signal

    changed[name] = spoilt(value) if signature.annotation(case.kind, name) is Signal else [*map(spoilt, value)]
    player = case.player(size, compiled=compiled, **changed)
    try:
        sound = np.atleast_2d(player.render())
    except (ArithmeticError, ValueError):
        if compiled:
            raise
        return ""  # `int` of NaN is a number as machine code, and an error as Python
    was = f"'{name}' was {bad:g}{spell.when}"
    if not np.isfinite(sound[:, healed:]).all():
        return f"{HEALED} frames after {was} its sound is not finite{KEEP_OUT}"
    wrong = spoilt_field(player)
    return f"after {was} the field '{wrong}' of its state is not finite{KEEP_OUT}" if wrong else ""


def _pulses(case: Case, name: str, spell: Spell, size: int) -> dict[str, Any]:
    """A pulse wave until the end of a spell for each gate and trigger of a node, but not for the input of this name."""
    gates = [
        other
        for other in signature.parameter_names(case.kind, Signal)
        if other != name and parameters(case.kind)[other].unit == "gate"
    ]
    frames = np.arange(size)
    wave = np.where(frames < spell.first + spell.frames, frames // PULSE % 2, 0.0)
    return dict.fromkeys(gates, wave)


def _as(compiled: bool) -> str:
    return ", as machine code" if compiled else ", as Python"


LAWS: Mapping[str, Law] = {
    "blocks": blocks_do_not_matter,
    "machine code": code_is_python,
    "constants": constants_are_the_same,
    "hostile inputs": hostile_inputs_do_no_harm,
    "reload": reload_goes_on,
    "new code": new_code_goes_on,
    "end": ends_for_good,
    "hush": hush_ends_it,
    "voices": notes_are_the_same,
}
"""All laws by a short name, in the order in which they are tried."""
MOVING = ("blocks", "machine code")
"""Those that are tried once more with inputs that move."""

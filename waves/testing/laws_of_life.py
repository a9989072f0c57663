"""Laws of a node in a piece that is played and edited: reload, end, hush, voices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from waves.engine.compiler import kernel_cache
from waves.engine.compiler.kernel_cache import NodeKernel
from waves.node import BLOCK, GRID, Node, Shared
from waves.node_types.library import signature
from waves.node_types.library.fingerprint import type_fingerprint
from waves.node_types.library.parameters import Parameter, parameters
from waves.testing.case import Array, Case, difference, spoilt_field
from waves.testing.kernel_player import Player, compiled_here, is_several
from waves.testing.memories import FADE, clear_memory
from waves.testing.node_files import saved_again

ALLOWED = 1.1  # of the sharpest bend that both settings have alone: a resonance may stand out so much
SILENT = 1e-3  # -60 dB
SILENCE = 1.0  # s after which a hush has ended a sound
ADDED = "another_field"  # of a state
INSIDE = 37  # frame of a block at which a note may begin


def reload_goes_on(case: Case) -> Iterator[str]:
    """A reload moves state and memory to another place, and nothing is heard of it.

    After an edit of a setting the node plays twice, with the old setting and with the other one, from the same state,
    and crossfades. This bends the sound no more than each setting does when it is played alone.
    """
    middle = max(case.frames // 2 // BLOCK * BLOCK, BLOCK)
    player = case.player()
    player.render(middle)
    case.begin()
    moved = player.continued()
    if found := difference(moved.render(), np.atleast_2d(case.sound(True))[:, middle:], 0.0, 0.0):
        yield f"moved to other memory while it plays, it plays otherwise: {found} after the reload"
    for name, value in _other_settings(case).items():
        yield from _edited(case, middle, name, value)


def new_code_goes_on(case: Case) -> Iterator[str]:
    """A save of its file while it plays is not heard: neither where nothing has changed, nor of a field that is new."""
    middle = max(case.frames // 2 // BLOCK * BLOCK, BLOCK)
    whole = np.atleast_2d(case.sound(True))[:, middle:]
    for field, near in (("", 0.0), (ADDED, 1e-12)):
        kind = saved_again(case.kind, field)
        if kind is None:
            continue
        if not field and type_fingerprint(kind) != type_fingerprint(case.kind):
            yield "each time its file is loaded it is another node: a constant is made by chance, or by the time"
            return
        player = case.player()
        player.render(middle)
        case.begin()
        how = f"with one more field, '{field}', in its state" if field else "loaded anew"
        if found := difference(_saved(player, kind).render(), whole, near, 2e-13 if field else 0.0):
            yield f"after a save of its file while it plays, {how}, it plays otherwise: {found} after the save"


def _saved(player: Player, kind: type[Node]) -> Player:
    """The player of the type of a file that was saved. Code that is not shipped is compiled for this process alone."""
    kernel = NodeKernel(kind)
    if not kernel.untrusted or not kernel_cache.missing([kernel]):
        return player.continued(kind)
    moved = player.continued(kind, compiled=False)
    moved.use(compiled_here(kind, frozenset(), kernel.checked).address)
    return moved


def _edited(case: Case, middle: int, name: str, value: Any) -> Iterator[str]:
    """Sentences on an edit of a setting that is heard as a click."""
    frames = middle + 2 * FADE
    before = case.player(frames)
    try:
        alone = case.player(frames, **{name: value})
    except ValueError:  # settings that `prepare` or `lengths` refuse are refused in a piece too
        return
    before.render(middle)
    after = before.continued(**{name: value})
    old, new = (np.atleast_2d(player.render()) for player in (before, after))
    edit = f"'{name}' from {_shown(case.value(name))} to {_shown(value)}"
    if not np.isfinite(new).all() or spoilt_field(after):
        yield f"after an edit of {edit} while it plays, its sound or its state is not finite"
        return
    alone.render()
    if old.shape != new.shape:
        return  # another width plays as another node
    share = np.minimum(np.arange(1, new.shape[1] + 1) / FADE, 1.0)
    heard = np.concatenate([before.outputs[:, :middle], old + share * (new - old)], axis=1)[:, middle - BLOCK :]
    own = max(_bend(before.outputs[:, middle - BLOCK :]), _bend(alone.outputs))
    of_the_fade = (2.0 * _step(new - old) + float(np.abs(new - old).max(initial=0.0))) / FADE
    if (bend := _bend(heard)) > ALLOWED * own + of_the_fade + 1e-6:
        click = f"the sound bends by {bend:.2g}, alone by {own:.2g} at most"
        yield f"an edit of {edit} while it plays makes a click: {click}"


def _bend(sound: Array) -> float:
    """The largest second difference."""
    return float(np.abs(np.diff(sound, 2, axis=1)).max(initial=0.0))


def _step(sound: Array) -> float:
    """The largest difference of two neighbouring frames."""
    return float(np.abs(np.diff(sound, axis=1)).max(initial=0.0))


def _other_settings(case: Case) -> dict[str, Any]:
    """Another value for each setting of the kernel that is a number, a flag or a word."""
    found: dict[str, Any] = {}
    if signature.parameter_names(case.kind, Shared):
        return found  # what others write into the ring is not known here
    for name, parameter in parameters(case.kind).items():
        if parameter.form not in ("words", "flag", "whole", "number"):
            continue
        value = case.value(name)
        other = _other(parameter, value)
        if other is not None and other != value:
            found[name] = other
    return found


def _other(parameter: Parameter, value: Any) -> Any:
    """A value near another one; None where there is none."""
    match parameter.form:
        case "words":
            words = list(dict.fromkeys(parameter.words.values()))
            return words[(words.index(value) + 1) % len(words)] if value in words else None
        case "flag":
            return not value
        case "whole" | "number" if isinstance(value, int | float) and np.isfinite(value):
            step: Any = max(abs(value) // 4, 1) if parameter.form == "whole" else 0.25 * abs(value) or 0.1
            tried = [value + step, value - step]
            return next((one for one in tried if parameter.minimum <= one <= parameter.maximum), None)
    return None


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).lower()


def ends_for_good(case: Case) -> Iterator[str]:
    """A node that has ended is still called: it plays silence, and has ended again."""
    player = case.player(case.frames + 2 * BLOCK)
    player.render(case.frames)
    if not player.ended:
        return
    for _ in range(2):
        player.ended = False
        after = player.render(BLOCK)
        if not player.ended:
            yield "it has ended, and then it goes on: it returns True in each call after its end"
            return
        if np.any(after):
            yield f"it sounds after its end, up to {np.abs(after).max():.2g}"
            return


def hush_ends_it(case: Case) -> Iterator[str]:
    """Hush begins anew what has rings, buffers or `hushed`; all else falls silent with the inputs that it waits for."""
    kind = case.kind
    waited = [name for name in case.signals if name in kind.waits]
    if not waited or not kind.tail or kind.hushed or kind.rings or kind.buffers:
        return
    more = round(SILENCE * case.player(1).rate)

    def then_silent(value: Any) -> Any:
        if is_several(value):
            return [then_silent(one) for one in value]
        return np.concatenate([np.resize(value, case.frames), np.zeros(more)])

    player = case.player(case.frames + more, **{name: then_silent(case.value(name)) for name in waited})
    player.render()
    heard = signature.channel_count(kind, len(player.outputs) - len(kind.outputs))  # the other outputs are numbers
    sound = player.outputs[:heard, -8 * BLOCK :]
    level = float(np.ptp(sound, axis=1).max()) / 2.0
    if level > SILENT:
        sentence = f"hush does not end it: {SILENCE:g} s after its inputs are silent it sounds at"
        yield f"{sentence} {20.0 * np.log10(level):.0f} dB; `hushed = True` begins it anew"


def notes_are_the_same(case: Case) -> Iterator[str]:
    """In a voice a note begins anew: after another note in the same memory, and wherever in a block it begins."""
    player = case.player()
    first = np.atleast_2d(player.render()).copy()
    player.begin_note()
    for name in signature.parameter_names(case.kind, Shared):  # which outlasts a note
        clear_memory(player.memories[name])
    case.begin()
    if found := difference(player.render(), first, 0.0, 0.0):
        yield f"a note in a voice is not the same as the note before it: {found}"
    inside = INSIDE // GRID * GRID if case.kind.slow else INSIDE
    if found := difference(_begun_at(case, inside), first, 1e-12, 2e-13):
        yield f"a note that begins at frame {inside} of a block is not the same: {found}"


def _begun_at(case: Case, frame: int) -> Array:
    """The sound of a note that begins at a frame of a block, at the same frame of the piece."""

    def later(value: Any) -> Any:
        if is_several(value):
            return [later(one) for one in value]
        return np.concatenate([np.zeros(frame), value[: case.frames]]) if np.ndim(value) else value

    changed = {name: later(case.given[name]) for name in (*case.signals, "live") if case.given.get(name) is not None}
    if "first" not in case.kind.model_fields:
        changed["first"] = int(case.given.get("first") or 0) - frame
    player = case.player(case.frames + frame, **changed)
    player.at = frame
    return np.atleast_2d(player.render())

"""Facts of a node type beside its parameters: channels, outputs, memory, the effect of an edit."""

from __future__ import annotations

from waves.node import Node, Shared
from waves.node_types.library import signature
from waves.node_types.library.parameters import parameters
from waves.node_types.library.preparation import KnownParameters, lengths_of
from waves.notes import Voices
from waves.problem import Problems

RATE = 44100.0  # frames per second, for lengths that depend on it


def node_facts(kind: type[Node]) -> dict[str, str]:
    """Facts by their names; those that a type has nothing to say of are left out."""
    found = {
        "channels": _channels(kind),
        "outputs": ", ".join(f"$id.{output}" for output in kind.outputs),
        "memory": ", ".join(_memory(kind)),
        **_edits(kind),
    }
    return {fact: text for fact, text in found.items() if text}


def _channels(kind: type[Node]) -> str:
    if not hasattr(kind, "render"):
        return "those of the nodes that take its place"
    if isinstance(kind.channels, str):
        return f"as many as `{kind.channels}`; it sees all of them"
    if kind.channels:
        return f"{len(kind.channels)}: {', '.join(kind.channels)}"
    return "1" if signature.is_one_row(kind) else "as many as its inputs, each by itself"


def _memory(kind: type[Node]) -> list[str]:
    """Rings and buffers, each with its length for the defaults; without one where that cannot be told."""
    known = KnownParameters(**{p.name: p.default for p in parameters(kind).values()})
    try:
        lengths = lengths_of(kind, known, RATE)
    except (Problems, ValueError, TypeError, ArithmeticError, AttributeError):
        lengths = {}
    told = []
    for name, count in kind.rings.items():
        many = f"ring {name}" if count == 1 else f"rings {name}, one for each channel of `{count}`"
        many = f"{count} rings {name}" if isinstance(count, int) and count > 1 else many
        told.append(many + (f" of {lengths[name]:.4g} s" if name in lengths else ""))
    shared = signature.parameter_names(kind, Shared)
    for name in (one for one in kind.buffers if one not in shared):
        told.append(f"buffer {name}" + (f" of {lengths[name]:.0f} numbers" if name in lengths else ""))
    for name in shared:
        told.append(f"{'buffer' if name in kind.buffers else 'ring'} that `{name}` names, shared")
    return told


def _edits(kind: type[Node]) -> dict[str, str]:
    """The effect of an edit of each parameter on the sound that goes on; none for a type that others replace.

    What a node says of the notes that its kernel starts is that of their voices, and left out.
    """
    if not hasattr(kind, "render"):
        return {}
    signals = [p.name for p in parameters(kind).values() if p.form in ("signal", "signals", "channels")]
    settings = [p.name for p in parameters(kind).values() if not p.is_signal and p.name not in Voices.model_fields]
    held = {*kind.crossfaded, *kind.latched}
    return {
        "glide": ", ".join(name for name in signals if name not in held),
        "crossfade": ", ".join([name for name in signals if name in kind.crossfaded] + settings),
        "held from the start of a note": ", ".join(kind.latched),
    }

"""Kinds of kernel arguments: one row each, from which everything that passes an argument to a kernel derives.

The layout of rows (`signature`), the compiled entry, the words of a plan, the trials as Python and as machine code, the
checks of a class, the messages about mistakes, and the tables of the documentation (`python -m
tests.house.argument_table` writes these). A new kind is one more row.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from waves.memo import per_class
from waves.node import Node
from waves.node_types.library.machine_types import (
    ARRAY,
    BUFFER,
    FLOAT,
    FRAME_IN_BLOCK,
    FRAME_NUMBER,
    INPUT,
    INPUTS,
    INTEGER,
    NOTES,
    OUTPUT,
    OUTPUTS,
    PAGES,
    RECORD,
    RING,
    RINGS,
    SCRATCH,
    SILENCE,
    SLOW,
    SLOWS,
    MachineType,
)
from waves.node_types.library.parameters import annotation_name, parameters
from waves.node_types.pages import no_pages
from waves.problem import did_you_mean


@dataclass(frozen=True, slots=True, eq=False)
class ArgumentKind:
    """One kind of kernel argument.

    A kernel asks for it by a name that its class lists in `declared`, by a parameter of one of `forms`, or by the name
    `named`; in this order, so that a parameter may be called `seed`.

    `sources` says for each word of the machine type where a plan takes it from: from the engine (`engine.rate`, a field
    of `row_assembly.EngineAddresses`), from the state of the row (`state.address`, a field of `state_binding.Binding`),
    from the memory of its name (`memory.data`, a field of `RingPlace` or `BufferPlace`), or from the row itself
    (`row.output`, see `row_forms` and `row_assembly`). `trial` is its value where a kernel runs by itself, unless the
    caller gives one. `needs` names what the class must declare with it, and says what is missing.
    """

    machine_type: MachineType
    sources: tuple[str, ...]
    documentation: str = ""
    """One line for node authors; empty: for nodes of the language only."""
    declared: str = ""
    forms: tuple[str, ...] = ()
    named: str = ""
    trial: Any = None
    needs: tuple[str, str] | None = None

    @property
    def asked_by(self) -> str:
        """The name by which a kernel asks for it, for the documentation."""
        if self.declared:
            listed = f"a name in `{self.declared}`"
            if self.machine_type is OUTPUTS:
                return "`out`, of a node that is as wide as an input"
            if self.machine_type is OUTPUT:
                return f"`out`, or each {listed[2:]}"
            if self.machine_type is SLOWS:
                return "a list in `slow`"
            return f"{listed}, if there are several" if self.machine_type is RINGS else listed
        return (
            f"`{self.named}`"
            if self.named
            else "a parameter of type " + ", ".join(f"`{annotation_name(f)}`" for f in self.forms)
        )

    def __post_init__(self) -> None:
        assert len(self.sources) == len(self.machine_type.words), self


NO_LENGTHS = ("lengths", "takes a ring or a buffer, but there is no lengths(constants, rate) that gives its length")

KINDS: tuple[ArgumentKind, ...] = (
    ArgumentKind(
        OUTPUT,
        ("row.output",),
        "an output block; the kernel must write every frame, `out[i]` for `i` from 0 to `out.size - 1`",
        declared="channels` and `outputs",
    ),
    ArgumentKind(
        OUTPUTS,
        ("row.outputs", "row.outputs_size"),
        "an output block for each channel: `out[channel][i]`, and `out.size`",
        declared="channels",
    ),
    ArgumentKind(
        ARRAY,
        ("row.array", "row.array_size"),
        "a prepared array, read only: `table[k]`, and `table.size`; an index outside reads the nearest end; "
        "`table.part(first, count)` is a part of it for fast loops",
        declared="arrays",
    ),
    ArgumentKind(
        RING,
        ("memory.data", "memory.mask", "memory.counter"),
        "a ring buffer of past frames: `ring.push(x)`, `ring.at(age)`, `ring.between(age)`, `ring.cubic(age)`, "
        "`ring.put(age, x)`, `ring.size`",
        declared="rings",
        needs=NO_LENGTHS,
    ),
    ArgumentKind(
        RINGS,
        ("row.rings", "row.rings_size"),
        "several ring buffers: `lines[k].push(x)`, `lines[k].at(age)`, and `lines.size`",
        declared="rings",
        needs=NO_LENGTHS,
    ),
    ArgumentKind(
        BUFFER,
        ("memory.data", "memory.size", "memory.pages", "engine.rendered"),
        "memory that can be written anywhere: `buffer[k]`, `buffer[k] = x`, `buffer.size`; an index outside means the "
        "nearest end; for fast loops `buffer.part(first, count)` to read and `buffer.edit(first, count)` to write",
        declared="buffers",
        needs=NO_LENGTHS,
    ),
    ArgumentKind(INPUT, ("row.input",), "a block, read only: `freq[i]` is one float64 per frame", forms=("signal",)),
    ArgumentKind(
        INPUTS,
        ("row.inputs", "row.inputs_size"),
        "several blocks, read only: `signals[k][i]`, and `signals.size`",
        forms=("signals", "channels"),
    ),
    ArgumentKind(
        SLOW,
        ("row.slow", "row.slow_stride"),
        "a block, read only: what `slowly` gives once in 16 frames, and a line from one to the next",
        declared="slow",
    ),
    ArgumentKind(
        SLOWS,
        ("row.slow", "row.slow_stride", "row.slow_size"),
        "several such blocks: `gains[k][i]`, and `gains.size`",
        declared="slow",
    ),
    ArgumentKind(FLOAT, ("row.number",), "the number; NaN where the default is None", forms=("number",)),
    ArgumentKind(
        INTEGER,
        ("row.number",),
        "an integer: of a flag 0 or 1, of a `Choice` the number of the word",
        forms=("whole", "flag", "words"),
    ),
    ArgumentKind(
        RING,
        ("memory.data", "memory.mask", "memory.counter"),
        "the ring buffer that all nodes with this name share, used as one in `rings`; or, if `buffers` has its name, "
        "the buffer",
        forms=("shared",),
        needs=NO_LENGTHS,
    ),
    ArgumentKind(
        RECORD,
        ("state.address",),
        "the record of `class state`, of `float`, `int`, `bool`, and `Floats[n]` or `Ints[n]` for n numbers",
        named="state",
        needs=("state", "takes `state`, but there is no class state(State)"),
    ),
    ArgumentKind(
        SCRATCH,
        ("row.scratch",),
        "scratch memory of `scratch` blocks: `work[k * BLOCK + i]`; it is not kept after the call",
        named="work",
    ),
    ArgumentKind(
        NOTES,
        ("row.notes", "row.first_output"),
        "starts notes: `notes.start(i, length, …)` with the values of `note_values`; `notes.size` frames",
        named="notes",
    ),
    ArgumentKind(FLOAT, ("engine.rate",), "frames per second", named="rate", trial=44100.0),
    ArgumentKind(
        FLOAT,
        ("engine.rate",),
        "frames per second, of a node that has a parameter `rate`",
        named="sample_rate",
        trial=44100.0,
    ),
    ArgumentKind(
        FRAME_NUMBER,
        ("engine.clock",),
        "the frame number of `out[0]`, counted from the beginning of the piece",
        named="clock",
        trial=np.zeros(1, np.int64),
    ),
    ArgumentKind(
        INTEGER,
        ("row.seed",),
        "an integer, different for each node; always the same for the same piece and the same `SEED`",
        named="seed",
        trial=1,
    ),
    ArgumentKind(
        INTEGER,
        ("row.early",),
        "frames by which the output is ahead: 64 where the node closes a loop and is read so much later, else 0",
        named="early",
        trial=0,
    ),
    ArgumentKind(
        INPUTS,
        ("engine.live", "engine.live_channels"),
        "the live input, `live[channel][i]`, and `live.size`",
        named="live",
        trial=(SILENCE, SILENCE),
    ),
    ArgumentKind(FRAME_IN_BLOCK, (), "the position of `out[0]` in the engine's block of 64 frames", named="start"),
    ArgumentKind(FRAME_NUMBER, ("row.elapsed",), named="fade", trial=np.zeros(1, np.int64)),  # frames faded so far
    ArgumentKind(PAGES, ("row.pages",), named="paged", trial=no_pages()),  # numbers by cycle, made while it plays
)

NOT_PASSED = {
    **dict.fromkeys(("file", "data"), "a kernel cannot read the file '{name}', only what `prepare` made of it"),
    "numbers": "a kernel cannot take the list '{name}', only what `prepare` made of it",
    **dict.fromkeys(("text", "steps", "step", "values", "other"), "its kernel takes '{name}', which is not a number"),
}
"""Forms of parameters that a kernel cannot take, and what is said of them."""


@per_class
def output_names(node_type: type[Node]) -> tuple[str, ...]:
    """The names of all outputs of a kernel in their order: those of the channels first.

    `out` of a node that is as wide as an input stands for all its channels.
    """
    if isinstance(node_type.channels, str):
        return ("out", *node_type.outputs)
    return (*node_type.channels, *node_type.outputs) or ("out",)


def declared_names(kind: ArgumentKind, node_type: type[Node]) -> Sequence[str]:
    """The names by which a class declares arguments of a kind."""
    wide = isinstance(node_type.channels, str)
    match kind.machine_type.name:
        case OUTPUT.name:
            return output_names(node_type)[wide:]
        case OUTPUTS.name:
            return output_names(node_type)[:wide]
        case SLOW.name:
            return () if isinstance(node_type.slow, dict) else node_type.slow
        case SLOWS.name:
            return list(node_type.slow) if isinstance(node_type.slow, dict) else ()
        case RING.name if kind.declared:
            return [name for name, count in node_type.rings.items() if count == 1]
        case RINGS.name:
            return [name for name, count in node_type.rings.items() if count != 1]
    return list(getattr(node_type, kind.declared)) if kind.declared else ()


def kind_of(node_type: type[Node], name: str) -> ArgumentKind:
    """The kind of an argument, by the name that the kernel gives it. Raises TypeError, a sentence."""
    parameter = parameters(node_type).get(name)
    for kind in KINDS:
        if name in declared_names(kind, node_type):
            return kind
        if parameter.form in kind.forms if parameter else name == kind.named:
            return kind
    if parameter:
        raise TypeError(NOT_PASSED[parameter.form].format(name=name))
    if name == "memory":
        raise TypeError("its kernel takes 'memory', but no ring of that name is declared: rings = {\"memory\": 1}")
    near = f"'{OTHER_NAMES[name]}'" if name in OTHER_NAMES else did_you_mean(name, known_names(node_type))
    meant = f"; did you mean {near}?" if near else ""
    raise TypeError(f"its kernel takes an unknown argument, '{name}'{meant}")


OTHER_NAMES = {**dict.fromkeys(("samplerate", "sr", "fs"), "rate"), "input": "signal", "output": "out"}
"""Arguments of a kernel by the names that they have in other programs."""


def how_to_ask(name: str, known: Container[str], slow: bool = False) -> str:
    """A sentence on how a kernel gets what it calls by a name, which is none of its own; empty if it cannot.

    `slow`: in `slowly` in place of `render`.
    """
    where = "an argument: slowly" if slow else "an argument of the kernel: render"
    if name in known:
        return f"'{name}' is {where}(…, {name})"
    if (other := OTHER_NAMES.get(name, "")) in known:
        return f"the name '{name}' is not known here; '{other}' is {where}(…, {other})"
    return ""


def slow_names(node_type: type[Node]) -> list[str]:
    """Every name by which `slowly` of this type may ask for an argument."""
    forms = ("signal", "number", "whole", "flag", "words")
    settings = [name for name, parameter in parameters(node_type).items() if parameter.form in forms]
    lists = node_type.slow if isinstance(node_type.slow, dict) else ()
    return [*lists, *settings, "rate", "sample_rate", "clock"]


def known_names(node_type: type[Node]) -> list[str]:
    """Every name by which a kernel of this type may ask for an argument."""
    declared = [name for kind in KINDS for name in declared_names(kind, node_type)]
    return [*declared, *node_type.model_fields, *(kind.named for kind in KINDS if kind.named and kind.documentation)]

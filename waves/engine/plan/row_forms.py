"""Forms of rows: the words of a row as far as they follow from the row alone. Build thread only.

A row keeps its form, so that it is made once for all plans that the row is in. Most saves change one number: the rows
of their plan are the words that play, as they were assembled, with the new constant; so are those of a voice.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from waves.abi import POOL, ROW, WORD
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.kernel_cache import EngineKernel, Kernel, NodeKernel, constant_inputs
from waves.engine.graph.graph import Graph, Memory, Output, Row, Source
from waves.engine.plan.buffer_placement import Constants
from waves.engine.plan.row_words import BLOCK_BYTES, MOST_EDITS, SELF, WORD_OF, RowTemplate
from waves.engine.state.copies import address_of
from waves.memo import per_class
from waves.node import BLOCK, QUIET_SECONDS, Node
from waves.node_types.library import signature
from waves.node_types.library.signature import Argument

Array = np.ndarray[Any, Any]

ENTRY, TAIL = WORD_OF["entry"], WORD_OF["tail"]
LONGEST_SILENCE = 1000.0  # s; every tail is over sooner


@dataclass(frozen=True, slots=True)
class BlankRow:
    """A row of a type, before anything of one node is known."""

    words: tuple[int, ...]  # the same in all rows of the type, else 0
    signals: tuple[tuple[str, int], ...]  # name and word of each input
    others: tuple[Argument, ...]


class RowForm(NamedTuple):
    """The words of a row, and the places of those that are known only in a plan. Places count from its first word."""

    rate: float  # frames per second
    kernel: Kernel
    words: list[int]
    float_places: list[int]
    float_values: list[float]
    signals: tuple[tuple[str, int], ...]  # name and place of each input
    outputs: list[tuple[int, int]]  # places of addresses of outputs, and the bytes from the first output
    work: list[tuple[int, int]]  # places of addresses of working memory, and the bytes from its begin
    states: list[int]  # places of addresses of the state
    seeds: list[int]  # places of seeds, which differ from voice to voice
    inputs: list[tuple[int, list[Source]]]  # places of tables of inputs, and what is in each
    ends: list[tuple[str, list[str]]]  # names of the tables of status words, and the rows in each
    others: list[Argument]
    pool: list[object]  # of a pool: kept by `row_assembly`


@per_class
def blank_row(kind: type[Node], pool: bool) -> BlankRow:
    """The blank row of a type; of a pool's own row, which has the words of `abi.POOL` in place of arguments."""
    arguments = [] if pool else signature.arguments(kind)
    words = [0] * (len(ROW) + (len(POOL) if pool else sum(len(a.machine_type.words) for a in arguments)))
    words[WORD_OF["state_default"]] = address_of(signature.state_default_shared(kind))
    words[WORD_OF["floats"]] = address_of(signature.state_floats_shared(kind))
    words[WORD_OF["starts"]] = int(any(argument.name == "notes" for argument in arguments))
    words[WORD_OF["floats_count"]] = 0 if pool else len(signature.state_floats_shared(kind))
    signals = tuple((a.name, a.word) for a in arguments if a.kind.sources == ("row.input",))
    return BlankRow(tuple(words), signals, tuple(a for a in arguments if a.kind.sources != ("row.input",)))


def form_of(row: Row, rate: float) -> RowForm:
    """The form of a row for an engine of `rate` frames per second; its kernel must be compiled."""
    form = row.form
    if isinstance(form, RowForm) and form.rate == rate:
        return form
    if alike := _form_alike(row, rate):
        return alike
    blank, kernel = blank_row(row.kind, row.voice is not None), kernel_of(row)
    words = list(blank.words)
    words[ENTRY] = kernel_cache.address(kernel)
    words += [0] * row.outs
    words[WORD_OF["bytes"]] = WORD * len(words)
    words[WORD_OF["outs"]] = row.outs
    words[TAIL] = _silence(row, rate)
    form = row.form = RowForm(
        rate, kernel, words, [WORD_OF["rate"]], [rate], blank.signals, [], [], [], [], [], _ends(row), [], []
    )
    for argument in blank.others:
        if not all(map(_can_be_written, argument.kind.sources)):
            form.others.append(argument)
            continue
        for place, source in enumerate(argument.kind.sources, argument.word):
            _write(form, row, argument, source, place)
    return form


def _form_alike(row: Row, rate: float) -> RowForm | None:
    """The form of a row, made of that of a row which differs from it in nothing but what its inputs or voices read."""
    form = form_of(row.alike, rate) if isinstance(row.alike, Row) else row.alike
    if not isinstance(form, RowForm) or form.rate != rate:
        return None
    if row.voice:
        row.form = form
        return form
    if row.lists or isinstance(row.kind.tail, str):
        return None
    if (kernel := kernel_of(row)) != form.kernel:
        words = [*form.words]
        words[ENTRY] = kernel_cache.address(kernel)
        form = form._replace(kernel=kernel, words=words)
    if (ends := _ends(row)) != form.ends:
        form = form._replace(ends=ends)
    row.form = form
    return form


def _silence(row: Row, rate: float) -> int:
    """The frames of silence after which a row with a tail has ended; 0 without a tail.

    Between two echoes it may be silent for as long as `tail` of its type says; where that moves, for as long as its
    longest ring or buffer reaches back.
    """
    tail = row.kind.tail
    if not tail or row.voice is not None:
        return int(bool(tail))
    frames = QUIET_SECONDS * rate
    if isinstance(tail, str):
        apart = row.inputs.get(tail, row.settings.get(tail))
        if isinstance(apart, int | float) and math.isfinite(apart):
            frames += max(apart, 0.0) * rate
        else:
            frames += max((memory.size for memory in row.memories), default=0)
    return int(min(frames, LONGEST_SILENCE * rate))


def _ends(row: Row) -> list[tuple[str, list[str]]]:
    """The tables `waits` and `factors`: the rows by whose end this one ends, by the names of the tables."""
    tables = {"waits": row.kind.waits, "factors": row.kind.factors} if row.voice is None else {}
    read = {table: [output.key for output in row.outputs_read(names)] for table, names in tables.items()}
    return [(table, keys) for table, keys in read.items() if keys]


def _can_be_written(source: str) -> bool:
    return source in ("engine.rate", "state.address", *PLACED) or source.removeprefix("row.") in ALONE


def _write(form: RowForm, row: Row, argument: Argument, source: str, place: int) -> None:
    """Write one word of an argument into a form, or note what is to be written there."""
    if source == "state.address":
        form.states.append(place)
    elif source in PLACED:
        PLACED[source](form, row, argument, place)
    else:
        value = form.rate if source == "engine.rate" else ALONE[source.removeprefix("row.")](row, argument)
        if argument.machine_type.words[place - argument.word] == "float":
            form.float_places.append(place)
            form.float_values.append(value)
        else:
            form.words[place] = int(value)
        own = argument.name == "seed" and source == "row.number" and not row.settings["seed"]
        if own or (source == "row.seed" and not row.kind.state.numbered):
            form.seeds.append(place)


def kernel_of(row: Row) -> Kernel:
    """The kernel that a row calls."""
    return EngineKernel("pool") if row.voice else NodeKernel(row.kind, constant_inputs(row.kind, row.inputs))


def channels_of(row: Row) -> int:
    """The number of channels of the signal of a row."""
    return row.outs - len(row.kind.outputs) if row.kind.channels else 1


def rings_named(row: Row, name: str) -> list[Memory]:
    """The rings of a row that are several of one name, in their order."""
    return [memory for memory in row.memories if memory.name.startswith(f"{name}.")]


def _number(row: Row, argument: Argument) -> int | float:
    """A setting as the kernel's number; a seed of 0 stands for the node's own."""
    if argument.name == "seed" and not row.settings["seed"]:
        return row.seed
    return signature.number(row.kind, argument, row.settings[argument.name])


def _slow(form: RowForm, row: Row, argument: Argument, place: int) -> None:
    first = row.kind.scratch + signature.slow_places(row.kind)[argument.name][0]
    form.work.append((place, first * BLOCK_BYTES))


def _output(form: RowForm, row: Row, argument: Argument, place: int) -> None:
    number = signature.first_output(row.kind, argument.name, channels_of(row))
    form.outputs.append((place, number * BLOCK_BYTES))


PLACED: dict[str, Callable[[RowForm, Row, Argument, int], None]] = {
    "row.output": _output,
    "row.first_output": lambda form, row, argument, place: form.outputs.append((place, 0)),
    "row.slow": _slow,
    "row.inputs": lambda form, row, argument, place: form.inputs.append((place, [*row.lists[argument.name].values()])),
    "row.scratch": lambda form, row, argument, place: form.work.append((place, 0)),
}
"""Words that are addresses in the memory of a plan, by their names in `kernel_arguments`."""

ALONE: dict[str, Callable[[Row, Argument], int | float]] = {
    "outputs_size": lambda row, argument: channels_of(row),
    "inputs_size": lambda row, argument: len(row.lists[argument.name]),
    "rings_size": lambda row, argument: len(rings_named(row, argument.name)),
    "array": lambda row, argument: address_of(row.arrays[argument.name]),
    "array_size": lambda row, argument: row.arrays[argument.name].size,
    "number": _number,
    "slow_stride": lambda row, argument: BLOCK,
    "slow_size": lambda row, argument: signature.slow_places(row.kind)[argument.name][1],
    "seed": lambda row, argument: row.seed,
    "early": lambda row, argument: row.early,
}
"""Words of arguments that follow from the row alone, by their names in `kernel_arguments`."""


def with_numbers(was: RowTemplate, graph: Graph, changed: Iterable[str], rate: float) -> RowTemplate | None:
    """The rows of `graph` from those before, which have the same states; None: they must be assembled.

    The rows `changed` read other numbers, and nothing else differs but pools.
    """
    if was.edits >= MOST_EDITS:
        return None
    integers, constants = was.integers.copy(), Constants()
    for key in changed:
        row = graph.rows[key]

        def address(source: Source) -> int | None:
            return None if isinstance(source, Output) else constants.address(source)

        write_inputs(integers, was.offsets[key] // WORD, row, rate, address)
    keep, edits = [graph.rows, *was.keep[1:], *constants.blocks], was.edits + len(constants.blocks)
    return replace(was, integers=integers, keep=keep, edits=edits)


def write_inputs(integers: Array, first: int, row: Row, rate: float, address: Any) -> None:
    """Write the inputs of a row for which `address` gives one, and the kernel that reads them so."""
    form = form_of(row, rate)
    integers[first + ENTRY], integers[first + TAIL] = form.words[ENTRY], form.words[TAIL]
    for name, place in form.signals:
        if (at := address(row.inputs[name])) is not None:
            integers[first + place] = at
    for place, sources in form.inputs:
        table = (int(integers[first + place]) - SELF) // WORD
        for k, source in enumerate(sources):
            if (at := address(source)) is not None:
                integers[table + k] = at

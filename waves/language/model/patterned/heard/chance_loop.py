"""Chance that comes again: `chance_loop`, the cycles after which it does, and `seed`, for patterns that draw alike."""

from __future__ import annotations

from collections.abc import Mapping
from math import lcm
from zlib import crc32

from waves.language.model.models import Place, WrittenParameter
from waves.language.model.step_notation import NodeReader
from waves.language.patterns.chains import Chain
from waves.language.patterns.lanes import Pass, make_pass, passes_of
from waves.language.patterns.together.combined import Lane
from waves.language.patterns.together.pages import comes_again
from waves.node_types.library.parameters import written

CHANCE_LOOP = "chance_loop"
MOST = 1_024  # cycles
SEED = "seed"
MOST_SEED = 2**32


def seed_at(seed: int, place: Place) -> int:
    """The seed of the pattern at a place, in a piece with that seed."""
    return crc32((f"{seed} {place}" if seed else str(place)).encode())


def seed_of(reader: NodeReader, number: WrittenParameter) -> int | None:
    """The seed of all patterns that have this number beside them, wherever they are; None after a report."""
    data = number.data
    if isinstance(data, bool) or not isinstance(data, int) or not 0 <= data < MOST_SEED:
        sentence = f"'{SEED}' is a whole number from 0 to {MOST_SEED - 1:,}, not {written(data)}"
        reader.problem(number.place.at_key(), sentence, "'1'")
        return None
    return crc32(f"{reader.vocabulary.seed} {SEED} {data}".encode())


def looped(
    reader: NodeReader,
    loop: WrittenParameter,
    lanes: Mapping[str, Lane],
    seed: int,
    whole: int,
    chain: Chain,
    is_random: bool = False,
) -> tuple[Pass, ...]:
    """The one pass of some lanes after a chain, as long as the loop; a mistake in that is reported.

    `whole`: its cycles are a multiple of that. `is_random`: whether chance decides more than the lanes and the chain
    say. Raises PatternError.
    """
    cycles, at = loop.data, loop.place.at_key()
    (plain,) = passes_of([lanes], seed, whole, chain)
    if isinstance(cycles, bool) or not isinstance(cycles, int) or not 1 <= cycles <= MOST:
        sentence = f"'{CHANCE_LOOP}' is a whole number of cycles from 1 to {MOST:,}, not {written(cycles)}"
        reader.problem(at, sentence, "'4'")
        return (plain,)
    if not is_random and comes_again(lanes, chain) and all(note.draw.probability >= 1.0 for note in plain.notes):
        reader.problem(at, f"'{CHANCE_LOOP}' changes nothing: no chance is in this pattern", "", "warning")
        return (plain,)
    (made,) = passes_of([lanes], seed, lcm(whole, cycles), chain, True, cycles)
    if made.cycles > cycles:
        own = make_pass(lanes, seed, whole, chain, True, 1).cycles
        sentence = f"this pattern comes again after {own} cycles, and '{CHANCE_LOOP}' is a multiple of that"
        reader.problem(at, sentence, f"'{-(-cycles // own) * own}'")
    return (made,)

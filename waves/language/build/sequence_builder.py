"""Builds what starts the notes of a node: a clock, or the node's own kernel, and a pool for each sound."""

from __future__ import annotations

from collections.abc import Sequence

from waves.language.build.clock_builder import clock_of
from waves.language.build.pool_builder import PoolBuilder, grouped
from waves.language.model.models import Note
from waves.language.tree.instantiate import NodeBuilder
from waves.language.tree.tree_node import Source, TreeNode
from waves.node_types.library.signature import starts_notes
from waves.notes import Note as StartedNote

MOST_NOTES = 100_000  # in a pass
MOST_STEPS = 1_000_000


def start(build: NodeBuilder, notes: Sequence[StartedNote], steps: int, chained: bool) -> Source:
    """The source of a node whose notes stand in steps: a mix of its pools. Raises ValueError: a sentence."""
    if isinstance(steps, bool) or not isinstance(steps, int) or not 0 <= steps <= MOST_STEPS:
        raise ValueError(f"a pass has 0 to {MOST_STEPS} steps, not {steps!r}")
    if len(notes) > MOST_NOTES:
        raise ValueError(f"a pass has at most {MOST_NOTES} notes, not {len(notes)}")
    if steps and not chained and not any(map(build.gives, ("interval", "trigger", "cycle"))):
        build.report(f"'{build.name}' needs 'interval', or a 'trigger'")
    mix = _mix(build)
    clock = clock_of(build, steps, chained=chained)
    legato = float(build.settings.get("legato", 1.0))
    pools: dict[str, Source] = {}
    for name, sounds in _started(build, notes).items():
        for key, group in grouped(sounds).items():
            pools[_free(key, pools)] = PoolBuilder(build, clock, key, group, build.where(name)).in_steps(steps, legato)
    mix.inputs = {"signals": dict(pools)}
    return mix


def start_by_kernel(build: NodeBuilder, name: str) -> Source:
    """The source of a node whose kernel starts the sounds of a parameter: a mix of their pools.

    Raises ValueError: a sentence.
    """
    if not starts_notes(build.model.kind):
        raise ValueError(f"the kernel of '{build.name}' takes no `notes`: nothing starts them")
    mix = _mix(build)
    build.id = f"{mix.id}.Kernel"
    kernel = build.node()
    build.id = mix.id
    pools: dict[str, Source] = {}
    for sounds in build.model.steps.get(name, ()):
        for sound in sounds:  # each is started with the values that are written with it
            key, group = next(iter(grouped([(sound, [])]).items()))
            pool = PoolBuilder(build, kernel, key, group, build.where(name))
            pools[_free(key, pools)] = pool.by_kernel(kernel.kind.note_values)
    mix.inputs = {"signals": dict(pools)}
    return mix


def _mix(build: NodeBuilder) -> TreeNode:
    mix = build.context.new(build.id, build.tree.piece.vocabulary.types["mix"], build.model.place)
    build.id = mix.id
    return mix


def _started(build: NodeBuilder, notes: Sequence[StartedNote]) -> dict[str, list[tuple[Note, list[StartedNote]]]]:
    """The sounds that are started, by parameter, as they are written there, with the notes of each."""
    by_sound: dict[tuple[str, int], list[StartedNote]] = {}
    for note in notes:
        by_sound.setdefault((note.parameter, note.sound), []).append(note)
    found: dict[str, list[tuple[Note, list[StartedNote]]]] = {}
    for name in dict.fromkeys(note.parameter for note in notes):
        written = [sound for step in build.model.steps.get(name, ()) for sound in step]
        sounds = [(sound, by_sound.pop((name, number), [])) for number, sound in enumerate(written)]
        found[name] = [(sound, started) for sound, started in sounds if started]
    if by_sound:
        name, number = next(iter(by_sound))
        raise ValueError(f"there is no sound {number} in '{name}'")
    return found


def _free(key: str, taken: dict[str, Source]) -> str:
    """A name for a pool in the mix that no other has."""
    name, count = key, 1
    while name in taken:
        count += 1
        name = f"{key}~{count}"
    return name

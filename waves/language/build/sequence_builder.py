"""Builds what starts the notes of a node: a clock, or the node's own kernel, and a pool for each sound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import lcm

from waves.language.build.chokes import endings, onsets_of
from waves.language.build.clocks.clock_builder import ENDLESS, clock_of
from waves.language.build.form.alternatives import alternatives_of
from waves.language.build.pool_builder import PoolBuilder
from waves.language.build.pool_parts import Group
from waves.language.build.started.note_groups import grouped
from waves.language.build.started.pool_pages import PatternOfNode
from waves.language.model.models import Finding, Note, Place
from waves.language.model.patterned.pattern_notes import (
    in_turn,
    notes_in_steps,
    pace_of,
    sampled_notes,
    step_count_of,
)
from waves.language.model.patterned.pattern_steps import settings_beside
from waves.language.model.vocabulary import FITTED, OF_STRUDEL
from waves.language.tree.instantiate import NodeBuilder
from waves.language.tree.tree_node import Source, TreeNode
from waves.node_types.contract.other_names import OTHER_NAMES
from waves.node_types.library.signature import starts_notes
from waves.notes import Note as StartedNote
from waves.notes import NoteError
from waves.problem import did_you_mean

OF_PARTS = ("start", "end")
MOST_NOTES = 100_000  # in a pass
MOST_REPEATED = 20_000  # of one sound, where its notes have several periods
MOST_STEPS = 1_000_000


def play(build: NodeBuilder, name: str, chained: bool) -> Source:
    """The source of a node that plays steps as they are written. Raises ValueError: a sentence.

    Notes of a pattern that never comes again are made cycle by cycle. In a voice, which begins anew with each note, and
    where no cycle can be counted ahead, they come again.
    """
    made = build.model.patterns.get(name)
    if made and not chained and (pattern := PatternOfNode.of(build, made)):
        notes = notes_in_steps(build.model, name, pace_of(build.gives), build.context.metre)
        steps = step_count_of(in_turn(made, pattern.warp), pace_of(build.gives))
        return start(build, notes, steps, chained, name, pattern)
    return start(build, build.notes(name), build.step_count(name), chained)


def start(
    build: NodeBuilder,
    notes: Sequence[StartedNote],
    steps: int,
    chained: bool,
    paged: str = "",
    pattern: PatternOfNode | None = None,
) -> Source:
    """The source of a node whose notes stand in steps: a mix of its pools. Raises ValueError: a sentence.

    `pattern`: further notes, of the steps called `paged`, that are made cycle by cycle.
    """
    if isinstance(steps, bool) or not isinstance(steps, int) or not 0 <= steps <= MOST_STEPS:
        raise ValueError(f"a pass has 0 to {MOST_STEPS} steps, not {steps!r}")
    if len(notes) > MOST_NOTES:
        raise NoteError(f"a pass has at most {MOST_NOTES} notes, not {len(notes)}")
    if steps and not chained and not any(map(build.gives, ("interval", "trigger", "cycle"))):
        build.report(f"'{build.name}' needs 'interval', or a 'trigger'")
    mix = _mix(build)
    rows = alternatives_of(build, notes)
    clocks: dict[int, TreeNode] = {}
    if notes or not pattern:
        clocks[steps] = clock_of(build, steps, chained=chained, rows=rows)
    legato = float(build.settings.get("legato", 1.0))
    pools: dict[str, Source] = {}
    builders: list[PoolBuilder] = []
    started = _started(build, notes, paged, pattern)
    parts = [(name, *part) for name, sounds in started.items() for part in grouped(sounds).items()]
    chokes = range(rows.count) if build.settings.get("choke") else ()
    onsets = [onsets_of([note for note in notes if k in rows.rows(note)], steps) for k in chokes]
    for name, key, group in parts:
        if pattern and name == paged and group.numbers[0] in pattern.pages.sounds:
            if ENDLESS not in clocks:
                own_name = "~pages" if clocks else ""
                clocks[ENDLESS] = clock_of(build, ENDLESS, name=own_name, cycle=pattern.cycle.length)
            builders.append(PoolBuilder(build, clocks[ENDLESS], key, group, build.where(name)))
            pools[_free(key, pools)] = builders[-1].in_pages(pattern, legato)
            continue
        period = _in_one_period(group, steps)
        if period not in clocks:
            clocks[period] = clock_of(build, period, chained=chained, name=f"~{period}", rows=rows)
        builders.append(PoolBuilder(build, clocks[period], key, group, build.where(name)))
        own = [note for written in group.started for note in written]
        ends = [endings(onsets[k], [note for note in own if k in rows.rows(note)], steps) for k in chokes]
        pools[_free(key, pools)] = builders[-1].in_steps(period, legato, rows, ends)
    _report_lanes(build, builders)
    _warn_of_length(build, builders)
    mix.inputs = {"signals": dict(pools)}
    return mix


def _in_one_period(group: Group, steps: int) -> int:
    """The steps after which the notes of a group come again, each written out for all of them. Raises NoteError."""
    started = [note for notes in group.started for note in notes]
    if not any(note.period for note in started):
        return steps
    if len(started) <= MOST_REPEATED and {note.period or steps for note in started} == {steps}:
        return steps
    period = lcm(*(note.period or steps for note in started))
    count = sum(period // (note.period or steps) for note in started)
    if count > MOST_REPEATED or period > MOST_STEPS:
        many = f"{count:,} notes" if count > MOST_REPEATED else f"{period:,} steps"
        most = f"{MOST_REPEATED if count > MOST_REPEATED else MOST_STEPS:,} at most"
        raise NoteError(f"'{group.written[0].name}' comes again after {many}: {most}")
    group.started = [[one for note in notes for one in _repeated(note, period, steps)] for notes in group.started]
    return period


def _repeated(note: StartedNote, period: int, steps: int) -> Iterator[StartedNote]:
    """A note of a shorter period in a longer one, each time with a draw of its own."""
    own = note.period or steps
    for k in range(period // own):
        yield replace(note, onset=note.onset + k * own, draw=(note.draw + k * 0x9E3779B1) % 2**32) if k else note


def _report_lanes(build: NodeBuilder, pools: Sequence[PoolBuilder]) -> None:
    """Report the lanes of a pattern that none of its sounds has a parameter for."""
    for key in frozenset.intersection(*(pool.unknown_lanes for pool in pools)) if pools else ():
        place = pools[0].lanes[key]
        name = str(place.path[-1])
        if key == FITTED or (key in OF_PARTS and name not in OF_PARTS):
            if key != OF_PARTS[1]:
                build.tree.findings.append(_of_files(key, place, pools[0].sound))
            continue
        name = key if name in ("play", "steps") else name  # given by a call in a step
        sentence = f"'{name}' is no setting of '{build.name}', and '{pools[0].sound}' has no parameter of that name"
        known = [one for pool in pools for one in pool.names()]
        meant = next((f"'{one}'" for one in OTHER_NAMES.get(name.lower(), ()) if one in known), "")
        meant = meant or OF_STRUDEL.get(name) or did_you_mean(name, [*settings_beside(), *known])
        build.tree.findings.append(Finding(place.at_key(), sentence, meant))


def _of_files(key: str, place: Place, sound: str) -> Finding:
    """A transform for sound files, beside a sound that is none."""
    if key == FITTED:
        sentence = f"'fit' sets the 'length' of a stretched file, and '{sound}' has none"
        return Finding(place.at_key(), sentence, f"'{sound}: {{stretch: {{file: …}}}}'")
    return Finding(place.at_key(), f"'striate' plays parts of a sound file, and '{sound}' has no 'start' and 'end'")


def _warn_of_length(build: NodeBuilder, pools: Sequence[PoolBuilder]) -> None:
    """Warn of a lane that says how long notes are, where no sound reads that."""
    place = next((made.length for made in build.model.patterns.values() if made.length), None)
    if place and pools and not any(pool.uses_length for pool in pools):
        name = pools[0].sound
        sentence = f"'length' changes nothing: '{name}' has no parameter 'length', and reads no 'gate'"
        build.tree.findings.append(Finding(place.at_key(), sentence, "", "warning"))


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
            key, group = next(iter(grouped([(0, sound, [])]).items()))
            pool = PoolBuilder(build, kernel, key, group, build.where(name))
            pools[_free(key, pools)] = pool.by_kernel(kernel.kind.note_values)
    mix.inputs = {"signals": dict(pools)}
    return mix


def _mix(build: NodeBuilder) -> TreeNode:
    mix = build.context.new(build.id, build.tree.piece.vocabulary.types["mix"], build.model.place)
    build.id = mix.id
    return mix


def _started(
    build: NodeBuilder, notes: Sequence[StartedNote], paged: str, pattern: PatternOfNode | None
) -> dict[str, list[tuple[int, Note, list[StartedNote]]]]:
    """The sounds that are started, by parameter, as they are written there, each with its number and its notes.

    Of those that are made cycle by cycle the notes of the first cycles.
    """
    by_sound: dict[tuple[str, int], list[StartedNote]] = {}
    for note in [*notes, *(sampled_notes(paged, build.model.patterns[paged]) if pattern else ())]:
        by_sound.setdefault((note.parameter, note.sound), []).append(note)
    for number in sorted(pattern.pages.sounds) if pattern else ():
        by_sound.setdefault((paged, number), [])
    found: dict[str, list[tuple[int, Note, list[StartedNote]]]] = {}
    for name in dict.fromkeys(name for name, _ in by_sound):
        written = [sound for step in build.model.steps.get(name, ()) for sound in step]
        sounds = [(number, sound, by_sound.pop((name, number), None)) for number, sound in enumerate(written)]
        found[name] = [(number, sound, started) for number, sound, started in sounds if started is not None]
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

"""The alternatives of a pattern, of which each cycle plays one: by the section, by fills, and the first of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from waves.language.model.form.sections import unknown_section
from waves.language.tree.instantiate import NodeBuilder
from waves.language.tree.parts import section_values
from waves.language.tree.tree_node import Reference, Source
from waves.node_types.builtin.form.heeding import Fills
from waves.node_types.builtin.form.sections import FILL
from waves.notes import Note

EVERYWHERE = 15  # the bits of a note that plays with and without a fill, in the first cycle and later


@dataclass(frozen=True, slots=True)
class Alternatives:
    """The rows of notes that each step of a clock has: one for each section that matters, and of it those of fills."""

    sections: tuple[str, ...] = ()
    """Sections with rows of their own; all others have one more."""
    turns: int = 1
    """1; 2 with fills; 4 with a first cycle too."""
    settings: dict[str, Any] = field(default_factory=lambda: {"width": 1, "choices": 1, "turns": 1, "fill_every": 0})
    """Those of the clock."""
    inputs: dict[str, Source] = field(default_factory=lambda: {"choice": 0.0, "fill": 0.0})

    @property
    def count(self) -> int:
        """The rows of a step."""
        return (len(self.sections) + 1) * self.turns

    def rows(self, note: Note) -> list[int]:
        """The numbers of the rows in which a note stands."""
        turns, names = note.when or (EVERYWHERE, None)
        chosen = [k for k, name in enumerate([*self.sections, ""]) if names is None or name in names]
        return [k * self.turns + turn for k in chosen for turn in range(self.turns) if turns >> turn & 1]


PLAIN = Alternatives()


def alternatives_of(build: NodeBuilder, notes: Sequence[Note]) -> Alternatives:
    """The alternatives of some notes, and what chooses between them; in a note those of no section and no fill."""
    context, place = build.context, build.model.place
    song = context.song
    conditions = [note.when for note in notes if note.when]
    sections = tuple(dict.fromkeys(name for _, names in conditions for name in names or ()))
    unknown = [name for name in sections if song and name not in song.names]
    if sections and song is None:
        context.report(place.at_key(), "'pick: section' needs a 'song' around it")
    for name in unknown:
        build.tree.findings.append(unknown_section(name, song.names if song else (), place))
    if context.voice:
        return PLAIN
    settings: dict[str, Any] = {}
    inputs: dict[str, Source] = {"choice": 0.0, "fill": 0.0}
    if song and (sections or context.during or song.stops):
        names = context.during.names if context.during else song.names
        rows = {name: float(k) for k, name in enumerate(sections)}
        chosen = [rows.get(name, float(len(sections))) if name in names else -1.0 for name in song.names]
        gone = -1.0 if context.during else float(len(sections))
        inputs["choice"] = section_values(context, (-1.0, *chosen, gone), place)
        settings["choices"] = len(sections) + 1
        build.tree.heeded += 1
    turns = _turns([bits for bits, _ in conditions])
    if turns > 1:
        settings |= {"turns": turns, "fill_every": build.settings.get("fill", 0)}
        node = context.new(f"{build.id}.Fills", Fills, place)
        node.settings = {"cell": build.tree.cells[FILL]}
        node.inputs = {"gate": Reference(song.node, output="last") if song else 0.0}
        inputs["fill"] = node
    if settings:
        build.tree.ties += 1
        settings = {**PLAIN.settings, **settings}
        made = build.model.patterns.get("steps")
        if made and build.gives("interval") and made.width.denominator == 1:
            settings["width"] = int(made.width)
    return Alternatives(sections, turns, settings or PLAIN.settings, inputs)


def follows_song(build: NodeBuilder) -> bool:
    """Whether the sections of a song choose when the notes of a node begin, or count its cycles."""
    song = build.context.song
    return song is not None and bool(build.context.during or song.stops or build.settings.get("sync") == "section")


def _turns(conditions: Sequence[int]) -> int:
    """The rows that the turns of some notes need."""
    if any(bits & 3 != bits >> 2 for bits in conditions):
        return 4
    return 2 if any(bits != EVERYWHERE for bits in conditions) else 1

"""Builds a song: its sections, the names inside it, and its end."""

from __future__ import annotations

from dataclasses import replace

from waves.language.build.form.counted_bars import bar_names
from waves.language.model.form.sections import read_form
from waves.language.tree.instantiate import NodeBuilder
from waves.language.tree.song import Song
from waves.language.tree.tree_node import LazyValue, Reference, Source
from waves.node_types.builtin.form.heeding import EndWhenOver
from waves.node_types.builtin.form.sections import AT, SECTION, Sections

NAMES = {"section": "section", "section_bar": "number", "section_bars": "bars", "section_tick": "tick"}
"""The names inside a song, each with the output of its sections."""


def sung(build: NodeBuilder) -> Source:
    """The source of a `song`: its signal, built with the names of the song."""
    context, settings, findings = build.context, build.settings, build.tree.findings
    build.tree.ties += 1
    place = build.place_of("sections")
    form = read_form(
        settings.get("sections"), settings["order"], settings["loop"], place, build.place_of("order"), findings.append
    )
    if form is None or context.voice:
        if form:
            build.report("a song cannot be inside a note")
        return build.input("signal")
    node = context.new(f"{build.id}.Sections", Sections, build.model.place)
    tempo = context.transport
    node.settings = {
        "names": form.names,
        "spans": form.bars,
        "order": form.order,
        "ways": form.ways,
        "metre": tempo.metre.lengths,
        "metres": form.metres_in(tempo.metre),
        "call": build.tree.cells[SECTION],
        "grid": build.tree.cells[AT],
    }
    node.inputs = {name: tempo.source(name) for name in ("beats", "beat")}
    names = {name: LazyValue(lambda output=output: Reference(node, output=output)) for name, output in NAMES.items()}  # type: ignore[misc]
    song = Song(build.id, node, form.names, form.stops, tempo if node.settings["metres"] else None)
    bars = bar_names(context, build.id, build.model.place, LazyValue(lambda: node))
    if song.counts_bars_of:
        names |= bars
    elif context.counting_song:  # which has other bars
        names |= {name: tempo.names[name] for name in bars}
    build.context = replace(context.known(names), song=song, during=None)
    source = build.input("signal")
    end = context.new(build.id, EndWhenOver, build.model.place)
    end.inputs = {"signal": source, "gate": Reference(node, output="over")}
    return end

"""The example of a node type, played offline, and the cases that it makes: each node of the type with its inputs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from waves.app.performance.offline import default_seconds, offline_engine
from waves.app.terminal.compiling import compile_missing
from waves.audio.offline_render import chunks
from waves.audio.sample_loader import SampleCache
from waves.engine.compiler.compiler import Compiler
from waves.engine.graph.graph import Graph, Output, Row, Source
from waves.engine.plan.plan import needed_to_play
from waves.live.workspace.composer import Composer
from waves.live.workspace.composition import Composition
from waves.live.workspace.node_arrays import file_value, is_data
from waves.live.workspace.open_workspace import Opened
from waves.live.workspace.samples.kits import load_files
from waves.node import DataFile, File, Node
from waves.node_types.library import signature
from waves.node_types.library.catalogue import example
from waves.problem import Problem, Problems

LONGEST = 4.0  # seconds of an example that are played
FRAMES = 1024  # of a case
NOTE_ONLY = "is known only inside a note"

Array = np.ndarray[Any, Any]


@dataclass(slots=True)
class Heard:
    """The sounds of an example, and the cases that it makes."""

    sounds: dict[str, tuple[int, float, float]] = field(default_factory=dict)
    """By name of the sound: frames, peak, frames per second."""
    cases: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Parameters and options of a `Player` for each node of the type, by the name of its sound."""
    findings: list[Problem] = field(default_factory=list)


def hear_example(opened: Opened, name: str, kind: type[Node], compiler: Compiler) -> Heard:
    """Plays all sounds in the example of a node type. Raises Problems: where it has none, or a mistake in it."""
    text = example(kind)
    if not text:
        raise Problems(Problem(f"'{name}' has no example: indented lines in the text at the beginning of its file"))
    texts = {f"the example of {name}": text}
    composer = opened.composer()
    piece, problems = composer.read(texts)
    if wrong := [problem for problem in problems if problem.level == "error"]:
        raise Problems(wrong)
    heard, inside = Heard(), list[Problem]()
    for sound in piece.sounds:
        try:
            composition = composer.compose([(sound, {})], given=texts)
        except Problems as error:
            if all(NOTE_ONLY in problem.sentence for problem in error.problems):
                inside += error.problems  # it is heard in the sequence beside it
                continue
            raise
        heard.findings += [finding for finding in composition.findings if finding not in heard.findings]
        compile_missing(compiler, needed_to_play(composition.graph, "render"))
        _hear(heard, sound, kind, opened, composer, composition)
    if not heard.sounds:
        raise Problems(inside or [Problem(f"the example of '{name}' has no sound that plays")])
    return heard


def _hear(
    heard: Heard, sound: str, kind: type[Node], opened: Opened, composer: Composer, composition: Composition
) -> None:
    """Plays one sound of an example; what the nodes of the type read is recorded beside it."""
    graph = composition.graph
    rows = [row for row in graph.rows.values() if row.kind is kind and "#" not in row.key]
    sources = list(dict.fromkeys(source for row in rows for source in row.sources() if isinstance(source, Output)))
    recorded: list[Source] = [*graph.outputs, *sources]
    played = replace(composition, graph=replace(graph, outputs=recorded))
    seconds = default_seconds(composition)
    with offline_engine(played, composer, len(sources)) as engine:
        frames = np.concatenate([*chunks(engine, min(seconds or LONGEST, LONGEST))])
        main = engine.main_channels
    heard.sounds[sound] = (len(frames), float(np.abs(frames[:, :main]).max(initial=0.0)), composer.rate)
    signals = {source: _case_long(frames[:, main + k]) for k, source in enumerate(sources)}
    for row in rows:
        number = f" {rows.index(row) + 1}" if len(rows) > 1 else ""
        heard.cases[f"'{sound}'{number}"] = _given(row, signals, opened, composer.rate)
    for row in _rows_of_voices(graph):
        if row.kind is kind and "#" not in row.key:
            heard.cases.setdefault(f"'{sound}', a voice", _given(row, {}, opened, composer.rate))


def _rows_of_voices(graph: Graph) -> Iterator[Row]:
    """The rows of all voices of a graph."""
    for row in graph.rows.values():
        if row.voice:
            yield from row.voice.graph.rows.values()
            yield from _rows_of_voices(row.voice.graph)


def _case_long(signal: Array) -> Array:
    """The beginning of a signal, or all of it again and again."""
    return np.resize(signal, FRAMES) if signal.size else np.zeros(FRAMES)


def _given(row: Row, signals: dict[Output, Array], opened: Opened, rate: float) -> dict[str, Any]:
    """The parameters of a row, its inputs as they were recorded; in a voice a tone in their place."""
    tone = 0.5 * np.sin(np.arange(FRAMES) * (math.tau * 220.0 / rate))

    def heard(source: Source) -> Any:
        if isinstance(source, Output):
            return signals.get(source, tone)
        return None if source != source else source

    given: dict[str, Any] = {name: value for name, value in row.settings.items() if name in row.kind.model_fields}
    cache = SampleCache(opened.settings.SAMPLE_MB)
    for name in signature.parameter_names(row.kind, File, DataFile):
        if isinstance(text := given.get(name), str):
            data = is_data(row.kind, name)
            kit, _ = load_files(opened.workspace, opened.settings, cache, int(rate), text, data)
            given[name] = file_value(row.kind, name, kit.samples)
    given |= {name: heard(source) for name, source in row.inputs.items()}
    given |= {name: [*map(heard, entries.values())] for name, entries in row.lists.items()}
    options = {"rate": rate, "seed": row.seed}
    return {**{name: value for name, value in options.items() if name not in row.kind.model_fields}, **given}

"""No edit clicks: every parameter of every node type, and every change of structure, against the bound.

The bounds are those of `bench.clicks`: of the step, and of the energy that neither version has. The edits are made from
the node types themselves, so that a new type is tested without a line here, unless its parameters need particular
values or settings.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.clicks import AFTER, ALLOWED, MASKED, References
from tests.harness.engine_harness import lowered, mix, node
from tests.harness.session_harness import FADE, Player, compose, composer_for, save, shipped, step, write_sample
from waves.engine.graph.diff import compare
from waves.engine.graph.graph import Graph, Output
from waves.language.tree.tree_node import TreeNode
from waves.node import BLOCK, Channels, File, Node, Shared, Signal
from waves.node_types.library import signature
from waves.node_types.library.library import family
from waves.node_types.library.parameters import Parameter
from waves.node_types.library.parameters import parameters as declared
from waves.node_types.library.signature import hears

COMMITS = (30_016, 33_123, 36_001)  # frames; by then an echo of what plays from the start is in it
CHANNELS = 4

TONE = {"osc": {"freq": 110, "amp": 0.3}}
OTHER = {"osc": {"freq": 160, "amp": 0.4}}
VALUES: dict[str, tuple[Any, Any]] = {  # by unit
    "Hz": (300, 470),
    "factor": (0.3, 0.7),
    "position": (0.2, 0.5),
    "s": (0.2, 0.35),
    "cycles": (0.3, 0.6),
    "rad": (0.5, 2.0),
    "dB": (3, 12),
    "value": (0.2, 0.6),
    "number": (1, 2),
    "outputs": (0, 3),
    "passes": (1, 2),
    "voices": (8, 12),
    "beats per minute": (100, 130),
    "gate": (0.2, 0.8),
    "": (0.2, 0.8),
}
NOTES = ["blip f300", "blip f500", None, "blip f400"]
BLIP = {"osc": {"freq": "f", "amp": 0.3, "attack": 0.01, "release": 0.03, "duration": 0.09}}
PULSES = {"osc": {"type": "sqr", "freq": 9}}
BEATS = {"sequencer": {"interval": "beat / 4", "steps": NOTES}}
PARTICULAR: dict[str, tuple[Any, Any]] = {
    "osc.range": ([-0.5, 0.5], [0.1, 0.3]),
    "sample.chop": (0, 1),
    "sample.loop_start": (0.02, 0.06),
    "filter.slope": (12, 24),
    "select.test": (0, 1),
    "smooth.step": (0.0002, 0.0005),
    "smooth.time": (0.005, 0.03),
    "mix.signals": ([TONE], [TONE, OTHER]),
    "sequencer.steps": (NOTES, ["blip f300", None, "blip f450"]),
    "sequencer.chain": (NOTES, ["blip f300", None, "blip f450"]),
    "sequencer.interval": (0.06, 0.11),
    "sequencer.trigger": (PULSES, {"osc": {"type": "sqr", "freq": 7}}),
    "sequencer.reset": ({"osc": {"type": "sqr", "freq": 2}}, {"osc": {"type": "sqr", "freq": 3}}),
    "automation.steps": ([0.1, 0.5, 0.3], [0.2, 0.4]),
    "automation.trigger": (PULSES, {"osc": {"type": "sqr", "freq": 7}}),
    "automation.reset": ({"osc": {"type": "sqr", "freq": 2}}, {"osc": {"type": "sqr", "freq": 3}}),
    "automation.overlap": (0.02, 0.05),
    "tempo.signal": (BEATS, {"sequencer": {"interval": "beat / 3", "steps": NOTES}}),
    "tempo.metre": ("4/4", "3/4"),
    "tempo.device": ("a", "b"),
    "sequencer.fill": (4, 8),
    "song.sections": ({"a": 4, "b": 4}, {"a": 2}),
    "song.order": ("a b", "b a"),
}
BESIDE: dict[str, dict[str, Any]] = {  # settings that a node or one parameter needs to change the sound
    "osc": {"freq": 220},
    "osc.pulse_width": {"type": "sqr"},
    "osc.scale": {"type": "perlin"},
    "osc.seed": {"type": "noise"},
    "osc.naive": {"type": "saw", "freq": 3000},
    "osc.release": {"duration": 0.6},
    "osc.quality": {"type": "saw"},
    "filter.gain": {"type": "peak"},
    "delay.damping": {"feedback": 0.8},
    "delay.mode": {"time": {"osc": {"freq": 3, "range": [0.1, 0.12]}}},
    "delay.quality": {"time": 0.10001},
    "sample": {"loop": True},
    "song": {"sections": {"a": 4, "b": 4}},
    "sample.quality": {"speed": 0.7},
    "sample.freq": {"base_freq": 220},
    "sample.base_freq": {"freq": 220},
    "sample.chop": {"file": "samples"},
    "sample.slice": {"slices": 4},
    "sample.loop_start": {"loop_end": 0.1},
    "envelope": {"signal": TONE},
    "envelope.decay": {"sustain": 0.3},
    "envelope.sustain_duration": {"release": 0.1},
    "envelope.release": {"duration": 0.6},
    "smooth": {"signal": {"osc": {"type": "sqr", "freq": 20, "amp": 0.3}}},
    "sequencer": {"steps": NOTES, "interval": 0.07},
    "sequencer.legato": {"steps": [{"envelope": {"release": 0.02, "gate": "gate", "signal": TONE}}]},
    "sequencer.trigger": {"interval": None},
    "sequencer.cycle": {"interval": None, "steps": "blip*4"},
    "sequencer.chain": {"steps": None, "interval": None},
    "automation": {"interval": 0.07},
    "automation.trigger": {"interval": None},
    "automation.overlap": {"mode": "overlap"},
    "tempo": {"bpm": 120},
    "track.width": {"signal": {"track": {"pan": 0.6, "signal": TONE}}},
    "compress": {"gain": 0},  # what keeps the sound as loud follows in some seconds
    "multiply": {"number": 2, "signal": {"osc": {"freq": "100 * i", "amp": 0.1}}},
    "select": {"test": 0, "signals": [TONE, OTHER]},
    "spawn": {"trigger": PULSES, "signal": BLIP | {"osc": BLIP["osc"] | {"freq": 300}}},
    "vocoder": {"key": OTHER, "signal": {"osc": {"type": "saw", "freq": 110, "amp": 0.2}}},
    "tempo.metre": {"signal": {"sequencer": {"interval": "bar / 16", "steps": NOTES}}},
}
INSTEAD: dict[str, dict[str, Any]] = {  # where a parameter cannot just be left out
    "sequencer.steps": {"chain": NOTES, "interval": None},
    "sequencer.chain": {"steps": NOTES, "interval": 0.07},
    "sequencer.interval": {"trigger": PULSES},
    "sequencer.trigger": {"interval": 0.07},
}
EDITED = "automation delay envelope filter mix osc sample sequencer smooth song tempo track".split()
OTHERS = sorted(
    name
    for name, kind in shipped().items()
    if name not in EDITED and family(kind) not in ("control", "modulation", "tuning") and not hears(kind)
)
"""All other nodes that give a sound, and no value; the live input is silent here."""
TOGETHER = ("sequencer", "spawn", "reverb")  # notes and echoes of the piece before sound on
AT_ONCE: dict[str, Any] = {  # values of an edit of a whole node
    "multiply.number": 3,
    "reverb.freeze": None,  # what goes on to come into a room that is held rises for as long as it does
    "select.test": 1,
    "spawn.trigger": {"osc": {"type": "sqr", "freq": 7}},
}
SILENT = {  # parameters that change no frame here
    *("osc.freq_interpolation", "osc.amp_interpolation", "sample.overlap"),
    "envelope.end",  # changes the end of the piece
    "sequencer.voices",  # more than ever sound at once
    *("tempo.source", "tempo.device"),
    *("sequencer.sync", "automation.sync"),  # both are the same from the start of a piece
    "sequencer.fill",  # there is no step of a fill
    *("song.sections", "song.order", "song.loop"),  # nothing inside reads which section plays
}


@dataclass(frozen=True)
class Edit:
    title: str
    before: str
    after: str


def named(kind: str, parameter: str, given: dict[str, Any]) -> dict[str, Any]:
    """A piece of one node, with what the parameter needs beside it."""
    written = required(kind) | BESIDE.get(kind, {}) | BESIDE.get(f"{kind}.{parameter}", {}) | given
    return {kind: {name: value for name, value in written.items() if value is not None}}


def required(kind: str) -> dict[str, Any]:
    type_ = shipped()[kind]
    return {
        name: "samples/a.wav" if annotated(type_, name) is File else values(kind, name)[0]
        for name, info in type_.model_fields.items()
        if info.is_required() or annotated(type_, name) is File
    }


def annotated(kind: type[Node], name: str) -> Any:
    return signature.annotation(kind, name)


def values(kind: str, name: str) -> tuple[Any, Any]:
    type_ = shipped()[kind]
    if particular := PARTICULAR.get(f"{kind}.{name}"):
        return particular
    if name == "signal":
        return TONE, OTHER
    return VALUES[type_.model_fields[name].json_schema_extra["unit"]]  # type: ignore[index, call-overload]


def ways(kind: str, name: str) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Edits of a parameter: title, and what is written before and after."""
    annotation = annotated(shipped()[kind], name)
    optional = not shipped()[kind].model_fields[name].is_required()
    if annotation is File:
        yield "another file", {name: "samples/a.wav"}, {name: "samples/b.wav"}
    elif words := getattr(annotation, "__words__", ()):
        words = [word for word in words if word != "section"]  # of a song, which is not there
        for first, second in zip(words, [*words[1:], words[0]], strict=True):
            yield f"{first} to {second}", {name: first}, {name: second}
    elif annotation is bool:
        yield "off", {name: True}, {name: False}
        yield "on", {name: False}, {name: True}
    else:
        first, second = values(kind, name)
        yield "changed", {name: first}, {name: second}
        yield "changed back", {name: second}, {name: first}
        if optional:
            without = INSTEAD.get(f"{kind}.{name}", {}) | {name: None}
            yield "written", without, {name: first}
            yield "removed", {name: first}, without
        if annotation in (Signal, Channels) and name == "signal" and first is TONE:
            sides = {"track": {"pan": -0.7, "signal": first}}
            yield "to a number", {name: first}, {name: 0.4}
            yield "from a number", {name: 0.4}, {name: first}
            yield "mono to stereo", {name: first}, {name: sides}
            yield "stereo to mono", {name: sides}, {name: first}
        elif annotation is Signal and isinstance(first, float | int):
            lowest, highest = sorted((first, second))
            moving: Any = {"osc": {"freq": 3, "range": [lowest, highest]}}
            if name == "duration" or f"{kind}.{name}" == "automation.cycle":  # take no node
                moving = f"{lowest} + {highest - lowest} * cos(t)"
            yield "to a signal", {name: first}, {name: moving}
            yield "from a signal", {name: moving}, {name: second}


def piece(track: Any) -> str:
    return json.dumps({"my_sound": {"mix": {"a": track}}, "blip": {"context": {"f": 300, "signal": BLIP}}})


def parameters() -> list[str]:
    """Every parameter of some node types, as `osc.freq`; of the others the law of reloads is tried."""
    types = {name: kind for name, kind in shipped().items() if name in EDITED}
    return [
        f"{name}.{field}"
        for name, kind in types.items()
        for field in kind.model_fields
        if annotated(kind, field) is not Shared
    ]


def edits(parameter: str) -> Iterator[Edit]:
    kind, name = parameter.split(".")
    for title, before, after in ways(kind, name):
        texts = [piece(named(kind, name, given)) for given in (before, after)]
        yield Edit(f"{parameter}: {title}", *texts)


def edited_as_a_whole(kind: str) -> Edit:
    """An edit of all numbers and flags of a node at once, by half."""
    written = required(kind) | BESIDE.get(kind, {})
    given = {
        name: AT_ONCE.get(f"{kind}.{name}", other_value(one, written.get(name, one.default)))
        for name, one in declared(shipped()[kind]).items()
        if name not in ("seed", "out")
    }
    changed = {name: value for name, value in given.items() if value is not None}
    assert changed, "it has no number: an edit of it needs values in AT_ONCE"
    return Edit(kind, piece({kind: written}), piece({kind: written | changed}))


def other_value(parameter: Parameter, value: Any) -> Any:
    """A flag, or a number half as far again from 0, or back where the range ends; None for what is neither."""
    if parameter.form == "flag":
        return not value
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        return None
    step = 0.5 * abs(value) or 0.1
    step = max(round(step), 1) if parameter.form == "whole" else step
    return next((one for one in (value + step, value - step) if parameter.minimum <= one <= parameter.maximum), None)


def osc(freq: float, **more: Any) -> str:
    return json.dumps({"osc": {"freq": freq, "amp": 0.3, **more}})


LOW, HIGH = osc(110), osc(330)
SEQUENCE = "{sequencer: {interval: beat / 8, steps: [blip, blip, null]}}"
SHORT = json.dumps({"osc": BLIP["osc"] | {"freq": 300}})
STAIRS = "{osc: {freq: {automation: {interval: beat / 8, steps: [200, 300, 250]}}, amp: 0.3}}"
SWAYING = {"osc": {"freq": 2, "range": [0.1, 0.11]}}
LOOP = """
my_sound:
  mix:
    a: {osc: {freq: 200, phase: $b, amp: 0.3, id: a}}
    b: {osc: {freq: 90, phase: %s, amp: 0.3, id: b}}
"""
STRUCTURE = {
    "a node wrapped in a filter": (
        f"my_sound: {{mix: {{a: {LOW}}}}}",
        f"my_sound: {{mix: {{a: {{filter: {{cutoff: 300, signal: {LOW}}}}}}}}}",
    ),
    "a filter unwrapped": (
        f"my_sound: {{mix: {{a: {{filter: {{cutoff: 300, signal: {LOW}}}}}}}}}",
        f"my_sound: {{mix: {{a: {LOW}}}}}",
    ),
    "a track wrapped in a delay": (
        f"my_sound: {{mix: {{a: {LOW}, b: {HIGH}}}}}",
        f"my_sound: {{mix: {{a: {LOW}, b: {{delay: {{time: 0.1, mix: 0.5, signal: {HIGH}}}}}}}}}",
    ),
    "another type": (
        f"my_sound: {{mix: {{a: {LOW}}}}}",
        "my_sound: {mix: {a: {sample: {file: samples/a.wav, loop: true}}}}",
    ),
    "another processor": (
        f"my_sound: {{mix: {{a: {{filter: {{cutoff: 300, signal: {LOW}}}}}}}}}",
        f"my_sound: {{mix: {{a: {{smooth: {{time: 0.002, signal: {LOW}}}}}}}}}",
    ),
    "a track removed": (f"my_sound: {{mix: {{a: {LOW}, b: {HIGH}}}}}", f"my_sound: {{mix: {{a: {LOW}}}}}"),
    "a track added": (f"my_sound: {{mix: {{a: {LOW}}}}}", f"my_sound: {{mix: {{a: {LOW}, b: {HIGH}}}}}"),
    "a track added to a list": (
        f"my_sound: {{mix: {{signals: [{LOW}]}}}}",
        f"my_sound: {{mix: {{signals: [{HIGH}, {LOW}]}}}}",
    ),
    "other order": (
        f"my_sound: {{mix: {{a: {LOW}, b: {HIGH}}}}}",
        f"my_sound: {{mix: {{b: {HIGH}, a: {LOW}}}}}",
    ),
    "a track renamed": (f"my_sound: {{mix: {{a: {LOW}}}}}", f"my_sound: {{mix: {{b: {LOW}}}}}"),
    "mono to stereo": (
        f"my_sound: {{mix: {{a: {LOW}, b: {HIGH}}}}}",
        f"my_sound: {{mix: {{a: {{track: {{pan: -0.8, signal: {LOW}}}}}, b: {HIGH}}}}}",
    ),
    "stereo to mono": (
        f"my_sound: {{mix: {{a: {{track: {{pan: -0.8, signal: {LOW}}}}}, b: {HIGH}}}}}",
        f"my_sound: {{mix: {{a: {LOW}, b: {HIGH}}}}}",
    ),
    "a filter of mono to one of stereo": (
        f"my_sound: {{filter: {{cutoff: 900, signal: {HIGH}}}}}",
        f"my_sound: {{filter: {{cutoff: 900, signal: {{track: {{pan: 0.6, signal: {HIGH}}}}}}}}}",
    ),
    "a parameter of mono that becomes stereo": (
        f"my_sound: {{osc: {{freq: 200, phase: {osc(3)}}}}}",
        f"my_sound: {{osc: {{freq: 200, phase: {{track: {{pan: 0.6, signal: {osc(3)}}}}}}}}}",
    ),
    "a loop opened": (LOOP % "$a", LOOP % "0"),
    "a loop closed": (LOOP % "0", LOOP % "$a"),
    "a loop turned round": (LOOP % "$a * 0.5", LOOP % "$a * 0.2"),
    "a longer delay": (
        f"my_sound: {{delay: {{time: 0.1, feedback: 0.6, mix: 0.5, signal: {LOW}}}}}",
        f"my_sound: {{delay: {{time: 3, feedback: 0.6, mix: 0.5, signal: {LOW}}}}}",
    ),
    "a delay whose time begins to move": (
        f"my_sound: {{delay: {{time: 0.1, feedback: 0.6, mix: 0.5, signal: {LOW}}}}}",
        f"my_sound: {{delay: {{time: {json.dumps(SWAYING)}, feedback: 0.6, signal: {LOW}}}}}",
    ),
    "a sample of two channels": (
        "my_sound: {sample: {file: samples/a.wav, loop: true}}",
        "my_sound: {sample: {file: samples/b.wav, loop: true}}",
    ),
    "a sample of one channel": (
        "my_sound: {sample: {file: samples/b.wav, loop: true}}",
        "my_sound: {sample: {file: samples/a.wav, loop: true}}",
    ),
    "a constant of an expression": (
        "my_sound: {osc: {freq: 200 + 20 * sin(t), amp: 0.3}}",
        "my_sound: {osc: {freq: 250 + 20 * sin(t), amp: 0.3}}",
    ),
    "another expression": (
        "my_sound: {osc: {freq: 200, amp: 0.3 * sin(t * 20)}}",
        "my_sound: {osc: {freq: 200, amp: abs(0.3 * cos(t * 30))}}",
    ),
    "a name of a context": (
        "my_sound: {context: {v: 0.3, signal: {osc: {freq: 200, amp: v * 0.8 + 0 * t}}}}",
        "my_sound: {context: {v: 0.8, signal: {osc: {freq: 200, amp: v * 0.8 + 0 * t}}}}",
    ),
    "a point more in a list": (
        "my_sound: {osc: {freq: [200, 300], amp: 0.3, duration: 2}}",
        "my_sound: {osc: {freq: [200, [350, 0.4], 300], amp: 0.3, duration: 2}}",
    ),
    "a point less in a list": (
        "my_sound: {osc: {freq: 200, amp: [0, [0.8, 0.1], [0.1, 0.3], 0.5], duration: 2}}",
        "my_sound: {osc: {freq: 200, amp: [0, 0.5], duration: 2}}",
    ),
    "a point that moves": (
        "my_sound: {osc: {freq: 200, amp: [0.1, [0.2, 0.1], [0.8, 0.102], 0.1], duration: 2}}",
        "my_sound: {osc: {freq: 200, amp: [0.1, [0.2, 0.4], [0.8, 0.402], 0.1], duration: 2}}",
    ),
    "another reference": (
        f"my_sound: {{mix: {{a: {osc(200, id='x')}, b: {osc(300, id='y')}, c: $x * 0.5}}}}",
        f"my_sound: {{mix: {{a: {osc(200, id='x')}, b: {osc(300, id='y')}, c: $y * 0.5}}}}",
    ),
    "another sound in its place": (
        f"my_sound: {{mix: {{a: {{low: {{}}}}}}}}\nlow: {LOW}\nhigh: {HIGH}",
        f"my_sound: {{mix: {{a: {{high: {{}}}}}}}}\nlow: {LOW}\nhigh: {HIGH}",
    ),
    "a tempo put around": (
        f"my_sound: {SEQUENCE}\nblip: {SHORT}",
        f"my_sound: {{tempo: {{bpm: 93, signal: {SEQUENCE}}}}}\nblip: {SHORT}",
    ),
    "a tempo taken away": (
        f"my_sound: {{tempo: {{bpm: 93, signal: {STAIRS}}}}}",
        f"my_sound: {STAIRS}",
    ),
    "a sequencer beside": (
        f"my_sound: {{mix: {{a: {LOW}}}}}\nblip: {SHORT}",
        f"my_sound: {{mix: {{a: {LOW}, b: {SEQUENCE}}}}}\nblip: {SHORT}",
    ),
    "another sound in its steps": (
        f"my_sound: {SEQUENCE}\nblip: {SHORT}",
        f"my_sound: {SEQUENCE}\nblip: {{filter: {{cutoff: 200, signal: {SHORT}}}}}",
    ),
    "everything": (f"my_sound: {{mix: {{a: {LOW}}}}}", f"my_sound: {HIGH}"),
}


LONG = 18_000  # frames after an edit in which the echoes of the longest delay come out
LOUD = {  # edits whose excess is that of the sound itself, in dB
    "another expression": -18.0,  # the sign of a tone changes: in 40 ms -25, in 160 ms -48
    "sample.start: to a signal": -23.0,  # the place that plays jumps whenever it leaves the part
    "sample.chop": -36.0,  # another tone, twice as loud
    "vocoder": -33.0,  # other bands ring in where there were none
    "crush": -30.0,  # the tones that it adds glide with its rate
    "to a number": -38.0,  # a step of a constant
    "envelope.signal: removed": -36.0,
    "envelope.signal: written": -36.0,
}


class Table:
    """The piece of every text, and the worst measures."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.rows: list[tuple[float, float, str]] = []
        self.graph = cache(self._graph)
        write_sample(folder / "samples" / "a.wav", 220.0, 1.0)
        write_sample(folder / "samples" / "b.wav", 330.0, 0.7, channels=2)

    def _graph(self, text: str) -> Graph:
        save(self.folder, text)
        return compose(composer_for(self.folder, CHANNELS=CHANNELS)).graph

    def measured(self, edit: Edit, commits: Sequence[int] = COMMITS) -> tuple[float, float]:
        """The largest step of a reload over its bound, and its excess in dB; the worst of all commits."""
        graphs = self.graph(edit.before), self.graph(edit.after)
        after = LONG if edit.title.startswith("delay.") else AFTER
        alone = (Player(graph, channels=CHANNELS).play(max(COMMITS) + after) for graph in graphs)
        references = References(*alone, together=any(one in edit.before + edit.after for one in TOGETHER))
        reloads = [(reload(*graphs, commit, after), commit, after) for commit in commits]
        worst = (
            max(references.step(*one) for one in reloads),
            max(references.excess(*one) for one in reloads),
        )
        self.rows.append((*worst, edit.title))
        return worst

    def is_soft(self, edit: Edit, commits: Sequence[int] = COMMITS) -> bool:
        """Whether an edit is within both bounds."""
        largest, excess = self.measured(edit, commits)
        loud = next((level for name, level in LOUD.items() if name in edit.title), MASKED)
        return largest <= ALLOWED and excess <= loud

    def differs(self, edit: Edit) -> bool:
        first, second = (Player(self.graph(text), channels=CHANNELS).play(50_000) for text in (edit.before, edit.after))
        return not np.array_equal(first, second)

    def show(self) -> None:
        print(f"\n{len(self.rows)} kinds of edit, each at {len(COMMITS)} places; the worst steps over their bound:")
        for worst, excess, title in sorted(self.rows, reverse=True)[:25]:
            print(f"{worst:8.3f} {excess:8.1f} dB  {title}")
        print("the worst by excess:")
        for worst, excess, title in sorted(self.rows, key=lambda row: -row[1])[:25]:
            print(f"{worst:8.3f} {excess:8.1f} dB  {title}")


def reload(old: Graph, new: Graph, commit: int, after: int) -> np.ndarray[Any, Any]:
    """What is heard from the start until some frames after the commit of another graph at a frame."""
    player = Player(old, channels=CHANNELS)
    before = player.play_to(commit - 2 * BLOCK)
    player.offer(new, at=commit)
    return np.concatenate([before, player.play_to(commit + after)])


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Table]:
    table = Table(tmp_path_factory.mktemp("clicks"))
    yield table
    table.show()


@pytest.mark.parametrize("parameter", parameters())
def test_no_edit_of_a_parameter_clicks(table: Table, parameter: str):
    made = list(edits(parameter))
    clicks = [edit.title for edit in made if not table.is_soft(edit)]
    assert not clicks
    differs = any(table.differs(edit) for edit in made)
    assert differs or parameter in SILENT, "no edit changes the sound: it needs other settings in BESIDE"


@pytest.mark.parametrize("kind", OTHERS)
def test_no_edit_of_a_whole_node_clicks_while_it_sounds(table: Table, kind: str):
    edit = edited_as_a_whole(kind)
    assert table.is_soft(edit, COMMITS[1:2]), table.rows[-1]
    assert table.differs(edit)


@pytest.mark.parametrize("title", STRUCTURE)
def test_no_edit_of_the_structure_clicks(table: Table, title: str):
    edit = Edit(title, *STRUCTURE[title])
    assert table.differs(edit) or title in ("other order", "a track renamed")
    assert table.is_soft(edit)


def test_the_bound_is_below_a_click(table: Table):
    """The same edits cut instead of faded are above it, or the table would show nothing."""
    edit = Edit("", piece(json.loads(LOW)), piece(json.loads(osc(110, type="tri", phase=2))))
    old, new = table.graph(edit.before), table.graph(edit.after)
    player = Player(old, channels=CHANNELS)
    before = player.play(6400)
    player.offer(new, 0)
    cut = np.vstack([before, player.play(640)])
    assert step(cut) > 5 * (step(before) + 2 * np.abs(cut).max() / FADE)


# Structure of a transition


def echo(id: str, source: Any) -> TreeNode:
    return node(id, "echo", signal=source, frames=100.0)


def test_a_kept_row_reads_a_fade_from_the_old_source_to_the_new_one():
    old = lowered(node("osc", "osc", freq=0.5))
    new = lowered(node("osc", "osc", freq=node("lfo", "osc", freq=3.0)))
    transition = compare(old, new, FADE)
    rows = transition.moving.rows
    assert (transition.kept, transition.new, transition.glided) == ({"osc"}, {"lfo"}, 0)
    assert list(rows) == ["lfo", "fade0", "osc"]
    assert rows["fade0"].inputs == {"old": 0.5, "new": Output("lfo")} and rows["osc"].inputs["freq"] == Output("fade0")


def test_a_changed_row_runs_twice_as_long_as_its_reader_fades():
    old, new = (lowered(mix(a=node("osc", "osc", freq=100.0, type=word))) for word in ("sin", "tri"))
    transition = compare(old, new, FADE)
    rows = transition.moving.rows
    assert (transition.changed, transition.kept) == ({"osc"}, {"root"})
    assert rows["~osc"].settings["type"] == "sin" and rows["osc"].settings["type"] == "tri"
    assert rows["fade0"].inputs == {"old": Output("~osc"), "new": Output("osc")}


def test_rows_of_a_loop_that_only_the_transition_has_run_twice():
    source = node("s", "osc", freq=300.0)
    old, new = lowered(echo("q", echo("p", source))), lowered(echo("p", echo("q", source)))
    transition = compare(old, new, FADE)
    assert transition.changed == {"p", "q"} and {"~p", "~q"} < transition.moving.rows.keys()
    rows = transition.moving.rows
    p, q = (rows[rows[key].inputs["signal"].key].inputs for key in "pq")
    assert p == {"old": Output("s"), "new": Output("q")} and q == {"old": Output("~p"), "new": Output("s")}


def test_an_unchanged_graph_is_an_idle_transition():
    assert compare(*(lowered(mix(a=node("osc", "osc", freq=100.0))) for _ in range(2)), FADE).is_idle

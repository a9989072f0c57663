"""Random pieces, made of the node types of the library; the same seed gives the same piece.

Every piece has a track `steady` that always sounds, and a track `apart` on outputs of its own; no edit touches these.
Feedback goes through a sine, so that no level grows without limit.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

TRACKS = "my_sound"
FIXED = ("steady", "apart")  # tracks that no edit touches
SAMPLE = "samples/a.wav"
VOICES = ("blip", "pluck", "roll")  # played by notes
PATCHES = ("inner", "outer")  # used like nodes
OWN = "own_blip"  # what `apart` plays
REFERENCE = re.compile(r"\$(\w+)")
NAME = re.compile(r"\bk\d+\b")  # of a context


@dataclass(frozen=True, eq=False)
class Written:
    """A node as it is written. `uid` stays the same through all versions of a piece, whatever else changes."""

    uid: int
    kind: str
    given: dict[str, Any] = field(default_factory=dict)

    def with_(self, **given: Any) -> Written:
        return replace(self, given={**self.given, **given})

    def nodes(self) -> Iterator[Written]:
        """This node and all nodes inside it."""
        yield self
        for value in self.given.values():
            yield from _inside(value)

    def edited(self, change: Callable[[Written], Any]) -> Any:
        """A copy with every node changed, inner nodes first."""
        return change(replace(self, given={key: _edited(value, change) for key, value in self.given.items()}))


def _inside(value: Any) -> Iterator[Written]:
    if isinstance(value, Written):
        yield from value.nodes()
    elif isinstance(value, list):
        for one in value:
            yield from _inside(one)


def _edited(value: Any, change: Callable[[Written], Any]) -> Any:
    if isinstance(value, Written):
        return value.edited(change)
    return [_edited(one, change) for one in value] if isinstance(value, list) else value


@dataclass(frozen=True, eq=False)
class Piece:
    """Sounds by name, the one that plays first, and constants."""

    sounds: dict[str, Written]
    constants: dict[str, float]

    @property
    def mix(self) -> Written:
        """The outermost mix."""
        return next(node for node in self.sounds[TRACKS].nodes() if node.kind == "mix" and FIXED[0] in node.given)

    @property
    def ids(self) -> list[str]:
        """Ids that any track may refer to."""
        return [node.given["id"] for node in self.sounds[TRACKS].nodes() if "id" in node.given]

    def edited(self, change: Callable[[Written], Any]) -> Piece:
        return replace(self, sounds={name: sound.edited(change) for name, sound in self.sounds.items()})

    def with_mix(self, tracks: dict[str, Any]) -> Piece:
        uid = self.mix.uid
        return self.edited(lambda node: replace(node, given=tracks) if node.uid == uid else node)

    def tied(self) -> Piece:
        """A copy with numbers in place of ids that are gone, and of names that are not known where they are read."""
        ids = {*self.ids, "own"}
        return replace(self, sounds={name: _tied(sound, ids, frozenset()) for name, sound in self.sounds.items()})

    @property
    def text(self) -> str:
        return self.written()[0]

    def written(self) -> tuple[str, dict[int, int]]:
        """The text, and the line of every node, counted from 1."""
        lines = [f"vars: {json.dumps(self.constants)}"]
        places: dict[int, int] = {}
        for name, sound in self.sounds.items():
            lines.append(f"{name}:")
            _write(sound, "  ", "  ", lines, places)
        return "\n".join(lines) + "\n", places


def _tied(value: Any, ids: set[str], names: frozenset[str]) -> Any:
    if isinstance(value, str):
        value = REFERENCE.sub(lambda found: found[0] if found[1] in ids else "0.1", value)
        return NAME.sub(lambda found: found[0] if found[0] in names else "0.5", value)
    if isinstance(value, list):
        return [_tied(one, ids, names) for one in value]
    if not isinstance(value, Written):
        return value
    names |= {key for key in value.given if NAME.fullmatch(key)}
    given = {key: _tied(one, ids, names) for key, one in value.given.items()}
    if value.kind == "reference" and given["ref"] not in ids:
        given["ref"] = FIXED[0]
    return replace(value, given=given)


def _scalar(value: Any) -> str:
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z][\w/.]*", value):
        return value
    return json.dumps(value)


def _write(node: Written, first: str, pad: str, lines: list[str], places: dict[int, int]) -> None:
    places[node.uid] = len(lines) + 1
    if not any(True for value in node.given.values() for _ in _inside(value)):
        inside = ", ".join(f"{key}: {_scalar(value)}" for key, value in node.given.items())
        lines.append(f"{first}{node.kind}: {{{inside}}}")
        return
    lines.append(f"{first}{node.kind}:")
    for key, value in node.given.items():
        if isinstance(value, Written):
            lines.append(f"{pad}  {key}:")
            _write(value, f"{pad}    ", f"{pad}    ", lines, places)
        elif any(True for _ in _inside(value)):
            lines.append(f"{pad}  {key}:")
            for one in value:
                if isinstance(one, Written):
                    _write(one, f"{pad}    - ", f"{pad}      ", lines, places)
                else:
                    lines.append(f"{pad}    - {_scalar(one)}")
        else:
            lines.append(f"{pad}  {key}: {_scalar(value)}")


class Writer:
    """Writes nodes at random."""

    def __init__(self, chance: random.Random, uids: count[int], ids: list[str]):
        self.chance, self.uids, self.ids = chance, uids, ids
        self.names: tuple[str, ...] = ()  # known to expressions
        self.voice = False  # inside a note, whose pitch is known
        self.uses: tuple[str, ...] = ()  # patches that may be used
        self.steps = VOICES  # what a sequence may play
        self.moves = True  # `$name` may be written

    def enter(self, sound: str) -> None:
        """Write in a sound from now on."""
        self.moves, self.names = sound == TRACKS, ()
        self.voice, self.uses, self.steps = PLACES.get(sound, (False, (), (sound,)))

    def node(self, kind: str, **given: Any) -> Written:
        return Written(next(self.uids), kind, {key: value for key, value in given.items() if value is not None})

    def number(self, low: float, high: float) -> float:
        return round(self.chance.uniform(low, high), 4)

    def one_in(self, n: int) -> bool:
        return self.chance.randrange(n) == 0

    def given(self, kind: str, name: str, depth: int) -> Any:
        """A random value for a parameter of a node."""
        return GIVEN[kind][name](self, depth)

    def some(self, kind: str, depth: int, always: str = "", sometimes: str = "") -> Written:
        """A node with all parameters of the first list, and some of the second."""
        names = [*always.split(), *(name for name in sometimes.split() if self.one_in(2))]
        node = self.node(kind)
        for name in names:
            node.given[name] = self.given(kind, name, depth)
        return node

    def sound(self, depth: int) -> Written:
        """A node that makes a sound."""
        kinds = ("osc", "osc", "sample")
        if depth > 0:
            kinds += ("filter", "delay", "smooth", "envelope", "mix", "track", "context", "expression", "sequencer")
            kinds += ("patch",) * bool(self.uses) + ("tempo",) + ("reference",) * self.moves
        return getattr(self, f"a_{self.chance.choice(kinds)}")(depth)

    def a_osc(self, depth: int) -> Written:
        node = self.some("osc", depth, "type freq amp", "phase pulse_width")
        if self.moves and not self.voice and self.one_in(2):
            node.given["id"] = f"n{node.uid}"
            self.ids.append(node.given["id"])
        if not self.voice and self.one_in(10):
            return node.with_(freq=[self.number(60, 900) for _ in range(3)], duration=self.number(0.05, 9))
        return node

    def a_sample(self, depth: int) -> Written:
        node = self.some("sample", depth, "speed", "start")
        return node.with_(file=SAMPLE, loop=True)

    def a_filter(self, depth: int) -> Written:
        return self.some("filter", depth, "type cutoff signal", "peak gain")

    def a_delay(self, depth: int) -> Written:
        return self.some("delay", depth, "time signal", "feedback mix mode")

    def a_smooth(self, depth: int) -> Written:
        return self.some("smooth", depth, f"{self.chance.choice(('time', 'step'))} signal")

    def a_envelope(self, depth: int) -> Written:
        return self.some("envelope", depth, f"{self.chance.choice(('trigger', 'gate'))} decay sustain signal", "attack")

    def a_mix(self, depth: int) -> Written:
        sounds = [self.sound(depth - 1) for _ in range(self.chance.randint(1, 3))]
        if self.one_in(2):
            return self.node("mix", signals=sounds)
        return self.node("mix", **{f"part{sound.uid}": sound for sound in sounds})

    def a_track(self, depth: int) -> Written:
        return self.some("track", depth, "pan signal", "volume")

    def a_context(self, depth: int) -> Written:
        names, name = self.names, f"k{next(self.uids)}"
        node = self.node("context", **{name: self.moving(0.2, 1.0, depth - 1)})
        self.names += (name,)
        node.given["signal"] = self.sound(depth - 1)
        self.names = names
        return node

    def a_expression(self, depth: int) -> Written:
        exp = self.chance.choice(("0.5 * x + 0.3 * y", "x * abs(y)", "0.4 * sin(3 * x + y)"))
        return self.node("expression", exp=exp, x=self.sound(depth - 1), y=self.sound(depth - 1))

    def a_reference(self, depth: int) -> Written:
        ref = self.node("reference", ref=self.chance.choice(self.ids))
        return self.node("expression", exp=f"{self.number(0.1, 0.4)} * sin(2 * x)", x=ref)

    def a_patch(self, depth: int) -> Written:
        name = self.chance.choice(self.uses)
        return self.some(name, depth, "", "a b")

    def a_sequencer(self, depth: int) -> Written:
        return self.some("sequencer", depth, "interval steps", "swing voices")

    def a_tempo(self, depth: int) -> Written:
        return self.node("tempo", bpm=round(self.number(80, 160)), signal=self.sound(depth - 1))

    def moving(self, low: float, high: float, depth: int) -> Any:
        """A value between two others: a number, an expression or a node."""
        middle, half = round((low + high) / 2, 4), round((high - low) / 2, 4)
        kind = self.chance.randrange(12) if depth > 0 else self.chance.randrange(8)
        match kind:
            case 4:
                return f"{middle} + {half} * sin(t * {self.number(3, 60)})"
            case 5:
                return f"rand({low}, {high})"
            case 6 if self.names:
                return f"{middle} + {half} * clip({self.chance.choice(self.names)}, -1, 1)"
            case 6 if self.moves:
                return f"{low} + {half} * wide"
            case 7 if self.moves:
                return f"{middle} + {half} * sin(2 * ${self.chance.choice(self.ids)})"
            case 8:
                return self.node("osc", type=self.given("osc", "type", 0), freq=self.number(0.5, 20), range=[low, high])
            case 9:
                steps = [self.number(low, high) for _ in range(3)] + [
                    self.chance.choice((None, f"rand({low}, {high})"))
                ]
                mode = self.chance.choice(("step", "ramp", "overlap"))
                return self.node("automation", mode=mode, interval=self.interval(), steps=steps)
            case 10:
                gate = self.node("osc", type="sqr", freq=self.number(3, 15), range=[low, high])
                return self.node("smooth", time=self.number(0.002, 0.05), signal=gate)
            case 11:
                trigger = self.node("osc", type="sqr", freq=self.number(3, 15))
                shape = self.node("envelope", trigger=trigger, decay=self.number(0.02, 0.2), sustain=self.number(0, 1))
                return self.node("expression", exp=f"{low} + {2 * half} * x", x=shape)
        return self.number(low, high)

    def interval(self) -> Any:
        return self.chance.choice((self.number(0.03, 0.2), "sixteenth", "beat / 6"))

    def word(self, words: str) -> str:
        return self.chance.choice(words.split())

    def pitch(self, depth: int) -> Any:
        if self.voice and not self.one_in(4):
            return f"f * {self.number(0.5, 2)}"
        return self.moving(60, 900, depth)

    def phase(self, depth: int) -> Any:
        """Often a reference to another node, so that loops are made and opened."""
        if self.moves and not self.one_in(3):
            return f"{self.number(0.2, 3)} * ${self.chance.choice(self.ids)}"
        return self.moving(0, 3, depth)

    def step_list(self, depth: int) -> list[Any]:
        steps: list[Any] = []
        for _ in range(self.chance.randint(2, 5)):
            note = f"{self.chance.choice(self.steps)} f{self.chance.randint(100, 900)}"
            other = f"{self.chance.choice(self.steps)} v.{self.chance.randint(2, 9)}"
            steps.append(self.chance.choice((note, other, None, f"{note}, {other}")))
        if depth > 1 and not self.voice:
            wave, freq = self.given("osc", "type", 0), [self.number(200, 900), self.number(60, 200)]
            steps.append(self.node("osc", type=wave, freq=freq, amp=[self.number(0.05, 0.2), 0], duration=0.1))
        return steps if any(steps) else [f"{self.steps[0]} f330"]

    def gate(self, depth: int) -> Any:
        return self.node("osc", type="sqr", freq=self.number(2, 20))


Value = Callable[[Writer, int], Any]


def _between(low: float, high: float) -> Value:
    return lambda writer, depth: writer.moving(low, high, depth - 1)


def _signal(writer: Writer, depth: int) -> Any:
    return writer.sound(depth - 1)


WAVES = "sin cos tri sqr saw ramp noise perlin wander"
FILTERS = "lowpass highpass bandpass notch peak lowshelf highshelf allpass"
GIVEN: dict[str, dict[str, Value]] = {  # parameters that edits change, with random values for each
    "osc": {
        "type": lambda writer, depth: writer.word(WAVES),
        "freq": lambda writer, depth: writer.pitch(depth - 1),
        "amp": _between(0.03, 0.15),
        "phase": lambda writer, depth: writer.phase(depth - 1),
        "pulse_width": _between(0.2, 0.8),
    },
    "sample": {"speed": _between(0.5, 1.5), "start": lambda writer, depth: writer.number(0, 0.4)},
    "filter": {
        "type": lambda writer, depth: writer.word(FILTERS),
        "cutoff": _between(200, 3000),
        "peak": _between(0, 0.5),
        "gain": _between(-6, 6),
        "signal": _signal,
    },
    "delay": {
        "time": lambda writer, depth: writer.number(0.005, 0.25),
        "feedback": _between(0, 0.6),
        "mix": _between(0.2, 0.7),
        "mode": lambda writer, depth: writer.word("DIGITAL TAPE"),
        "signal": _signal,
    },
    "smooth": {"time": _between(0.0002, 0.003), "step": _between(0.005, 0.05), "signal": _signal},
    "envelope": {
        "trigger": Writer.gate,
        "gate": Writer.gate,
        "attack": _between(0, 0.02),
        "decay": _between(0.02, 0.2),
        "sustain": _between(0.1, 0.8),
        "signal": _signal,
    },
    "track": {"pan": _between(-0.8, 0.8), "volume": _between(0.3, 0.9), "signal": _signal},
    "sequencer": {
        "interval": lambda writer, depth: writer.interval(),
        "steps": lambda writer, depth: writer.step_list(depth),
        "swing": _between(-0.3, 0.3),
        "voices": lambda writer, depth: writer.chance.choice((1, 2, 8)),
    },
    "automation": {
        "interval": lambda writer, depth: writer.interval(),
        "mode": lambda writer, depth: writer.word("step ramp overlap"),
    },
    "reference": {"ref": lambda writer, depth: writer.chance.choice(writer.ids)},
    "tempo": {"bpm": lambda writer, depth: round(writer.number(80, 160))},
} | {name: {"a": _between(60, 900), "b": _between(0.02, 0.1)} for name in PATCHES}


PLACES: dict[str, tuple[bool, tuple[str, ...], tuple[str, ...]]] = {  # is a sound a note, what it may use, and play
    TRACKS: (False, PATCHES, VOICES),
    "inner": (False, (), ("blip",)),
    "outer": (False, ("inner",), ("blip",)),
    "blip": (True, (), ("blip",)),
    "pluck": (True, PATCHES, ("blip",)),
    "roll": (True, (), ("blip",)),
}


def patches(writer: Writer) -> dict[str, Written]:
    """Sounds that are used like nodes, one with a loop of its own, one that uses the other."""
    writer.enter("inner")
    ring = writer.node("osc", id="own", freq="a", phase=f"{writer.number(0.3, 2)} * $own", amp="b")
    inner = writer.node("context", a=writer.number(100, 500), b=0.06, signal=ring)
    writer.enter("outer")
    parts = {"one": writer.node("inner", a="a * 1.5", b="b"), "two": writer.sound(2)}
    outer = writer.node("context", a=writer.number(100, 500), b=0.05, signal=writer.node("mix", **parts))
    return {"inner": inner, "outer": outer}


def notes(writer: Writer) -> dict[str, Written]:
    """Sounds for notes."""
    duration = writer.number(0.03, 0.2)
    writer.enter("blip")
    blip = writer.a_osc(2).with_(duration=duration, release=round(duration / 2, 4), amp="0.1 * v")
    writer.enter("pluck")
    pluck = writer.node("envelope", attack=0.002, release=0.1, duration=duration, signal=writer.sound(2))
    steps = ["blip f440", "blip f330", "blip f220"]
    return {"blip": blip, "pluck": pluck, "roll": writer.node("sequencer", repeat=1, interval=0.03, steps=steps)}


def piece(seed: int, tracks: list[int]) -> tuple[Piece, Writer]:
    """A piece with a track for each seed in `tracks`, and the writer that goes on writing it."""
    writer = Writer(random.Random(seed), count(1), [FIXED[0]])
    sounds = patches(writer) | notes(writer)
    steady = writer.node("osc", id=FIXED[0], freq=97.3, amp=0.05)
    writer.enter(OWN)
    own = {OWN: writer.node("osc", freq="f", amp="0.1 * v", duration=0.1, release=0.05)}
    inside = {f"part{k}": writer.sound(3) for k in range(2)} | {"notes": writer.a_sequencer(2)}
    apart = writer.node("track", out=3, pan=writer.number(-0.5, 0.5), signal=writer.node("mix", **inside))
    mix = writer.node("mix", steady=steady, apart=apart)
    writer.enter(TRACKS)
    for number in tracks:
        writer.chance = random.Random(number)
        sound = writer.sound(3)
        mix.given[f"t{sound.uid}"] = sound
    made = {TRACKS: writer.node("tempo", bpm=120, signal=mix) if seed % 3 == 0 else mix}
    return Piece(made | sounds | own, {"wide": 0.5}).tied(), writer

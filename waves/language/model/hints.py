"""Warnings about values that are allowed and almost never meant, with what is probably wished."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from waves.language.expression.builtin_names import NOTE_LENGTHS, note_frequency
from waves.language.expression.measures import CONVERTED, Measure
from waves.language.model.models import NodeModel, Number, Place, Text, Value, WrittenParameter
from waves.language.model.suggestions import parameter_meant
from waves.node_types.contract.other_names import OTHER_NODES
from waves.node_types.library.parameters import Parameter, names_values, parameters

LOUD = 1000.0  # factor: 60 dB
MOST_VOLUME = 16.0  # factor: 24 dB; what is above it was meant in percent
HIGHEST = 20_000.0  # Hz that anybody hears
UNHEARD = 20.0  # Hz that a cutoff may move without being heard
LONG = 50.0  # s of a sound in a step
RINGS, SLOW = 100.0, 4.0  # times the length of a note: what rings may be long, what rises to nothing is no wish
DECIBELS = (-60.0, -3.0)  # a factor in this range was meant in dB
LENGTHS_OF_SCORES = {float(count): NOTE_LENGTHS[count] for count in (4, 8, 16, 32)}  # a quarter, an eighth …
FRACTION = re.compile(r"\s*1\s*/\s*(\d+)\s*")
PARTS = re.compile(r"\s*([1-9]\d?)\s*/\s*(4|8|16|32)\s*")  # of a whole note
CALL = re.compile(r"\s*(\w+)\s*\((.*)\)\s*", re.DOTALL)
TERM = re.compile(r"\s*[-\w.$#]*\s*")  # what needs no brackets in a product
MEASURED = frozenset({"s", "Hz", "dB", "semitones", "cents", "octaves", "rad", "percent", "beats", "bars"})
MEASURED |= {"beats per minute", "frames per s", "bits", "MIDI"}  # units of which no factor is a value
GIVES = {"db": "dB", "st": "semitones", "ms": "s"}  # functions of a unit, and what each means by its number
POSITION = re.compile(r"\s*(?:\d+\.?\d*\s*\*\s*)?beats(?:\s*[*/]\s*\d+\.?\d*)?\s*")


class Hint(NamedTuple):
    """A warning at a place."""

    place: Place
    sentence: str
    suggestion: str = ""
    column: int = 0


def hints(model: NodeModel) -> Iterator[Hint]:
    """The hints for the parameters of one node."""
    for name in ("volume", "amp"):
        for one in _numbers(model.signals.get(name)):
            if name == "volume" and one.value > MOST_VOLUME:
                meant = f"'{one.value / 100:g}'" if one.value <= 100.0 else ""
                yield _louder("'volume'", one, meant)
            yield from _in_decibels(f"'{name}'", one)
    for name, value in model.lists.get("send", {}).items():
        for one in _numbers(value):
            yield from _in_decibels(f"what goes to '{name}'", one)
    for one in _numbers(model.signals.get("freq")) if model.name == "osc" else ():
        if abs(one.value) > HIGHEST:
            sentence = f"'freq' is in Hz: nobody hears {abs(one.value):g} Hz, and few devices can play it"
            yield Hint(one.place, sentence, column=one.column)
    yield from _interval(model.signals.get("interval"))
    for name in ("time", "predelay"):
        yield from _part_of_whole_note(name, model.signals.get(name), parameters(model.kind).get(name))
    yield from _struck_once(model.signals.get("key"))
    yield from _cutoff(model.signals.get("cutoff"))
    if model.name != "mix" and not names_values(model.kind):
        for name, value in model.free.items():
            if name.startswith("_"):
                sentence = f"'{name}' plays: '_' makes a part of a 'mix' silent, not one of '{model.name}'"
                yield Hint(value.place.at_key(), sentence)


def loud_parts(value: Value | None) -> Iterator[Hint]:
    """The hints for amplitudes that nobody wants to hear, in what a sound is heard through."""
    while isinstance(value, NodeModel):
        for amp in _numbers(value.signals.get("amp")):
            if abs(amp.value) >= LOUD:
                yield _louder("'amp'", amp)
        if not names_values(value.kind):
            for part in (*value.free.values(), *value.lists.get("signals", {}).values()):
                yield from loud_parts(part)
        value = value.signals.get("signal")


def chords(sound: str, given: Mapping[str, WrittenParameter]) -> Iterator[Hint]:
    """The hints for lists of notes that are given to a sound: they glide."""
    for data, place in given.values():
        if isinstance(data, list) and len(data) > 2 and all(map(_is_note, data)):
            sentence = f"a list glides from note to note; for a chord, '{sound}' plays once for each note"
            yield Hint(place, sentence)


def _is_note(value: object) -> bool:
    return isinstance(value, str) and note_frequency(value.strip()) is not None


def texts_of(model: NodeModel) -> Iterator[Text]:
    """The expressions in the list of a node that gives one value after another."""
    for key in model.orders:
        yield from (one for one in model.lists[key].values() if isinstance(one, Text))


def values_of(model: NodeModel) -> Iterator[Number]:
    """The numbers that a node gives one after another, as they are written: those of a list, or of a pattern."""
    for key in model.orders:
        yield from (one for one in model.lists[key].values() if isinstance(one, Number) and not math.isnan(one.value))
    for made in model.patterns.values():
        yield from made.values


def _numbers(value: Value | None) -> Iterable[Number]:
    """A constant, or the numbers of a node that gives one after another."""
    return [value] if isinstance(value, Number) else values_of(value) if isinstance(value, NodeModel) else ()


def _louder(what: str, one: Number, meant: str = "") -> Hint:
    """The hint for a factor that makes loud."""
    decibels = f"{20.0 * math.log10(abs(one.value)):.0f}"
    return Hint(one.place, f"{what} is a factor, and {one.value:g} is louder by {decibels} dB", meant, one.column)


def _in_decibels(what: str, one: Number) -> Iterator[Hint]:
    """The hint for a factor that was meant in dB."""
    if DECIBELS[0] <= one.value <= DECIBELS[1]:
        yield _louder(what, one, f"'db({one.value:g})'")


def _interval(value: Value | None) -> Iterable[Hint]:
    if isinstance(value, Number) and (length := LENGTHS_OF_SCORES.get(value.value)):
        yield Hint(value.place, f"'interval' is in seconds: a step of {value.value:g} s", f"'{length}'")
    if not isinstance(value, Text):
        return
    text = value.parsed.text
    if (match := FRACTION.fullmatch(text)) and (length := NOTE_LENGTHS.get(int(match[1]))):
        yield Hint(
            value.place, f"'interval' is in seconds, and {text.strip()} is {1 / int(match[1]):g} s", f"'{length}'"
        )
    elif POSITION.fullmatch(text):
        sentence = "'beats' is the position in the music, 'beat' the length of a beat"
        yield Hint(value.place, sentence, f"'{text.strip().replace('beats', 'beat')}'")


def _part_of_whole_note(name: str, value: Value | None, parameter: Parameter | None) -> Iterable[Hint]:
    """The hint for a time such as 3/16, which other programs count in whole notes."""
    if not (isinstance(value, Text) and parameter and parameter.unit == "s"):
        return
    if (match := PARTS.fullmatch(text := value.parsed.text)) and (length := NOTE_LENGTHS.get(int(match[2]))):
        sentence = f"'{name}' is in seconds, and {text.strip()} is {int(match[1]) / int(match[2]):g} s"
        yield Hint(value.place, sentence, f"'{length}'" if match[1] == "1" else f"'{match[1]} * {length}'")


def _struck_once(key: Value | None) -> Iterable[Hint]:
    """The hint for a side-chain that names an instrument, which sounds once and unheard, where a part was meant."""
    if isinstance(key, NodeModel) and "trigger" in key.kind.waits and not key.written:
        sentence = f"'{key.name}' is an instrument of its own here, struck once; a part of the mix is read by its 'id'"
        yield Hint(key.place, sentence, f"'${key.name}'")


def _cutoff(value: Value | None) -> Iterable[Hint]:
    if not isinstance(value, NodeModel):
        return
    amp = value.signals.get("amp", Number(1.0, value.place))
    small = isinstance(amp, Number) and abs(amp.value) <= UNHEARD
    if value.name == "osc" and "range" not in value.written and small:
        sentence = (
            f"this 'osc' moves the cutoff by {_amount(amp)} Hz around 0: give it a 'range', as 'range: [200, 2000]'"
        )
        yield Hint(value.place.at_key(), sentence)
    elif value.name == "envelope" and "signal" not in value.written:
        sentence = "this 'envelope' moves the cutoff from 0 to 1 Hz: give it a 'signal', as 'signal: 2000'"
        yield Hint(value.place.at_key(), sentence)


def _amount(value: Value) -> str:
    return f"{abs(value.value):g}" if isinstance(value, Number) else ""


def other_unit(text: Text, parameter: Parameter | None) -> Iterator[Hint]:
    """The hint for a function of another unit than the parameter's: `gain: db(4.5)`, where `gain` is in dB already."""
    last = text.parsed.steps[-1].op
    match = CALL.fullmatch(text.parsed.text) if last in GIVES else None
    if not (match and parameter):
        return
    unit, inner = GIVES[last], match[2].strip()
    if parameter.unit not in (MEASURED - {"s"} | {"factor"} if unit == "s" else MEASURED):
        return
    meant = f"'{inner}'" if unit == parameter.unit else ""
    if (unit, parameter.unit) in CONVERTED:
        number = inner if TERM.fullmatch(inner) else f"({inner})"
        meant = f"'{Measure(number, unit).expression(parameter.unit)}'"
    what = "seconds" if unit == "s" else "a factor"
    in_unit = {"factor": "a factor", "s": "in seconds"}.get(parameter.unit, f"in {parameter.unit}")
    yield Hint(text.place, f"'{parameter.name}' is {in_unit}, and '{last}(...)' gives {what}", meant)


def milliseconds_meant(value: float, parameter: Parameter | None) -> str:
    """The time that a number of milliseconds means, in quotes: 300 of at most 30 s is 'ms(300)'. Else it is empty."""
    is_time = parameter and parameter.unit == "s" and value > parameter.maximum and value >= 10.0
    return f"'ms({value:g})'" if is_time and parameter and not parameter.complaint(value / 1000.0) else ""


def percent_meant(value: float, parameter: Parameter | None) -> str:
    """The part that a percentage means, in quotes: 40 of a `pan` from -1 to 1 is '0.4'. Else it is empty."""
    is_part = parameter and value >= 5.0 and parameter.maximum == 1.0 and parameter.minimum in (-1.0, 0.0)
    return f"'{value / 100:g}'" if is_part and parameter and not parameter.complaint(value / 100) else ""


def times_in_note(nodes: Iterable[NodeModel], step: object) -> Iterator[Hint]:
    """The hints for times of a sound in steps, if a step is so many seconds, that are too long for it by far.

    `nodes`: that of the sound and those below it. An envelope is compared with the duration of the note, if it has one.
    """
    if not isinstance(step, float) or step <= 0.0:
        return
    nodes = list(nodes)
    durations = [one for node in nodes if isinstance(one := node.signals.get("duration"), Number)]
    for one in durations:
        if one.value >= LONG and one.value > RINGS * step:
            yield Hint(one.place, f"'duration' is in seconds: {one.value:g} s in a step of {step:g} s", _ms(one))
    length = min((one.value for one in durations), default=step)
    for node in nodes:
        for name, most in (("attack", SLOW), ("release", RINGS)):
            one = node.signals.get(name) if node.name == "envelope" else None
            if isinstance(one, Number) and one.value >= 1.0 and one.value > most * length > 0.0:
                yield Hint(one.place, f"'{name}' is in seconds: {one.value:g} s of a note of {length:g} s", _ms(one))


def _ms(number: Number) -> str:
    return f"'ms({number.value:g})'"


def unknown_parameter(sentence: str, node: str, key: str, data: Any, known: Mapping[str, Parameter]) -> tuple[str, str]:
    """The sentence on an unknown name, with what the numbers of the parameter meant are if others; and its name.

    Q: 5                '…; 'peak' is resonance: Q 0.5 at -1, 0.707 at 0, 10 at 1', 'peak'
    sync: 2 of 'osc'    '…; the node 'analog' does that', ''
    """
    if other := OTHER_NODES.get(node, {}).get(key.lower()):
        return f"{sentence}; the node '{other}' does that", ""
    meant = parameter_meant(key, data, known)
    parameter = known.get(meant.strip("'"))
    if parameter and isinstance(data, int | float) and not isinstance(data, bool):
        differs = parameter.complaint(float(data)) or (key.lower() == "q" and parameter.unit == "position")
        described = parameter.description[:1].lower() + parameter.description[1:].rstrip(".")
        sentence += f"; '{parameter.name}' is {described}" if differs and described else ""
    return sentence, meant


def sends_meant(data: Any) -> str:
    """The sends that a name or a list of names may mean, in quotes: `room` is '{room: 0.3}'."""
    names = data if isinstance(data, list) else [data]
    if not names or len(names) > 4 or not all(isinstance(name, str) and name.isidentifier() for name in names):
        return ""
    return f"'{{{', '.join(f'{name}: 0.3' for name in names)}}}'"

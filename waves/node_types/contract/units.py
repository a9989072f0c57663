"""Units of parameters: the words that `param(…, unit=…)` takes, and what each means."""

from __future__ import annotations

from difflib import SequenceMatcher

from waves.problem import did_you_mean

UNITS: dict[str, str] = {
    "s": "seconds",
    "Hz": "a frequency",
    "factor": "multiplies something: 1 leaves it as it is",
    "dB": "a level, or a gain, in decibels",
    "semitones": "a distance of pitches",
    "cents": "a hundredth of a semitone",
    "octaves": "a distance of frequencies",
    "cycles": "a part of a period: 1 is a whole one",
    "rad": "an angle or a phase in radians",
    "position": "0 to 1, or -1 to 1: from one end to the other",
    "percent": "0 to 100",
    "value": "a signal, or something of the same kind as a signal",
    "gate": "above 0.5 it is on; a trigger is its rising edge",
    "any": "whatever the user means by it",
    "number": "a count, or a number without a dimension",
    "frames": "samples of each channel",
    "frames per s": "a rate of frames",
    "channels": "a count of channels, or the number of one",
    "outputs": "a count of outputs of the sound card, or the number of one",
    "voices": "a count of voices",
    "notes": "a count of notes, or the number of one",
    "beats": "beats of the piece's tempo",
    "bars": "bars of the piece's tempo",
    "beats per minute": "a tempo",
    "steps": "steps of a sequence",
    "events": "a count of steps or notes that begin",
    "events per s": "how often something begins",
    "onsets": "a count of places in a bar or pattern where something begins",
    "strokes": "a count of strokes inside a step",
    "pulses": "a count of rising edges",
    "passes": "a count of passes through a list",
    "grains": "a count of grains",
    "grains per s": "a density of grains",
    "bits": "a resolution",
    "ratio": "a proportion, as of a compressor, or of two frequencies",
    "bands": "a count of bands",
    "poles": "a count of poles",
    "MIDI": "a number of MIDI, 0 to 127",
}
"""Every unit with its meaning."""

ALIKE = 0.75  # of two words, of which one may be meant by the other
FREQUENT = "'s', 'Hz', 'factor', 'position' and 'number'"
WHOLE_LIST = "docs/writing-a-node.md lists all, under 'Units'"

_WORDS = {"seconds": "s", "second": "s", "sec": "s", "ms": "s", "milliseconds": "s", "hertz": "Hz", "khz": "Hz"}
_WORDS |= {"decibel": "dB", "decibels": "dB", "db": "dB", "bpm": "beats per minute", "radians": "rad"}
_WORDS |= {"%": "percent", "turns": "cycles", "phase": "cycles", "gain": "factor", "amplitude": "factor"}
_WORDS |= {"samples": "frames", "trigger": "gate"}


def unit_mistake(name: str, unit: object) -> str:
    """The mistake in the unit of a parameter as a sentence, or an empty string; nothing is no mistake here."""
    if unit in UNITS or not unit:
        return ""
    meant = _WORDS.get(str(unit).lower())
    near = f"'{meant}'" if meant else did_you_mean(str(unit), UNITS)
    if not meant and near and SequenceMatcher(None, str(unit).lower(), near.lower().strip("'")).ratio() < ALIKE:
        near = ""  # 'metres' are no 'strokes'
    hint = f"; did you mean {near}?" if near else f"; {FREQUENT} are often right, and {WHOLE_LIST}"
    return f"the unit of '{name}', '{unit}', is none that waves knows{hint}"


def with_param(name: str, kind: str, default: str) -> str:
    """The declaration of a parameter that was written without `param`; `default` is its text, if it has one."""
    unit = 'unit="value"' if kind in ("Signal", "float", "int") else ""
    return f"{name}: {kind} = param({', '.join(filter(None, [default, unit]))})"

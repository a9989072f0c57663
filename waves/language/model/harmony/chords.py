"""Chords: lead-sheet signs, numerals and notes with a quality in, the numbers of their notes out.

Am7    F#m7b5    C/E    Dm7'1    c4'maj7'drop2    bVII    V7/V
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import NamedTuple

from waves.language.model.harmony.scales import PITCH_CLASS, Scale, pitch_class
from waves.problem import did_you_mean

_TABLE = """
maj M: 0 4 7; m min -: 0 3 7; dim o: 0 3 6; aug +: 0 4 8; sus2: 0 2 7; sus4 sus: 0 5 7; 5: 0 7; quart: 0 5 10
6: 0 4 7 9; m6: 0 3 7 9; 69: 0 4 7 9 14; m69: 0 3 7 9 14
7: 0 4 7 10; maj7 M7 ^7 ^: 0 4 7 11; m7 min7 -7: 0 3 7 10; mM7: 0 3 7 11; dim7 o7: 0 3 6 9; m7b5 h7: 0 3 6 10
aug7 7#5 +7: 0 4 8 10; maj7#5: 0 4 8 11; 7b5: 0 4 6 10; maj7b5: 0 4 6 11; 7sus4 7sus: 0 5 7 10; 7sus2: 0 2 7 10
add9 add2: 0 4 7 14; madd9: 0 3 7 14; add11: 0 4 7 17; madd11: 0 3 7 17; add13: 0 4 7 21
9: 0 4 7 10 14; maj9 ^9: 0 4 7 11 14; m9 min9: 0 3 7 10 14; mM9: 0 3 7 11 14; 7b9: 0 4 7 10 13; 7#9: 0 4 7 10 15
9sus4: 0 5 7 10 14; 9#5: 0 4 8 10 14; 9b5: 0 4 6 10 14
11: 0 4 7 10 14 17; m11: 0 3 7 10 14 17; maj11: 0 4 7 11 14 17; 7#11: 0 4 7 10 18; maj7#11: 0 4 7 11 18
13: 0 4 7 10 14 21; m13: 0 3 7 10 14 21; maj13: 0 4 7 11 14 21; 7b13: 0 4 7 10 20; 7alt: 0 4 8 10 13 15
"""
QUALITIES = {"": (0, 4, 7)} | {
    name: tuple(map(int, notes.split()))
    for row in re.split(r"[;\n]", _TABLE.strip())
    for names, notes in [row.split(": ")]
    for name in names.split()
}
"""Semitones above the root by quality."""

VOICINGS = ("close", "open", "drop2", "drop3", "shell", "rootless", "root", "near")
VOICINGS_ELSEWHERE = {"rootNotes": "root", "bass": "root", "spread": "open"}
GERMAN_ROOT = re.compile(r"(^|/)([A-Ga-g](?:is|es)|[Hh])(?!al)")
NUMERALS = {"I": 0, "II": 1, "III": 2, "IV": 3, "V": 4, "VI": 5, "VII": 6}
MAJOR = (0, 2, 4, 5, 7, 9, 11)
NUMERAL = re.compile(r"([#b]*)(VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)(?![a-zA-Z]*[IVXivx])(.*)")
ROOT = re.compile(r"([A-Ga-g])([#sb]?)(.*)")
WORD = re.compile(r"[h-z_]\w{2,}|[a-z_]{3,}\w*")
NOTE_WITH_QUALITY = re.compile(r"([a-gA-G][#sb]?)(10|\d)?'(.*)")


class ChordError(Exception):
    """A chord that cannot be: a sentence, and what is meant."""

    def __init__(self, sentence: str, meant: str = ""):
        super().__init__(sentence)
        self.sentence, self.meant = sentence, meant


class Chord(NamedTuple):
    """A chord: its root, 0 for c, and the semitones above it; `octave`: the one that is written."""

    root: int
    intervals: tuple[int, ...]
    octave: int | None = None
    bass: int | None = None
    inversion: int = 0
    voicing: str = ""

    def notes(self, octave: int, voicing: str = "", around: float = 60.0, invert: int = 0) -> tuple[float, ...]:
        """The MIDI numbers of its notes, upwards; `octave` is that of the root, where none is written."""
        base = 12 * ((self.octave if self.octave is not None else octave) + 1) + self.root
        voicing = self.voicing or voicing or "close"
        found = voiced([base + one for one in self.intervals], voicing, base, around)
        found = inverted(found, self.inversion + invert)
        if self.bass is not None:
            low = found[0] - (found[0] - self.bass - 1) % 12 - 1
            found = [low] if voicing == "root" else [low, *found]
        return tuple(found)


def no_voicing(text: str) -> tuple[str, str]:
    """The sentence for a word that is no voicing, and what is meant, in quotes."""
    other = VOICINGS_ELSEWHERE.get(text)
    meant = f"'{other}'" if other else did_you_mean(text, VOICINGS)
    return f"there is no voicing '{text}': {', '.join(VOICINGS)}", meant


def voiced(notes: list[float], voicing: str, base: float, around: float) -> list[float]:
    """The notes of a chord with the root `base` in a voicing, upwards."""
    notes = sorted(notes)
    match voicing:
        case "open":
            notes = [note + 12 * (k % 2) for k, note in enumerate(notes)]
        case "drop2" | "drop3":
            k = -int(voicing[-1])
            notes = [*notes[:k], notes[k] - 12, *notes[len(notes) + k + 1 :]] if len(notes) >= -k else notes
        case "shell":
            above = [note - base for note in notes]
            third = next((one for one in (4, 3, 5, 2) if one in above), above[-1])
            seventh = next((one for one in (11, 10, 9) if one in above), None)
            notes = [base, base + third, *([base + seventh] if seventh is not None else [])]
        case "rootless":
            notes = notes[1:]
        case "root":
            notes = [base]
        case "near":
            turned = [inverted(notes, k) for k in range(len(notes))]
            placed = [[note + 12 * octave for note in one] for one in turned for octave in range(-10, 11)]
            notes = min(placed, key=lambda one: (abs(sum(one) / len(one) - around), one))
    return sorted(notes)


def inverted(notes: list[float], times: int) -> list[float]:
    """The notes with the lowest an octave up, so many times; below 0 the highest down."""
    found = sorted(notes)
    for _ in range(abs(times)):
        found = sorted([*found[1:], found[0] + 12] if times > 0 else [found[-1] - 12, *found[:-1]])
    return found


def read_chord(text: str, scale: Scale | None = None) -> Chord:
    """A chord of the lane `chord`: a lead-sheet sign, or a numeral in a scale. Raises ChordError."""
    try:
        return _chord(text, scale)
    except ChordError as error:
        if (meant := sign_meant(text)) == text or not _is_chord(meant, scale):
            raise
        raise ChordError(error.sentence.partition(", and no name")[0], f"'{meant}'") from None


def _is_chord(text: str, scale: Scale | None) -> bool:
    with suppress(ChordError):
        return bool(_chord(text, scale))
    return False


def sign_meant(text: str) -> str:
    """A sign with German names of notes, or the signs of a score, as it is written here; any other as it is.

    Hm7     Bm7
    Fis7    F#7
    C/H     C/B
    B♭      Bb
    """
    plain = text.replace("♭", "b").replace("♯", "#")
    return GERMAN_ROOT.sub(lambda match: match[1] + _plain_root(match[2]), plain)


def _plain_root(name: str) -> str:
    return "B" if name in "Hh" else name[0].upper() + {"is": "#", "es": "b"}[name[1:]]


def _chord(text: str, scale: Scale | None) -> Chord:
    sign, *further = text.split("'")
    if match := NUMERAL.fullmatch(sign):
        if scale is None:
            raise ChordError("numerals need a 'scale'", "'scale: c major'")
        chord = _numeral(match, scale)
    elif match := ROOT.fullmatch(sign):
        try:
            chord = _sign(sign, match)
        except ChordError as error:
            if error.meant or not WORD.fullmatch(text):
                raise
            raise _no_name(text) from None
    else:
        if WORD.fullmatch(text):
            raise _no_name(text)
        raise ChordError(f"'{text}' is no chord: a chord begins with a to g, or is a numeral")
    return _further(chord, sign[1:], further, text)


def _no_name(text: str) -> ChordError:
    """The mistake of a word that is neither a chord nor a pattern."""
    return ChordError(f"'{text}' is no chord, and no name of 'patterns'", f"'patterns: {{{text}: \"<Am F>\"}}'")


def read_note_chord(text: str) -> Chord | None:
    """A chord among notes: `c4'm7`, `cm7`; None for what is none. Raises ChordError."""
    if match := NOTE_WITH_QUALITY.fullmatch(text):
        quality, *further = match[3].split("'")
        root = pitch_class(match[1])
        if quality.isdigit() and quality not in QUALITIES and not further:
            raise ChordError(f"there is no chord '{quality}'", f"'{match[1]}{match[2] or ''}'maj'{quality}'")
        chord = Chord(root, _intervals(quality, f"{match[1]}{match[2] or ''}'"), int(match[2]) if match[2] else None)
        return _further(chord, quality, further, text)
    if (match := ROOT.fullmatch(text)) and re.match(r"(m|dim|aug|sus|add)", _quality_of(text)[1]):
        name, quality = _quality_of(text)
        if quality in QUALITIES:
            return Chord(pitch_class(name), QUALITIES[quality])
    return None


def _quality_of(sign: str) -> tuple[str, str]:
    """The root and the quality of a sign; a letter that could be an accidental is what gives a quality.

    asus4    a, sus4
    bbm7     bb, m7
    """
    readings = [(sign[:k], sign[k:]) for k in (2, 1) if PITCH_CLASS.fullmatch(sign[:k])]
    return next((one for one in readings if one[1] in QUALITIES), readings[0] if readings else (sign[:1], sign[1:]))


def _sign(sign: str, match: re.Match[str]) -> Chord:
    whole, slash, bass = sign.rpartition("/")
    if slash:
        if not PITCH_CLASS.fullmatch(bass):
            raise ChordError(f"'{bass}' is no bass note", f"'{whole}/E'")
        sign = whole
    name, quality = _quality_of(sign)
    return Chord(pitch_class(name), _intervals(quality, name), None, pitch_class(bass) if slash else None)


def _intervals(quality: str, before: str) -> tuple[int, ...]:
    if quality in QUALITIES:
        return QUALITIES[quality]
    near = did_you_mean(quality, [name for name in QUALITIES if name])
    if match := re.fullmatch(r"(maj|min|m|dim|aug)\d+", quality):  # of a number that no chord has the usual seventh
        near = f"'{match[1]}7'"
    meant = f"'{before}{near.strip(chr(39))}'" if near else ""
    raise ChordError(f"there is no chord '{quality}'", meant)


def _further(chord: Chord, quality: str, further: list[str], text: str) -> Chord:
    """The chord with its inversion and its voicing."""
    for word in further:
        if word.isdigit():
            count = len(chord.intervals)
            if int(word) >= count:
                before = text[: text.rindex(f"'{word}")]
                name = quality or "maj"
                sentence = f"'{name}' has {count} notes: inversions go from 0 to {count - 1}"
                raise ChordError(sentence, f"'{before}'{count - 1}'")
            chord = chord._replace(inversion=int(word))
        elif word in VOICINGS:
            chord = chord._replace(voicing=word)
        else:
            near = did_you_mean(word, VOICINGS)
            raise ChordError(f"'{word}' is neither an inversion nor a voicing", near)
    return chord


def _numeral(match: re.Match[str], scale: Scale) -> Chord:
    accidental, numeral, rest = match.groups()
    quality, slash, target = rest.partition("/")
    degree = NUMERALS[numeral.upper()]
    if slash:
        inner = NUMERAL.fullmatch(target)
        if not inner or "/" in target:
            raise ChordError(f"'{target}' is no numeral", "'V7/V'")
        root = _numeral(inner, scale).root + MAJOR[degree]
    else:
        root = scale.root + int(scale.steps[degree % len(scale.steps)])
    root += accidental.count("#") - accidental.count("b")
    if numeral.islower() and quality not in ("o", "o7", "dim", "dim7", "h7", "m7b5") and not quality.startswith("m"):
        quality = f"m{quality}"
    elif numeral.islower() and quality in ("maj7", "maj9"):
        quality = f"mM{quality[3:]}"
    return Chord(root % 12, _intervals(quality, f"{accidental}{numeral}"))

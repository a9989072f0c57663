"""`waves tap`: a rhythm is tapped on the keyboard, and shown as the text of a pattern."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from waves.app.clients.piece.piece_texts import PieceTexts
from waves.app.commands.tap.listening import Count, listen
from waves.app.commands.tap.pattern_file import with_pattern, write_pattern
from waves.app.commands.tap.tapped import tapped
from waves.app.terminal.keys import Keys
from waves.app.terminal.messages import READING, told_when_slow
from waves.language.model.form.metres import Metre, metre_of
from waves.language.model.models import Number, nodes_inside
from waves.language.model.piece import Piece
from waves.language.model.sound_arguments import DEFAULT, UsageProblem
from waves.live.workspace.open_workspace import open_workspace
from waves.problem import Problem, Problems, printable

MOST_BARS = 16


def tap_pattern(
    folder: Path, sound: str, bars: int, bpm: float | None, tolerance: float, name: str = "", force: bool = False
) -> None:
    """Count a bar, take the taps of the bars after it, and print the pattern; write it under `name` if there is one.

    `bpm`: beats per minute, by default those of the piece; `tolerance` in ms. Raises Problems.
    """
    if not 1 <= bars <= MOST_BARS:
        raise UsageProblem(f"{bars} bars: from 1 to {MOST_BARS} can be tapped")
    if not 1.0 <= tolerance <= 200.0:
        raise UsageProblem(f"a tolerance of {tolerance:g} ms: it goes from 1 to 200")
    with told_when_slow(READING):
        opened = open_workspace(folder)
        piece, _ = opened.composer().read()
    _check_sound(piece, sound)
    written_bpm, turn = tempo_of(piece, opened.settings.BPM)
    tempo = bpm or written_bpm
    if not 20.0 <= tempo <= 400.0:
        raise UsageProblem(f"{tempo:g} beats per minute cannot be tapped: `--bpm` gives another tempo")
    count = Count(bars, turn, 60.0 / tempo)
    texts = PieceTexts(opened.workspace)
    if name:  # what cannot be written is told before anybody plays
        with_pattern(texts.read().text, texts.read().file, name, sound, force)
    taps = _taps(count, sound, tempo)
    if not taps:
        raise Problems(Problem("nothing was tapped"))
    found = tapped(taps, bars, _beats(turn), tolerance / 1000 / count.bar, sound)
    if found is None:
        raise Problems(Problem(f"no grid fits these taps within {tolerance:g} ms: `--tolerance` allows more"))
    print(printable(f'play: "{found.pattern}"'))
    late = found.shift * count.bar * 1000
    ways = [f"the furthest was {found.furthest * count.bar * 1000:.0f} ms from its note, {tolerance:g} ms are allowed"]
    ways += [f"all came {abs(late):.0f} ms {'late' if late > 0 else 'early'}"] if abs(late) >= 1 else []
    print(f"{len(taps)} taps; {'; '.join(ways)}", file=sys.stderr)
    if name:
        file = write_pattern(texts, name, found.pattern, force)
        print(printable(f"written as '{name}' into {file}: play: {name}"), file=sys.stderr)


def tempo_of(piece: Piece, bpm: float) -> tuple[float, tuple[float, ...]]:
    """Beats per minute of the outermost tempo of the piece, and the beats of its bars; `bpm` and 4 without one."""
    sounds = [piece.sounds[DEFAULT]] if DEFAULT in piece.sounds else []
    for sound in [*sounds, *piece.sounds.values()]:
        for model in nodes_inside(sound.root):
            if model.name == "tempo":
                written = model.signals.get("bpm")
                metre = metre_of(model.settings.get("metre"))
                return (written.value if isinstance(written, Number) and written.value > 0 else bpm), metre.lengths
    return bpm, Metre().lengths


def _beats(turn: tuple[float, ...]) -> int:
    """The whole beats of a bar; 0 where bars differ."""
    return int(turn[0]) if len(turn) == 1 else 0


def _check_sound(piece: Piece, sound: str) -> None:
    vocabulary = piece.vocabulary
    if not (vocabulary.find(sound, "") or vocabulary.is_samples(sound, "")):
        near = vocabulary.near(sound, in_step=True)
        raise UsageProblem(f"there is no sound '{sound}'{f'; did you mean {near}?' if near else ''}")


def _taps(count: Count, sound: str, tempo: float) -> list[float] | None:
    """The taps of somebody at the terminal, in bars. Raises UsageProblem without a terminal."""
    keys = Keys()
    if not keys.active:
        raise UsageProblem("taps are read from the keyboard of a terminal, and there is none")

    def write(text: str) -> None:
        print(text, end="", file=sys.stderr, flush=True)

    lengths = ", ".join(f"{beats:g}" for beats in count.turn)
    beats = f"{count.bars} bar{'s' * (count.bars > 1)} of {lengths} beats at {tempo:g} beats per minute"
    write(printable(f"tap '{sound}' on any key: {beats}, after one that is counted; q ends") + "\n")
    keys.resume()
    try:
        return listen(count, keys.read, time.monotonic, write)
    finally:
        keys.close()

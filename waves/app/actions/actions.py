"""The list of all actions. Keys, pages and controllers call the same ones."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

from waves.app.actions.action import Access, Action, Argument, action
from waves.app.actions.child_command import run_command
from waves.app.actions.controls import OF_KEYS, Controls
from waves.app.time_argument import seconds_of
from waves.audio.sound_files import unused
from waves.events.changes import HoldChanged
from waves.events.playing import (
    FileWritten,
    FillCalled,
    Hushed,
    Paused,
    Resumed,
    SectionCalled,
    TrackChosen,
    TrackSwitched,
    VolumeChanged,
)
from waves.language.model.quantize import LONGEST_FADE, WORDS, Quantize, read_quantize
from waves.language.model.sound_arguments import read_sounds
from waves.live.form.form_calls import call_fill, call_section, section_names
from waves.live.history.restoring import restore_version
from waves.problem import Problem, Problems, did_you_mean

LOUDEST, SOFTEST = OF_KEYS.loudest, -60.0  # dB
SOUNDS = Argument("sounds", "list of texts", "Sounds with parameters, as on the command line: `night`, `pluck c5`.")
FADE = Argument("fade", "number", "Duration of the crossfade; default: as for saves.", "s", 0.0, LONGEST_FADE, None)
AT = Argument("at", "text", "The boundary: now, beat, bar, or 4 bars; default: as for saves.", default=None)
AT_BAR = Argument("at", "text", "The boundary: now, beat, bar, or 4 bars; default: bar.", default=None)
HELD = "True to hold it from the next cycle on, false to let go; default: for one cycle."
TRACK = Argument("track", "text", "Name of a track of the outermost mix; default: the chosen one.", default=None)
TRACKS = Argument("steps", "whole number", "Tracks forward; negative: back.", "tracks", -1e6, 1e6, default=1)
NAME = Argument("name", "text", "Name of the file in recordings/: .wav, .flac or .ogg.", default=None)


def switch(name: str, help_text: str) -> Argument:
    """An argument for on or off; if it is not given, the action toggles."""
    return Argument(name, "yes or no", f"{help_text}; default: toggle.", default=None)


def count(name: str, help_text: str, unit: str, **default: int) -> Argument:
    """A whole number of at least 1."""
    return Argument(name, "whole number", help_text, unit, 1, **default)


ACTIONS: dict[str, Action] = {}
"""All actions by name, in the order in which they are written here; the documents have the same."""


def listed(access: Access, result: str, *arguments: Argument) -> Callable[[Callable[..., Any]], Action]:
    """Decorator: make a function an action, and list it."""

    def declare(run: Callable[..., Any]) -> Action:
        made = action(access, result, *arguments)(run)
        ACTIONS[made.name] = made
        return made

    return declare


@listed("play", "Whether it is paused.", switch("paused", "True to pause"))
def pause(controls: Controls, paused: bool | None) -> bool:
    """Pause, or continue after a pause."""
    paused = not controls.session.engine.paused if paused is None else paused
    controls.time.pause(paused)
    controls.recordings.record_on()
    controls.publish(Paused() if paused else Resumed())
    return paused


@listed("play", "Whether it is silent.", switch("hushed", "True for silence"))
def hush(controls: Controls, hushed: bool | None) -> bool:
    """Fade out, and cut echoes, tails and notes: silence until the next change plays, or until it is called again."""
    hushed = not controls.session.hushed if hushed is None else hushed
    controls.session.hush(hushed)
    controls.publish(Hushed(hushed=hushed))
    return hushed


@listed(
    "play",
    "The volume, dB.",
    Argument("level", "number", "The volume; 0 dB leaves the piece as it is.", "dB", SOFTEST, LOUDEST, None),
    Argument("change", "number", "Added to the volume.", "dB", SOFTEST, -SOFTEST, 0.0),
)
def volume(controls: Controls, level: float | None, change: float) -> float:
    """Set the volume, or change it."""
    engine = controls.session.engine
    before = 20 * math.log10(engine.gain) if level is None else level
    level = round(min(max(before + change, SOFTEST), controls.limits.loudest), 6) + 0.0
    engine.set_gain(10 ** (level / 20))
    controls.publish(VolumeChanged(level=level))
    return level


@listed("play", "Names of the sounds.", SOUNDS, FADE, AT)
def play(controls: Controls, sounds: list[str], fade: float | None, at: str | None) -> list[str]:
    """Play other sounds of the piece in place of the present ones."""
    chosen = read_sounds(sounds, controls.session.piece)
    controls.session.play(chosen, fade, _boundary(at))
    return [name for name, _ in chosen]


@listed("play", "Names of the sounds.", count("number", "Place of the sound in the files, from 1.", "sounds"), FADE, AT)
def play_number(controls: Controls, number: int, fade: float | None, at: str | None) -> list[str]:
    """Play a sound by its place in the files, in place of the present ones."""
    names = list(controls.session.piece.sounds)
    if number > len(names):
        raise Problems(Problem(f"there is no sound number {number}: the files have {len(names)}"))
    return _play_one(controls, names[number - 1], fade, at)


@listed(
    "play",
    "Names of the sounds.",
    Argument("steps", "whole number", "Number of sounds forward; negative: back.", "sounds", default=1),
    FADE,
    AT,
)
def play_next(controls: Controls, steps: int, fade: float | None, at: str | None) -> list[str]:
    """Play the next sound of the files in place of the present ones; the first follows the last."""
    names = list(controls.session.piece.sounds)
    here = names.index(controls.session.upcoming[0][0])
    return _play_one(controls, names[(here + steps) % len(names)], fade, at)


@listed("file", "The file.", switch("on", "True to start, false to stop"), NAME)
def record(controls: Controls, on: bool | None, name: str | None) -> str | None:
    """Start a recording in recordings/, or stop the one that runs."""
    recordings = controls.recordings
    if recordings.running is None if on is None else on:
        target = recordings.path_for(_allowed(controls, name), controls.session.names)
        return str(recordings.start(target, longest=controls.limits.longest))
    path = recordings.stop()
    return None if path is None else str(path)


@listed("file", "The file; the event `file_written` follows.", Argument("length", "text", "5m, 90s, 1h."), NAME)
def keep(controls: Controls, length: str, name: str | None) -> str:
    """Write the last minutes of the session to a file in recordings/, although they were not recorded."""
    seconds_of(length)
    path = unused(controls.recordings.path_for(_allowed(controls, name), ["kept", *controls.session.names]))
    run_command(controls, "keep", path, "--", length)
    return str(path)


@listed(
    "file",
    "The file; the event `file_written` follows.",
    SOUNDS,
    Argument("seconds", "number", "Length; default: until the sounds end.", "s", 0.001, 86_400.0, None),
    NAME,
)
def render(controls: Controls, sounds: list[str], seconds: float | None, name: str | None) -> str:
    """Render sounds of the files to a file in recordings/, faster than real time."""
    chosen = read_sounds(sounds, controls.session.piece)
    path = controls.recordings.path_for(_allowed(controls, name), [name for name, _ in chosen])
    duration = [] if seconds is None else ["--duration", str(seconds)]
    run_command(controls, "render", path, *duration, "--", *sounds)
    return str(path)


@listed("file", "What was written.", count("version", "As `waves history` lists it.", "versions"))
def restore(controls: Controls, version: int) -> str:
    """Write a version into the files of the piece; their present text is kept as a version first."""
    sentence = "; ".join(restore_version(version, controls.folder))
    controls.publish(FileWritten(path=str(controls.folder), message=sentence))
    return sentence


@listed("play", "Whether saves are held.", switch("held", "True to hold"))
def hold(controls: Controls, held: bool | None) -> bool:
    """Hold saves, or release them. A held save is checked; the last good one takes effect on release."""
    held = not controls.session.held if held is None else held
    controls.publish(HoldChanged(held=held))
    controls.session.hold(held)
    return held


@listed("play", "Nothing; the event `reloaded` or `refused` follows.")
def reload(controls: Controls) -> None:
    """Read all files again, as if they had been saved."""
    controls.reload()


@listed("play", "Nothing; the event `reloaded` or `refused` follows.")
def accept_refused(controls: Controls) -> None:
    """Play the last change although its trial refused it: a level that is far too high, too much work."""
    controls.session.accept_refused()


@listed("play", "The version that is tried first.", count("steps", "Versions back.", "versions", default=1))
def undo(controls: Controls, steps: int) -> str:
    """Play an earlier version; the files stay as they are. What cannot play or is not heard is stepped over."""
    return controls.session.undo(steps)


@listed("play", "The version that is tried first.", count("steps", "Versions forward.", "versions", default=1))
def redo(controls: Controls, steps: int) -> str:
    """Play a later version after `undo`."""
    return controls.session.undo(-steps)


@listed("play", "The version.", count("version", "As `waves history` lists it.", "versions"))
def play_version(controls: Controls, version: int) -> str:
    """Play a version by its number, even if it sounds as what plays does; the files stay as they are."""
    return controls.session.play_version(version)


@listed(
    "play",
    "ID of the node and name of the parameter: `<id>.<parameter>`.",
    Argument("name", "text", "ID of a node, or its path in the file, and a parameter: main.freq."),
    Argument("value", "number", "The value, within the bounds of the parameter.", "(in the unit of the parameter)"),
    Argument("frame", "whole number", "Of the stream, where it begins to move; 0: now.", "frames", 0, 1e15, default=0),
)
def set_value(controls: Controls, name: str, value: float, frame: int) -> str:
    """Move a parameter. It keeps the value until the text of the parameter changes."""
    return controls.session.set_value(name, value, frame)


@listed(
    "play",
    "ID of the node and name of the parameter: `<id>.<parameter>`.",
    Argument("name", "text", "As for `set_value`."),
)
def release_value(controls: Controls, name: str) -> str:
    """Give a moved parameter the value that the text says."""
    return controls.session.release_value(name)


@listed("play", "Whether it is mute.", TRACK, switch("on", "True to mute"))
def mute(controls: Controls, track: str | None, on: bool | None) -> bool:
    """Mute a track, or let it be heard again, until it is switched back; the file stays as it is."""
    return _switch(controls, "mute", track, on)


@listed("play", "Whether it is solo.", TRACK, switch("on", "True for solo"))
def solo(controls: Controls, track: str | None, on: bool | None) -> bool:
    """Hear only this track and others with solo, until it is switched back; the file stays as it is."""
    return _switch(controls, "solo", track, on)


@listed("play", "Name of the track.", TRACKS)
def choose_track(controls: Controls, steps: int) -> str:
    """Choose the track that `mute` and `solo` mean without a name: the next one, the first after the last."""
    track = controls.session.switches.choose(steps)
    controls.publish(TrackChosen(track=track))
    return track


@listed(
    "play",
    "Name of the section.",
    Argument("name", "text", "A section of the song that plays, or `next`, or `again` for the present one."),
    AT_BAR,
)
def section(controls: Controls, name: str, at: str | None) -> str:
    """Begin a section; what comes after it goes on from there."""
    boundary = _boundary(at) or WORDS["bar"]
    call_section(controls.session.engine, controls.session.composer, name, boundary)
    controls.publish(SectionCalled(section=name, boundary=str(boundary)))
    return name


@listed(
    "play", "Name of the section.", count("number", "Place of the section in the song, from 1.", "sections"), AT_BAR
)
def section_number(controls: Controls, number: int, at: str | None) -> str:
    """Begin a section by its place in the song."""
    names = section_names(controls.session.engine)
    if number > len(names) > 0:
        raise Problems(Problem(f"there is no section number {number}: the song has {len(names)}"))
    return str(section.run(controls, names[number - 1] if names else "", at))


@listed("play", "Whether it is held.", Argument("held", "yes or no", HELD, default=None))
def fill(controls: Controls, held: bool | None) -> bool | None:
    """Play a fill: what patterns have for it, in the cycle that follows."""
    call_fill(controls.session.engine, controls.session.composer, held)
    controls.publish(FillCalled(held=held))
    return held


@listed("none", "Nothing.")
def quit_(controls: Controls) -> None:
    """Fade out and end the program."""
    controls.quit()


def find_action(name: str) -> Action:
    """The action with a name. Raises Problems with a suggestion."""
    if name not in ACTIONS:
        raise Problems(Problem(f"there is no action '{name}'", suggestion=did_you_mean(name, ACTIONS)))
    return ACTIONS[name]


def _play_one(controls: Controls, name: str, fade: float | None, at: str | None) -> list[str]:
    controls.session.play([(name, {})], fade, _boundary(at))
    return [name]


def _allowed(controls: Controls, name: str | None) -> str | None:
    """The name of a file, if whoever calls may choose one. Raises Problems."""
    if name is not None and not controls.limits.names_files:
        raise Problems(Problem("a client does not choose the name of a file: leave out 'name'"))
    return name


def _switch(controls: Controls, what: Literal["mute", "solo"], track: str | None, on: bool | None) -> bool:
    track, on = controls.session.switches.set(what, track, on)
    controls.publish(TrackSwitched(track=track, switch=what, on=on))
    return on


def _boundary(at: str | None) -> Quantize | None:
    """The boundary that a text means. Raises Problems."""
    try:
        return None if at is None else read_quantize(at)
    except ValueError as error:
        raise Problems(Problem(f"'at': {error}")) from None

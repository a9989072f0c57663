"""Events of the sound: start, pause, volume, device, recordings, end."""

from __future__ import annotations

from typing import ClassVar, Literal

from waves.events.event import Event, data, record, title


@record
class Started(Event):
    """The piece plays."""

    kind: ClassVar[str] = "started"
    sounds: tuple[str, ...] = data("Names of the sounds that play.")
    device: str = data("Name of the device.")
    rate: float = data("Sample rate.", "Hz")
    block: int = data("Size of a device buffer.", "frames")
    watching: bool = data("Whether saves of the files take effect.")
    hint: str = data("An edit to begin with.", default="")

    @property
    def text(self) -> str:
        hint = f"; {self.hint}" if self.hint else ""
        return f"playing {title(self.sounds)} on {self.device}, {self.rate:g} Hz{hint}"


@record
class SessionResumed(Event):
    """The piece goes on from where the last session stopped."""

    kind: ClassVar[str] = "session_resumed"
    seconds: float = data("Length of the last session.", "s")

    @property
    def text(self) -> str:
        return f"going on from {self.seconds:.1f} s of the last session"


@record
class Paused(Event):
    """The piece stands still."""

    kind: ClassVar[str] = "paused"

    @property
    def text(self) -> str:
        return "paused"

    @property
    def over_with(self) -> tuple[str, ...]:
        return ("resumed",)


@record
class Resumed(Event):
    """The piece goes on after a pause."""

    kind: ClassVar[str] = "resumed"

    @property
    def text(self) -> str:
        return "going on"


@record
class VolumeChanged(Event):
    """The volume is another."""

    kind: ClassVar[str] = "volume"
    level: float = data("The volume; 0 dB leaves the piece as it is.", "dB")

    @property
    def text(self) -> str:
        return f"volume {self.level:+.0f} dB"


@record
class ParameterMoved(Event):
    """A parameter has another value from outside; said a few times a second at most, and the last value always."""

    kind: ClassVar[str] = "parameter_moved"
    node: str = data("ID of the node.")
    parameter: str = data("Name of the parameter.")
    name: str = data("The parameter in the words of the text: `bpm`, or with its part: `lead: freq`.")
    value: float = data("The value that it glides to.", "unit of the parameter")

    @property
    def text(self) -> str:
        return f"{self.name} is moved to {self.value:g}"


@record
class TrackSwitched(Event):
    """A track is mute or solo by an action, or no longer."""

    kind: ClassVar[str] = "track_switched"
    track: str = data("Name of the track.")
    switch: str = data("mute or solo.")
    on: bool = data("Whether it is on now.")

    @property
    def text(self) -> str:
        return f"{self.track}: {self.switch} is {'on' if self.on else 'off'}"


@record
class SectionCalled(Event):
    """A section begins by an action, with the next bar or another boundary."""

    kind: ClassVar[str] = "section_called"
    section: str = data("Name of the section; next or again.")
    boundary: str = data("Its beginning: now, or the next beat, bar or bars.")

    @property
    def text(self) -> str:
        return f"section {self.section}: {'now' if self.boundary == 'now' else f'with the next {self.boundary}'}"


@record
class FillCalled(Event):
    """A fill is played in the next cycle by an action, or held, or let go."""

    kind: ClassVar[str] = "fill_called"
    held: bool | None = data("Whether it is held from now on; null: for one cycle.")

    @property
    def text(self) -> str:
        return "fill in the next cycle" if self.held is None else "fill is held" if self.held else "fill is let go"


@record
class TrackChosen(Event):
    """The track that the keys for mute and solo mean."""

    kind: ClassVar[str] = "track_chosen"
    track: str = data("Name of the track.")

    @property
    def text(self) -> str:
        return f"track {self.track}"


@record
class ParameterReleased(Event):
    """A parameter that was moved goes back to what the text says."""

    kind: ClassVar[str] = "parameter_released"
    node: str = data("ID of the node.")
    parameter: str = data("Name of the parameter.")
    name: str = data("The parameter in the words of the text: `bpm`, or with its part: `lead: freq`.")
    by_text: bool = data("Whether the text says something else there than when it was moved.", default=False)

    @property
    def text(self) -> str:
        return (
            f"{self.name} is what the text says now" if self.by_text else f"{self.name} goes back to what the text says"
        )


@record
class Hushed(Event):
    """It is silent, or sounds again; echoes, tails and notes were cut, and the piece goes on."""

    kind: ClassVar[str] = "hushed"
    hushed: bool = data("Whether it is silent until the next change plays.")

    @property
    def text(self) -> str:
        return "hushed: silent until the next save, or `.` again" if self.hushed else "sounding again"

    @property
    def over_with(self) -> tuple[str, ...]:
        return ("reloaded",) if self.hushed else ()


@record
class DeviceChanged(Event):
    """The device was lost, stalls, or is back."""

    kind: ClassVar[str] = "device"
    device: str = data("Name of what plays now; `silent` only keeps time.")
    message: str = data("The change, one sentence.")

    @property
    def text(self) -> str:
        return self.message


@record
class RecordingStarted(Event):
    """A recording has begun."""

    kind: ClassVar[str] = "recording"
    path: str = data("The file.")
    wanted: str = data("The file that was asked for, where that existed already; else empty.", default="")

    @property
    def text(self) -> str:
        return f"recording to {self.path}{f', as {self.wanted} exists already' if self.wanted else ''}"


def _lost(seconds: float, logged: bool) -> str:
    """Seconds that a recording lacks, in words, and how to get them if the log has them."""
    if not logged:
        return f"{seconds:.2f} s are lost"
    way = "`waves replay last -o set.wav` writes all that was played"
    return f"{seconds:.2f} s are missing, and can be rendered: {way}"


@record
class RecordingStopped(Event):
    """A recording is complete."""

    kind: ClassVar[str] = "recorded"
    path: str = data("The file, the last one if it was interrupted.")
    frames: int = data("Length, of all files together.", "frames")
    seconds: float = data("Length, of all files together.", "s")
    lost: int = data("Frames that could not be written.", "frames", default=0)
    lost_seconds: float = data("The time that they are.", "s", default=0.0)
    paths: tuple[str, ...] = data("All files, in their order.", default=())
    logged: bool = data("Whether the log of the session has what could not be written.", default=False)

    @property
    def text(self) -> str:
        lost = f"; {_lost(self.lost_seconds, self.logged)}" if self.lost else ""
        return f"recorded {self.seconds:.2f} s to {', '.join(self.paths or (self.path,))}{lost}"


@record
class RecordingResumed(Event):
    """A recording that was interrupted goes on, in another file."""

    kind: ClassVar[str] = "recording_resumed"
    path: str = data("The file.")
    lost: int = data("Frames that are in no file.", "frames")
    seconds: float = data("Length of what is in no file.", "s")
    logged: bool = data("Whether the log of the session has it.", default=False)

    @property
    def text(self) -> str:
        lost = _lost(self.seconds, self.logged) if self.lost else "nothing is lost"
        return f"recording again, to {self.path}: {lost}"


@record
class FileWritten(Event):
    """An action has written a file."""

    kind: ClassVar[str] = "file_written"
    path: str = data("The file.")
    message: str = data("One sentence about the file.")

    @property
    def text(self) -> str:
        return self.message


@record
class KeysShown(Event):
    """The keys were asked for."""

    kind: ClassVar[str] = "keys"
    keys: dict[str, str] = data("Purpose of each key, by its name.")

    @property
    def text(self) -> str:
        return "; ".join(f"{key}  {what}" for key, what in self.keys.items())


@record
class Ended(Event):
    """The piece has come to its end."""

    kind: ClassVar[str] = "ended"
    sounds: tuple[str, ...] = data("Names of the sounds.")
    then: Literal["stop", "repeat", "wait"] = data("The choice for the end of the piece.")

    @property
    def text(self) -> str:
        ends = {"stop": "", "repeat": " and begins again", "wait": ": the next save plays it again"}
        return f"{title(self.sounds)} has ended{ends[self.then]}"

    @property
    def over_with(self) -> tuple[str, ...]:
        return ("reloaded",)


@record
class Stopped(Event):
    """The last event: nothing plays any more, and the program does not start again by itself."""

    kind: ClassVar[str] = "stopped"
    seconds: float = data("Time played, without pauses.", "s")
    underflows: int = data("Buffers that the device did not get in time.", "buffers")

    @property
    def text(self) -> str:
        return f"stopped after {self.seconds:.1f} s"

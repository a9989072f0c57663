"""Events of faults: nodes that fail or hang, actions that are refused, listeners that are too slow."""

from __future__ import annotations

from typing import ClassVar

from waves.events.event import Event, counted, data, record


@record
class Fault(Event):
    """Something went wrong; the rest plays on unless the text says otherwise."""

    kind: ClassVar[str] = "fault"
    message: str = data("The fault, one sentence.")
    node: str = data("ID of the node, if it is one.", default="")

    @property
    def text(self) -> str:
        return self.message

    @property
    def over_with(self) -> tuple[str, ...]:
        return ("reloaded",) if self.node else ()


@record
class Hung(Event):
    """A node does not come to an end; the sound has stopped."""

    kind: ClassVar[str] = "hung"
    node: str = data("Type of the node, empty if it is not known.", default="")
    path: str = data("Its path in the piece.", default="")

    @property
    def text(self) -> str:
        what = f"the node '{self.node}'" if self.node else "the engine"
        return f"{what} does not come to an end: the sound stops"


@record
class Restarting(Event):
    """The last event before the program begins again by itself with an earlier version, because a node hangs."""

    kind: ClassVar[str] = "restarting"
    restarts: int = data("Number of restarts in a row.", "restarts")
    place: str = data("The version that is played: version 1 of 2, older than the file.")

    @property
    def text(self) -> str:
        return f"starting again by itself, with {self.place}"


@record
class RecordingInterrupted(Event):
    """A recording cannot be written; it goes on in another file when it can."""

    kind: ClassVar[str] = "recording_interrupted"
    path: str = data("The file that holds it so far.")
    frames: int = data("Length of this file.", "frames")
    seconds: float = data("Length of this file.", "s")
    reason: str = data("The reason, in the words of the system.")

    @property
    def text(self) -> str:
        kept = f"{self.path} holds {self.seconds:.2f} s"
        return f"the recording is interrupted: {self.reason}; {kept}, another file follows when there is room"

    @property
    def over_with(self) -> tuple[str, ...]:
        return ("recording_resumed", "recorded")


@record
class KeepingInterrupted(Event):
    """Versions and the log cannot be written to `.waves/`; they wait in memory."""

    kind: ClassVar[str] = "keeping_interrupted"
    reason: str = data("The reason, in the words of the system.")

    @property
    def text(self) -> str:
        later = "it plays on, and is written as soon as that is possible"
        return f"what plays cannot be kept in .waves/: {self.reason}; {later}"

    @property
    def over_with(self) -> tuple[str, ...]:
        return ("keeping_resumed",)


@record
class KeepingResumed(Event):
    """All that waited is written to `.waves/`."""

    kind: ClassVar[str] = "keeping_resumed"

    @property
    def text(self) -> str:
        return "what plays is kept in .waves/ again, with what could not be written before"


@record
class FolderShared(Event):
    """Other players play the piece of this folder."""

    kind: ClassVar[str] = "folder_shared"
    message: str = data("The other players, and what is shared, one sentence.")

    @property
    def text(self) -> str:
        return self.message

    @property
    def over_with(self) -> tuple[str, ...]:
        return ("folder_own",)


@record
class FolderOwn(Event):
    """The other players of this folder have ended."""

    kind: ClassVar[str] = "folder_own"

    @property
    def text(self) -> str:
        return "no other player is in this folder any more"


@record
class ActionRefused(Event):
    """An action that was asked for cannot be done."""

    kind: ClassVar[str] = "action_refused"
    action: str = data("Name of the action, empty for a key without one.")
    reason: str = data("The reason, one sentence.")

    @property
    def text(self) -> str:
        return self.reason


@record
class EventsLost(Event):
    """A listener was too slow: these events were dropped from its queue. Only that listener gets this."""

    kind: ClassVar[str] = "events_lost"
    count: int = data("Events that were dropped, the oldest first.", "events")

    @property
    def text(self) -> str:
        return f"{counted(self.count, 'event')} lost: they came faster than they were taken"


@record
class ListenerEnded(Event):
    """A listener failed and gets no more events; the piece plays on."""

    kind: ClassVar[str] = "listener_ended"
    listener: str = data("Name of the listener.")
    reason: str = data("The fault, one sentence.")

    @property
    def text(self) -> str:
        return f"{self.listener} gets no more events: {self.reason}"

"""Events of a change: a save, other sounds, an earlier version, settings; and what it did to every node."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, ClassVar, Literal

from waves.events.event import Event, counted, data, record

NAMED = 4  # parts that the text of a reload names

Subject = Literal["piece", "nodes", "settings"]
"""Files that a save changes: waves.yaml and its samples, node files, or config.py."""


@record
class Waiting(Event):
    """A change is ready and waits for its beat or bar."""

    kind: ClassVar[str] = "waiting"
    boundary: str = data("The boundary: beat, bar, or 4 bars.")
    place: str = data("Position in the music at which it takes effect: bar 5, beat 1.00.")
    frame: int = data("Frame of the piece at which it takes effect.", "frames")
    seconds: float = data("Time until then.", "s")

    @property
    def text(self) -> str:
        return f"the change takes effect with the next {self.boundary}, {self.place}, in {self.seconds:.1f} s"

    @property
    def over_with(self) -> tuple[str, ...]:
        return "reloaded", "refused", "checked"


@record
class NodeChanges:
    """IDs of nodes, grouped by the effect of a reload: each in one group, but one that moved may be `changed` too."""

    kept: tuple[str, ...] = data("Go on as they are.", default=())
    moved: dict[str, str] = data("Go on elsewhere in the tree: ID now, ID before.", default_factory=dict)
    renamed: dict[str, str] = data("Go on under another name: ID now, ID before.", default_factory=dict)
    new: tuple[str, ...] = data("Begin.", default=())
    returned: tuple[str, ...] = data("Come back with the state that they left with.", default=())
    dropped: dict[str, str] = data("Fade out: ID, and why.", default_factory=dict)
    changed: tuple[str, ...] = data("Crossfade to other settings.", default=())


@record
class ParameterChanges:
    """Parameters that differ in the text of what plays: numbers, words, lists, expressions, and vars."""

    added: int = data("Written now, not before.", "parameters", default=0)
    removed: int = data("Written before, not now.", "parameters", default=0)
    changed: int = data("With another value.", "parameters", default=0)
    names: dict[str, str] = data("Path of each in the text: added, removed or changed.", default_factory=dict)
    parts: dict[str, str] = data(
        "The differences in each part of the piece, in words: cutoff 300 → 800.", default_factory=dict
    )
    silent: tuple[str, ...] = data("Names of the sounds that differ and do not play.", default=())


@record
class Reloaded(Event):
    """A change plays: a save, other sounds, another version."""

    kind: ClassVar[str] = "reloaded"
    file: str = data("The change: names of files, `reload`, `play` and the sounds, or the version: version 1 of 2.")
    sounds: tuple[str, ...] = data("Names of the sounds that play now.")
    nodes: NodeChanges = data("The nodes by the effect of the change.")
    kept: int = data("Count of nodes.kept.", "nodes", init=False)
    moved: int = data("Count of nodes.moved.", "nodes", init=False)
    renamed: int = data("Count of nodes.renamed.", "nodes", init=False)
    new: int = data("Count of nodes.new.", "nodes", init=False)
    returned: int = data("Count of nodes.returned.", "nodes", init=False)
    dropped: int = data("Count of nodes.dropped.", "nodes", init=False)
    changed: int = data("Count of nodes.changed.", "nodes", init=False)
    glided: int = data("Numbers that glide to their new value.", "numbers")
    parameters: ParameterChanges = data("Parameters that differ.")
    milliseconds: float = data("From the save to the sound.", "ms")
    stages: dict[str, float] = data("The same by stage: watch, compose, plan, commit.", "ms")
    frame: int = data("Frame of the piece at which it took effect.", "frames")
    place: str = data("Position in the music at which it took effect.")
    good: int = data("Changes that played in this session.", "changes")
    refused: int = data("Changes that were refused in this session.", "changes")
    edited: bool = data("False if other sounds play now, or the same from their start.", default=True)
    levels: dict[str, str] = data(
        "Tracks that are heard otherwise than before: mute, solo, heard, not heard.", default_factory=dict
    )
    stepped_over: str = data("Versions that undo or redo has stepped over, in words.", default="")
    states: tuple[str, ...] = data("One sentence for each node type whose state has other fields.", default=())

    def __post_init__(self) -> None:
        for group in fields(NodeChanges):
            object.__setattr__(self, group.name, len(getattr(self.nodes, group.name)))

    @property
    def text(self) -> str:
        text = f"{self.file}: {self.milliseconds:.0f} ms, {self.place}"
        levels = ", ".join(f"{name} is {word}" for name, word in [*self.levels.items()][:NAMED])
        parts = text, self.said if self.edited else "", levels, self.stepped_over, *self.states
        return "; ".join(part for part in parts if part)

    @property
    def said(self) -> str:
        """The differences in the parts of the piece; counts where the text of what plays is the same."""
        said = [f"{part}: {what}" for part, what in self.parameters.parts.items()]
        if said:
            more = [f"and {counted(len(said) - NAMED, 'more part')}"] if len(said) > NAMED else []
            return "; ".join([*said[:NAMED], *more])
        nodes = self.moved + self.renamed + self.new + self.returned + self.dropped + self.changed
        counts = [counted(count, noun) for count, noun in ((nodes, "node"), (self.glided, "number")) if count]
        if counts:
            return f"{' and '.join(counts)} changed"
        if not (silent := self.parameters.silent):
            return "nothing that plays has changed"
        names = [*silent[:NAMED], *([counted(len(silent) - NAMED, "more sound")] if len(silent) > NAMED else [])]
        does = "does" if len(silent) == 1 else "do"
        return f"nothing that plays has changed: {' and '.join(names)} {does} not play"


@record
class Checked(Event):
    """A save is good, but saves are held: it takes effect when they are released."""

    kind: ClassVar[str] = "checked"
    file: str = data("Names of the files.")

    @property
    def text(self) -> str:
        return f"held: {self.file} is good and waits for `h`"


@record
class Refused(Event):
    """A change has mistakes, which are its problems: what played before plays on."""

    kind: ClassVar[str] = "refused"
    file: str = data("The change: names of files, `reload`, `play` and the sounds, or the version: version 1 of 2.")
    subject: Subject = data("The files that keep their old version.", default="piece")
    partly: bool = data("Whether the rest of the files took effect.", default=False)
    missing: bool = data("Whether there is no old version that could play on.", default=False)
    by_trial: bool = data("Whether the action accept_refused can play it all the same.", default=False)
    place: str = data("The version that plays on, where it is older than the file: version 2 of 5.", default="")
    ended: bool = data("Whether what played before has come to its end, so that nothing plays on.", default=False)
    good: int | None = data("Changes of the piece that played in this session.", "changes", default=None)
    refused: int | None = data("Changes of the piece that were refused in this session.", "changes", default=None)

    @property
    def text(self) -> str:
        old = {"piece": "sound plays on", "nodes": "code plays on", "settings": "settings stay"}[self.subject]
        stays = "what it defines is missing" if self.missing else f"the old {old}"
        if self.place and self.subject == "piece":
            stays = f"{self.place}, plays on"
        if self.ended:
            stays = "the old sound has ended"
        partly = "partly " if self.partly else ""
        text = f"{self.file} {partly}refused, {counted(self._errors, 'problem')}{self._elsewhere}: {stays}"
        return f"{text}; `F` accepts it" if self.by_trial else text

    @property
    def _errors(self) -> int:
        return sum(problem.level == "error" for problem in self.problems)

    @property
    def _elsewhere(self) -> str:
        """The files of the errors, where the change is one of other node files: ` in waves.yaml`."""
        files = dict.fromkeys(one.mark.file for one in self.problems if one.mark and one.level == "error")
        is_of_nodes = self.subject == "piece" and self.file.endswith(".py")
        return (
            f" in {', '.join(files)}"
            if is_of_nodes and files and files.keys().isdisjoint(self.file.split(", "))
            else ""
        )


@record
class NotPlaying(Event):
    """The files have mistakes at the start, which are its problems: nothing plays before they are mended."""

    kind: ClassVar[str] = "not_playing"

    @property
    def text(self) -> str:
        errors = sum(problem.level == "error" for problem in self.problems)
        return f"{counted(errors, 'problem')}: nothing plays until a save mends the piece (q ends)"


@record
class Mended(Event):
    """A file that was refused is in order again, and says what is in force already."""

    kind: ClassVar[str] = "mended"
    file: str = data("Names of the files.")
    subject: Subject = data("The files that were refused before.")

    @property
    def text(self) -> str:
        stays = {"piece": "plays as before", "nodes": "plays as before", "settings": "all settings are as before"}
        return f"{self.file}: in order again, {stays[self.subject]}"


@record
class HoldChanged(Event):
    """Saves are held, or released."""

    kind: ClassVar[str] = "hold"
    held: bool = data("While held, saves are checked and do not take effect.")

    @property
    def text(self) -> str:
        return "saves are held" if self.held else "saves take effect"


@record
class VersionChanged(Event):
    """An earlier version plays, or the files play again."""

    kind: ClassVar[str] = "version"
    version: int = data("The version that plays.", "versions from 1")
    place: str = data("version 2 of 5, older than the file; empty while the files play.", default="")

    @property
    def text(self) -> str:
        return f"playing {self.place}" if self.place else "playing the file again"


@record
class SettingsChanged(Event):
    """Settings of config.py have taken effect."""

    kind: ClassVar[str] = "settings"
    settings: dict[str, Any] = data("New values by name; units as in config.py.")

    @property
    def text(self) -> str:
        return "config.py: " + ", ".join(f"{name} = {value!r}" for name, value in sorted(self.settings.items()))


@record
class RestartNeeded(Event):
    """Something that was saved or installed takes effect with the next start."""

    kind: ClassVar[str] = "restart_needed"
    file: str = data("The file, or the name of the package.")
    setting: str = data("The setting in it, if it is one.", default="")
    reason: str = data("The reason for the wait, if it is known.", default="")
    version: str = data("The version that is installed now, of a package.", default="")

    @property
    def text(self) -> str:
        if self.version:
            return f"{self.file} is {self.version} now: restart waves for this to take effect"
        if not self.setting:
            return f"{self.file} is saved: restart waves for this to take effect"
        reason = f": {self.reason}" if self.reason else ""
        return f"{self.file}: {self.setting} takes effect with the next start{reason}"


@record
class Compiling(Event):
    """Node files are checked, or machine code is made, while the sound goes on; said each second, and at its end."""

    kind: ClassVar[str] = "compiling"
    work: str = data("The work, in words.")
    seconds: int = data("Duration so far.", "s", default=0)
    left: int | None = data("About how long it takes still, if that is known.", "s", default=None)
    then: str = data("The things that wait for it, in words; empty: nothing does.", default="")
    over: bool = data("The last one of this work: it is done, was refused or failed, or was dropped.", default=False)

    @property
    def text(self) -> str:
        if self.over:
            return f"{self.work}: over after {self.seconds} s" if self.seconds else f"{self.work}: over"
        so_far = f" for {self.seconds} s so far" if self.seconds else ""
        left = f", about {self.left} s left" if so_far and self.left is not None else ""
        then = f": then {self.then}" if self.then else ""
        return f"{self.work}{so_far}{left}{then}"

    @property
    def over_with(self) -> tuple[str, ...]:
        return ("compiling",)


@record
class Building(Event):
    """A change takes long to be built, and the sound goes on as it is; said each second until it is built."""

    kind: ClassVar[str] = "building"
    file: str = data("Names of the files that were saved, or of the sounds, or the version.")
    seconds: int = data("Duration so far.", "s")
    then: str = data("The effect of it, in words.", default="")

    @property
    def text(self) -> str:
        return f"building {self.file} for {self.seconds} s so far{f': then {self.then}' if self.then else ''}"

    @property
    def over_with(self) -> tuple[str, ...]:
        return "reloaded", "checked", "refused", "mended", "waiting", "compiling", "action_refused"


@record
class Compiled(Event):
    """Machine code is ready."""

    kind: ClassVar[str] = "compiled"
    names: tuple[str, ...] = data("Names of what was compiled: node types and functions of the engine.")
    seconds: float = data("Duration of the work.", "s")

    @property
    def text(self) -> str:
        return f"compiled {', '.join(self.names)} in {self.seconds:.1f} s"


@record
class NodesLoaded(Event):
    """Node files were saved, and their types are ready for the piece."""

    kind: ClassVar[str] = "nodes_loaded"
    file: str = data("Names of the files.")
    names: tuple[str, ...] = data("Node types that are new or changed.")
    removed: tuple[str, ...] = data("Node types that are gone.", default=())
    states: tuple[str, ...] = data("One sentence for each type whose state has other fields.", default=())
    seconds: float = data("From the change until its types were ready.", "s")

    @property
    def text(self) -> str:
        loaded = [f"{', '.join(self.names)} loaded in {self.seconds:.1f} s"] if self.names else []
        parts = [*loaded, *(f"{name} is gone" for name in self.removed), *self.states]
        return "; ".join(parts) or f"{self.file}: no node type has changed"

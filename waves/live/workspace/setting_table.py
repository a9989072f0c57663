"""Table of settings: each is declared once, with its unit, its bounds, its option and when a change takes effect.

Everything else derives from it: the checked model, the lines of `config.py`, environment variables, options of
commands, README's table, what a running player does with a change. It imports nothing heavy, because `waves --help`
reads it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, get_type_hints


class Effect(Enum):
    """The moment at which a change in `config.py` takes effect while a piece plays; the value says it in words."""

    NOW = "with the save"
    STREAM = "with the save, in one fade"  # the stream of the device is opened again
    ENGINE = "with the save, in one fade, on another engine"  # which goes on from a snapshot
    START = "with the next start"


@dataclass(frozen=True, slots=True)
class Option:
    """The option of some commands that overrules a setting.

    `flag` is what is typed: `--rate`; `--hot-reload/--no-hot-reload` for on and off; `--no-trial` for off alone.
    """

    flag: str
    help: str
    commands: tuple[str, ...] = ("play",)
    metavar: str | None = None

    @property
    def only_off(self) -> bool:
        """Whether it can only switch the setting off."""
        return self.flag.startswith("--no-")

    @property
    def parameter(self) -> str:
        """Name of the parameter of the command."""
        return self.flag.partition("/")[0].strip("-").replace("-", "_")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. Numbers lie from `at_least`, or above `above`, to `at_most`, or below `below`.

    `in_environment`: the variable `WAVES_<name>` gives it where `config.py` does not. `reason` says in half a sentence
    why a change waits for the next start. `reaches_outside`: it lets a piece reach more than its own folder and the
    sound: other folders, commands, ports. So the `config.py` of a folder that is not trusted cannot give it. Every
    setting that takes free text says so, True or False. `only_own`: no folder can give it, trusted or not; only the
    user's own `config.py` and the command line can.
    """

    name: str
    type: Any
    default: Any
    description: str
    effect: Effect
    unit: str = ""
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None
    option: Option | None = None
    in_environment: bool = False
    reason: str = ""
    reaches_outside: bool | None = None
    only_own: bool = False

    @property
    def variable(self) -> str:
        """Name of its environment variable."""
        return f"WAVES_{self.name}"

    @property
    def meaning(self) -> str:
        """The description, with the unit where that does not say it."""
        said = not self.unit or self.unit in self.description.split()
        return self.description if said else f"{self.description} ({self.unit})"


def _setting(default: Any, description: str, effect: Effect, **more: Any) -> Any:
    return {"default": default, "description": description, "effect": effect, **more}


class DeclaredSettings:
    """The declarations, in the order of `config.py`: name, type, default, meaning, effect of a change."""

    SAMPLE_RATE: int = _setting(
        44100,
        "frames per second",
        Effect.ENGINE,
        unit="Hz",
        at_least=8000,
        at_most=384_000,
        option=Option("--rate", "Frames per second (Hz).", ("play", "render")),
    )
    BLOCK_SIZE: int = _setting(
        256,
        "frames that the sound card asks for at a time",
        Effect.STREAM,
        unit="frames",
        at_least=1,
        at_most=8192,
        option=Option("--block", "Frames that the device asks for at a time."),
    )
    LATENCY: float = _setting(
        0.03,
        "time from the engine to the loudspeaker",
        Effect.STREAM,
        unit="s",
        above=0,
        at_most=2,
        option=Option("--latency", "Seconds from the engine to the loudspeaker."),
    )
    DEVICE: str | int | None = _setting(
        None,
        "name or number of the sound card, as `waves devices` lists them; None: the default",
        Effect.STREAM,
        reaches_outside=False,  # it can only choose among the outputs of this computer
        option=Option("--device", "Number of a device, part of its name, or silent.", ("play", "demo")),
    )
    INPUT: str | int | None = _setting(
        None,
        'sound card that `input` hears: "default", name or number; None: the default, if the folder is trusted',
        Effect.STREAM,
        reaches_outside=True,
        option=Option(
            "--input", "Let `input` hear: the default device, --input NUMBER, or --input=NAME.", metavar="[DEVICE]"
        ),
    )
    CHANNELS: int = _setting(
        2,
        "channels of the output",
        Effect.ENGINE,
        unit="channels",
        at_least=1,
        at_most=64,
        option=Option("--channels", "Channels of the output; tracks reach them by `out`.", ("play", "render")),
    )
    FADE: float = _setting(
        0.02,
        "time in which a save fades from the old sound to the new one",
        Effect.NOW,
        unit="s",
        at_least=0,
        at_most=10,
        option=Option("--fade", "Seconds in which a save fades from the old sound to the new one."),
    )
    AT: str = _setting(
        "now",
        'when a save takes effect: now, beat, bar, or a number of bars like "4 bars"',
        Effect.NOW,
        reaches_outside=False,
        option=Option("--at", "When a save takes effect: now, beat, bar, or '4 bars'."),
    )
    BPM: float = _setting(
        120.0, "tempo where no node gives one", Effect.NOW, unit="beats per minute", above=0, at_most=10_000
    )
    SEED: int = _setting(
        0,
        "number that all randomness of a piece begins with",
        Effect.NOW,
        unit="number",
        at_least=0,
        below=2**32,
        option=Option("--seed", "Number that all randomness begins with.", ("render",)),
    )
    RAND_HOLD: int = _setting(
        2048,
        "frames of 44.1 kHz for which `rand()` keeps its value outside of a step",
        Effect.NOW,
        unit="frames",
        at_least=1,
        at_most=2**31,
    )
    STEP_LENGTH: float = _setting(
        1.0, "length of a step whose sound has no end", Effect.NOW, unit="s", above=0, at_most=3600
    )
    LIMITER: bool = _setting(
        True,
        "a limiter is the last stage of every output",
        Effect.NOW,
        option=Option("--no-limit", "Without the limiter at the end.", ("play", "render")),
    )
    WAIT_FOR_CHANGES_IN_WAVES_YAML: bool = _setting(
        True,
        "saves take effect while it plays",
        Effect.START,
        reason="files are followed from the start or not at all",
        option=Option("--no-watch", "Saves have no effect."),
    )
    SAMPLE_FOLDERS: list[str] = _setting(
        [], "more folders that samples may be read from", Effect.NOW, reaches_outside=True
    )
    PARKING_MB: float = _setting(
        64.0, "memory for the state of nodes that were removed and may return", Effect.NOW, unit="MB", at_least=0
    )
    PARKING_NODES: int = _setting(
        1000, "nodes whose state is kept for their return", Effect.NOW, unit="nodes", at_least=0
    )
    HISTORY_MB: float = _setting(
        50.0,
        "disk for states of earlier versions in .waves/; undo past them: nodes begin anew",
        Effect.NOW,
        unit="MB",
        at_least=0,
        at_most=1_000_000,
    )
    SAMPLE_MB: float = _setting(512.0, "memory for samples", Effect.NOW, unit="MB", above=0)
    HOT_RELOAD: bool = _setting(
        True,
        "saves of node files take effect while it plays",
        Effect.START,
        reason="node files are followed from the start or not at all",
        in_environment=True,
        option=Option("--hot-reload/--no-hot-reload", "Whether saves of node files take effect while it plays."),
    )
    WATCH_DIRS: list[str] = _setting(
        [],
        "more folders of node files, read and followed like nodes/",
        Effect.START,
        reason="folders of node files are read once",
        in_environment=True,
        reaches_outside=True,
        option=Option("--watch-dir", "Another folder of node files.", metavar="DIR"),
    )
    RELOAD_DELAY: float = _setting(
        0.0,
        "rest after the last save of a burst, which is one change; it ends after four times as long",
        Effect.NOW,
        unit="s",
        at_least=0,
        at_most=10,
        in_environment=True,
        option=Option("--reload-delay", "Seconds without another save after which the saves of a burst take effect."),
    )
    CHECKED_NODES: bool = _setting(
        True,
        "indices in nodes of the workspace are checked while it plays",
        Effect.START,
        reason="all nodes that play were compiled with these checks, or all without",
    )
    TRIAL: bool = _setting(
        True,
        "saves that fail, are far too loud or need too much processor time are refused",
        Effect.NOW,
        option=Option("--no-trial", "Saves take effect without a trial of level and processor time."),
    )
    SERVE: int | None = _setting(
        None,
        "port at which clients are served, as the page in a browser; 0: that of the last time, or any that is free; "
        "None: no clients",
        Effect.START,
        reason="the server starts with the player",
        at_least=0,
        at_most=65_535,
        only_own=True,
        option=Option("--serve", "Serve the page and other clients, at this port or any.", metavar="[PORT]"),
    )
    SERVE_ADDRESS: str = _setting(
        "127.0.0.1",
        "address at which clients are served",
        Effect.START,
        reason="the server starts with the player",
        reaches_outside=True,
        only_own=True,
        option=Option("--serve-address", "The address to serve at; others than 127.0.0.1 need --allow-network."),
    )
    ALLOW_NETWORK: bool = _setting(
        False,
        "other computers may be clients: they play, and write no files",
        Effect.START,
        reason="the server starts with the player",
        reaches_outside=True,
        only_own=True,
        option=Option("--allow-network/--no-allow-network", "Whether other computers may be clients."),
    )
    READ_ONLY: bool = _setting(
        False,
        "clients write no files",
        Effect.START,
        reason="the server starts with the player",
        option=Option("--read-only/--no-read-only", "Whether clients can only play, and write no files."),
    )
    NOTIFY: Literal["none", "bell", "terminal", "command"] = _setting(
        "none",
        'what a problem does beside its message: a "bell", a notification of the "terminal", or NOTIFY_COMMAND',
        Effect.NOW,
    )
    NOTIFY_COMMAND: list[str] = _setting(
        [],
        'program and arguments for NOTIFY = "command"; the text of the problem is the last argument',
        Effect.NOW,
        reaches_outside=True,
        only_own=True,
    )


SETTINGS: dict[str, Setting] = {
    name: Setting(name, kind, **vars(DeclaredSettings)[name]) for name, kind in get_type_hints(DeclaredSettings).items()
}
"""Every setting by its name, in the order of `config.py`."""


def options_of_command(command: str) -> list[tuple[Option, Setting]]:
    """The options of a command that overrule settings, each with its setting."""
    options = [(setting.option, setting) for setting in SETTINGS.values() if setting.option]
    return [(option, setting) for option, setting in options if command in option.commands]

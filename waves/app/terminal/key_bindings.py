"""Table of keys: the action that each key calls, and its words on the screen and in the help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

GAP = "  "  # between two keys on the screen


@dataclass(frozen=True, slots=True)
class Call:
    """An action by name, and its arguments."""

    action: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KeyRow:
    """Keys for one purpose: names, a word for the screen (empty: not shown), a help text, the call of each key.

    `brief` is the help where there is little room, if that is another.
    """

    names: tuple[str, ...]
    word: str
    help: str
    calls: Mapping[str, Call]
    brief: str = ""


SHOW_KEYS, QUIT = "?", "q"
LEADS = "g"
"""The key that another one follows."""
KEYS = (
    KeyRow(("space",), "pause", "pause, and go on", {" ": Call("pause")}),
    KeyRow(
        (".",),
        "hush",
        "hush: silence, without echoes, tails and notes, until the next save or until you press it again",
        {".": Call("hush")},
        "silence until the next save, or `.` again",
    ),
    KeyRow(
        ("-", "+"),
        "volume",
        "volume, 1 dB at a time",
        {
            "-": Call("volume", {"change": -1.0}),
            "+": Call("volume", {"change": 1.0}),
            "=": Call("volume", {"change": 1.0}),  # the same key without shift
        },
    ),
    KeyRow(
        ("1-9",),
        "play",
        "play the first sound of the file instead, the second, and so on",
        {str(number): Call("play_number", {"number": number}) for number in range(1, 10)},
        "play the first sound of the file, the second …",
    ),
    KeyRow(
        ("n", "N"),
        "next",
        "play the next sound of the file instead, or the one before",
        {"n": Call("play_next", {"steps": 1}), "N": Call("play_next", {"steps": -1})},
        "play the next sound, or the one before",
    ),
    KeyRow(
        ("t", "T", "m", "s"),
        "track mute solo",
        "choose the next track, or the one before; mute it; hear it alone, or with others that are solo",
        {
            "t": Call("choose_track", {"steps": 1}),
            "T": Call("choose_track", {"steps": -1}),
            "m": Call("mute"),
            "s": Call("solo"),
        },
        "choose a track, the one before; mute; solo",
    ),
    KeyRow(
        ("g", "x"),
        "section fill",
        "begin a section: then its number, n: next, a: again; play a fill",
        {
            **{f"g{number}": Call("section_number", {"number": number}) for number in range(1, 10)},
            "gn": Call("section", {"name": "next"}),
            "ga": Call("section", {"name": "again"}),
            "x": Call("fill"),
        },
        "a section: its number, n: next, a: again; a fill",
    ),
    KeyRow(("c",), "record", "start a recording, or complete it", {"c": Call("record")}),
    KeyRow(
        ("h",),
        "hold",
        "hold: saves are checked, and the last good one takes effect when you press it again",
        {"h": Call("hold")},
        "hold saves, and let the last one take effect",
    ),
    KeyRow(("r",), "reload", "reload, as if all files had been saved", {"r": Call("reload")}),
    KeyRow(
        ("F",),
        "",
        "play the last change although its trial refused it: a level that is far too high, too much work",
        {"F": Call("accept_refused")},
        "play what its trial refused: too loud, too much",
    ),
    KeyRow(
        ("u", "U"),
        "version",
        "version back: an earlier one that is heard plays, your file stays as it is; and forward again",
        {"u": Call("undo"), "U": Call("redo")},
        "an earlier version, and forward again",
    ),
    KeyRow((SHOW_KEYS,), "keys", "show what all keys do", {}),
    KeyRow((QUIT,), "quit", "quit; Ctrl-C does too", {QUIT: Call("quit")}),
)
"""All keys, in the order of the help."""

CALLS: dict[str, Call] = {key: call for row in KEYS for key, call in row.calls.items()}


def call_of(key: str) -> Call | None:
    """The call of a key, None if it has none. A capital letter without a call stands for the small letter."""
    return CALLS.get(key, CALLS.get(key.lower()))


def screen_lines(width: int) -> list[str]:
    """The keys in lines of at most `width` characters, broken between two keys: `space pause  . hush`."""
    lines: list[str] = []
    for row in KEYS:
        if not row.word:
            continue
        key = f"{' '.join(row.names)} {row.word}"
        if lines and len(lines[-1]) + len(GAP) + len(key) <= width:
            lines[-1] += GAP + key
        else:
            lines.append(key)
    return lines


def help_text(brief: bool = False) -> str:
    """The keys for `waves play --help`, a line each; `brief`: lines of at most 60 characters."""
    width = max(len(" ".join(row.names)) for row in KEYS)
    return "\n".join(f"  {' '.join(row.names):<{width}}  {(brief and row.brief) or row.help}" for row in KEYS)

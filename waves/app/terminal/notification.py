"""Notifications of a terminal: a text in, the control sequence that shows it out, none of whose marks it can add."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from waves.problem import printable

How = Literal["bell", "terminal"]

BELL = "\a"
LONGEST = 200  # characters
TITLE = "waves"


def sequence(how: How, text: str, environment: Mapping[str, str]) -> str:
    """The control sequence that rings, or shows a text beside the window.

    A terminal that knows none of the sequences shows nothing. Sources: the documents of iTerm2 (OSC 9, which most
    others know too), of rxvt-unicode (OSC 777) and of kitty (OSC 99).
    """
    if how == "bell":
        return BELL
    said = printable(text)[:LONGEST]
    terminal = environment.get("TERM", "")
    if "kitty" in terminal:
        made = f"\x1b]99;;{said}\x1b\\"
    elif terminal.startswith(("foot", "rxvt")):
        made = f"\x1b]777;notify;{TITLE};{said.replace(';', ',')}\x1b\\"
    else:
        made = f"\x1b]9;{said}{BELL}"
    return made if "TMUX" not in environment else "\x1bPtmux;" + made.replace("\x1b", "\x1b\x1b") + "\x1b\\"

"""Forms of Strudel and TidalCycles in the text of a pattern: a text in, a sentence and what is meant here out."""

from __future__ import annotations

import re
from typing import NamedTuple

from waves.language.model.vocabulary import OF_STRUDEL

TOGETHER = ("stack", "polyrhythm", "pr")
IN_TURN = ("cat", "slowcat")
IN_ONE = ("seq", "sequence", "fastcat")
SOUNDS = ("s", "sound")
NOTES = ("n", "note")
CALL = re.compile(r"\s*(\w+)\s*\((.*?)\)?\s*", re.DOTALL)
METHOD = re.compile(r"\.([A-Za-z_]\w*)\(([^()]*)\)?\s*")
NUMBER = r"\s*(-?[\d.]+)\s*"
RANGED = re.compile(
    rf"\s*(sine|saw|tri|square|rand|perlin)\.range\({NUMBER},{NUMBER}\)(?:\.(slow|fast)\({NUMBER}\))?\s*"
)
FOREIGN = (*TOGETHER, *IN_TURN, *IN_ONE, *SOUNDS, *NOTES, "mini", "m")


class Foreign(NamedTuple):
    """A form of another program: a sentence, what is meant here, and the column of it in the text."""

    sentence: str
    meant: str
    column: int


def foreign_form(text: str) -> Foreign | None:
    """The first form of another program in a text that is no pattern; None without one.

    kick hat.fast(2)      'fast' is a key beside the pattern         "kick hat", fast: 2
    stack(kick, hat)      'stack' is a comma here                    "kick, hat"
    saw.range(1,3)        the numbers of 'saw' stand in its brackets "saw(1,3)"
    """
    if match := RANGED.fullmatch(text):
        name, low, high, way, count = match.groups()
        pace = f"{'/' if way == 'slow' else '*'}{count}" if way else ""
        return Foreign(
            f"the numbers of '{name}' stand in its brackets", f"'{name}({low},{high}){pace}'", match.start(1)
        )
    if match := next((one for one in METHOD.finditer(text) if one.start()), None):
        name, value = match[1], match[2].strip().strip("'\"")
        before = _bare(text[: match.start()])
        key = OF_STRUDEL[name].strip("'") if name in OF_STRUDEL else f"{name}: {value}" if value else name
        inner = foreign_form(before)
        whole = inner.meant.strip("'") if inner else f'"{before}"'
        return Foreign(f"'{name}' is a key beside the pattern here", f"'{whole}, {key}'", match.start())
    match = CALL.fullmatch(text)
    if not match or match[1] not in FOREIGN:
        return None
    name, column = match[1], match.start(1)
    parts = [_bare(part) for part in re.split(r",(?![^\[<{(]*[\]>})])", match[2])]
    if name in TOGETHER:
        return Foreign(f"'{name}' is a comma here", f"'\"{', '.join(parts)}\"'", column)
    groups = [f"[{part}]" if " " in part else part for part in parts]
    if name in IN_TURN:
        return Foreign(f"'{name}' is '< >' here, one in each cycle", f"'\"<{' '.join(groups)}>\"'", column)
    if name in IN_ONE:
        return Foreign(f"'{name}' is a space here", f"'\"{' '.join(groups)}\"'", column)
    if name in NOTES:
        meant = f"'pluck, note: \"{', '.join(parts)}\"'"
        return Foreign(f"'{name}' is a key beside the pattern here", meant, column)
    return Foreign(f"the text of a pattern stands here without '{name}( )'", f"'\"{', '.join(parts)}\"'", column)


def _bare(text: str) -> str:
    return text.strip().strip("'\"").strip()

"""Reads the sections of a song and their order: data in, positions with the ways from each to the next out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from waves.language.model.form.metres import Metre, metre_of, tell_metre
from waves.language.model.models import Finding, Place
from waves.language.patterns.reader import read
from waves.language.patterns.syntax import Choice, Pattern, PatternError, Sequence, Word
from waves.node_types.builtin.form.sections import BACK, STOP
from waves.node_types.library.parameters import written
from waves.problem import did_you_mean

Report = Callable[[Finding], None]
Way = tuple[int, float]
"""The number of a position, and its weight."""

KEYS = ("bars", "then", "metre")
AGAIN, ANY, BACK_WORD, STOP_WORD = "again", "any", "back", "stop"
WORDS = (AGAIN, ANY, BACK_WORD, STOP_WORD)
"""Words of `then` that are no sections."""
MOST_SECTIONS = 100
MOST_POSITIONS = 1_000
LONGEST = 10_000  # bars
EXAMPLE = "'{intro: 4, verse: {bars: 8, then: intro}}'"


@dataclass(frozen=True, slots=True)
class Form:
    """The sections of a song, the section of each position, and the positions that may follow it."""

    names: tuple[str, ...]
    bars: tuple[float, ...]
    order: tuple[int, ...]
    ways: tuple[tuple[Way, ...], ...]
    metres: tuple[Metre | None, ...]
    """Those of their own that the sections have."""

    def metres_in(self, tempo: Metre) -> tuple[tuple[float, ...], ...]:
        """The beats of the bars of each section, in a tempo of that metre; none where all have its bars."""
        if not any(self.metres):
            return ()
        return tuple(metre.in_beats_of(tempo.unit).lengths if metre else tempo.lengths for metre in self.metres)

    @property
    def stops(self) -> bool:
        """Whether it may be over."""
        return any(target == STOP for ways in self.ways for target, _ in ways)


def unknown_section(name: Any, names: Any, place: Place, column: int = 0) -> Finding:
    """The mistake of a name that no section has."""
    near = did_you_mean(str(name), names)
    return Finding(place, f"there is no section '{name}'", near, column=column)


def read_form(data: Any, order: str, loop: bool, place: Place, order_place: Place, report: Report) -> Form | None:
    """The form of a song; None after a mistake in its sections."""
    if not isinstance(data, dict) or not data or len(data) > MOST_SECTIONS:
        sentence = f"expected 1 to {MOST_SECTIONS} sections with their bars, got {written(data)}"
        report(Finding(place, sentence, EXAMPLE))
        return None
    sections = {str(name): _section(str(name), value, place.below(name), report) for name, value in data.items()}
    names, bars = tuple(sections), tuple(float(length) for length, *_ in sections.values())
    metres = tuple(metre for *_, metre in sections.values())
    if order:
        positions = _Order(names, order_place, report).read(order, loop)
        return Form(names, bars, *positions, metres) if positions else None
    ways = []
    for k, (name, (_, then, _)) in enumerate(sections.items()):
        last = k == len(names) - 1
        following = STOP if last and not loop else (k + 1) % len(names)
        ways.append(_then(then, k, following, names, place.below(name, "then"), report))
    return Form(names, bars, tuple(range(len(names))), tuple(ways), metres)


def _section(name: str, data: Any, place: Place, report: Report) -> tuple[int, Any, Metre | None]:
    """The bars of a section, what is written for what comes after it, and its metre, if it has one of its own."""
    if name in WORDS:
        report(Finding(place.at_key(), f"'{name}' is a word of 'then', and cannot be the name of a section"))
    given: Mapping[Any, Any] = data if isinstance(data, dict) else {"bars": data}
    for key in given:
        if key not in KEYS:
            sentence = f"'{key}' is nothing that a section has: 'bars', 'then' and 'metre'"
            report(Finding(place.below(key).at_key(), sentence, did_you_mean(str(key), KEYS)))
    bars = given.get("bars")
    if not isinstance(bars, int) or isinstance(bars, bool) or not 1 <= bars <= LONGEST:
        at = place.below("bars") if "bars" in given and isinstance(data, dict) else place
        report(Finding(at, f"a section has 1 to {LONGEST:,} whole bars, not {written(bars)}", "'8'"))
        bars = 1
    metre = given.get("metre")
    own = metre is not None and tell_metre(metre, place.below("metre"), report)
    return bars, given.get("then"), metre_of(metre) if own else None


def _then(
    data: Any, here: int, following: int, names: tuple[str, ...], place: Place, report: Report
) -> tuple[Way, ...]:
    """The ways from a section to what comes after it."""
    if data is None:
        return ((following, 1.0),)
    weights = data if isinstance(data, dict) and data else {data: 1} if isinstance(data, str) else None
    if weights is None:
        report(Finding(place, f"expected a section, or sections with weights, got {written(data)}"))
        return ((following, 1.0),)
    ways: list[Way] = []
    for name, weight in weights.items():
        at = place.below(name) if isinstance(data, dict) else place
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0.0 < weight <= 1e6:
            report(Finding(at, f"a weight is a number above 0, not {written(weight)}"))
            continue
        if name == ANY:
            ways += [(k, weight / len(names)) for k in range(len(names))]
        elif name in names:
            ways.append((names.index(name), float(weight)))
        elif name in WORDS:
            ways.append(({AGAIN: here, BACK_WORD: BACK, STOP_WORD: STOP}[name], float(weight)))
        else:
            report(unknown_section(name, [*names, *WORDS], at.at_key() if isinstance(data, dict) else at))
    return tuple(ways) or ((following, 1.0),)


class _Order:
    """Reads an order: words, `!`, `[ ]` and `|`."""

    def __init__(self, names: tuple[str, ...], place: Place, report: Report):
        self.names, self.place, self.report = names, place, report
        self.order: list[int] = []
        self.ways: list[list[Way]] = []

    def read(self, text: str, loop: bool) -> tuple[tuple[int, ...], tuple[tuple[Way, ...], ...]] | None:
        """The section of each position and the ways from it; None after a mistake. The first of several begins."""
        try:
            begins, ends = self.part(read(text))
        except PatternError as error:
            meant = f"'{error.meant}'" if error.meant else ""
            self.report(Finding(self.place, error.sentence, meant, column=error.column))
            return None
        for end in ends:
            self.ways[end] += begins if loop else [(STOP, 1.0)]
        return tuple(self.order), tuple(map(tuple, self.ways))

    def part(self, pattern: Pattern) -> tuple[list[Way], list[int]]:
        """Add a part of the order: the positions with which it may begin, and those with which it may end."""
        if len(self.order) >= MOST_POSITIONS:
            raise PatternError(f"an order has at most {MOST_POSITIONS:,} sections", 0)
        match pattern:
            case Word():
                if pattern.text not in self.names:
                    self.report(unknown_section(pattern.text, self.names, self.place, pattern.column))
                self.order.append(self.names.index(pattern.text) if pattern.text in self.names else 0)
                self.ways.append([])
                return [(len(self.order) - 1, 1.0)], [len(self.order) - 1]
            case Sequence() if all(weight == 1 for weight, _ in pattern.steps):
                begins, ends = self.part(pattern.steps[0][1])
                for _, step in pattern.steps[1:]:
                    inner, after = self.part(step)
                    for end in ends:
                        self.ways[end] += inner
                    ends = after
                return begins, ends
            case Choice():
                parts = [self.part(one) for one in pattern.alternatives]
                share = 1.0 / len(parts)
                begins = [(target, weight * share) for part, _ in parts for target, weight in part]
                return begins, [end for _, ends in parts for end in ends]
        raise PatternError("an order has sections, '!', '[ ]' and '|' only", 0)

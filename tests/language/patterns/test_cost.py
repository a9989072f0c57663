"""The work that a pattern is: counted, in proportion to its text and its notes; and the time of a note."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from time import process_time

import pytest

from tests.harness.session_harness import shipped
from tests.harness.small_nodes import build_sounds, nodes
from waves.language.patterns import events
from waves.language.patterns.events import Player
from waves.language.patterns.lanes import make_pass
from waves.language.patterns.line import Numbers, Surroundings, number_of
from waves.language.patterns.reader import read
from waves.language.patterns.syntax import MOST_NOTES, PatternError
from waves.language.patterns.together.combined import STEPS, Lane
from waves.language.text.document import read_document

SHAPES: list[Callable[[int], str]] = [
    lambda n: "ab " * n,
    lambda n: f"ab*{n}",
    lambda n: f"ab!{n}",
    lambda n: f"[a [b c]]*{n}",
    lambda n: "<" + "ab " * n + ">",
    lambda n: "<" + "ab " * n + f">*{n}",
    lambda n: "[" + "ab " * n + f"]({n // 2},{n})",
    lambda n: "{" + "ab " * n + ", c d e}%8",
    lambda n: "[" + "a? " * n + "]/4",
    lambda n: "ab|cd " * n,
    lambda n: ",".join(["ab"] * n),
]


def counted(text: str, cycles: int = 4) -> tuple[int, int]:
    """The steps that are visited in some cycles, and the events there."""
    player, pattern = Player(), read(text)
    count = sum(len(player.cycle(pattern, cycle)) for cycle in range(cycles))
    return count, player.work


@pytest.mark.parametrize("shape", SHAPES, ids=[shape(2) for shape in SHAPES])
def test_work_is_in_proportion_to_the_text_and_its_notes(shape):
    """The work for one letter or one event is no more in a text ten times as long."""
    ratios = []
    for n in (40, 400):
        text = shape(n)
        count, work = counted(text)
        ratios.append(work / (len(text) + count))
    assert ratios[1] <= 1.2 * ratios[0] + 0.1 and max(ratios) < 5


@pytest.mark.parametrize(
    "text",
    [
        "[~ ~ ~]*1024*1024*1024",
        "[~ ~](0,1024)*1024*1024",
        "[a%1:1024 ~]*1024",
        "a" + "*1" * 4000,
        "a" + "?" * 9000,
        "[" * 32 + "a" + "*2?]/1.5?0.3(3,8)%1:2" * 31 + "]",
        "~!1024 " * 1000,
        "a*<" * 31 + "1" + ">" * 31,
        "[a,a,a,a]!1024 [_ _ _ _]*256",
        "[a _]/1021 [_ b]/1019",
    ],
)
def test_a_text_that_is_too_much_is_refused_or_played_soon(text, monkeypatch):
    monkeypatch.setattr(events, "MOST_WORK", 50_000)
    try:
        made = make_pass({STEPS: Lane(read(text))})
        outcome = 0 <= len(made.notes) <= MOST_NOTES * made.cycles
    except PatternError as error:
        outcome = bool(error.sentence) and 0 <= error.column <= len(text)
    assert outcome


@pytest.mark.timing
@pytest.mark.parametrize(
    "text", ["ab*1000", "ab " * 1000, "[kick hat]*250, [snare hat hat]*167", "[ab? cd]*500", "[a [b c] d]*250"]
)
def test_a_note_of_a_dense_pattern_costs_at_most_20_microseconds(text):
    pattern, best = read(text), float("inf")
    for cycle in range(5):
        begin = process_time()
        count = len(Player().cycle(pattern, cycle))
        best = min(best, (process_time() - begin) / count)
    print(f"{best * 1e6:.1f} µs a note, {count} notes in a cycle: {text[:40]!r}")
    assert best < 20e-6


def by_hand() -> float:
    """Seconds for a note of a loop that gives 1,000 notes their times and a value, and sorts them."""
    best = float("inf")
    for _ in range(5):
        begin = process_time()
        found = [(Fraction(k, 1000), Fraction(k + 1, 1000), {"sound": "hat", "v": k / 1000}) for k in range(1000)]
        found.sort(key=lambda note: note[0])
        best = min(best, (process_time() - begin) / len(found))
    return best


@pytest.mark.timing
@pytest.mark.parametrize("play", ["'hat*1000', v: 'rand(.3,1)'", "'[hat kick]*250, [hat|kick]*500'"])
def test_a_note_of_a_page_costs_at_most_20_microseconds(play):
    """Where a note of the loop by hand costs 1.9 µs."""
    sounds = "".join(f"{name}: {{osc: {{freq: f, amp: v, duration: 0.05}}}}\n" for name in ("hat", "kick"))
    document = read_document(f"my_sound: {{play: {play}}}\n{sounds}", "w.yaml")
    root, _ = build_sounds(["my_sound"], shipped(), [document])
    pages = [node.settings["pages"] for node in nodes(root).values() if node.template]
    best, unit = float("inf"), by_hand()
    for cycle in range(100, 110):
        begin = process_time()
        count = sum(len(one.page(cycle)[1]) for one in pages)
        best = min(best, (process_time() - begin) / count)
    unit = min(unit, by_hand())
    print(f"{best * 1e6:.1f} µs a note, {best / unit:.1f} times by hand, {count} notes in a cycle: {play}")
    assert best / unit < 20 / 1.9


NUMBERS = (
    *("<1!15 0 1!16 0!12 1!20>", "1 <2 ~ 3> 4@3", "[1 2]/3", "1*3 0", "x(3,8)", "x(<3 5>,8,<0 1>)", "1 [0|2] 3? ~"),
    *("x([3 1],[8 7])", "1*[1 2] 0", "1, 2 3", "<1 2>*<2 3>", "{1 2 3}%5", "0 _ 2 _", "<1 [2 <3 4>]>/2"),
)


@pytest.mark.parametrize("text", NUMBERS)
def test_a_number_at_a_moment_is_the_one_that_sounds_then(text):
    """Read for a whole cycle and kept, or not: the first that sounds at that moment alone."""
    pattern = read(text)
    numbers, player = Numbers(pattern, Surroundings(7, 1024)), Player(7, 1024)
    for moment in (Fraction(k, 12) - 2 for k in range(120)):
        turn = int(moment // 1)
        moved = turn - turn % numbers.cycles
        sounding = player.events(pattern, moment - moved, moment - moved, turn - moved)
        plays = (event for event in sounding if event.word and all(map(numbers._plays, event.draws)))
        assert numbers.at(moment) == next((number_of(event.word.text) for event in plays), None)


def test_a_mask_is_read_once_a_cycle():
    """However many notes a cycle has, and however often the mask comes again."""
    many = Numbers(read("1*512"), Surroundings(0, 1024))
    assert all(many.at(Fraction(k, 2)) == 1 for k in range(2048)) and many.player.work < 1000
    numbers = Numbers(read("<1!15 0 1!16 0!12 1!20>"), Surroundings(0, 1024))
    for k in range(16 * 64):
        assert numbers.at(Fraction(k, 16)) == (0 if k // 16 == 15 or 32 <= k // 16 < 44 else 1)
    assert numbers.player.work < 64 * 6

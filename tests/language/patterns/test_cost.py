"""The work that a pattern is: counted, in proportion to its text and its notes; and the time of a note."""

from __future__ import annotations

import gc
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
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


def by_hand() -> float:
    """Seconds for a note of a loop that gives 1,000 notes their times and a value, and sorts them."""
    begin = process_time()
    for _ in range(5):
        found = [(Fraction(k, 1000), Fraction(k + 1, 1000), {"sound": "hat", "v": k / 1000}) for k in range(1000)]
        found.sort(key=lambda note: note[0])
    return (process_time() - begin) / 5 / len(found)


def times_by_hand(count_of: Callable[[int], int]) -> float:
    """What a note of a cycle costs, in notes of the loop by hand just before or after it: the least of ten cycles."""
    gc.disable()  # else one of the two collects what is left of other tests
    try:
        costs, units = [], [by_hand()]
        for cycle in range(10):
            begin = process_time()
            count = count_of(cycle)
            costs.append((process_time() - begin) / count)
            units.append(by_hand())
    finally:
        gc.enable()
    ratio = min(cost / min(around) for cost, around in zip(costs, pairwise(units), strict=True))
    print(f"{min(costs) * 1e6:.1f} µs a note, {ratio:.1f} times one by hand")
    return ratio


@pytest.mark.timing
@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("ab*1000", 3.0),
        ("ab " * 1000, 3.0),
        ("[kick hat]*250, [snare hat hat]*167", 6.0),
        ("[ab? cd]*500", 10.0),
        ("[a [b c] d]*250", 6.0),
    ],
)
def test_a_note_of_a_dense_pattern_costs_little(text, most):
    pattern = read(text)
    assert times_by_hand(lambda cycle: len(Player().cycle(pattern, cycle))) < most


@pytest.mark.timing
@pytest.mark.parametrize("play", ["'hat*1000', v: 'rand(.3,1)'", "'[hat kick]*250, [hat|kick]*500'"])
def test_a_note_of_a_page_costs_little(play):
    """With its sound and its values: 20 µs where a note of the loop by hand takes 1.9."""
    sounds = "".join(f"{name}: {{osc: {{freq: f, amp: v, duration: 0.05}}}}\n" for name in ("hat", "kick"))
    document = read_document(f"my_sound: {{play: {play}}}\n{sounds}", "w.yaml")
    root, _ = build_sounds(["my_sound"], shipped(), [document])
    pages = [node.settings["pages"] for node in nodes(root).values() if node.template]
    assert times_by_hand(lambda cycle: sum(len(one.page(100 + cycle)[1]) for one in pages)) < 20 / 1.9


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

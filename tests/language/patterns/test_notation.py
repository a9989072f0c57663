"""The notation of patterns: every sign, event by event, against times that were written by hand."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from random import Random

import pytest

from waves.language.patterns.events import Player
from waves.language.patterns.lanes import make_pass, make_passes
from waves.language.patterns.passes import cycles_of
from waves.language.patterns.reader import read
from waves.language.patterns.syntax import PatternError
from waves.language.patterns.together.combined import STEPS, Lane

TABLE = [
    line.split("\t")
    for line in (Path(__file__).parent / "notation.tsv").read_text().splitlines()
    if line and not line.startswith("#")
]


def shown(pattern: str, cycle: int) -> str:
    """The events of a cycle as in the table: `0-1/2 bd, 1/2-1 sn`."""
    events = Player().cycle(read(pattern), cycle)
    rows = sorted((event.begin - cycle, event.end - cycle, event.word.text) for event in events if event.word)
    return ", ".join(f"{begin}-{end} {word}" for begin, end, word in rows) or "-"


@pytest.mark.parametrize(("pattern", "cycles"), TABLE, ids=[row[0] for row in TABLE])
def test_events_of_each_cycle(pattern, cycles):
    expected = [
        ", ".join(
            sorted(cycle.strip().split(", "), key=lambda one: (*map(Fraction, one.split()[0].split("-")), one))
            if cycle.strip() != "-"
            else ["-"]
        )
        for cycle in cycles.split("//")
    ]
    assert [shown(pattern, cycle) for cycle in range(len(expected))] == expected


@pytest.mark.parametrize(("pattern", "cycles"), TABLE, ids=[row[0] for row in TABLE])
def test_a_pattern_comes_again_after_its_cycles(pattern, cycles):
    repeat = cycles_of(read(pattern))
    for cycle in range(3):
        assert shown(pattern, cycle) == shown(pattern, cycle + repeat) == shown(pattern, cycle + 999 * repeat)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("c4 [e4 g4] [_ f4]", "0-1/3 c4, 1/3-1/2 e4, 1/2-5/6 g4, 5/6-1 f4"),
        ("<[c4 e4] [_ g4]>", "0-1/2 c4, 1/2-3/2 e4, 3/2-2 g4"),
        ("[c4,e4] [_ g4]", "0-3/4 c4, 0-3/4 e4, 3/4-1 g4"),
        ("a [_ b], c*2 d", "0-3/4 a, 0-1/4 c, 1/4-1/2 c, 1/2-1 d, 3/4-1 b"),
        ("[_ a] b", "1/4-1/2 a, 1/2-5/4 b"),
        ("~ [_ b]", "3/4-1 b"),
    ],
)
def test_a_tie_goes_on_with_what_sounded_before(pattern, expected):
    notes = make_pass({STEPS: Lane(read(pattern))}).notes
    rows = sorted((note.begin, note.begin + note.length, note.words[STEPS].text) for note in notes)
    assert ", ".join(f"{begin}-{end} {word}" for begin, end, word in rows) == ", ".join(
        sorted(expected.split(", "), key=lambda one: (*map(Fraction, one.split()[0].split("-")), one))
    )


def chances(pattern: str) -> list[tuple[float, int]]:
    return [(note.draw.probability, note.draw.number) for note in make_pass({STEPS: Lane(read(pattern))}).notes]


def test_a_chance_counts_for_what_stands_before_it():
    """`hat?*4` decides once, `hat*4?` four times, `[hat?]*4` in each turn of the group."""
    assert [len(set(chances(pattern))) for pattern in ("hat?*4", "hat*4?", "[hat?]*4")] == [1, 4, 4]
    assert {chance for chance, _ in chances("hat*4?0.3")} == {0.7}
    assert {chance for chance, _ in chances("hat%30 hat")} == {0.3, 1.0}
    assert len({draw for _, draw in chances("hat? hat? snare?")}) == 3


def test_typing_elsewhere_changes_no_draw():
    assert set(chances("hat? kick hat?")) >= set(chances("hat? hat?"))
    assert set(chances("snare hat? [kick kick]")) >= set(chances("hat?"))


def test_a_choice_has_another_one_in_each_cycle():
    def chosen(pattern: str, seed: int) -> list[str]:
        return [note.words[STEPS].text for note in make_pass({STEPS: Lane(read(pattern))}, seed).notes]

    found = chosen("a|b|c", 1)
    assert len(found) == 64 and min(found.count(word) for word in "abc") >= 10
    assert found == chosen("a|b|c", 1) != chosen("a|b|c", 2)
    assert len({tuple(found[k : k + 4]) for k in range(0, 64, 4)}) > 8
    assert len(set(chosen("[a|b]*4", 1)[:16])) == 2


def test_one_of_so_many_cycles():
    assert [(str(note.begin), note.words[STEPS].text) for note in make_pass({STEPS: Lane(read("a b%2:3"))}).notes] == [
        ("0", "a"),
        ("1", "a"),
        ("3/2", "b"),
        ("2", "a"),
    ]


def test_layers_of_different_lengths_have_passes_of_their_own():
    made = make_passes({STEPS: Lane(read("kick*4, <a b c>, <d!7>, hat*2, <~!1000 e>, <~!999 f>"))})
    assert [(one.cycles, len(one.notes)) for one in made] == [(1, 6), (3, 3), (7, 7), (1001, 1), (1000, 1)]


def test_the_passes_of_a_text_are_made_once():
    first, again, other = (
        make_passes({STEPS: Lane(read(text))}, 1) for text in ("a?, <b c>", "a?, <b c>", "a?, <b d>")
    )
    assert all(one is same for one, same in zip(first, again, strict=True))
    assert [len(made.notes) for made in other] == [len(made.notes) for made in first] and other != first


@pytest.mark.parametrize(
    ("lanes", "structure", "expected"),
    [
        ({STEPS: "pluck", "freq": "c4 e4"}, "freq", "0 pluck c4, 1/2 pluck e4"),
        ({STEPS: "hat", "velocity": "1 .5 .8 .5"}, "velocity", "0 hat 1, 1/4 hat .5, 1/2 hat .8, 3/4 hat .5"),
        ({STEPS: "hat*2", "velocity": "1 .5 .8"}, STEPS, "0 hat 1, 1/2 hat .5"),
        ({STEPS: "hat*4", "velocity": "1 ~"}, STEPS, "0 hat 1, 1/4 hat 1"),
        ({STEPS: "pluck", "freq": "[c4,e4] g4"}, "freq", "0 pluck c4, 0 pluck e4, 1/2 pluck g4"),
        ({STEPS: "pluck ~", "freq": "c4,e4"}, STEPS, "0 pluck c4, 0 pluck e4"),
        ({STEPS: "a b", "freq": "<c4 d4>"}, STEPS, "0 a c4, 1/2 b c4, 1 a d4, 3/2 b d4"),
        ({STEPS: "a*2", "freq": "<c4@2 d4>"}, STEPS, "0 a c4, 1/2 a c4, 1 a c4, 3/2 a c4, 2 a d4, 5/2 a d4"),
        ({STEPS: "hat", "velocity": "1"}, STEPS, "0 hat 1"),
    ],
)
def test_one_lane_has_the_structure_and_the_others_are_read_at_its_onsets(lanes, structure, expected):
    made = make_pass({name: Lane(read(text)) for name, text in lanes.items()})
    assert made.structure == structure
    rows = [" ".join([str(note.begin), *(note.words[name].text for name in lanes)]) for note in made.notes]
    assert ", ".join(rows) == expected


def onsets_of(text: str, seed: int, cycles: int = 64) -> list[str]:
    """The words of each cycle, in the order of time."""
    player, pattern = Player(seed), read(text)
    return ["".join(event.word.text for event in player.cycle(pattern, k) if event.word) for k in range(cycles)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a%50 b%!prev", {"a", "b"}),
        ("a%30 b%prev c%!prev d%prev", {"abd", "c"}),
        ("a*2%50, b(3,8)%!prev", {"aa", "bbb"}),
        ("[a%50 b%!prev]*2", {"aa", "ab", "ba", "bb"}),
        ("<a%50 b%prev>", {"a", "b", ""}),
        ("a%2:4 b%!prev", {"a", "b"}),
        ("a%50 [b%50 c%!prev] d%prev", {"abd", "acd", "b", "c"}),
    ],
)
def test_a_condition_as_the_one_before_it(text, words):
    """Every outcome comes, and no other; another seed draws other cycles."""
    found = onsets_of(text, 1)
    assert set(found) == words
    assert (found != onsets_of(text, 2)) is ("50" in text or "30" in text)


def test_a_condition_as_the_one_before_it_in_a_fill():
    where = {word.text: one.when for one in Player().cycle(read("a%fill b%!prev c%prev"), 0) if (word := one.word)}
    assert (where["a"].turns, where["b"].turns, where["c"].turns) == (0b1010, 0b0101, 0b1010)


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("kick*1024 " * 5, "5,120 notes in a cycle: 4,096 at most"),
        ("a*4097", "4,097 notes in a cycle: 4,096 at most"),
        ("a*2000", "'*' is at most 1,024"),
        ("a!1025", "'!' is 1 to 1,024"),
        ("0 .. 5000", "'0 .. 5000' are 5,001 numbers: 1,024 at most"),
        ("[" * 33 + "a" + "]" * 33, "brackets are at most 32 deep"),
        ("a " * 5001, "a pattern has at most 10,000 letters, not 10,002"),
        ("a/1021 b/1019", "this pattern comes again after 1,040,399 cycles: 1,024 at most"),
        ("a*1000 b/21", "21,001 notes until this pattern comes again: 20,000 at most"),
        ("a(<3 9>,8)", "9 onsets do not fit into 8 steps"),
    ],
)
def test_limits(pattern, sentence):
    with pytest.raises(PatternError) as found:
        make_pass({STEPS: Lane(read(pattern))})
    assert found.value.sentence == sentence


BRACKETS = {  # a text with a mistake in its brackets, and what is meant
    "x(5,8": "x(5,8)",
    "x(5,8 x*4": "x(5,8) x*4",
    "[x x(5,8 x]*2": "[x x(5,8) x]*2",
    "x [x(5,8 x": "x [x(5,8) x]",
    "x(5,8*2": "x(5,8)*2",
    "x(5,8]": "x(5,8)",
    "[x x(5,8]": "[x x(5,8)]",
    "x(5": "x(5,8)",
    "x(9,": "x(9,16)",
    "x(": "x(3,8)",
    "x(<5 3> x": "x(<5 3>,8) x",
    "x(5 8)": "x(5,8)",
    "x(5 8 x": "x(5,8) x",
    "x(5,8 2)": "x(5,8,2)",
    "x 5,8) x": "x(5,8) x",
    "[x x) x": "[x x] x",
    "x x) x": "x x x",
    "x [y <x": "x [y <x>]",
}


def test_a_mistake_in_the_brackets_leads_to_what_is_meant_and_that_can_be_read():
    for text, meant in BRACKETS.items():
        with pytest.raises(PatternError) as found:
            read(text)
        assert found.value.meant == meant, text
        read(meant)


WORDS = "ab ab ab [ ] < > { } , | * / 2 3 . ! ? % _ ~ - @ ( , ) 1 :".split(" ")


def outcome(text: str) -> tuple[int, str]:
    """The column and the sentence for a text that is refused; -1 for one that is taken."""
    try:
        make_pass({STEPS: Lane(read(text))})
    except PatternError as error:
        return error.column, error.sentence
    return -1, "taken"


def test_any_text_is_taken_or_refused():
    """Random texts of the signs: a pattern, or a sentence with a column in the text."""
    draw = Random(1)
    signs = [[draw.choice(WORDS) + draw.choice(["", " "]) for _ in range(draw.randint(1, 9))] for _ in range(1500)]
    found = {text: outcome(text) for text in map("".join, signs)}
    assert [text for text, (column, sentence) in found.items() if column > len(text) or not sentence] == []
    assert 60 < sum(column < 0 for column, _ in found.values()) < 1400

"""The reference for patterns against rows that were written by hand: onsets, lengths, chances, refused texts."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import pytest

from tests.harness.pattern_grammar import random_text
from tests.harness.pattern_reference import Refused, Unstated, events, read
from tests.harness.pattern_tree import rhythm

ROWS = """
bd sn = 0-1/2 bd, 1/2-1 sn
bd hh sn = 0-1/3 bd, 1/3-2/3 hh, 2/3-1 sn
a b c d e = 0-1/5 a, 1/5-2/5 b, 2/5-3/5 c, 3/5-4/5 d, 4/5-1 e
~ = -
a [~ b] c = 0-1/3 a, 1/2-2/3 b, 2/3-1 c
bd - sn = 0-1/3 bd, 2/3-1 sn
bd [hh [cp cp]] = 0-1/2 bd, 1/2-3/4 hh, 3/4-7/8 cp, 7/8-1 cp
bd . hh hh . sn = 0-1/3 bd, 1/3-1/2 hh, 1/2-2/3 hh, 2/3-1 sn
bd*2 sn = 0-1/4 bd, 1/4-1/2 bd, 1/2-1 sn
bd*1.5 = 0-2/3 bd, 2/3-4/3 bd // 1/3-1 bd
a*<2 3> = 0-1/2 a, 1/2-1 a // 0-1/3 a, 1/3-2/3 a, 2/3-1 a
bd/2 = 0-2 bd // -
[a b]/1.5 = 0-3/4 a, 3/4-3/2 b // 1/2-5/4 a // 1/4-1 b
<bd sn hh> = 0-1 bd // 0-1 sn // 0-1 hh
bd <sn cp> = 0-1/2 bd, 1/2-1 sn // 0-1/2 bd, 1/2-1 cp
<a b>/2 = 0-2 a // - // 0-2 b // -
<[a b] c> = 0-1/2 a, 1/2-1 b // 0-1 c
<a ~ b> = 0-1 a // - // 0-1 b
<a@3 b> = 0-3 a // - // - // 0-1 b
<a b , c d e> = 0-1 a, 0-1 c // 0-1 b, 0-1 d // 0-1 a, 0-1 e
a@3 b = 0-3/4 a, 3/4-1 b
a _ _ b = 0-3/4 a, 3/4-1 b
a _ b@2 = 0-1/2 a, 1/2-1 b
<a b>@3 c = 0-3/4 a, 3/4-1 c // 0-3/4 b, 3/4-1 c
a ! b = 0-1/3 a, 1/3-2/3 a, 2/3-1 b
a!3 b = 0-1/4 a, 1/4-1/2 a, 1/2-3/4 a, 3/4-1 b
[a b]!2 c = 0-1/6 a, 1/6-1/3 b, 1/3-1/2 a, 1/2-2/3 b, 2/3-1 c
bd(5,8) = 0-1/8 bd, 1/4-3/8 bd, 3/8-1/2 bd, 5/8-3/4 bd, 3/4-7/8 bd
bd(2,5) = 0-1/5 bd, 2/5-3/5 bd
bd(7,16) = 0-1/16 bd, 3/16-1/4 bd, 5/16-3/8 bd, 7/16-1/2 bd, 5/8-11/16 bd, 3/4-13/16 bd, 7/8-15/16 bd
bd(3,8,2) = 0-1/8 bd, 1/4-3/8 bd, 5/8-3/4 bd
a(3,8,-1) = 1/4-3/8 a, 5/8-3/4 a, 7/8-1 a
bd(-3,8) = 1/8-1/4 bd, 1/4-3/8 bd, 1/2-5/8 bd, 5/8-3/4 bd, 7/8-1 bd
bd(<3 5>,8,<0 2>) = 0-1/8 bd, 3/8-1/2 bd, 3/4-7/8 bd // 0-1/8 bd, 1/4-3/8 bd, 1/2-5/8 bd, 5/8-3/4 bd, 7/8-1 bd
[bd hh](3,8) = 0-1/8 bd, 3/8-1/2 bd, 3/4-7/8 hh
[bd, hh hh hh] = 0-1 bd, 0-1/3 hh, 1/3-2/3 hh, 2/3-1 hh
[a,b,c] = 0-1 a, 0-1 b, 0-1 c
{a b c}%4 = 0-1/4 a, 1/4-1/2 b, 1/2-3/4 c, 3/4-1 a // 0-1/4 b, 1/4-1/2 c, 1/2-3/4 a, 3/4-1 b \
 // 0-1/4 c, 1/4-1/2 a, 1/2-3/4 b, 3/4-1 c
{a b c, d e} = 0-1/3 a, 0-1/3 d, 1/3-2/3 b, 1/3-2/3 e, 2/3-1 c, 2/3-1 d \
 // 0-1/3 a, 0-1/3 e, 1/3-2/3 b, 1/3-2/3 d, 2/3-1 c, 2/3-1 e
{a b}%4 = 0-1/4 a, 1/4-1/2 b, 1/2-3/4 a, 3/4-1 b
{a b c} = 0-1/3 a, 1/3-2/3 b, 2/3-1 c
[0 .. 3] = 0-1/4 0, 1/4-1/2 1, 1/2-3/4 2, 3/4-1 3
3 .. 0 = 0-1/4 3, 1/4-1/2 2, 1/2-3/4 1, 3/4-1 0
bd:3*2 = 0-1/2 bd:3, 1/2-1 bd:3
a*2*2 = 0-1/4 a, 1/4-1/2 a, 1/2-3/4 a, 3/4-1 a
a(0,8) = -
""".strip()
"""What the notation means elsewhere too: a pattern, and its events in each cycle, `-` for none, cycles parted by //."""

OWN_ROWS = """
{a b <c d>}%4 = 0-1/4 a, 1/4-1/2 b, 1/2-3/4 c, 3/4-1 a // 0-1/4 b, 1/4-1/2 d, 1/2-3/4 a, 3/4-1 b \
 // 0-1/4 c, 1/4-1/2 a, 1/2-3/4 b, 3/4-1 d
<a b c>*2 = 0-1/2 a, 1/2-1 b // 0-1/2 c, 1/2-1 a
<a <b c>> = 0-1 a // 0-1 b // 0-1 a // 0-1 c
<a!2 b> = 0-1 a // 0-1 a // 0-1 b
a*0 b = 1/2-1 b
a*[2 3] = 0-1/2 a, 2/3-1 a
a(3,8)*2 = 0-1/16 a, 3/16-1/4 a, 3/8-7/16 a, 1/2-9/16 a, 11/16-3/4 a, 7/8-15/16 a
-2..0 a = 0-1/6 -2, 1/6-1/3 -1, 1/3-1/2 0, 1/2-1 a
a b, c = 0-1/2 a, 1/2-1 b, 0-1 c
a!2@2 b = 0-2/5 a, 2/5-4/5 a, 4/5-1 b
~@2 a ~!2 -*3 = 1/3-1/2 a
a! _ = 0-1/3 a, 1/3-1 a
a _ ! b = 0-2/5 a, 2/5-4/5 a, 4/5-1 b
a.b a-b a_b a~ = 0-1/4 a.b, 1/4-1/2 a-b, 1/2-3/4 a_b, 3/4-1 a~
D/F# V7/V/2 = 0-1/2 D/F#, 1/2-3/2 V7/V // 0-1/2 D/F#
hat:v=rand(.3,1)*2 = 0-1/2 hat:v=rand(.3,1), 1/2-1 hat:v=rand(.3,1)
c4'm7 C^7 = 0-1/2 c4'm7, 1/2-1 C^7
c4 [e4 g4] [_ f4] = 0-1/3 c4, 1/3-1/2 e4, 1/2-5/6 g4, 5/6-1 f4
<[c4 e4] [_ g4]> = 0-1/2 c4, 1/2-3/2 e4 // 1/2-1 g4
[c4,e4] [_ g4] = 0-3/4 c4, 0-3/4 e4, 3/4-1 g4
kick*2, c4 [_ d4] = 0-1/2 kick, 1/2-1 kick, 0-3/4 c4, 3/4-1 d4
[_ a]*2 b = 1/8-3/8 a, 3/8-1/2 a, 1/2-9/8 b
_ a = 1/2-3/2 a
a . _ b = 0-3/4 a, 3/4-1 b
a ~ [_ b] = 0-1/3 a, 5/6-1 b
a [~ _ b] = 0-1/2 a, 5/6-1 b
<a [_]!3 b> = 0-4 a // - // - // - // 0-1 b
<a [_]!20> = 0-16 a // -
<a a%1:2> = 0-1 a // 0-1 a // 0-1 a // -
[a%1:2 b]*2 = 0-1/4 a, 1/4-1/2 b, 3/4-1 b
a%3:4 = - // - // 0-1 a // - // -
a%first b%!first = 0-1/2 a // 1/2-1 b
""".strip()
"""What the notation means here: time that is shared out, repeats, ties and conditions."""


def cases(rows: str) -> list[Any]:
    return [pytest.param(*row.split(" = "), id=row.split(" = ")[0]) for row in rows.splitlines()]


def onsets_of(cycle: str) -> list[tuple[Fraction, Fraction, str, Fraction]]:
    """`0-1/2 a, 1/2-1 b` as events."""
    found = re.findall(r"([\d/]+)-([\d/]+) (.*?)(?:, (?=[\d/]+-)|$)", cycle)
    return sorted((Fraction(on), Fraction(off) - Fraction(on), word, Fraction(1)) for on, off, word in found)


@pytest.mark.parametrize(("text", "expected"), [*cases(ROWS), *cases(OWN_ROWS)])
def test_every_row(text, expected):
    wanted = [onsets_of(cycle.strip()) for cycle in expected.split("//")]
    assert [events(text, cycle) for cycle in range(len(wanted))] == wanted


def test_a_row_is_read_as_it_stands():
    half = Fraction(1, 2)
    assert onsets_of("0-1/2 hat:v=rand(.3,1), 1/2-1 b") == [
        (0, half, "hat:v=rand(.3,1)", 1),
        (half, half, "b", 1),
    ]
    assert onsets_of("-") == []


@pytest.mark.parametrize(
    ("numbers", "row"),
    [
        ((1, 4, 0), "x..."),
        ((3, 8, 0), "x..x..x."),
        ((3, 8, 2), "x.x..x.."),
        ((3, 8, -2), ".x..x.x."),
        ((4, 9, 0), "x.x.x.x.."),
        ((5, 12, 0), "x..x.x..x.x."),
        ((9, 16, 0), "x.xx.x.x.xx.x.x."),
        ((8, 8, 3), "xxxxxxxx"),
        ((-8, 8, 0), "........"),
        ((-2, 5, 1), "x.x.x"),
    ],
)
def test_rows_of_euclid(numbers, row):
    assert "".join(".x"[on] for on in rhythm(*numbers)) == row


@pytest.mark.parametrize(
    ("text", "chances"),
    [
        ("a? b?0.3 c", {"a": "1/2", "b": "7/10", "c": "1"}),
        ("a?0 b?1 c?.5?.5", {"a": "1", "b": "0", "c": "1/4"}),
        ("[a b?]?", {"a": "1/2", "b": "1/4"}),
        ("a|b|c d", {"a": "1/3", "b": "1/3", "c": "1/3", "d": "1/3"}),
        ("[a|b?] c", {"a": "1/2", "b": "1/4", "c": "1"}),
        ("a%70 b%!70", {"a": "7/10", "b": "3/10"}),
        ("{a b}%2%50", {"a": "1/2", "b": "1/2"}),
        ("[a? b](1,4)", {"a": "1/2"}),
        ("a*<1? 2>", {"a": "1/2"}),
    ],
)
def test_chances(text, chances):
    assert {word: chance for _, _, word, chance in events(text, 0)} == {
        word: Fraction(chance) for word, chance in chances.items()
    }


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("a [", 3),
        ("{a b", 1),
        ("kick hat]", 9),
        ("kick [hat>", 10),
        ("kick []", 6),
        ("a < >", 3),
        ("", 1),
        ("a*", 2),
        ("a* 2", 2),
        ("a *2", 3),
        ("a*2b", 4),
        ("a*-1", 3),
        ("a*<2 b>", 6),
        ("a*{2 3}", 2),
        ("a/0", 3),
        ("a@", 2),
        ("a@0", 3),
        ("a@2@3", 4),
        ("a!0", 3),
        ("a!1025", 3),
        ("! a", 1),
        ("[a] [! b]", 6),
        ("_*2 a", 2),
        ("a(3)", 2),
        ("a(3,8,1,1)", 2),
        ("a(8,3)", 3),
        ("a(3,0)", 5),
        ("a(2.5,8)", 3),
        ("a?2", 3),
        ("a%5:4", 3),
        ("a%", 2),
        ("<a b>%2", 6),
        ("[a b]%70", 6),
        ("a%often", 3),
        ("a%101", 3),
        ("{a b}%", 6),
        ("a b,", 4),
        (", a", 1),
        ("a,,b", 3),
        ("a|b,c", 4),
        ("a . . b", 5),
        (". a", 1),
        ("a .", 3),
        ("[a][b]", 4),
        ("a .. c", 1),
        ("0 .. 1024", 1),
        ("1.5..3", 1),
        ("x..x..x.", 1),
        ('a "b', 3),
        ("a)", 2),
        ("[" * 33 + "a" + "]" * 33, 33),
        ("a*1025", 3),
        ("a b*1000*5", 1),
        ("a " * 5001, 10_001),
    ],
)
def test_refused_at_its_column(text, column):
    with pytest.raises(Refused) as caught:
        events(text, 0)
    assert caught.value.column == column
    assert str(caught.value).startswith(f"column {column}: ")


@pytest.mark.parametrize("text", ["[" * 32 + "a" + "]" * 32, "a!1024", "0 .. 1023", "a*1024", "a*1024*4", "a " * 5000])
def test_the_limits_themselves_are_allowed(text):
    assert read(text)


@pytest.mark.parametrize("text", ["a b*1000*1000", "[a b]*1000*1000*1000", "[a*1024]*1024", "a/0.00001"])
def test_far_too_many_notes_are_refused_soon(text):
    with pytest.raises(Refused, match="too many notes"):
        events(text, 0)


@pytest.mark.parametrize("text", ["a%fill", "a%!prev", "a [_ b](3,8)", "a [_ b|c]", "a*<_ 2>"])
def test_what_a_text_does_not_tell(text):
    with pytest.raises(Unstated):
        events(text, 0)


def test_a_fraction_is_one_word_in_a_lane():
    assert [word for _, _, word, _ in events("1/8 3/4*2 C/E", 0, lane=True)] == ["1/8", "3/4", "3/4", "C/E"]
    assert events("1/2", 0) == [(0, 2, "1", 1)]


@pytest.mark.parametrize("same", ["[{}]", "[{}]*3/3", "<[{}]>", "{{[{}]}}%3/3", "[{}]!1", "[{}]@2"])
def test_another_way_to_write_it_plays_the_same(same):
    texts = [text for text in map(random_text, range(40)) if len(text) < 200]
    assert len(texts) > 20
    assert [text for text in texts if events(same.format(text), 5) != events(text, 5)] == []


def test_random_texts_are_read_and_have_all_signs():
    texts = [random_text(seed) for seed in range(60)]
    assert texts == [random_text(seed) for seed in range(60)]
    assert [text for text in texts if not read(text)] == []
    signs = [*"[<{%*/@_!(,|?~-.:\t\n", "..", " . ", "*<", "/[", "}%", "?0.3", "%1:2", "%!", "[_", "! "]
    assert [sign for sign in signs if sign not in "".join(texts)] == []
    assert {bool(events(text, 1)) for text in texts if len(text) < 40} == {True, False}

"""Patterns of Python: the same notes as the same pattern in waves.yaml, and functions by cycle."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.harness.session_harness import shipped
from tests.harness.told_patterns import SOUNDS, Given, played, read
from waves.language.build.sound_checks import SoundChecks
from waves.language.model.piece import read_piece
from waves.language.patterns.told.forms import read_notes
from waves.language.patterns.told.python_pattern import PythonPatterns
from waves.language.patterns.told.told_notes import ToldNote
from waves.language.text.document import read_document
from waves.patterns import PatternMistake, alternate, mini, notes, pattern, sequence, silence, stack
from waves.problem import Problem

SAME = [
    (mini("kick*2 [~ hat]"), '"kick*2 [~ hat]"'),
    (mini("kick hat").fast(2).rev(), "{steps: kick hat, fast: 2, rev}"),
    (mini("kick hat kick").every(4, "fast 2").iter(3), "{steps: kick hat kick, every: {4: fast 2}, iter: 3}"),
    (mini("kick hat").every("1:3", {"rev": None}), "{steps: kick hat, every: {1:3: rev}}"),
    (mini("kick hat").also(Fraction(1, 3), "rev"), "{steps: kick hat, also: {1/3: rev}}"),
    (mini("kick hat").also(1 / 3, "rev"), "{steps: kick hat, also: {1/3: rev}}"),
    (mini("kick hat*3").ply("1 2").mask("<1 0>"), '{steps: "kick hat*3", ply: "1 2", mask: "<1 0>"}'),
    (mini("kick*8").chunk(4, ["rev", "fast 2"]), '{steps: "kick*8", chunk: {4: [rev, fast 2]}}'),
    (stack("kick*2", mini("hat*3")), '"kick*2, hat*3"'),
    (sequence("kick hat", "kick*3", silence), '"[kick hat] [kick*3] ~"'),
    (alternate("kick", "hat*2", stack("kick", "hat")), '"<kick hat*2 [kick,hat]>"'),
    (alternate("<kick hat>", "~"), '"<<kick hat> ~>"'),
    (notes([(0, Fraction(1, 2), "kick"), (0.5, 1 / 4, "hat"), (3 / 4, 1 / 4, "hat")]), '"kick hat*2"'),
]


@pytest.mark.parametrize(("python", "yaml"), SAME)
def test_a_pattern_of_python_is_the_same_as_in_the_text(python, yaml):
    part = '{play: "beat kick", rev}'
    expected = played(read(part, patterns="{beat: " + yaml + "}"))
    assert expected and played(read(part, {"beat": python})) == expected


def test_what_chance_decides_is_drawn_by_the_piece():
    first, second = (played(read(part, {"beat": mini("kick|hat*3")}), 40) for part in ("{play: beat}",) * 2)
    counts = [sum(onset // 1 == cycle for onset, *_ in first) for cycle in range(40)]
    assert first == second and {*counts} == {1, 3}


RIFF: Given = {
    cycle: [(k / 4, 1 / 4, {"sound": "pluck", "midi": 60 + cycle + k, "v": 0.5}) for k in range(1 + cycle % 3)]
    for cycle in range(40)
}


def test_a_function_plays_its_cycles():
    found = played(read("{play: riff}", {"riff": RIFF}), 40)
    assert len(found) == sum(1 + cycle % 3 for cycle in range(40))
    onset, name, length, values = found[-1]
    assert (onset, name, length) == (39, "pluck", Fraction(1, 4))
    assert dict(values)["velocity"] == 0.5 and dict(values)["freq"] == pytest.approx(440 * 2 ** (30 / 12))
    twice = played(read('{play: "riff*2 kick"}', {"riff": RIFF}), 10)
    onsets = [5, 5 + 1 / 16, 5.25, 5.25 + 1 / 16, 5.25 + 2 / 16, 5.5]
    assert [float(one[0]) for one in twice if 5 <= one[0] < 6] == onsets  # its cycles 10 and 11, and the kick


@pytest.mark.parametrize("beside", ["choke", "trigger: {osc: {freq: 3}}", "slide: ms(20)", "fill: 4"])
def test_where_chance_is_drawn_for_64_cycles_a_function_is_asked_for_64(beside):
    steps = "riff kick%fill" if "fill" in beside else "riff"
    piece = read(f"{{play: '{steps}', {beside}}}", {"riff": {cycle: RIFF[cycle % 40] for cycle in range(64)}})
    (made,) = piece.sounds["my_sound"].root.patterns.values()
    assert (made.cycles, made.pages) == (64, None) and len(made.notes) >= 64


def test_a_pitch_of_a_function_is_tuned_and_transposed():
    part = "{play: riff, transpose: 12, tuning: 5edo}\nsettings: {a4: 432}"
    (_, _, _, values), *_ = played(read(part, {"riff": {cycle: [(0, 1, "pluck:a4")] for cycle in range(20)}}))
    assert dict(values)["freq"] == pytest.approx(2 * 432, rel=0.07)  # the nearest of five steps
    plain = played(read("{play: riff}\nsettings: {a4: 432}", {"riff": {0: [(0, 1, "pluck:a4")]}}))
    assert dict(plain[0][3])["freq"] == pytest.approx(432)


def test_a_function_in_a_lane_gives_words_and_numbers():
    tune: Given = {cycle: [(0, 1 / 2, cycle % 7), (1 / 2, 1 / 2, "c5")] for cycle in range(40)}
    loud: Given = {cycle: [(0, 1, cycle / 64 if cycle != 20 else "mf")] for cycle in range(40)}
    part = "{play: pluck, note: tune, v: loud, scale: d minor}"
    found = played(read(part, {"tune": tune, "loud": loud}), 40)
    values = [dict(one[3]) for one in found]
    assert [one["velocity"] for one in values[40:42]] == [0.6, 0.6] and values[62]["velocity"] == 31 / 64
    assert values[61]["freq"] == pytest.approx(523.25, rel=1e-4) and len(found) == 80
    assert values[2 * 8]["freq"] == pytest.approx(329.63, rel=1e-4)  # degree 1


def test_a_word_that_means_nothing_later_is_a_rest():
    later: Given = {cycle: [(0, 1, "kick" if cycle < 16 else "nothing")] for cycle in range(20)}
    assert len(played(read("{play: beat}", {"beat": later}), 20)) == 16


MISTAKES = [
    ("{play: beat}", {"beat": mini("kcik hat")}, "patterns/a.py:1:1: beat: there is no sound 'kcik'"),
    ("{play: beat}", {"beat": notes([(0, 1, 3)])}, "a note of 'beat' is 3.0, and no sound"),
    ("{play: beat}", {"beat": notes([(0, 1, {"midi": 3})])}, "a note of 'beat' has no 'sound'"),
    ("{play: beat}", {"beat": notes([(0, 1, {"sound": "kick", "note": 3})])}, "a number in 'note' is a degree"),
    ("{play: beat}", {"beat": notes([(0, 1, {"sound": "kick", "velo": 3})])}, "velo"),
    ("{play: pluck, note: beat}", {"beat": notes([(0, 1, {"sound": "kick"})])}, "in a lane it is one number or word"),
    ("{play: kick, fast: beat}", {"beat": RIFF}, "'beat' is a function of Python, and numbers of transforms"),
    ("{play: {pick: beat, of: [kick]}}", {"beat": RIFF}, "'beat' is a function of Python, and numbers of transforms"),
    ('{play: "beat:v.5"}', {"beat": mini("kick")}, "'beat' is a pattern: values follow its sounds"),
]


@pytest.mark.parametrize(("part", "python", "said"), MISTAKES)
def test_a_mistake_is_told(part, python, said):
    found = [str(one) for one in SoundChecks().check(read(part, python))]
    assert any(said in one for one in found), found


@pytest.mark.parametrize(
    ("part", "what", "said"),
    [
        ("{play: pluck, note: beat}", "q", "patterns/a.py:3:13: beat: there is no note 'q'"),
        ("{play: beat}", "kcik:v.5", "patterns/a.py:3:13: beat: there is no sound 'kcik'"),
        (
            "{play: beat}",
            {"sound": "pluck", "note": "h9"},
            "patterns/a.py:2:40: beat: a note of 'beat': there is no note",
        ),
    ],
)
def test_a_wrong_note_is_told_at_its_own_line(part, what, said):
    lines = ["beat = notes([", f'   ("ä", 1, {what!r}),' if isinstance(what, dict) else "", f'   ("ä", 1, {what!r})])']
    piece = read(part, {"beat": notes([(0, 1, what)])}, lines=lines)
    found = [str(one) for one in SoundChecks().check(piece)]
    assert any(said in one for one in found), found


def test_a_name_that_is_twice_is_told_with_both_places():
    piece = read("{play: beat}", {"beat": mini("kick")}, "{beat: hat}")
    (finding,) = piece.findings
    assert str(finding.problem()) == (
        "waves.yaml:2:12: patterns.beat: the pattern 'beat' is also in patterns/a.py:1: give one of them another name"
    )
    assert played(piece)[0][1] == "hat"


def test_a_name_of_a_file_that_cannot_be_used_means_what_the_text_says():
    lost = {name: (Problem(f"{name} is lost"),) for name in ("beat", "riff")}
    text = f"my_sound: {{play: beat}}\nother: {{play: riff}}\npatterns: {{beat: kick}}\n{SOUNDS}"
    piece = read_piece([read_document(text, "waves.yaml")], shipped(), python=PythonPatterns(lost=lost))
    assert played(piece, 1)[0][1] == "kick"
    assert [one.sentence for one in piece.sounds["other"].findings] == ["riff is lost"]


WRONG = [
    (lambda: mini("kick ["), "column 6 of the pattern: this '[' is never closed"),
    (lambda: mini("kick").fast(0), "nothing would be heard"),
    (lambda: mini("kick").every(4, "revv"), "there is no transform 'revv'; did you mean 'rev'?"),
    (lambda: mini("kick").every(4, {"transpose": 3}), "'transpose' changes notes"),
    (lambda: mini("kick").jux, "'jux' changes notes"),
    (lambda: notes([(1, 1, "kick")]), "from 0 to below 1"),
    (lambda: notes([(0, 5, "kick")]), "4 cycles at most"),
    (lambda: notes([(0, 1, float("inf"))]), "a finite number"),
    (lambda: notes([(0, 10**400, "kick")]), "a finite number"),
    (lambda: notes([(0, 1, "kick")] * 4097), "4,097 notes in a cycle"),
    (lambda: pattern(lambda time: "kick"), "the arguments of a pattern are 'cycle', or 'cycle, random'"),
    (lambda: stack(3), "a pattern, a text or a list of notes"),
]


@pytest.mark.parametrize(("make", "said"), WRONG)
def test_what_cannot_be_is_told_where_it_is_made(make, said):
    with pytest.raises(PatternMistake) as caught:
        make()
    assert said in str(caught.value)


def test_a_pattern_cannot_be_changed():
    one = mini("kick")
    with pytest.raises(AttributeError):
        one.form = "hat"
    assert one == mini("kick") != one.fast(2) and hash(one) == hash(mini("kick"))
    assert not hasattr(one, "nothing")


def test_notes_are_in_the_order_of_time_and_exact():
    found = read_notes([(1 / 3, 0.1, "b"), (0, "1/7", "a")])
    assert found == (ToldNote(Fraction(0), Fraction(1, 7), "a"), ToldNote(Fraction(1, 3), Fraction(1, 10), "b"))

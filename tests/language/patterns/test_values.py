"""Values of a pattern: those of the reference at every place, by pass and by page; what stands beside; mistakes."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.harness import pattern_reference as reference
from tests.harness.session_harness import composer_for, save
from tests.harness.small_nodes import nodes
from waves.language.build.started import value_spans
from waves.language.build.started.pool_pages import PoolPages
from waves.language.build.started.value_spans import ValuePages
from waves.live.workspace.settings import Settings
from waves.node_types.builtin.step_values import PatternValues
from waves.problem import Problem, Problems

TEXTS = (
    *("1 2 3", "<4 8> 12*2", "1 [2 3]*2 ~ <4 5 6>", "~ 1 ~", "1(3,8) 2", "<1 2>/2 3", "{1 2 3}%4 5", "1@3 2!2 3"),
    *("1*1.5 2", "<[1 2] [_ 3]> 4", "0 .. 3", "1 2%3:4 3", "[1 2](3,8)", "1/8 .5 -1 2.5", "1 . 2 3 . 4", "7"),
)
A4, E5, A5 = 440.0, 659.2551138257398, 880.0


def found(folder: Path, *values: str, seed: int = 0) -> list[Any]:
    """The settings of the automation that each is."""
    parts = ", ".join(f"p{k}: {{osc: {{freq: {{{one}}}}}}}" for k, one in enumerate(values))
    save(folder, f"vars: {{soft: 0.25}}\npatterns: {{up: '1 2 3', down: [3, ~, 1]}}\nmy_sound: {{mix: {{{parts}}}}}\n")
    composer = composer_for(folder)
    composer.configure(Settings(SEED=seed))
    made = nodes(composer.compose([("my_sound", {})]).root)
    own = {
        node.id.partition(".Mix.")[2].partition(".")[0]: node for node in made.values() if node.kind is PatternValues
    }
    return [own[f"p{k}"].settings for k in range(len(values))]


def spans_in(settings: Any, cycle: int) -> list[tuple[float, float, float, float]]:
    """The values of a cycle: begin and end in it, the value, the next one."""
    if pages := settings.get("pages"):
        return list(pages.spans(cycle))
    inside = cycle % settings["steps"]
    return [
        (begin - inside, end - inside, *two)
        for begin, end, *two in settings["spans"]
        if begin < inside + 1 and end > inside
    ]


@cache
def expected(text: str, cycle: int) -> list[tuple[Fraction, float]]:
    """The onsets of a cycle with the values that begin there."""
    return [
        (onset, float(Fraction(word))) for onset, _, word, chance in reference.events(text, cycle, lane=True) if chance
    ]


@pytest.mark.parametrize("beside", ["", ", some_cycles: {0: rev}"], ids=["pass", "pages"])
def test_values_are_those_of_the_reference(tmp_path, beside):
    """Each from its onset to the next one, which it names, over rests and over the bar line."""
    for text, settings in zip(TEXTS, found(tmp_path, *(f'values: "{one}"{beside}' for one in TEXTS)), strict=True):
        assert bool(settings.get("pages")) == bool(beside)
        for cycle in range(4):
            points = [(k - cycle + onset, value) for k in range(16) for onset, value in expected(text, k)]
            wanted = [(begin, end, value, after) for (begin, value), (end, after) in pairwise(points)]
            inside = [span for span in wanted if span[0] < 1 and span[1] > 0]
            told = [span for span in spans_in(settings, cycle) if cycle + span[1] > points[0][0] + cycle]
            assert [span[2:] for span in told] == [span[2:] for span in inside], (text, cycle)
            for one, other in zip(told, inside, strict=True):
                assert one[:2] == pytest.approx([float(place) for place in other[:2]], abs=1e-9), (text, cycle)


ROWS = [
    ('values: "a4 e5"', [(0, A4), (0.5, E5)]),
    ('values: "a4 e5", transpose: 12', [(0, A5), (0.5, 2 * E5)]),
    ('values: "0 4 7", scale: a4 minor', [(0, A4), (1 / 3, E5), (2 / 3, A5)]),
    ('values: "4 0", scale: a minor, octave: 4, shift_scale: 7', [(0, 2 * E5), (0.5, A5)]),
    ('values: "1 2 [3 4]", rev', [(0, 4), (1 / 6, 3), (1 / 3, 2), (2 / 3, 1)]),
    ('values: "1 2", also: {1/4: rev}', [(0, 1), (0.25, 1), (0.5, 2), (0.75, 2)]),
    ('values: "1, ~ 2"', [(0, 1), (0.5, 2)]),
    ('values: "[1, 2]"', [(0, 2)]),
    ('values: "~ 1"', [(0.5, 1)]),
    ('values: "1(3,8), .2(-3,8)"', [(k / 8, 1 if k in (0, 3, 6) else 0.2) for k in range(8)]),
    ('values: "up soft"', [(0, 1), (1 / 6, 2), (1 / 3, 3), (0.5, 0.25)]),
    ("values: down", [(0, 3), (2 / 3, 1)]),
    ("values: [1, ~, '2 3'], fast: 1", [(0, 1), (2 / 3, 2), (5 / 6, 3)]),
    ('values: "sine(0,1)", rhythm: "x*4"', [(0, 0.5), (0.25, 1), (0.5, 0.5), (0.75, 0)]),
    ('values: "1 2 3 4", rhythm: "x(3,8)"', [(0, 1), (0.375, 2), (0.75, 4)]),
    ('values: {pick: "<1 0>", of: ["1 2", up]}', [(0, 1), (1 / 3, 2), (2 / 3, 3)]),
    ('automation: {steps: "1 2", mode: ramp}', [(0, 1), (0.5, 2)]),
    ('values: "1 2 3 4", swing: 60%, grid: beat', [(0, 1), (0.3, 2), (0.5, 3), (0.8, 4)]),
]


def test_what_stands_beside_values(tmp_path):
    for (text, wanted), settings in zip(ROWS, found(tmp_path, *(text for text, _ in ROWS)), strict=True):
        begun = [span for span in spans_in(settings, 0) if span[0] >= 0.0]
        assert [span[0] for span in begun] == pytest.approx([place for place, _ in wanted], abs=1e-9), text
        assert [span[2] for span in begun] == pytest.approx([value for _, value in wanted]), text


def test_what_is_drawn_never_comes_again_and_goes_by_the_seed(tmp_path):
    texts = (
        'values: "1|2|3|4 5?"',
        'values: "rand(0,1)"',
        'values: "1 2 3 4", degrade: .5',
        'values: "irand(9)*4", rev',
    )

    def drawn(seed: int) -> list[list[Any]]:
        return [[spans_in(one, k) for k in range(70)] for one in found(tmp_path, *texts, seed=seed)]

    first, other = drawn(0), drawn(5)
    assert first == drawn(0)
    for one, two in zip(first, other, strict=True):
        assert one != two and one[:6] != one[64:]
        for before, after in pairwise(one):  # a value goes on in the next cycle, from where it began
            assert before[-1][2:] == after[0][2:] if after[0][0] < 0.0 else before[-1][3] == after[0][2]
            assert before[-1][1] - 1.0 == pytest.approx(after[0][1] if after[0][0] < 0.0 else after[0][0])


def test_before_the_first_value_of_all_there_is_this_one(tmp_path):
    (drawn,) = found(tmp_path, 'values: "~ [3|3]"')
    assert isinstance(drawn["pages"], ValuePages)
    assert spans_in(drawn, 0) == [(0.0, 0.5, 3.0, 3.0), (0.5, 1.5, 3.0, 3.0)]


def test_a_value_goes_on_until_the_next_one_begins_however_many_cycles_later(tmp_path, monkeypatch):
    made: list[int] = []
    begun = PoolPages.begun
    monkeypatch.setattr(PoolPages, "begun", lambda self, cycle: made.append(cycle) or begun(self, cycle))
    masked, slow, none = found(
        tmp_path,
        'values: "[1|2]", mask: "<0!7 1 0!92>"',
        'values: "[1|5|9] ~", slow: 200',
        'values: "[1|2]", mask: 0',
    )
    (first, second) = [spans_in(masked, at)[-1][2] for at in (7, 107)]
    assert [spans_in(masked, at)[0][2] for at in (0, 6, 7, 8, 80, 106, 107)] == [first] * 6 + [second]
    assert spans_in(masked, 80) == [(-73.0, 27.0, first, second)]
    level, after = (spans_in(slow, at)[-1][2] for at in (0, 200))
    assert {(at + begin, at + end, *two) for at in range(200) for begin, end, *two in spans_in(slow, at)} == {
        (0.0, 200.0, level, after)
    }
    made.clear()
    for at in range(1000, 1100):
        spans_in(slow, at)
    assert len(made) == 201  # cycles 1000 to 1200, each of them once
    monkeypatch.setattr(value_spans, "FOLLOWS", 30)
    monkeypatch.setattr(value_spans, "GOES_ON", 40)
    assert spans_in(none, 90) == [(-90.0, 30.0, 0.0, 0.0)]


MISTAKES = [
    ('values: "1 x"', "'x' is no number and no note", "", 2),
    ('values: "1 e"', "'e' is no number and no note", "'e4'", 2),
    ('values: "1 .4 70% .4"', "'70%' is no number: it is 0.7", "'1 .4 0.7 .4'", 5),
    ('values: "1 2*"', "a number is missing after '*'", "'1 2*2'", 3),
    ('values: "1 2", echo: {times: 3}', "'echo' changes what only notes have", "'also: {1/8: rev}'", -1),
    ('values: "1 2", every: {2: jux rev}', "'jux' changes what only notes have", "", -1),
    ('values: "1 2", nudge: .01', "'nudge' changes what only notes have", "'shift: 1/64'", -1),
    ('values: "1 2", ocave: 3', "'ocave' is nothing that a pattern of values has", "'octave'", -1),
    ('values: "1 2", v: .5', "'v' is nothing that a pattern of values has", "", -1),
    ('values: "1 2%fill"', "'%fill' is for notes: values know no fills", "'1 2%4:4'", 3),
    ("values: {pick: section, of: {a: '1'}}", "follows no sections", "'select: {test: section == 2}'", -1),
    ('values: "1 2", interval: beat, cycle: bar', "'interval' is the length of a step", "'interval: beat'", -1),
    ('values: "1 2", every: 4', "'every' says what happens in each 4th cycle", "'{4: rev}'", -1),
    ('values: "1 2", every: {4 fast 2}', "'every' has a ':' between the number and what", "'{4: fast 2}'", -1),
    ('values: "1 2", every: 4 fast 2', "'every' has a ':' between the number", "'{4: fast 2}'", -1),
    ('values: "1 2", sometimes: .3 rev', "'sometimes' has a ':' between the number", "'{.3: rev}'", -1),
    ('values: "sinus(-.6,.6)/4"', "there is no call 'sinus'", "'sine(-.6,.6)/4'", -1),
    ('values: "lfo(400,800)"', "there is no call 'lfo': calls are choose, db, irand", "", -1),
    ('values: "sin(-.6,.6)"', "a lane is a pattern, not an expression", "'sine(-.6,.6)'", -1),
    ('values: "sine.range(-.6,.6).slow(4)"', "the numbers of 'sine' stand in its brackets", "'sine(-.6,.6)/4'", -1),
    ('values: "saw.range(200, 800)"', "the numbers of 'saw' stand in its brackets", "'saw(200,800)'", -1),
    ('values: "sine(-.6 .6)"', "a comma is missing between the numbers of a call", "'sine(-.6,.6)'", -1),
    ('values: "-3dB -6"', "'-3dB' is no number and no note", "'db(-3)'", -1),
    ("values: 1, 2", "write the steps as a list", "'[1, 2]'", 0),
    ("values: #1 2", "'values' has no pattern", "'\"400 800\"'", -1),
]


@pytest.mark.parametrize(("text", "sentence", "meant", "column"), MISTAKES)
def test_a_mistake_has_its_place_and_what_is_meant(tmp_path, text, sentence, meant, column):
    """`column` counts in the text; a suggestion in its place is no mistake."""
    line = (
        f"my_sound: {{osc: {{freq: {{{text}}}}}}}" if "#" not in text else f"my_sound:\n  osc:\n    freq:\n      {text}"
    )
    save(tmp_path, line + "\n")
    with pytest.raises(Problems) as caught:
        composer_for(tmp_path).compose([("my_sound", {})])
    (problem,) = [one for one in caught.value.problems if one.level == "error"]
    assert sentence in problem.sentence and problem.suggestion == meant
    if column >= 0:
        assert (
            problem.mark and problem.mark.column == line.index(text) + 1 + len("values: ") + (text[8] == '"') + column
        )
    if column > 0 and meant:
        word = meant[1:-1]
        found(tmp_path, f'values: "{word}"' if " " in word else text.replace(' e"', f' {word}"'))


HAT = "hat: {osc: {freq: 4000, duration: 0.1}}\npatterns: {turn: '1 -3', on: '2', fill: 'hat*4'}\n"
TRACK = "my_sound: {track: {%s, signal: hat}}"
FILTER = "my_sound: {filter: {cutoff: %s, signal: hat}}"
SENT = "my_sound: {mix: {a: {send: {b: %s}, osc: {}}, b: {track: {signal: $sends}}}}"
WHOLE = ("whole", "")
"""The suggestion has `values` around the text of the player."""
IN_PARAMETERS = [  # text, the word that is meant, part of the sentence, the suggestion, what it stands in place of
    (TRACK % 'volume: {values: "-3 -6"}', "-6", "'volume' is a factor, and -6 is louder by 16 dB", "'db(-6)'", "-6"),
    (TRACK % "volume: {values: [1, 99]}", "99", "'volume' is a factor, and 99 is louder by 40 dB", "'0.99'", "99"),
    (TRACK % 'pan: {values: "-1.6 .6"}', "-1.6", "expected -1 to 1, got -1.6", "", ""),
    (TRACK % 'pan: {values: "sine(-1.6,.6)/4"}', "-1.6", "expected -1 to 1, got -1.6", "", ""),
    (TRACK % 'pan: {values: "40 0", rev}', "40", "expected -1 to 1, got 40", "'0.4'", "40"),
    (TRACK % 'pan: {values: "0 turn"}', "-3", "expected -1 to 1, got -3", "", ""),
    (FILTER % '{values: "400 -800"}', "-800", "expected at least 0 Hz, got -800", "", ""),
    (FILTER % "{values: [200, -400]}", "-400", "expected at least 0 Hz, got -400", "", ""),
    (FILTER % "{automation: {steps: [200, -400]}}", "-400", "expected at least 0 Hz, got -400", "", ""),
    ('my_sound: {osc: {freq: {values: "a2 a9", transpose: 24}}}', "a9", "nobody hears 56320 Hz", "", ""),
    ('my_sound: {osc: {freq: {values: "0|60", scale: a4 minor}}}', "60", "nobody hears 168769 Hz", "", ""),
    ('my_sound: {osc: {amp: {values: "0 2000"}}}', "2000", "'amp' is a factor, and 2000 is louder by 66 dB", "", ""),
    (FILTER % '"<400 800> 1200(3,8) [600|2000]?0.3"', "<400", "a pattern of values stands behind 'values'", *WHOLE),
    (FILTER % '"<400 800> 1200"', "<400", "a pattern of values stands behind 'values'", *WHOLE),
    (FILTER % '"400 ~ 800"', "400", "a pattern of values stands behind 'values'", *WHOLE),
    (FILTER % '"sine(200,800)/4"', "sine", "a pattern of values stands behind 'values'", *WHOLE),
    (FILTER % '"<400 on>"', "<400", "a pattern of values stands behind 'values'", *WHOLE),
    (FILTER % '"400 800"', "800", "'400' and '800' stand side by side", *WHOLE),
    (FILTER % '{play: "<4 8> 2", rev}', "play", "'play' starts sounds, and 'cutoff' is given", "'values'", "play"),
    ('my_sound: {play: "<hat!3 tunr>"}', "tunr", "there is no sound 'tunr'", "'turn'", ""),
    ('my_sound: {play: "<hat!3 fil>"}', "fil", "there is no sound 'fil'", "'fill'", ""),
    (FILTER % '{value: "4 8", every: {4: rev}}', "value", "unknown node 'value'", "'values'", "value"),
    (FILTER % '{vlaues: "4 8", rev}', "vlaues", "unknown node 'vlaues'", "'values'", "vlaues"),
    (SENT % '{values: "0 -6"}', "-6", "what goes to 'b' is a factor, and -6 is louder", "'db(-6)'", "-6"),
]


QUOTED, IN_VALUES = '"{0}"', '{{values: "{0}"}}'
FLOW = "my_sound: {filter: {cutoff: %s, signal: hat}}"
BLOCK = "my_sound:\n  filter:\n    cutoff: %s\n    signal: hat"
UNQUOTED = [  # where it stands, the text, what is meant
    (FLOW, "<400 [800 900]>", IN_VALUES),
    (FLOW, "400 {800 900}", IN_VALUES),
    (FLOW, "<400, 800>", IN_VALUES),
    (FLOW, "[400 800] 300", IN_VALUES),
    (BLOCK, "[400 800]*2", IN_VALUES),
    (BLOCK, "{400 800}%3", IN_VALUES),
    (FLOW % "{values: %s}", "<400 [800 900]>", QUOTED),
    (FLOW % "{values: %s}", "<400, 800>", QUOTED),
    (BLOCK % "{values: %s}", "{400 800}%3", QUOTED),
    (BLOCK % "\n      values: %s", "[400, 800] 300", QUOTED),
    (FLOW % "{values: 4 8, rhythm: %s}", "x(5,8", '"{0})"'),
    (FLOW % "{values: 4 8, rhythm: %s}", "x*2 x(5,8,2", '"{0})"'),
]


def test_a_pattern_that_is_not_quoted_leads_to_what_plays(tmp_path):
    """The suggestion in place of the text has no further mistake."""
    rows = [(where, text, form.format(text)) for where, text, form in UNQUOTED]
    rows += [
        (where, f"values: {text}", IN_VALUES.format(text)) for where in (FLOW, BLOCK) for text in ("<4 8>", "[4 8] 3")
    ]
    rows += [(FLOW, "values <4 8>", IN_VALUES.format("<4 8>")), (FLOW % "{values: [%s]}", "400 800", "400, 800")]
    for where, text, meant in rows:
        [problem] = told(tmp_path, where % text)
        assert problem.suggestion.removeprefix("'").removesuffix("'") == meant, (where, text)
        assert told(tmp_path, where % meant) == [], (where, meant)


def told(folder: Path, line: str) -> list[Problem]:
    """What is said of a line behind a hat and a name."""
    save(folder, HAT + line + "\n")
    try:
        return composer_for(folder).compose([("my_sound", {})]).findings
    except Problems as caught:
        return caught.problems


@pytest.mark.parametrize(("line", "word", "sentence", "meant", "instead"), IN_PARAMETERS)
def test_what_a_parameter_does_not_take_is_said_at_its_word(tmp_path, line, word, sentence, meant, instead):
    """As of a constant; what is meant in its place is no mistake."""
    problem = next(one for one in told(tmp_path, line) if sentence in one.sentence)
    if meant == "whole":
        instead = line[line.index('"') : line.rindex('"') + 1]
        meant = f"'{{values: {instead}}}'"
    assert problem.suggestion == meant and problem.mark
    assert problem.source[problem.mark.column - 1 :].lstrip('"').startswith(word)
    if instead:
        left = told(tmp_path, line.replace(instead, meant[1:-1], 1))
        assert not [one for one in left if f"got {instead}" in one.sentence or f"and {instead} " in one.sentence]
        assert all(one.level == "warning" for one in left), left

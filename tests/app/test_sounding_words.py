"""The words of patterns that sound: those whose sounds are heard, told by the level of each track at the same frames.

Each word is a constant of its own while its note lasts, so that the level of a track tells which of its words play.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.harness.session_harness import Stage, compose, composer_for, save
from waves.app.clients.piece.piece_map import nodes_outside
from waves.app.clients.piece.sounding import Sounding, step_places
from waves.app.clients.piece.text_span import word_span
from waves.node_types.builtin.step_clock import StepClock

LEVELS = {"a": 1, "b": 2, "c": 4, "c:v.5": 2, "c:v.25": 1}
SOUNDS = "".join(
    f"{name}: {{osc: {{type: sqr, freq: 0.0001, amp: gate * v * {level} / 64}}}}\n"
    for name, level in LEVELS.items()
    if len(name) == 1
)
NAMES = 'patterns:\n  beat: "a b*2"\n  fill: [b, "<c a>"]\n'
LEVEL = "osc: {{type: sqr, freq: 0.0001, amp: {{values: {}}}}}, gain: -36.12359948"
TRACKS = {
    "groups": 'play: "a*2 [~ b] <b c>"',
    "weights": 'play: "a@3 b _ c"',
    "chance": 'play: "a b? c?0.3 a?"',
    "drawn": 'play: "[a|b] c? a"',
    "euclid": 'play: "a(3,8) b(<3 5>,8,2)"',
    "layers": 'play: "<a ~>, ~ <b c b>"',
    "several": 'play: "<a ~>, ~ <b c b>?"',
    "every": 'play: "a b c ~", every: {2: rev}',
    "changed": 'play: "a [b c] ~ c", rev, shift: 1/8, sometimes: {.5: ply 2}',
    "picked": 'play: {pick: "<0 1>", of: ["[a b]", c]}',
    "named": 'play: "beat <fill a>"',
    "list": "play: [a, b, ~, c]",
    "steps": "play: [a, b, ~], interval: eighth",
    "cycle": "sequencer: {cycle: bar, steps: [a, ~, c]}",
    "swing": 'play: "a b c a b c a b", swing: 70%',
    "pace": 'play: "a b@2 c?", interval: eighth',
    "short": 'play: "a b c", legato: 0.4',
    "lengths": 'play: "a b c:length.1 a:length=sixteenth c", length: ".2 .1 .3"',
    "fills": 'play: "a%fill b%!fill c%first ~", fill: 2',
    "lane": 'play: a, v: "1 <2 4> [~ 1]"',
    "rhythm": 'play: a, rhythm: "x ~ x(3,8)", v: {steps: "1 2 4", fast: 2}',
    "entries": "play: a, v: [1, 2, 4]",
    "folded": 'play: "a\n       b <c\n       a> ~"',
    "same": 'play: "c c:v.5 [c:v.25 ~]"',
    "in_section": "play: {pick: section, of: {one: 'a*2', two: '<b c>'}}",
    "values": LEVEL.format('"1 <2 4> ~ [4 1]"'),
    "drawn_values": LEVEL.format('"[1|2] 4?"'),
    "block": "\n       play: |\n         a b\n         ~ c",
}
"""Of each track what is written in it."""
LOUD = "'4' is 4 times the usual strength, which goes from 0 to 1"  # of strengths that are told apart by their sums
SONG = "  song:\n   sections: {one: 1, two: {bars: 2}}\n   signal:\n    mix:\n"


def piece(tracks: dict[str, str]) -> str:
    """A piece of four beats in a second."""
    parts = [
        f"     {name}:" + (text if text.startswith("\n") else f" {{{text}}}") + "\n" for name, text in tracks.items()
    ]
    return f"my_sound: {{tempo: {{bpm: 240, signal: {{all: {{}}}}}}}}\nall:\n{SONG}{''.join(parts)}{SOUNDS}{NAMES}"


class Looks:
    """Looks at what sounds of a piece: by track the sum of its lit words, and its level."""

    def __init__(self, folder: Path, text: str):
        self.text, self.lines = text, text.splitlines()
        self.stage = Stage(folder, text)
        composition = self.stage.session.composer.playing
        assert composition
        assert {one.sentence for one in composition.findings} <= {LOUD}
        self.found = Sounding(composition, self.stage.engine.rate)

    def lit(self) -> dict[str, list[str]]:
        """The words that sound, by track; those of names belong to the track `named`."""
        words: dict[str, list[str]] = {}
        for span in sorted(set(self.found.now(self.stage.session.node_state_registry)), key=repr):
            line = span.line - 1
            word = self.lines[line][span.column - 1 :][: span.length]
            while self.lines[line].startswith(" " * 6):
                line -= 1
            name = self.lines[line].split(":")[0].strip()
            words.setdefault("named" if name in ("beat", "fill") else name, []).append(word)
        return words

    def levels(self) -> dict[str, float]:
        """The level of each track in the next few frames."""
        self.stage.engine.take_meters()
        self.stage.play(64)
        return {level.name: round(level.peak * 64, 6) for level in self.stage.engine.take_meters()}


def test_the_words_that_are_lit_are_those_that_are_heard(tmp_path: Path):
    looks = Looks(tmp_path, piece(TRACKS))
    compared = dict.fromkeys(TRACKS, 0)
    seen: dict[str, set[str]] = {name: set() for name in TRACKS}
    for k in range(110):
        looks.stage.play(1700 + k % 7 * 31)
        before, levels, after = looks.lit(), looks.levels(), looks.lit()
        for name in TRACKS:
            words = before.get(name, [])
            if words != after.get(name, []):  # one begins or ends in these frames
                continue
            numbers = [word for word in words if word.isdigit()]
            heard = (
                sum(map(float, numbers)) if numbers else sum(LEVELS.get(word.split(":length")[0], 0) for word in words)
            )
            assert heard == pytest.approx(levels[name], abs=1e-4), (name, k, words)
            compared[name] += 1
            seen[name] |= set(words)
        bars = looks.stage.engine.frames_written / looks.stage.engine.rate
        if 0.01 < bars % 1 < 0.99:
            assert before["sections"] == after["sections"] == [["one", "two", "two"][int(bars) % 3]]
    assert min(compared.values()) > 75, compared
    for name, text in TRACKS.items():
        letters = set(re.findall(r"(?<![\w])[abc](?![\w:])", text))
        written = {"1", "2", "4"} if name in ("lane", "rhythm", "entries", "values", "drawn_values") else letters
        assert seen[name] >= written, name


def words_in(folder: Path, text: str) -> dict[str, list[str | None]]:
    """By track the words of the notes of the first steps, as they stand in the text; None where none is found."""
    save(folder, text + SOUNDS + NAMES)
    composition = compose(composer_for(folder))
    assert not composition.findings
    lines = (text + SOUNDS + NAMES).splitlines()
    found: dict[str, list[str | None]] = {}
    for node in nodes_outside(composition):
        if (played := node.played) is None:
            continue
        notes = [note for step in range(2) for note in played.begun(step)]
        for span in (word_span(composition.documents, word) for note in notes for word in played.words(note)):
            word = lines[span.line - 1][span.column - 1 :][: span.length] if span else None
            found.setdefault(node.path.split(".")[2], []).append(word)
    return {name: sorted(set(words), key=str) for name, words in found.items()}


def test_words_are_found_however_the_text_is_written(tmp_path: Path):
    text = """\
my_sound:
  mix:
    plain: {play: [a, b*2 v.5]}
    range: {play: a, v: "0 .. 2"}
    single: {play: 'a b'}
    escaped: {play: "a \\x62 c"}
    marked: {play: &beat "a b"}
    anchor: {play: *beat}
    number: {play: a, v: 1}
    turned: {play: "0 2", scale: c minor, sound: a}
    bound: {play: "a c", with: {v: "1 .5"}}
    call: {play: a, v: "rand(.3,1)*2"}
"""
    assert words_in(tmp_path, text) == {
        "plain": [None, "a"],  # a word of a group in a list is not found
        "range": ["0 .. 2", "a"],
        "single": ["a", "b"],
        "escaped": [None, "a"],
        "marked": [None],
        "anchor": [None],
        "number": ["1", "a"],
        "turned": ["0", "2", None, "a"],  # `c minor` is one word
        "bound": [".5", "1", "a", "c"],
        "call": ["a", "rand(.3,1)"],
    }


def test_a_text_of_a_clock_that_never_comes_again_is_no_list_of_steps(tmp_path: Path):
    save(tmp_path, 'my_sound: {mix: {x: {sequencer: {steps: "a [b|c]"}}}}\n' + SOUNDS)
    composition = compose(composer_for(tmp_path))
    nodes = [*nodes_outside(composition)]
    assert [node.settings["steps"] for node in nodes if node.kind is StepClock] == [2**50]
    assert step_places(nodes, composition.documents) == []


def test_a_space_in_a_text_changes_where_its_words_stand_and_nothing_that_plays(tmp_path: Path):
    text = 'my_sound: {mix: {x: {play: "a b? c"}}}\n' + SOUNDS
    save(tmp_path, text)
    composer = composer_for(tmp_path)
    before = compose(composer)
    save(tmp_path, text.replace("a b?", "a   b?"))
    after = compose(composer)
    assert before.graph.rows.keys() == after.graph.rows.keys()
    columns = []
    for composition in (before, after):
        [span] = {
            word_span(composition.documents, word)
            for node in nodes_outside(composition)
            if node.played
            for note in node.played.begun(0)
            for word in node.played.words(note)
            if word.text == "b"
        }
        assert span
        columns.append(span.column)
    assert columns == [text.index("b?") + 1, text.index("b?") + 3]
    assert all(after.graph.rows[key].settings == row.settings for key, row in before.graph.rows.items())


def test_what_sounds_is_known_from_the_first_look_and_after_a_leap(tmp_path: Path):
    looks = Looks(tmp_path, piece({"long": 'play: "a@7 b c@8", interval: 1', "short": 'play: "a b c"'}))
    rate = looks.stage.engine.rate
    looks.stage.play(round(5.5 * rate))
    assert looks.lit()["long"] == ["a"]  # it began five steps before
    looks.stage.play(round(2.0 * rate))
    assert looks.lit()["long"] == ["b"]
    looks.stage.play(round(25.0 * rate))  # two passes later, without a look
    assert looks.lit()["long"] == ["a"]
    again = Sounding(looks.stage.session.composer.playing, rate)
    registry = looks.stage.session.node_state_registry
    assert again.now(registry) == looks.found.now(registry) and again.now(registry) is again.now(registry)

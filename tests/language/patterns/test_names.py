"""Names of patterns: each stands for its text in brackets, wherever a pattern stands."""

from __future__ import annotations

import pytest

from tests.harness.session_harness import shipped
from tests.harness.small_nodes import build_sounds, nodes
from waves.language.build.sound_checks import check_sounds
from waves.language.model.models import notes_of
from waves.language.model.piece import Cache, read_piece
from waves.language.text.document import DocumentProblems, read_document

SOUNDS = "\n".join(f"{name}: {{osc: {{freq: f, amp: v, duration: 0.05}}}}" for name in ("kick", "snare", "hat", "bass"))


def notes(part, patterns="{}"):
    """The notes of a part, by the ID of the pool of their sound."""
    text = f"patterns: {patterns}\nmy_sound: {part}\n{SOUNDS}\n"
    root, told = build_sounds(["my_sound"], shipped(), [read_document(text, "w.yaml")])
    assert told == []
    return sorted((id, str(node.settings["notes"])) for id, node in nodes(root).items() if node.template)


SAME = [
    ('{play: beat}', '{beat: "kick hat*2"}', '{play: "kick hat*2"}'),
    ('{play: "beat hat"}', '{beat: "kick hat*2"}', '{play: "[kick hat*2] hat"}'),
    ('{play: "<beat!3 fill>"}', '{beat: kick hat, fill: "beat*2, snare?"}',
     '{play: "<[kick hat]!3 [[kick hat]*2, snare?]>"}'),
    ('{play: "two two"}', '{two: "kick? hat?"}', '{play: "[kick? hat?] [kick? hat?]"}'),
    ('{play: [beat, hat]}', '{beat: "kick*3"}', '{play: ["[kick*3]", hat]}'),
    ('{play: [beat, hat], interval: beat}', '{beat: "kick hat!2"}', '{play: ["[kick hat!2]", hat], interval: beat}'),
    ('{play: beat}', '{beat: [kick v.5, hat, null, "hat*2 v.2"]}', '{play: "kick:v.5 hat ~ hat:v.2*2"}'),
    ('{play: beat}', '{beat: [kick, [kick, hat]]}', '{play: "kick [kick,hat]"}'),
    ('{play: bass, note: line, interval: beat}', '{line: "c2 eb2@2"}',
     '{play: bass, note: "c2 eb2@2", interval: beat}'),
    ('{play: bass, note: "<line f2>", v: loud}', '{line: "c2 a", a: e4, loud: "p f"}',
     '{play: bass, note: "<[c2 a] f2>", v: "p f"}'),
    ('{play: bass, chord: changes, rhythm: clave}', '{changes: "<Am F>", clave: x..x .x..}',
     '{play: bass, chord: "<Am F>", rhythm: "x..x .x.."}'),
    ('{play: hat, rhythm: "<clave x*2>"}', '{clave: x..x}', '{play: hat, rhythm: "<[x ~ ~ x] x*2>"}'),
    ('{play: "kick hat", fast: speed}', '{speed: "<1 2>"}', '{play: "kick hat", fast: "<1 2>"}'),
    ('{play: turned}', '{turned: {steps: "kick hat snare", rev}}', '{play: "snare hat kick"}'),
    ('{play: "<turned hat>"}', '{turned: {steps: beat, fast: 2, every: {2: rev}}, beat: kick hat snare}',
     '{play: "<<[kick hat snare kick hat snare] [snare hat kick snare hat kick]> hat>"}'),
    ('{play: {pick: "<0 0 1>", of: [beat, "hat*4"]}}', '{beat: kick <hat snare>}',
     '{play: "<[kick hat] [kick snare] hat*4 [kick snare] [kick hat] hat*4>"}'),
    ('{play: {pick: "<-1 2.4>", of: [kick, snare, hat], fast: 2}}', '{}', '{play: "<hat hat>*2"}'),
    ('{play: {pick: "<0 1>", of: [kick snare, "~ hat"]}}', '{}', '{play: "<[kick snare] [~ hat]>"}'),
    ('{play: song}', '{song: {pick: part, of: [kick, "hat*2"]}, part: "<0 1>"}', '{play: "<kick hat*2>"}'),
]  # fmt: skip


@pytest.mark.parametrize(("part", "patterns", "written"), SAME)
def test_a_name_stands_for_its_text_in_brackets(part, patterns, written):
    found = notes(part, patterns)
    assert found
    assert [str(one) for one in found] == [str(one) for one in notes(written)]


MISTAKES = [
    ("{}", "{a: b, b: a}", "w.yaml:1:21: patterns.b: 'a' is made of itself: a, b, a"),
    ("{play: c}", "{a: '[b] c', b: kick a, c: hat}", "w.yaml:1:32: patterns.b: 'a' is made of itself: a, b, a"),
    ("{play: kick}", "{a: 'kick [hat'}", "w.yaml:1:21: patterns.a: this '[' is never closed"),
    ("{play: a}", "{a: 'kick kcik'}", "w.yaml:1:21: patterns.a: there is no sound 'kcik'"),
    ("{play: bass, note: line}", "{line: 'c4 h4'}",
     "w.yaml:1:22: patterns.line: there is no note 'h4': notes are a to g"),
    ("{play: 'beat:v.5'}", "{beat: kick}",
     "w.yaml:2:18: my_sound.play: 'beat' is a pattern: values follow its sounds"),
    ("{play: kick}", "{hat: kick}",
     "'hat' is the name of a sound too, and the sound counts: give the pattern another one"),
    ("{play: a}", "{a: }", "w.yaml:1:12: patterns.a: 'a' has no pattern"),
    ("{play: kick}", "{a: {osc: {}}}", "patterns.a: expected a pattern, got {osc: …}"),
    ("{play: kick}", "{a-b: kick}", "'a-b' cannot be a word of a pattern: letters, digits and '_' can"),
    ("{play: kick}", "{a: {steps: kick, fsat: 2}}", "patterns.a.fsat: there is no transform 'fsat'"),
    ("{play: 'kick, hat?', fill: 6}", "{}",
     "warning: my_sound.fill: 'fill' changes nothing: the pattern has no '%fill'"),
    ("{play: kick, fill: roll}", "{roll: hat*8}",
     "my_sound.fill: 'fill' counts cycles, and 'roll' is a pattern: it plays as \"hat%!fill, [roll]%fill\" beside"),
    ("{play: kick, every: {6: roll}}", "{roll: hat*8}", "as \"hat%!fill, [roll]%fill\" beside 'fill: 6'"),
    ("{play: kick, sometimes: hat}", "{}", "'hat' is a sound, and no transform: it takes its turns in the text"),
    ("{play: bass, chord: chords}", "{chord: <Am7 F>}",
     "'chords' is no chord, and no name of 'patterns'; did you mean 'chord'?"),
    ("{play: bass, note: rif}", "{riff: c4}", "there is no note 'rif': notes are a to g; did you mean 'riff'?"),
    ("{play: bass, note: 1, scale: chords}", "{chords: <Am7 Fmaj7>}",
     "w.yaml:2:40: my_sound.scale: 'chords' is no pattern for 'scale': there is no scale 'Am7'"),
    ("{osc: {freq: {values: chords}}}", "{chords: <Am7 F>}",
     "w.yaml:2:33: my_sound.osc.freq.values: 'chords' is no pattern for 'values': 'Am7' is no number and no note"),
    ("{play: {pick: 0}}", "{}", "'pick' takes one of a list: 'of' has 1 to 16 patterns"),
    ("{play: {pick: x1, of: [kick]}}", "{}", "'x1' is no number: 'pick' is a number, or a pattern of numbers"),
    ("{play: 'p9 p9'}", "{p0: kick kick, " + ", ".join(f"p{k + 1}: p{k} p{k}" for k in range(9)) + "}",
     "w.yaml:2:22: my_sound.play: with what its names stand for this pattern has more than 10,000 letters"),
]  # fmt: skip


@pytest.mark.parametrize(("part", "patterns", "said"), MISTAKES)
def test_a_mistake_is_told_once_at_its_place_in_the_text(part, patterns, said):
    sound = f"\nmy_sound: {part}" if part != "{}" else "\nmy_sound: {play: kick}"
    document = read_document(f"patterns: {patterns}{sound}\n{SOUNDS}\n", "w.yaml")
    (problem, *others) = [str(one) for one in check_sounds(shipped(), [document])]
    assert said in problem
    assert others == []


def test_a_word_keeps_its_place_in_the_text_of_its_name():
    text = f'patterns:\n  beat: "kick hat"\nmy_sound: {{play: "<beat snare>"}}\n{SOUNDS}\n'
    piece = read_piece([read_document(text, "w.yaml")], shipped())
    assert [str(note.place) for note in notes_of(piece.sounds["my_sound"].root)] == [
        "patterns.beat",
        "patterns.beat",
        "my_sound.play",
    ]


def read(text, cache, before=None):
    document = read_document(f"{text}\n{SOUNDS}\n", "w.yaml", before)
    return document, read_piece([document], shipped(), cache).sounds


def test_a_save_that_changes_a_name_reads_only_what_uses_it():
    cache = Cache()
    rest = '\na: {play: "one hat"}\nb: {play: "two hat"}\nc: {play: "three hat"}\nd: {play: "hat:v.2 four"}'
    document, first = read("patterns: {one: kick, two: {steps: one, rev, fast: 2}, three: hat}" + rest, cache)
    document, second = read(
        "patterns: {one: kick, two: {steps: one, fast: 2, rev}, three: hat}" + rest, cache, document
    )
    assert [name for name in "abcd" if first[name] is not second[name]] == ["b"]
    document, third = read("patterns: {one: hat, two: {steps: one, fast: 2, rev}, three: hat}" + rest, cache, document)
    assert [name for name in "abcd" if second[name] is not third[name]] == ["a", "b"]
    assert third["d"].is_broken
    _, fourth = read("patterns: {one: hat, two: one, three: hat, four: kick}" + rest, cache, document)
    assert [name for name in "abcd" if third[name] is not fourth[name]] == ["b", "d"]
    assert not fourth["d"].is_broken


def test_patterns_that_cannot_be_read_are_told_of_once_where_they_are_used():
    text = f'patterns:\n  beat: "kick\n  fill: [hat\nmy_sound: {{play: beat}}\nother: {{play: kick}}\n{SOUNDS}\n'
    with pytest.raises(DocumentProblems) as caught:
        read_document(text, "w.yaml")
    document = caught.value.document
    piece = read_piece([document], shipped())
    assert piece.sounds["my_sound"].is_broken
    assert not piece.sounds["other"].is_broken
    known = {finding.problem() for finding in piece.sounds["my_sound"].findings}
    assert known <= {problem for entry in document.broken.values() for problem in entry.problems}

"""Patterns in a piece: the sentence, the place and the suggestion for each mistake, and what is read of each text."""

from __future__ import annotations

import re
from math import isnan, log2

import pytest

from tests.harness.paths import TOP
from tests.harness.session_harness import shipped
from tests.harness.small_nodes import build_sounds, nodes
from waves.language.expression.builtin_names import SCALES
from waves.language.text.document import read_document
from waves.problem import Problem, Problems

SOUNDS = """
kick: {osc: {freq: 60, duration: 0.1}}
snare: {osc: {type: noise, duration: 0.1}}
hat: {osc: {type: noise, amp: v, duration: 0.05}}
bass: {osc: {type: saw, freq: f, amp: v, duration: 0.2}}
pluck: {osc: {freq: f, amp: v, duration: 0.2}}
"""
BEAT = "my_sound: {%s}\n"
START = len("my_sound: {")


def problems(given: str) -> list[Problem]:
    """The problems of a piece, or its warnings."""
    try:
        return build_sounds(["my_sound"], shipped(), [read_document(BEAT % given + SOUNDS, "w.yaml")])[1]
    except Problems as error:
        return error.problems


BRACKET_FIRST = "quote the pattern: what begins with '[' is a list in YAML, and goes on after it"
VOICINGS = "close, open, drop2, drop3, shell, rootless, root, near"
MISTAKES = [
    ('play: "kick [hat hat"', "[", "this '[' is never closed", "'kick [hat hat]'"),
    ('play: "kick hat]"', "]", "this ']' closes nothing", "'kick hat'"),
    ('play: "kick [hat>"', ">", "'>' cannot close the '[' in column 6 of the pattern", "']'"),
    ('play: "kick []"', "[", "this group is empty: a rest is '~'", "'kick ~'"),
    ('play: "kick,"', ",", "there is no sound beside the comma", "'kick'"),
    ('play: ", kick"', '"', "there is no sound beside the comma", "'kick'"),
    ('play: "kcik hat"', '"', "there is no sound 'kcik'", "'kick'"),
    ('play: "hat v.4 hat"', "v.4", "'v.4' is no sound: in a text what a sound is given follows a colon", "'hat:v.4'"),
    ('play: "bass c2 bass eb2"', "c2", "'c2' is a note: in a text it follows its sound after a colon", "'bass:c2'"),
    (
        'play: "c4 e4 g4"',
        '"',
        "these are notes, and nothing says which sound plays them",
        "'play: pluck, note: \"c4 e4 g4\"'",
    ),
    (
        'play: "0 2 4"',
        '"',
        "these are numbers, and nothing says which sound plays them",
        "'play: pluck, note: \"0 2 4\", scale: c major'",
    ),
    ('play: "hat kick(3)"', "kick", "euclid is onsets and steps, and a rotation if you like", "'kick(3,8)'"),
    ('play: "hat kick(8,3)"', "kick", "8 onsets do not fit into 3 steps", "'kick(3,8)'"),
    ("play: kick(3,8)", "kick", "quote the pattern: a comma ends a value inside { } and [ ]", '"kick(3,8)"'),
    ("play: kick*4, hat*8", ",", "quote the pattern: a comma ends a value inside { } and [ ]", "'\"kick*4, hat*8\"'"),
    (
        "play: [kick hat*2]",
        "hat",
        "'hat*2' is given to 'kick' here: entries of a list are parted by commas",
        "'\"kick hat*2\"'",
    ),
    ("play: [kick hat] snare", "[", BRACKET_FIRST, "'\"[kick hat] snare\"'"),
    ("play: [kick, hat]*2 snare, voices: 2", "[", BRACKET_FIRST, "'\"[kick, hat]*2 snare\"'"),
    ('play: "kick*"', "*", "a number is missing after '*'", "'kick*2'"),
    ('play: "kick *2"', "*", "a sign follows its step without a space", "'kick*2'"),
    ('play: "kick hat?2"', "hat", "a chance lies between 0 and 1", "'hat?0.2'"),
    ('play: "kick hat%5:4"', "hat", "a fifth of 4 never comes", "'hat%4:4'"),
    (
        'play: "kick hat", interval: eighth, cycle: bar',
        "cycle",
        "'interval' is the length of a step and 'cycle' that of all: give one of them",
        "'interval: eighth'",
    ),
    (
        'play: "hat*4", velo: "1 .5"',
        "velo",
        "'velo' is no setting of 'play', and 'hat' has no parameter of that name",
        "'velocity'",
    ),
    ('play: pluck, note: "c4 h4"', "h4", "there is no note 'h4': notes are a to g", "'b4'"),
    ('play: pluck, note: "g4 c4.e4"', "c4.e4", "'c4.e4' is one word: notes are parted by spaces", "'c4 e4'"),
    ('play: "hat kick*100000"', "kick", "100,000 notes in a cycle: 4,096 at most", ""),
    ('play: "bd sn"', '"', "there is no sound 'bd'", "'kick'"),
    ('play: "kick _*2"', "*", "'_' lengthens the step before it, and takes no sign", ""),
    ('play: "kick hat@2@3"', "@3", "this step has two '@'", ""),
    ('play: "kick . . hat"', ". hat", "there is nothing between the dots: a rest is '~'", ""),
    ('play: "kick, hat | snare"', "|", "',' and '|' stand in one group: give one of them a '[ ]' of its own", ""),
    ('play: "! kick"', '"', "there is no step before this '!' that it could repeat", ""),
    ('play: "<kick hat>%2"', "%", "only '{ }' has '%' with its steps in a cycle; a chance is '?'", ""),
    ('play: "kick hat%prev"', "hat", "there is no condition before this '%prev' in its group", "'hat%70 hat%prev'"),
    ('play: "kick%70 [hat%!prev]"', "hat", "there is no condition before this '%!prev' in its group", ""),
    # what is said in other words here
    ('play: "kick hat", chop: 4', "chop", "'chop' is no transform here: 'slice' says which part plays", "slices: 8"),
    ('play: "kick hat", when: "1 fill"', "when", "'when' is no setting of 'play'", "'hat%1:4' in the text"),
    ('play: "hat*4", v: {steps: sine, range: [0, 1]}', "range", "there is no transform 'range'", "'sine(0,1)'"),
    ('play: "kick hat", nudge: -.02', "nudge", "'nudge' is from 0 on: earlier is 'shift', in cycles", "'shift: -1/64'"),
    ('play: "kick hat", fit: 2', "fit", "'fit' sets the 'length' of a stretched file, and 'kick' has none", "stretch"),
    (
        'play: "kick hat", striate: 4',
        "striate",
        "'striate' plays parts of a sound file, and 'kick' has no 'start' and 'end'",
        "",
    ),
    # lengths of notes
    (
        'play: pluck, length: "eigth"',
        '"',
        "'eigth' is no length: a number of seconds, or a length of the tempo, as beat or 1.5 * eighth",
        "'eighth'",
    ),
    ("play: pluck, length: 1/8", "1/8", "a plain number is in seconds, and 1/8 is 0.125 s", "'eighth'"),
    ("play: pluck, length: 0", "0", "'0' is no length of a note: above 0, and at most 1000 s or beats", ""),
    ("play: pluck, length: 5000", "5000", "'5000' is no length of a note: above 0, and at most 1000 s or beats", "'5'"),
    (
        "play: pluck, length: 0.1 + beat",
        "0.1",
        "a length is a number of seconds, or of one length of the tempo",
        "'0.5 * beat'",
    ),
    (
        "play: pluck, legato: 2, length: 1",
        "length",
        "'legato' and 'length' both say how long a note is: write one of them",
        "",
    ),
    (
        'play: pluck, legato: "1 2", with: {length: 1}',
        "length",
        "'legato' and 'length' both say how long a note is: write one of them",
        "",
    ),
    (
        "tempo: {bpm: 90 + t, signal: {play: pluck, length: beat, cycle: 1}}",
        "length",
        "'beat' moves with the tempo, and the steps here do not: give the length in seconds",
        "",
    ),
    ('play: pluck, chord: "C Cmaj8"', "Cmaj8", "there is no chord 'maj8'", "'Cmaj7'"),
    ("play: pluck, note: \"c4 c4'm7'5\"", "c4'm7'5", "'m7' has 4 notes: inversions go from 0 to 3", "'c4'm7'3'"),
    ("play: \"pluck pluck:c4'm7'5\"", "c4'm7'5", "'m7' has 4 notes: inversions go from 0 to 3", "'c4'm7'3'"),
    ('play: pluck, note: "0 1", scale: d moll', "d moll", "there is no scale 'moll'", "'d minor'"),
    ('play: pluck, note: "0 1", scale: minor', "minor", "a scale has a root", "'c minor'"),
    (
        'play: pluck, note: "0 1", scale: a harmonic minor',
        "a harmonic",
        "there is no scale 'harmonic minor'",
        "'a harmonic_minor'",
    ),
    (
        'play: pluck, note: "0 1", scale: eb3 Minor Pentatonic',
        "eb3",
        "there is no scale 'Minor Pentatonic'",
        "'eb3 minor_pentatonic'",
    ),
    ('play: pluck, note: "0 1", scale: "<d:minor e:mino>"', "e:mino", "there is no scale 'mino'", "'e minor'"),
    ('play: pluck, chord: "I vi IV V"', '"', "numerals need a 'scale'", "'scale: c major'"),
    ('play: pluck, note: "60 64"', '"', "a number in 'note' is a degree and needs a 'scale'", "'midi: \"60 64\"'"),
    ('play: pluck, note: "c4 0.5", scale: c major', "0.5", "a degree is a whole number", ""),
    ('play: pluck, note: "c", octave: "4 11"', "11", "'11' is no octave: a whole number from 0 to 10", ""),
    ('play: pluck, chord: "C", voicing: "close nera"', "nera", f"there is no voicing 'nera': {VOICINGS}", "'near'"),
    ('play: pluck, chord: "C", voicing: bass', "bass", f"there is no voicing 'bass': {VOICINGS}", "'root'"),
    ('play: pluck, chord: "C Fis7"', "Fis7", "there is no chord 'is7'", "'F#7'"),
    ('play: pluck, chord: "C/H"', '"', "'H' is no bass note", "'C/B'"),
    ('play: pluck, note: "0 1", scale: a-moll', "a-moll", "there is no scale 'a-moll'", "'a minor'"),
    (
        'play: pluck, note: "0 perlin", scale: c major',
        "perlin",
        "'perlin' without numbers goes from 0 to 1: only the degrees 0 and 1",
        "'perlin(0,7)'",
    ),
    ('play: "[kick*4, hat*3"', '"', "this '[' is never closed", "'[kick*4], hat*3'"),
    ('play: pluck, note: "[c4, e4, g4"', '"', "this '[' is never closed", "'[c4, e4, g4]'"),
    (
        'play: pluck, chord: "C", arp: upp',
        "upp",
        "'arp' is up, down, updown, downup or random, or numbers of notes",
        "'up'",
    ),
    ('play: pluck, chord: "C", strum: 20', "20", "'strum' is at most 1 s", "'ms(20)'"),
    ('play: "hat*4", v: "0.5 * sin(t)"', '"0.5 * sin(t)"', "a lane is a pattern, not an expression", ""),
    ('play: bass, note: "c2 c3", slide: "0 60"', "60", "'60' is no time of a slide: 0 to 10 s", "'ms(60)'"),
    ('play: "kick kick", slide: .06', "slide", "'slide' changes nothing: no note has a pitch", "'note: \"c2 c3\"'"),
    ('play: "kick hat", choke: hat', "hat", "expected true or false, got 'hat'", ""),
    ('play: pluck, note: "c4", tuning: jsut', "jsut", "there is no tuning 'jsut'", "'just'"),
    (
        'play: pluck, note: "0 1", scale: c tuning',
        "c tuning",
        "the degrees of the scale 'tuning' are the steps of a tuning",
        "'tuning: 19edo'",
    ),
    # forms of Strudel
    ('play: "kick hat", s: pluck', "s:", "'s' is 'play' here: the sounds are the pattern itself", "'play: \"pluck\"'"),
    ('s: "kick hat"', "s", "'s' is 'play' here", "'play: \"kick hat\"'"),
    ('note: "c4 e4", s: pluck', "s:", "'s' is 'play' here", "'play: \"pluck\"'"),
    ('play: "kick hat.fast(2)"', ".fast", "'fast' is a key beside the pattern here", "'\"kick hat\", fast: 2'"),
    ('play: "stack(kick, hat)"', '"', "'stack' is a comma here", "'\"kick, hat\"'"),
    ('play: "cat(kick, hat hat)"', '"', "'cat' is '< >' here, one in each cycle", "'\"<kick [hat hat]>\"'"),
    ('play: "s(kick).slow(2)"', ".slow", "'slow' is a key beside the pattern here", "'\"kick\", slow: 2'"),
    ('play: "s(kick hat)"', '"', "the text of a pattern stands here without 's( )'", "'\"kick hat\"'"),
    (
        "play: pluck, chord: prog",
        "prog",
        "'prog' is no chord, and no name of 'patterns'",
        "'patterns: {prog: \"<Am F>\"}'",
    ),
    # groove
    ('play: "kick*4", swing: 5', "swing", "swing is 20% to 80%, or a factor from -1 to 1", "'50%'"),
    ('play: "kick*4", swing: 85%', "swing", "swing is 20% to 80%, or a factor from -1 to 1", "'50%'"),
    ('play: "kick*4", swing: $lfo', "swing", "swing is 20% to 80%, or a factor from -1 to 1", "'50%'"),
    (
        'play: "kick*4", groove: mpc80',
        "mpc80",
        "there is no groove 'mpc80': mpc50 to mpc75, triplet, laidback, pushed",
        "'mpc70'",
    ),
    ('play: "kick*4", groove: {tims: [0]}', "tims", "'groove' has no parameter 'tims'", "'times'"),
    ('play: "kick*4", groove: {times: [0, .9]}', "[0", "'times' of a groove lies between -0.5 and 0.5", ""),
    (
        'play: "kick*4", groove: {times: [0.5, -0.5]}',
        "[0.5",
        "a step of the groove would come before the one in front of it",
        "",
    ),
    (
        'play: "kick*4", swing: 58%, groove: mpc58',
        "groove",
        "'swing' and 'groove' both move the notes: write one of them",
        "",
    ),
    ('play: "kick*4", grid: eighth', "grid", "'grid' is that of a 'swing' or a 'groove'", "'swing: 58%'"),
    ('play: "kick*4", swing: 58%, grid: 0.1', "0.1", "'grid' is a length of the tempo", "'sixteenth'"),
    ('play: "kick*4", humanise: {tme: 1}', "tme", "'humanise' has no parameter 'tme'", "'time'"),
    ('play: "kick*4", humanise: {time: 8}', "time", "'time' is at most 0.25", ""),
    ('play: "kick*4", humanise: 3', "3", "expected a mapping, got 3", "'{time: ms(8), v: .1}'"),
    # calls
    ('play: "hat*4", v: "1 rand(1)"', "rand", "'rand' takes a lowest and a highest number", "'rand(0,1)'"),
    ('play: "hat:v=random(.3,1)"', "random", "there is no call 'random'", "'hat:v=rand(.3,1)'"),
    ('play: pluck, scale: c minor, note: "0 random(8)"', "random", "there is no call 'random'", "'0 irand(8)'"),
    ('play: pluck, pan: "0 irnd(8)"', "irnd", "there is no call 'irnd'", "'0 irand(8)'"),
    ('play: pluck, note: "c4 random"', "random", "there is no note 'random': notes are a to g", "'choose(c4,e4)'"),
    (
        'play: pluck, pan: "0 random"',
        "random",
        "'random' is no number: a pan goes from -1, left, to 1, right",
        "'rand'",
    ),
    ('play: "hat*4", v: "1 rand(0,x)"', "x", "'x' is no number, and 'rand' takes a lowest and a highest number", ""),
    ('play: "hat*4", v: "1 rand(0,1"', "(", "this '(' is never closed", "'1 rand(0,1)'"),
    ('play: "hat*4", v: "1 rand(0,,1)"', ",1)", "there is nothing beside the comma", ""),
    ('play: "hat*4", v: "1 rand(0?)"', "?", "'?' has no meaning inside the brackets of a call", ""),
    ('play: "hat*4", v: "1 choose()"', "choose", "'choose' takes what it chooses from", "'choose(1,2)'"),
    ('play: "hat*4", v: "1 choose(p,q)"', "q)", "'q' is no strength: a number, or ppp to fff", ""),
    ('play: "hat*4", n: "1 irand(0)"', "0)", "'irand' counts a whole number, 1 to 1,024", ""),
    ('play: "hat*4", v: "1 walk(1,0,.1)"', "walk", "'walk' goes from a lowest to a higher number", "'walk(0,7,1)'"),
    (
        'play: "hat*4", v: "1 walk(0,1,2)"',
        "2)",
        "the step of 'walk' is above 0, and 1 to 1,024 of them lie between its ends",
        "",
    ),
    ('play: "hat*4", v: "1 db(900)"', "900", "'db' is at most 200", ""),
    ('play: "hat*4", v: "0.5 + 0.5 * sin(t)"', '"0.5', "a lane is a pattern, not an expression", "'sine(0,1)'"),
    (
        'play: "hat saw(3,8)"',
        "saw",
        "'saw' gives a number: it stands in a lane, or behind a name and '='",
        "'hat:v=saw(3,8)'",
    ),
    (
        'play: "hat:vx=rand(.3,1)*8"',
        '"',
        "'vx' is no setting of 'play', and 'hat' has no parameter of that name",
        "",
    ),
    ('play: "hat bass:f=choose(c2,h2)"', "h2", "'h2' is no number and no note", ""),
    ('play: pluck, note: "c4 choose(c4,h4)"', "h4", "there is no note 'h4': notes are a to g", "'b4'"),
    (
        'play: pluck, note: "~ irand(10)"',
        "irand",
        "a number in 'note' is a degree and needs a 'scale'",
        "'scale: c major'",
    ),
    ('play: pluck, midi: "60 rand(60,200)"', "200", "'midi' is a number from 0 to 127, not '200'", ""),
    ('play: pluck, chord: "C rand(0,1)"', "rand", "'rand' gives numbers: 'chord' takes 'choose'", ""),
    ('play: kick, rhythm: "x rand()"', "rand", "'rand(0,1)' is no onset: x, or a number from 0 to 1", "'x'"),
    ('play: "hat*4", fast: "2 rand(1,2)"', "rand", "'rand(1,2)' is no number, and one stands after 'fast'", ""),
    # transforms and lanes
    ('play: "kick hat", every: {4:rev}', "4:rev", "a space is missing after the colon", "'{4: rev}'"),
    ('play: "kick hat", every: 4', "every", "'every' says what happens in each 4th cycle", "'{4: rev}'"),
    ('play: "kick hat", every: {4: revv}', "revv", "there is no transform 'revv'", "'rev'"),
    ('play: "kick hat", every: {4: reverse}', "reverse", "there is no transform 'reverse'", "'rev'"),
    ('play: "kick(5;8)"', ";", "a comma is missing between the numbers of a rhythm", "'kick(5,8)'"),
    ('play: "kick:3"', "3", "'3' does not say what it sets: a number has the name of its parameter", ""),
    ('play: "kick hat", every: {0: rev}', "0", "'every' counts from 1", "'{1: rev}'"),
    ('play: "kick hat", every: {5:4: rev}', "5:4", "'every' counts from 1 to 4", "'{1:4: …}'"),
    ('play: "kick hat", fast: 0', "fast", "nothing would be heard: 'fast' is above 0", "'1'"),
    ('play: "kick hat", fast: "2 two"', "two", "'two' is no number, and one stands after 'fast'", ""),
    ('play: "kick hat", ply: 1.5', "ply", "'ply' is a whole number", "'2'"),
    ('play: "kick hat", slow: 2000', "slow", "'slow' is at most 1,024", ""),
    ('play: "kick hat", degrade: 30', "degrade", "'degrade' lies between 0 and 1", "'0.3'"),
    ('play: "kick hat", sometimes: {.3: [rev, fst 2]}', "fst", "there is no transform 'fst'", "'fast'"),
    ('play: "kick hat", shift: ["1/4"]', "[", "'shift' takes a number or a pattern, not a list of 1", "'1/8'"),
    (
        'play: "kick hat", mask: [1!8, 0, 1!7]',
        "[",
        "'mask' takes a number or a pattern, not a list of 3",
        "'\"<1!8 0 1!7>\"'",
    ),
    ('play: "kick hat", mask: [1, 0, 7]', "[", "'mask' takes a number or a pattern, not a list of 3", "'\"1 0\"'"),
    ('play: "kick hat", mask: "<1!8 0 1 !7>"', "!7", "a sign follows its step without a space", "'<1!8 0 1!7>'"),
    ('play: "kick hat", mask: "<1!8 0 1! 7>"', "7>", "'mask' lies between 0 and 1", ""),
    ('play: "kick hat", mask: 70', "mask", "'mask' lies between 0 and 1", "'0.7'"),
    ('play: "kick", note: c4, strum: 15ms', "15ms", "'strum' is a number of seconds, not '15ms'", "'ms(15)'"),
    ('play: "kick hat", echo: {tims: 3}', "tims", "'echo' has no parameter 'tims'", "'times'"),
    ('play: "kick hat", do: [fast 2, ply]', "ply", "'ply' takes a number or a pattern, not nothing", "'2'"),
    ('play: "kick hat", fast: "2 [3"', "[", "this '[' is never closed", "'2 [3]'"),
    (
        'play: "kick hat", evry: {4: rev}',
        "evry",
        "'evry' is no setting of 'play', and 'kick' has no parameter of that name",
        "'every'",
    ),
    ('play: "x..x..x."', '"', "this is a rhythm, and nothing says which sound plays it", "'rhythm: \"x..x..x.\"'"),
    ('play: kick, rhythm: "x(3,8) y"', "y", "'y' is no onset: x, or a number from 0 to 1", "'x'"),
    ('play: pluck, midi: "60 c4"', "c4", "'midi' is a number from 0 to 127, not 'c4'", "'note: c4'"),
    ('play: pluck, midi: "60", note: "c4"', "note", "'midi' and 'note' both give 'freq': write one of them", ""),
    ('play: pluck, note: "c4 re"', "re", "there is no note 're': notes are a to g", "'d'"),
    ('play: "bass:c2", phase: "0.5 + 0.5"', '"0.5 + 0.5"', "a lane is a pattern, not an expression", ""),
    ('play: "kick*4", transpose: 4', '"', "'play' moves the pitch of 'kick', which is given none", "'kick c4'"),
]


@pytest.mark.parametrize(("given", "at", "sentence", "meant"), MISTAKES, ids=[row[0] for row in MISTAKES])
def test_a_mistake_has_its_sentence_and_its_column(given, at, sentence, meant):
    found = next((one for one in problems(given) if one.sentence == sentence), None)
    assert found, problems(given)
    assert found.mark
    assert found.mark.line == 1
    assert found.mark.column == START + given.rindex(at) + 1 if at != '"' else START + given.index('"') + 1
    assert not meant or meant in found.suggestion


def test_a_number_as_a_note_is_a_degree():
    (found,) = problems('play: pluck, note: "60 60"')
    assert found.sentence == "a number in 'note' is a degree and needs a 'scale'"
    assert found.suggestion == "'midi: \"60 60\"'"


def test_what_is_never_heard_is_a_warning():
    (found,) = problems('play: "pluck*2", note: "c4 e4 g4 a4"')
    assert (found.level, found.suggestion) == ("warning", "'play: pluck'")
    assert found.sentence == "'e4' and 'a4' are never heard: the steps have onsets at 0 and 1/2"


def test_a_lane_that_changes_nothing_is_a_warning():
    text = BEAT % 'play: "deep*4", note: c4' + "deep: {filter: {cutoff: 300, signal: {osc: {freq: 50}}}}\n"
    _, warnings = build_sounds(["my_sound"], shipped(), [read_document(text, "w.yaml")])
    assert [one.level for one in warnings] == ["warning"]
    assert warnings[0].sentence.startswith("'note' changes nothing: 'deep' does not use it")


def pools(given: str) -> dict[str, list[list[tuple[float, ...]]]]:
    """The values of the notes by pool and step; in the first 64 cycles of what never comes again."""
    root, warnings = build_sounds(["my_sound"], shipped(), [read_document(BEAT % given + SOUNDS, "w.yaml")])
    assert warnings == []
    return {
        node.id.split(".Sequencer.")[1].removesuffix(".Pool"): [list(step) for step in node.settings["notes"]]
        or [[tuple(note) for note in node.settings["pages"].page(cycle)[1]] for cycle in range(64)]
        for node in nodes(root).values()
        if node.template
    }


def test_what_a_sound_is_given_wins_over_a_lane():
    assert pools('play: "hat:v.25 hat", v: .5') == {"hat": [[(0.25,), (0.5,)]]}


@pytest.mark.parametrize(
    ("given", "at", "sentence", "meant"),
    [
        ('play: "pluck:c4:e4:g4", arp: up', "arp", "no note of a lane 'note' or 'chord' is played", "[c4,e4,g4]"),
        ("play: hat, scale: c minor, v: .5", "scale", "no note of a lane 'note' or 'chord' is played", "[0,2,4]"),
        ('play: pluck, note: "0 2", scale: c minor, arp: up', "arp", "no notes begin and end together", "[0,2,4]"),
        ('play: pluck, note: "c4*2, e4", arp: up', "arp", "no notes begin and end together", "[c4,e4,g4]"),
        ('play: pluck, note: "c4 e4", strum: .1', "strum", "no notes begin and end together", "[c4,e4,g4]"),
        ('play: pluck, note: "c4 e4", voicing: open', "voicing", "no notes begin and end together", "[c4,e4,g4]"),
        ("play: pluck, chord: Am, octaves: 2", "octaves", "it is for 'arp'", "arp: up"),
    ],
)
def test_what_is_for_chords_is_a_warning_without_one(given, at, sentence, meant):
    (found,) = problems(given)
    assert (found.level, found.mark.column) == ("warning", START + given.index(at) + 1)
    assert found.sentence.startswith(f"'{at}' changes nothing") and sentence in found.sentence
    assert meant in str(found)


def test_several_notes_are_a_chord():
    ((notes,),) = pools('play: "bass:a3:v.5:a4"').values()
    assert notes == [(220.0, 0.5), (440.0, 0.5)]


def test_a_note_without_an_octave_is_in_the_fourth():
    assert pools('play: bass, note: "a [a3 ~]", v: mf') == {"bass": [[(440.0, 0.6), (220.0, 0.6)]]}


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ('play: pluck, midi: "69 57"', [(440.0,), (220.0,)]),
        ('play: pluck, freq: "100 1/2"', [(100.0,), (0.5,)]),
        ('play: "a4 a3", sound: pluck', [(440.0,), (220.0,)]),
        ('play: pluck, note: "a4 a3", transpose: 12', [(880.0,), (440.0,)]),
        ('play: "pluck:a4", also: {1/2: transpose -12}', [(440.0,), (220.0,)]),
        ('play: pluck, note: "a4", v: ".5 1", accent: "1 .5"', [(440.0, 0.5), (440.0, 0.5)]),
        ('play: hat, rhythm: "X.x."', [(1.0,), (0.6,)]),
        ('play: hat, rhythm: "1 0 1 0", v: "<.5>"', [(0.5,), (0.5,)]),
        ("play: hat, echo: {times: 2, time: 1/2, v: .25}", [(1.0,), (0.25,)]),
        ('play: "hat*2", v: {steps: ".25 .5", rev}', [(0.5,), (0.25,)]),
        ('play: {steps: {steps: "hat:v.25 hat:v.5", rev}}', [(0.5,), (0.25,)]),
        ("play: [hat v.25, hat v.5], rev", [(0.5,), (0.25,)]),
        ("play: [hat*2 v.25, hat]", [(0.25,), (0.25,), (1.0,)]),
        ('play: ["<hat:v.25 hat:v.5>", hat@2 v.75]', [(0.25,), (0.75,), (0.5,), (0.75,)]),
        ("sequencer: {interval: 0.1, steps: [hat!2 v.25, hat v.5]}", [(0.25,), (0.25,), (0.5,)]),
        ("play: hat, jux: rev", [(-1.0,), (1.0,)]),
        ("sequencer: {interval: 0.1, steps: [hat v.25, hat], v: .5, rev: 1}", [(0.5,), (0.25,)]),
        ("sequencer: {interval: 0.1, steps: [hat, hat], pan: .5}", [(0.5,), (0.5,)]),
        ('play: "bass:c2:v.5*2", with: {duration: ".1 .2"}', [(0.1,), (0.2,)]),
    ],
)
def test_values_of_lanes(given, values):
    ((found,),) = ([[note for step in notes for note in step]] for notes in pools(given).values())
    found = [note[:1] for note in found] if "duration" in given else found
    assert [tuple(1.0 if isnan(one) else round(one, 9) for one in note) for note in found] == values


@pytest.mark.parametrize(
    ("given", "notes"),
    [
        ('play: pluck, note: "0 2 4 <7 6>", scale: d minor', "62 65 69 74 / 62 65 69 72"),
        ('play: "0 -1 7", sound: pluck, scale: d2 minor', "38 36 50"),
        ('play: pluck, note: 0, scale: "c major bb minor"', "60 70"),
        ('play: pluck, note: "0 3# 2b 0^ 4v", scale: c major', "60 66 63 72 55"),
        ('play: pluck, note: "0 .. 7", scale: c major', "60 62 64 65 67 69 71 72"),
        ('play: pluck, note: "0 0", scale: "<d:minor g:dorian>", octave: 3', "50 50 / 55 55"),
        ('play: pluck, note: "0 2", scale: c major, shift_scale: 1, transpose: 1', "63 66"),
        ('play: pluck, note: "0 c c2", scale: c minor, octave: 5', "72 72 36"),
        ('play: pluck, chord: "<Am F>"', "69.72.76 / 65.69.72"),
        ('play: pluck, chord: "C/E C^7 bbm7 asus4"', "52.60.64.67 60.64.67.71 70.73.77.80 69.74.76"),
        ('play: pluck, chord: "I vi V7/V bVII", scale: g major', "67.71.74 64.67.71 69.73.76.79 65.69.72"),
        ('play: pluck, chord: "viio ii7 Imaj7", scale: c major', "71.74.77 62.65.69.72 60.64.67.71"),
        ('play: pluck, chord: "V7\'2", scale: c major, octave: 3', "62.65.67.71"),
        ("play: pluck, note: \"c4'm7 c3'maj7'drop2 cm7 g7\"", "60.63.67.70 43.48.52.59 60.63.67.70 103"),
        ('play: "pluck:c4\'m:v.5"', "60.63.67"),
        ('play: pluck, chord: "Dm7*2", voicing: "open shell"', "62.69.77.84 62.65.72"),
        ('play: pluck, chord: "Dm7*2", voicing: "rootless root"', "65.69.72 62"),
        ('play: pluck, chord: "Dm7*2", voicing: "drop2 drop3"', "57.62.65.72 53.62.69.72"),
        ('play: pluck, chord: "<C F G>", voicing: near, around: e4', "60.64.67 / 60.65.69 / 59.62.67"),
        ('play: pluck, chord: "Am*2", invert: "0 1"', "69.72.76 72.76.81"),
        ("play: pluck, chord: Am, invert: -1", "64.69.72"),
        ("play: pluck, chord: Am, arp: down", "76 72 69"),
        ('play: pluck, chord: "<Am F>", arp: updown, rhythm: "x*6"', "69 72 76 72 69 72 / 65 69 72 69 65 69"),
        ('play: pluck, chord: "Am F", arp: "0 2", rhythm: "x*8"', "69 76 69 76 65 72 65 72"),
        ('play: "pluck*4", chord: Am, arp: up, octaves: 2', "69 72 76 81"),
        ('play: pluck, note: "[0,2,4]", scale: c minor, arp: up, rhythm: "x*8"', "60 63 67 60 63 67 60 63"),
        ('play: pluck, note: "[0,2,4]", scale: c minor, arp: down', "67 63 60"),
        ('play: "pluck*4", note: "[c4,e4] [g4,b4]", arp: up', "60 64 67 71"),
        ('play: pluck, note: "[c4,e4,g4]", also: {1/2: transpose 1}, arp: "0 2"', "60.68 67.61"),
        ('play: pluck, note: "[0,2,4]", scale: c major, voicing: open', "60.67.76"),
        ('play: pluck, note: "[a3,c4\'m]", voicing: root', "57"),
        ('play: pluck, note: "[c4,e4,g4]*2", invert: "0 1"', "60.64.67 64.67.72"),
        ('play: pluck, freq: "[220,440]", strum: .1', "57.69"),
        ("play: pluck, note: c4, arp: up, octaves: 2", "60 72"),
        ('play: pluck, chord: "Em ~ G", strum: ms(20)', "64.67.71 67.71.74"),
    ],
)
def test_notes_of_scales_and_chords(given, notes):
    root, warnings = build_sounds(["my_sound"], shipped(), [read_document(BEAT % given + SOUNDS, "w.yaml")])
    assert warnings == []
    (pool,) = (node for node in nodes(root).values() if node.template)
    found = []
    for k, step in enumerate(pool.settings["notes"]):
        places = [one[0] for one in pool.settings["timing"][k]] if pool.settings["timing"] else [0.0] * len(step)
        onsets: dict[float, list[str]] = {}
        for place, note in zip(places, step, strict=True):
            onsets.setdefault(place, []).append(f"{69 + 12 * log2(max(note) / 440):.6g}")
        found.append(" ".join(".".join(several) for several in onsets.values()))
    assert " / ".join(found) == notes


def test_a_note_that_is_left_out_is_no_note_of_the_chord():
    (steps,) = pools('play: pluck, note: "[a3,a4?1,a5?0]", arp: up, rhythm: "x*4"').values()
    assert [[note[0] for note in step] for step in steps] == 64 * [[220.0, 880.0, 220.0, 880.0]]


def test_words_of_strudel_lead_to_those_of_here():
    text = (TOP / "docs/patterns.md").read_text("utf-8").partition("## From Strudel")[2].partition("## Transforms")[0]
    rows = re.findall(r"^\| `(.+)` \| `(.+)` \|$", text, re.M)
    assert len(rows) == 9
    for there, here in rows:
        (found,) = problems(f"play: pluck, chord: Am, {there}")
        assert found.suggestion == f"'{here}'"
        assert problems(f"play: pluck, chord: Am, {here}") == []


def test_a_faster_choice_is_drawn_each_time_and_a_repeated_one_once():
    def cycles(sign: str) -> list[set[float]]:
        (steps,) = pools(f'play: pluck, note: "[0|2|4|7]{sign}", scale: c minor').values()
        return [{note[0] for note in step} for step in steps]

    assert [len(one) for one in cycles("!8")] == 64 * [1]
    assert max(len(one) for one in cycles("*8")) == 4


def test_the_page_lists_all_scales():
    (listed,) = re.findall(r"\*\*Scales\.\*\* (.*?)\n\n", (TOP / "docs/patterns.md").read_text("utf-8"), re.S)
    assert re.findall(r"`(\w+)`", listed) == list(SCALES)


def test_a_chord_is_strummed_in_seconds():
    root, _ = build_sounds(
        ["my_sound"], shipped(), [read_document(BEAT % "play: pluck, chord: Am, strum: -0.02" + SOUNDS, "w.yaml")]
    )
    (pool,) = (node for node in nodes(root).values() if node.template)
    ((*timing,),) = pool.settings["timing"]
    ((*notes,),) = pool.settings["notes"]
    late = {round(note[0], 3): timing[k][2] for k, note in enumerate(notes)}
    assert late == {659.255: 0.0, 523.251: 0.02, 440.0: 0.04}


def test_a_lane_reaches_the_sounds_that_know_it():
    found = pools('play: "hat pluck", phase: "0 .5", note: a4')
    assert {name: notes[0] for name, notes in found.items()} == {"hat": [(440.0, 0.0)], "pluck": [(440.0, 0.5)]}


def test_a_list_fills_a_cycle():
    assert pools("play: [kick, [hat v.5, kick], ~]") == {"kick": [[(), ()]], "hat": [[(0.5,)]]}


def test_a_sound_called_play_wins():
    text = "my_sound: {mix: {a: play, b: {play: {freq: 100}}}}\nplay: {osc: {freq: 50}}\n"
    root, _ = build_sounds(["my_sound"], shipped(), [read_document(text, "w.yaml")])
    assert sorted(node.inputs["freq"] for node in nodes(root).values() if "freq" in node.inputs) == [50.0, 100.0]


@pytest.mark.parametrize(("given", "passes"), [("repeat: 3", 1.0), ("repeat: 1", 1 / 3), ("repeat: 7", 7 / 3)])
def test_a_repeat_counts_cycles(given, passes):
    text = BEAT % f'play: "<kick hat snare>", {given}' + SOUNDS
    root, _ = build_sounds(["my_sound"], shipped(), [read_document(text, "w.yaml")])
    (clock,) = (node for node in nodes(root).values() if node.kind.__name__ == "StepClock")
    assert clock.settings["repeat"] == pytest.approx(passes)
    assert clock.settings["steps"] * clock.settings["repeat"] >= round(3 * passes)

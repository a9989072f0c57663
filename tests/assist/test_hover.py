"""Help for a word, all of it from the catalogue, the language and the text."""

from __future__ import annotations

import pytest

from tests.harness.carets import KIT, at_caret, surroundings
from waves.assist.answers.hover import hover
from waves.node_types.library.catalogue import describe


def help_at(text: str) -> tuple[str, str] | None:
    found = hover(*at_caret(text + KIT), surroundings())
    return (found.title, found.text) if found else None


@pytest.mark.parametrize(
    ("text", "title", "sentence"),
    [
        ("a: {osc: {fr|eq: 3}}", "osc.freq", "Frequency; 0 stands still, negative runs backwards.\n1 Hz"),
        ("a: {osc: {freq: |3}}", "osc.freq", "Frequency; 0 stands still, negative runs backwards.\n1 Hz"),
        ("a: {song: {sections: {v: 4, c: {bars: 8, then: v}}, signal: {mix: {b: {osc: {}, during: |c}}}}}", "c",
         "A section of 8 bars; then v."),
        ("a: {song: {sections: {v: 4, c: {bars: 8, then: |v}}}}", "v", "A section of 4 bars."),
        ("a: {envelope: {dur|ation: 3}}", "envelope.duration",
         "Time from start to end of release.\nnothing (s), 0 or more"),
        ("a: {track: {p|an: 0}}", "track.pan", "-1 left, 1 right.\n0 (position), -1 to 1"),
        ("a: {osc: {freq: a|4}}", "a4", "Frequency of the note: 440.00 Hz."),
        ("a: {osc: {freq: s|in(t)}}", "sin(x)", "Sine of x in radians."),
        ("a: {osc: {freq: 2 *|* 3}}", "a ** b", "a to the power of b."),
        ("a: {osc: {freq: fi|fth}}", "fifth", "Frequency factor of 7 semitones: 1.498."),
        ("a: {osc: {freq: be|at}}", "beat", "Length of a beat in seconds."),
        ("a: {osc: {freq: ve|l}}", "vel", "Strength of the note from 0 to 1, 1 if the step gives none."),
        ("a: {osc: {freq: r|oot}}", "root", "A var: c2\nDefined in line 5."),
        ("a: {hat: {|v: 1}}", "v", "A name of 'hat': 1\nDefined in line 4."),
        ("a: {sequencer: {steps: [hat v|.4]}}", "v", "A name of 'hat': 1\nDefined in line 4."),
        ("a: {sequencer: {steps: [k|ick]}}", "kick", "A sound whose first node is 'osc'."),
        ("a: {sequencer: {steps: [kick, |~]}}", "~", "A rest."),
        ("a: h|at", "hat", "A hat, short and dry.\nA sound whose first node is 'context'.\nParameters: v 1, note a3"),
        ("a: {mix: {x: {osc: {id: low}}, y: {osc: {amp: $l|ow}}}}", "$low",
         "The output of 'osc' with this id in 'a', line 1."),
        ("a: {mix: {x: {track: {id: low}}, y: {osc: {amp: $l|ow}}}}", "$low",
         "The output of 'track' with this id in 'a', line 1.\nParts of it: $low.left, $low.right"),
        ("a: {mix: {x: {track: {id: low}}, y: {osc: {amp: $low.le|ft}}}}", "$low.left", "A channel of a node 'track'."),
        ("a: {mix: {x: {track: {id: low}}, y: {reference: {ref: low, output: rig|ht}}}}", "$low.right",
         "A channel of a node 'track'."),
        ("templates: {x: &s|oft {type: tri}}", "soft", "An anchor, set in line 1."),
        ("a: {play: '<be|at hat>'}\npatterns: {beat: 'kick*2'}", "beat", "A pattern: kick*2\nDefined in line 2."),
        ("a: {play: hat, note: li|ne}\npatterns: {line: c4}", "line", "A pattern: c4\nDefined in line 2."),
        ("a: {play: hat, len|gth: eighth}", "length",
         "The length of a note in seconds or as one of the tempo, as eighth."),
        ("se|ttings: {at: bar}", "settings", "The moment when saves take effect, and their fade."),
    ],
)  # fmt: skip
def test_help(text, title, sentence):
    assert help_at(text) == (title, sentence)


def test_a_node_has_its_summary():
    assert help_at("a: {o|sc: {}}") == ("osc", describe(surroundings().types["osc"])["summary"])


NO_OUTPUT = "a: {mix: {x: {track: {id: low}}, y: {osc: {amp: $low.mi|ddle}}}}"


@pytest.mark.parametrize("text", ["a: {osc: { | }}", "a: {ocs|: {}}", "|", "# a|b", "a: {osc: {freq: z|z}}", NO_OUTPUT])
def test_nothing_is_said_of_what_is_not_known(text):
    assert help_at(text) is None


def test_the_range_is_that_of_the_word():
    text, line, column = at_caret("# one\na: {osc: {fr|eq: 3}}")
    found = hover(text, line, column, surroundings()).range
    assert (found.file, found.line, found.start, found.end) == ("waves.yaml", 2, 11, 15)

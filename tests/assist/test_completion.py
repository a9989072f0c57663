"""Completion: the labels that are offered at a caret, and texts with one of them inserted."""

from __future__ import annotations

import random
import re

import pytest

from tests.harness.carets import DEMO, KIT, at_caret, many_texts, surroundings
from tests.harness.paths import EXAMPLE_NODES, NODES
from waves.assist.answers.completion import Completion, complete
from waves.assist.answers.hover import hover
from waves.assist.meaning.piece_names import Surroundings
from waves.language.build.sound_checks import SoundChecks
from waves.language.model.piece import Cache, read_piece
from waves.language.text.document import Document, DocumentProblems, read_document
from waves.node_types.library.library import load_library
from waves.problem import Problem, Problems


def completed(text: str, around: Surroundings | None = None) -> Completion:
    return complete(*at_caret(text + KIT), around or surroundings())


def labels(text: str) -> list[str]:
    return [item.label for item in completed(text).items]


FIRST = [  # a text before the kit, and the labels that are offered first
    ("|", "settings templates patterns"),
    ("se|", "settings"),
    ("a|: kick", ""),
    ("  se|", ""),
    ("# se|", ""),
    ("|# note", ""),
    ("a: |", "kick hat"),
    ("a: {play: 'fi|'}\npatterns: {fill: kick, beat: hat}", "fill"),
    ("a: {play: kick, note: |}\npatterns: {line: c4}", "line"),
    ("a: {osc: {freq: {values: 'li|'}}}\npatterns: {line: c4}", "line"),
    ("a: {osc: {freq: {values: '1 2', |}}}", "scale octave tuning rhythm"),
    ("a: {play: kick, length: |}", "beat bar eighth sixteenth triplet"),
    ("a: {play: kick, length: '[ei|'}", "eighth"),
    ("patterns: {beat: 'hat', fill: '[be|'}", "beat"),
    ("a:\n  |", "osc sample buffer impulse input noise grains stretch mix track multiply"),
    ("a: {song: {sections: {v: 4, c: {|}}}}", "bars then metre"),
    ("a: {song: {sections: {v: 4, c: {metre: |}}}}", "4/4 3/4"),
    ("a: {tempo: {metre: |}}", "4/4 3/4 6/8"),
    ("a: {tempo: {metre: [4/4, 3|]}}", "3/4"),
    ("a: {play: kick, tuning: |}", "just pythagorean meantone werckmeister3 19edo"),
    ("a: {song: {sections: {v: 4, c: {then: |}}}}", "v c again any back stop"),
    ("a: {song: {sections: {v: 4, c: 2}, signal: {mix: {b: {osc: {}, during: |}}}}}", "v c"),
    ("a: {o|}", "osc"),
    ("a:\n  os|", "osc"),
    ("a: {osc: {|}}", "type freq amp phase pulse_width"),
    ("a: {osc: {freq: 3, |}}", "type amp phase"),
    ("a: {osc: {freq: 3}, |}", "type amp phase"),
    ("a: {osc: {fr|}}", "freq freq_interpolation"),
    ("a: {osc: {uen|}}", ""),
    ("a: {filter: {|}}", "signal cutoff type"),
    ("a:\n  osc:\n    freq: 3\n    am|", "amp amp_interpolation"),
    ("a: {osc: {type: |}}", "sin cos tri sqr saw"),
    ("a: {osc: {type: s|}}", "sin sqr saw cos"),
    ("a: {osc: {naive: |}}", "true false"),
    ("a: {osc: {freq: |}}", "root feel c4 d4 e4"),
    ("a: {osc: {freq: c#|}}", "c#4 c#3 c#5"),
    ("a: {osc: {freq: 2 * ro|}}", "root round"),
    ("a: {osc: {freq: 44|}}", ""),
    ("a: {osc: {freq: lo|g(2)}}", "log log10 log2 floor"),
    ("a: {osc: {freq: rand(mi|)}}", "min minor_second"),
    ("a: {osc: {freq: 3 # a|}}", ""),
    ("a: {filter: {cutoff: 9, signal: |}}", "kick hat osc sample"),
    ("a: {filter: {cutoff: 9, signal: {|}}}", "osc sample buffer impulse input noise grains stretch mix track"),
    ("a: {filter: {cutoff: 9, signal:\n  k|}}", "kick"),
    ("a: {mix: {|}}", "kick hat signals duration"),
    ("a: {mix: {x: h|}}", "hat"),
    ("a: {mix: {signals: [|]}}", "kick hat osc"),
    ("a: {hat: {|}}", "v note duration"),
    ("a: {sequencer: {interval: |}}", "root feel beat bar eighth sixteenth triplet"),
    ("a: {sequencer: {steps: [|]}}", "kick hat ~ hits"),
    ("a: {sequencer: {steps: [kick, h|]}}", "hat hits"),
    ("a: {sequencer: {steps: [hat |]}}", "v note a duration"),
    ("a: {sequencer: {steps: [hat note=|]}}", "note=c4 note=d4"),
    ('a: {sequencer: {steps: ["hat v.3, k|"]}}', "kick"),
    ('a: {play: "hat*2 [~ k|"}', "kick"),
    ('a: {sequencer: {steps: "hat <|>"}}', "kick hat"),
    ('a: {play: "kick hat:|"}', "v note a duration"),
    ("a: {play: k|}", "kick"),
    ("a: {pl|}", "play"),
    ('a: {play: "kick", ev|}', "every"),
    ('a: {play: "kick", rh|}', "rhythm"),
    ('a: {play: "kick", every: {4: re|}}', "rev"),
    ('a: {play: "kick", do: [fa|]}', "fast"),
    ("a: {sequencer: {steps: [kick,\n  |  ~]}}", "kick hat hits"),
    ("hi-hat: kick\na: {sequencer: {steps: [hi-h|]}}", "hi-hat"),
    ("a:\n  sequencer:\n    steps:\n      |", "kick hat ~"),
    ("a:\n  sequencer:\n    steps:\n      - kick\n      - ha|", "hat"),
    ("a: {context: {x: 3, signal: {osc: {freq: |}}}}", "x root feel"),
    ("a: {context: {x: 3, y: 2 * |, z: 1, signal: {osc: {}}}}", "x root feel"),
    ("a: {mix: {x: {osc: {id: duck}}, y: {osc: {amp: $|}}}}", "$duck"),
    ("a: {mix: {x: {osc: {id: duck}}, y: {reference: {ref: |}}}}", "duck"),
    ("a: {mix: {x: {track: {id: wide}}, y: {osc: {amp: $wide.|}}}}", "left right"),
    ("a: {mix: {x: {track: {id: wide}}, y: {osc: {amp: 1 - $wide.r|}}}}", "right"),
    ("a: {mix: {x: {track: {id: wide}}, y: {osc: {amp: $wide.|\n", "left right"),
    ("a: {mix: {x: {track: {id: wide}}, y: {reference: {ref: wide, output: |}}}}", "left right"),
    ("a: {mix: {x: {track: {id: wide}}, y: {reference: {ref: wide, output: le|}}}}", "left"),
    ("a: {mix: {x: {osc: {id: duck}}, y: {osc: {amp: $duck.|}}}}", ""),
    ("a: {osc: {amp: $nothing.|}}", ""),
    ("a: {sample: {file: |}}", "samples/break.flac samples/hits"),
    ("settings: {|}", "at fade"),
    ("settings: {at: |}", "now beat bar"),
    ("templates: {x: &soft {type: tri, |}}", "freq amp"),
    ("templates: {x: &soft {type: tri}}\na: {osc: {<<: *|}}", "soft"),
]


@pytest.mark.parametrize(("text", "first"), FIRST, ids=[text for text, _ in FIRST])
def test_the_first_labels(text, first):
    found = labels(text)
    assert found[: len(first.split())] == first.split()
    assert bool(found) == bool(first)


@pytest.mark.parametrize(
    ("text", "label", "written"),
    [
        ("a: {osc: {fr|}}", "freq", "a: {osc: {freq: |}}"),
        ("a: {osc: {fr|: 3}}", "freq", "a: {osc: {freq|: 3}}"),
        ("a: {osc: {|amp: 3}}", "freq", "a: {osc: {freq|: 3}}"),
        ("a: {osc: {type: tri,| amp: 3}}", "freq", "a: {osc: {type: tri,freq: |,  amp: 3}}"),
        ("a: {osc: {freq:|}}", "c4", "a: {osc: {freq: c4|}}"),
        ("a: {osc: {freq: s|}}", "sin", "a: {osc: {freq: sin(|)}}"),
        ("a: {|}", "osc", "a: {osc: {|}}"),
        ("a:\n  |", "osc", "a:\n  osc: |"),
        ("a: {filter: {signal: |}}", "osc", "a: {filter: {signal: {osc: {|}}}}"),
        ("a: {osc: {freq: |}}", "kick", "a: {osc: {freq: {kick: {|}}}}"),
        ("a: {mix: {|}}", "kick", "a: {mix: {kick: kick|}}"),
        ("a:\n  sequencer:\n    steps:\n      |", "kick", "a:\n  sequencer:\n    steps:\n      - kick|"),
        ("a: {sequencer: {steps: [ha|t v.3]}}", "hat", "a: {sequencer: {steps: [hat| v.3]}}"),
        ("a: {osc: {type: | tri}}", "saw", "a: {osc: {type: saw|}}"),
        ("a: {mix: {x: {track: {id: w}}, y: $w.le|f}}", "left", "a: {mix: {x: {track: {id: w}}, y: $w.left|}}"),
    ],
)
def test_an_item_is_inserted_with_its_caret(text, label, written):
    found = completed(text)
    item = next(item for item in found.items if item.label == label)
    plain, line, _ = at_caret(text)
    lines = plain.split("\n")
    new = lines[line - 1][: found.start - 1] + item.insert + lines[line - 1][found.end - 1 :]
    place = found.start - 1 + item.caret
    lines[line - 1] = new[:place] + "|" + new[place:]
    assert "\n".join(lines) == written


@pytest.mark.parametrize("text", ["a: {osc: {freq: 220, phase|}}", "a:\n  osc:\n    freq: 220\n    phase|"])
def test_a_name_in_full_is_offered_with_what_follows(text):
    assert [item.insert for item in completed(f"{text}\n").items if item.label == "phase"] == ["phase: "]


def test_an_item_says_what_it_is():
    (freq,) = (item for item in completed("a: {osc: {|}}").items if item.label == "freq")
    assert (freq.kind, freq.detail) == ("parameter", "1 Hz")
    assert freq.help == "Frequency; 0 stands still, negative runs backwards."
    (hat,) = (item for item in completed("a: {sequencer: {steps: [|]}}").items if item.label == "hat")
    assert (hat.kind, hat.detail, hat.help) == ("sound", "context", "A hat, short and dry.")
    (beat,) = (item for item in completed("a: {sequencer: {interval: be|}}").items if item.label == "beat")
    assert beat.help == "Length of a beat in seconds."


def test_a_node_is_offered_by_an_alias_once_and_after_what_has_the_word_itself():
    """`vco` and `vcf` are names of other programs; `lpf` comes before `lowpass` in the list of one node."""
    for text, written in {"a: {vc|}": "osc: {}", "a:\n  vc|": "osc: ", "a: {mix: {x: vc|}}": "{osc: {}}"}.items():
        items = [item for item in completed(text).items if item.kind == "node" and item.detail]
        found = [(item.label, item.detail) for item in items]
        assert found == [("vco", "osc"), ("vcf", "filter"), ("vca", "envelope")], text
        assert items[0].insert == written
    assert labels("a: {lp|}")[0] == "lpf" and labels("a: {l|}").count("lowpass") == 0
    assert labels("a: {osc|}")[0] == "osc" and "oscillator" not in labels("a: {osc|}")


def test_an_output_of_a_node_in_another_file_or_of_a_sound_is_completed():
    types = load_library(NODES, EXAMPLE_NODES)
    around = Surroundings(types, {"sounds/more.yaml": "b: {sides: {id: taken, signal: kick}}\npad: {sides: {}}"})
    for text in ("a: {osc: {amp: $taken.|}}", "a: {mix: {x: {pad: {id: own}}, y: {osc: {amp: $own.|}}}}"):
        items = completed(text, around).items
        assert [(item.label, item.help) for item in items] == [
            (name, "An output of a node 'sides'.") for name in ("middle", "side")
        ]


def test_other_files_count():
    around = Surroundings(surroundings().types, {"sounds/more.yaml": "bell: {osc: {id: ring}}\nvars: {deep: 3}"})
    assert "bell" in [item.label for item in completed("a: {mix: {x: be|}}", around).items]
    assert [item.label for item in completed("a: {osc: {amp: $|}}", around).items] == ["$ring"]
    assert "deep" in [item.label for item in completed("a: {osc: {amp: de|}}", around).items]


class Check:
    """The problems of texts that differ in few entries."""

    def __init__(self) -> None:
        self.document: Document | None = None
        self.cache, self.checks = Cache(), SoundChecks()

    def __call__(self, text: str) -> list[Problem]:
        try:
            self.document, problems = read_document(text, "waves.yaml", self.document), []
        except DocumentProblems as error:
            self.document, problems = error.document, error.problems
        except Problems as error:
            return error.problems
        piece = read_piece([self.document], surroundings().types, self.cache, samples=frozenset({"hits"}))
        return [*problems, *self.checks.check(piece)]


UNKNOWN = (
    r"(?:unknown name|unknown node|there is no sound|there is no setting|no node has the id|has no parameter|got) '"
)


@pytest.mark.parametrize("seed", range(4))
def test_nothing_that_is_offered_is_an_unknown_name(seed):
    """Random places of the demo and, with all seeds together, of every case; some of the items that are offered."""
    chance, count = random.Random(seed), 0
    for text in [*[DEMO] * 3, *many_texts()[seed::4]]:
        lines, check = text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), Check()
        known = {problem.sentence for problem in check(text)}
        for _ in range(3):
            line = chance.randrange(len(lines))
            written = lines[line]
            found = complete(text, line + 1, chance.randrange(len(written) + 1) + 1, surroundings())
            for item in chance.sample(found.items, min(3, len(found.items))):
                before, behind = written[: found.start - 1], written[found.end - 1 :]
                if item.label in re.findall(r"\w+", f"{before} {behind}"):  # it may be unknown there
                    continue
                new = before + item.insert + behind
                problems = check("\n".join([*lines[:line], new, *lines[line + 1 :]]))
                wrong = re.compile(rf"{UNKNOWN}\$?{re.escape(item.label)}'")
                told = [str(one) for one in problems if one.sentence not in known and wrong.search(one.sentence)]
                assert not told, (written, found.start, item)
                count += 1
    assert count > 100


def test_a_parameter_of_one_step_is_completed_like_a_step():
    around = Surroundings(load_library(NODES, EXAMPLE_NODES))

    def offered(value: str) -> list[str]:
        return [item.label for item in completed(f"a: {{euclidean: {{play: {value}}}}}", around).items]

    assert offered("|") == offered("[|]") == ["kick", "hat", "~"]
    assert offered("kick |")[:4] == ["note", "a", "v", "freq"]


def test_a_pattern_of_python_is_offered_where_one_is_named():
    around = Surroundings(surroundings().types, patterns={"riff": "A line that climbs.", "kick": "hidden"})
    for text in ("a: {play: 'ri|'}", "a: {play: kick, note: ri|}", "patterns: {beat: '[ri|'}"):
        (item,) = (one for one in completed(text, around).items if one.label == "riff")
        assert item.label == "riff" and "climbs" in hover(*at_caret(text.replace("ri|", "ri|ff") + KIT), around).text
    assert [item.label for item in completed("a: {play: 'ki|'}", around).items] == ["kick"]


def test_a_file_of_numbers_is_offered_where_one_is_read():
    """And none where a sound is."""
    around = Surroundings(
        load_library(NODES, EXAMPLE_NODES), files=("samples/a.wav", "samples/hits", "samples/just.csv")
    )
    for node, offered in (
        ("tuning", ["samples/a.wav", "samples/just.csv"]),
        ("sample", ["samples/a.wav", "samples/hits"]),
    ):
        assert [item.label for item in completed(f"a: {{{node}: {{file: |}}}}", around).items] == offered

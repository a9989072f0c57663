"""One mistake is told once: what only follows from it, or only seems to be wrong because of it, is not told."""

from __future__ import annotations

import pytest

from tests.harness.paths import TOP
from tests.harness.session_harness import shipped
from waves.language.build.sound_checks import check_sounds
from waves.language.text.document import read_document
from waves.problem import Problem

TEMPO = "a: {tempo: {bpm: %s, signal: {delay: {time: %s, signal: {osc: {}}}}}}"
PLUCK = "a: {pluck: {note: c4}}\npluck: {context: {note: a3, signal: %s}}"
STEP = "a: {sequencer: {interval: 1, steps: [pluck %s]}}\npluck: %s"


ROWS = [  # text, path of the only problem
    *((TEMPO % (bpm, "3 * sixteenth"), "a.tempo.bpm") for bpm in ("3 4", "fast", "-120", ".inf", "[1, 2]", "true")),
    *(
        (TEMPO % ("fast", time), "a.tempo.bpm")
        for time in ("1 / (bpm - bpm)", "'max(3, bar) * 100'", "'sum([beat, 99])'", "(40 if bpm < 1 else beat) + 60")
    ),
    ("vars: {x: 3 4, y: 2 * x}\na: {osc: {pulse_width: y + 9}}", "vars.x"),
    ("vars: {x: [1, z *], y: 1 / (sum(x) - 2)}\na: {osc: {phase: y, freq: x}}", "vars.x.1"),
    ("vars: {x: lots}\na: {osc: {amp: x, freq: 2 * x}}\nb: {osc: {amp: x}}", "vars.x"),
    ("vars: {x: lots, y: 2 * x, z: x + y}\na: {osc: {amp: y + z}}", "vars.x"),
    ("vars: {x: {}, y: 5 // x}\na: {osc: {amp: y}}", "vars.x"),
    ("a: {context: {cut: 3 4, signal: {filter: {cutoff: cut - 100, signal: {osc: {}}}}}}", "a.context.cut"),
    ("a: {context: {cut: foo, signal: {filter: {cutoff: cut - 100, signal: {osc: {}}}}}}", "a.context.cut"),
    ("a: {sequencer: {interval: 1, voices: 3 4, steps: [{osc: {}}]}}", "a.sequencer.voices"),
    ("a: {sequencer: {interval: 1, voices: foo + 0.5, steps: [{osc: {}}]}}", "a.sequencer.voices"),
    ("a: {sequencer: {intervall: 1, steps: [{osc: {}}]}}", "a.sequencer.intervall"),
    ("a: {sequencer: {interval: 1, step: [{osc: {}}]}}", "a.sequencer.step"),
    ("a: {osc: {freq: [1, 2], durration: 3}}", "a.osc.durration"),
    ("a: {filter: {cutoff=800: , signal: {osc: {}}}}", "a.filter.cutoff=800"),
    ("a: {filter: {cutof: {osc: {rang: [1, 9]}}, signal: {osc: {}}}}", "a.filter.cutof"),
    ("a: {filter: {cutoff: {osc: {rang: [1, 9]}}, signal: {osc: {}}}}", "a.filter.cutoff.osc.rang"),
    ("a: {sample: {fil: x.wav}}", "a.sample.fil"),
    ("a: {mix: {x: {osc: {idd: x}}, y: {osc: {freq: 100 * $x}}}}", "a.mix.x.osc.idd"),
    ("a: {mix: {x: {osk: {id: x}}, y: {osc: {freq: 100 * $x}}}}", "a.mix.x.osk"),
    (PLUCK % "{osc: {freq: note *}}", "pluck.context.signal.osc.freq"),
    (PLUCK % "{osc: {freq: not}}", "pluck.context.signal.osc.freq"),
    (PLUCK % "{osk: {freq: note}}", "pluck.context.signal.osk"),
    (PLUCK % "other" + "\nother: {osc: {freq: note 3}}", "other.osc.freq"),
    (STEP % ("cut3", "{mix: {x: {osc: {amp: cut + }}}}"), "pluck.mix.x.osc.amp"),
    (STEP % ("cut3", "{mix: {x: {osk: {amp: cut}}}}"), "pluck.mix.x.osk"),
    *(
        (text % "[0.2, '0.4 * 2', foo + 1, 0.5]", f"a.{path}.2")
        for text, path in (
            ("a: {osc: {amp: {values: %s}}}", "osc.amp.values"),
            ("a: {osc: {amp: {automation: {interval: 1, steps: %s}}}}", "osc.amp.automation.steps"),
            ("a: {osc: {amp: %s, duration: 1}}", "osc.amp"),
            ("a: {mix: {_b: {osc: {amp: {values: %s}}}}}", "mix._b.osc.amp.values"),
            ("a: {mix: {b: {osc: {}, send: {c: {values: %s}}}, c: {track: {signal: $sends}}}}", "mix.b.send.c.values"),
        )
    ),
    ("vars: {z: 9}\na: {osc: {pulse_width: {values: [0.2, 3 * z]}}}", "a.osc.pulse_width.values.1"),
    ("a: {osc: {pulse_width: [0.2, 3 * 4], duration: 1}}", "a.osc.pulse_width.1"),
    (
        "a: {mix: {b: {osc: {}, send: {c: {values: [1, 3 * 4]}}}, c: {track: {signal: $sends}}}}",
        "a.mix.b.send.c.values.1",
    ),
]


def problems(text: str) -> list[Problem]:
    """All that is told of a text, each once, warnings too."""
    return list(dict.fromkeys(check_sounds(shipped(), [read_document(text, "waves.yaml")])))


@pytest.mark.parametrize(("text", "path"), ROWS, ids=[row[0] for row in ROWS])
def test_one_mistake_is_told_once(text: str, path: str) -> None:
    found = problems(text)
    assert [problem.path for problem in found] == [path], found


def test_a_bad_tempo_of_the_demo_piece_is_told_once() -> None:
    text = (TOP / "waves.yaml").read_text("utf-8")
    assert not problems(text)
    for bpm in ("12O", "-120", "fast", "1e9"):
        found = problems(text.replace("bpm: 120", f"bpm: {bpm}", 1))
        assert [problem.path for problem in found] == ["my_sound.tempo.bpm"], found


def test_two_mistakes_are_both_told() -> None:
    text = "\n".join(
        (
            "a: {tempo: {bpm: 3 4, signal: {filter: {cutoff: foo, signal: {osc: {freqq: 3, amp: beat + 3 4}}}}}}",
            "b: {mix: {x: {osc: {idd: x, amp: y}}, z: {osc: {freq: $w}}}}",
            "c: {pluck: {note: c4}}",
            "pluck: {context: {note: a3, signal: {osc: {freq: 220}}}}",
        )
    )
    assert [problem.path for problem in problems(text)] == [
        "a.tempo.bpm",
        "a.tempo.signal.filter.cutoff",
        "a.tempo.signal.filter.signal.osc.freqq",
        "a.tempo.signal.filter.signal.osc.amp",
        "b.mix.x.osc.idd",
        "b.mix.x.osc.amp",
        "b.mix.z.osc.freq",
        "c.pluck.note",
    ]


def test_what_an_expand_says_of_a_broken_value_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(build: object) -> object:
        raise ValueError("cannot convert float NaN to integer")

    text = "a: {tempo: {bpm: 3 4, signal: {track: {signal: {osc: {}}}}}}"
    monkeypatch.setattr(shipped()["track"], "expand", fails)
    assert [problem.path for problem in problems(text)] == ["a.tempo.bpm"]
    assert "NaN" in problems(text.replace("3 4", "34"))[0].sentence

"""Values that pauloricca/waves accepts: they play here, play with a warning, or stand on the page of differences."""

from __future__ import annotations

from typing import Literal

import pytest

from tests.harness.paths import TOP
from tests.harness.session_harness import shipped
from tests.harness.small_nodes import build_sounds
from waves.language.text.document import DocumentProblems, read_document
from waves.problem import Problems

Verdict = Literal["same", "warned", "refused"]
PAGE = (TOP / "docs" / "coming-from-waves.md").read_text("utf-8")
KIT = "k: {osc: {freq: 220, duration: 0.1}}\nn: {context: {v: 1, signal: {osc: {amp: v, duration: 0.1}}}}\n"

OSC = "{osc: {%s}}"
SEQUENCER = "{sequencer: {interval: 0.2, %s}}"
FILTER = "{filter: {cutoff: 800, signal: k, %s}}"
ENVELOPE = "{envelope: {signal: k, %s}}"
AUTOMATION = "{osc: {freq: {automation: {%s}}}}"
MIX = "{mix: {x: k, %s}}"

VALUES: list[tuple[str, str, Verdict, str]] = [  # node, value, and for what is not the same words of the page
    *(
        (OSC, f"type: {word}", "same", "")
        for word in ("sin", "COS", "Tri", "sqr", "saw", "ramp", "noise", "perlin", "none")
    ),
    (OSC, "type: ", "warned", "an empty `type`"),
    (OSC, "freq: ", "refused", "nothing behind a name"),
    (OSC, "freq: 0", "same", ""),
    (OSC, "freq: -3", "same", ""),
    (OSC, "freq: '440'", "same", ""),
    (OSC, "amp: -1", "same", ""),
    (OSC, "freq: 1, freq: 2", "warned", "a name twice in one mapping"),
    (OSC, "seed: 0", "same", ""),
    (OSC, "freq_interpolation: SMOOTH", "same", ""),
    (OSC, "range: [1, 2]", "same", ""),
    (OSC, "duration: 1, amp: [0, [1, 0.5], 0]", "same", ""),
    (OSC, "duration: 1, amp: [[150, 0.1], 50]", "same", ""),
    (OSC, "duration: 1, amp: [1]", "same", ""),
    (OSC, "pulse_width: 1.5", "refused", "`pulse_width`"),
    (OSC, "attack: -1", "refused", "negative time"),
    (OSC, "monitor: bipolar", "same", ""),
    (OSC, "monitor: {type: level, range: [0, 1]}", "same", ""),
    (SEQUENCER, "steps: [k, null, ~]", "same", ""),
    (SEQUENCER, "steps: [k, [], k]", "warned", "`[]` as a step"),
    (SEQUENCER, "steps: ['k, n v.5', [k, n v2], {osc: {duration: 1}}]", "same", ""),
    (SEQUENCER, "steps: [k], swing: -1", "same", ""),
    (SEQUENCER, "steps: [k], repeat: 2", "same", ""),
    (SEQUENCER, "steps: []", "refused", "`steps: []`"),
    *((FILTER, f"peak: {peak}", "same", "") for peak in (-1, 0, 1)),
    *((FILTER, f"peak: {peak}", "warned", "above 1") for peak in (2, 2.5)),
    (FILTER, "type: HighPass", "same", ""),
    (ENVELOPE, "attack: 0.1, unknown: 3", "warned", "unknown parameters of `envelope`"),
    (ENVELOPE, "sustain: 0, decay: 1", "same", ""),
    (ENVELOPE, "sustain_duration: 0.5, end: false", "same", ""),
    (AUTOMATION, "steps: [1, null, 2], mode: RAMP", "same", ""),
    (MIX, "tail: {delay: {time: 0.1, signal: k}}", "same", ""),
    (MIX, "fade: {osc: {}}", "same", ""),
    ("%s", "{context: {fade: 2, tail: 3, signal: {osc: {freq: fade * tail}}}}", "same", ""),
    ("%s", "{expression: {exp: fade + tail, fade: 1, tail: k}}", "same", ""),
]


@pytest.mark.parametrize(("node", "value", "verdict", "words"), VALUES, ids=[value for _, value, _, _ in VALUES])
def test_a_value_is_taken_as_the_page_says(node: str, value: str, verdict: Verdict, words: str) -> None:
    document = read_document(f"{KIT}my_sound: {node % value}", "waves.yaml")
    try:
        problems = build_sounds(["my_sound"], shipped(), [document])[1]
        found: Verdict = "warned" if problems else "same"
    except Problems:
        found = "refused"
    assert found == verdict
    assert words in PAGE


@pytest.mark.parametrize(
    "text", ["a: {osc: {freq:\t220}}\t# soft", "%YAML 1.2\n---\na: k\n...", "a: k\na: k", "", "---"]
)
def test_a_text_of_the_grammar_is_read(text: str) -> None:
    try:
        read_document(text, "waves.yaml")
    except DocumentProblems as found:
        pytest.fail(str(found))

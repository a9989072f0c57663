"""Every answer is given for any text, in a time that grows no faster than the text."""

from __future__ import annotations

import dataclasses
import json
import random
import re
import statistics
import time

import pytest

from tests.harness.carets import DEMO, many_texts, surroundings
from tests.harness.slips import slipped
from waves.assist.answers.completion import complete
from waves.assist.answers.hover import hover
from waves.assist.answers.numbers import number_at, with_number
from waves.assist.answers.outline import outline
from waves.assist.answers.places import places
from waves.assist.answers.tokens import tokens
from waves.assist.sketch.block import sketch
from waves.assist.sketch.entries import file_text
from waves.language.text.document import read_document

NOISE = "{}[]:,-#&*\"'|> \nabc$~3.!%@`?=\t\r\\"


def broken(chance: random.Random) -> str:
    """A text with slips, cut off, or of signs alone."""
    texts = many_texts()
    text = chance.choice(texts)
    for _ in range(chance.randrange(4)):
        text = slipped(text, chance, texts)
    match chance.randrange(5):
        case 0:
            return text[: chance.randrange(len(text) + 1)]
        case 1:
            return "".join(chance.choice(NOISE) for _ in range(chance.randrange(200)))
    return text


@pytest.mark.parametrize("seed", range(4))
def test_any_text_has_answers(seed):
    chance, around = random.Random(seed), surroundings()
    for _ in range(150):
        text = broken(chance)
        lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
        end = (0, 0)
        for token in tokens(text, around):
            assert end <= (token.line, token.column) and token.length > 0, text
            end = token.line, token.column + token.length
            assert end[1] <= len(lines[token.line - 1]) + 1
        outline(text, around)
        for _ in range(4):
            line, column = chance.randrange(-1, len(lines) + 3), chance.randrange(-1, 100)
            found = complete(text, line, column, around)
            assert 1 <= found.start <= found.end <= len(lines[found.line - 1]) + 1
            answers = [found, hover(text, line, column, around), number_at(text, line, column, around)]
            for answer in [*answers, *places(text, line, column, around)]:
                assert answer is None or json.dumps(dataclasses.asdict(answer))
            if number := answers[2]:
                with_number(number, chance.gauss(0.0, 1000.0))


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 5_000,
        "a: " + "{a: " * 1_500,
        "a: {b: " + " " * 50_000 + "x}",
        "a: " + "' " * 10_000,
        'a: "' + "\\" * 50_000,
        "a:\n" + "- " * 5_000,
        "a: [\n" + '  "x\n' * 3_000,
        "a: [\n" + " &x *x,\n" * 2_000,
        "a: {" + ": " * 5_000,
        "a: {osc: {freq: " + "1+" * 20_000 + "}}",
        "a: " + "#" * 50_000,
        "\n".join(" " * k + f"a{k}:" for k in range(500)),
        "\n".join(f"a{k}: a{k + 1}" for k in range(2_000)),
        "vars:\n" + "".join(f"  v{k}: v{k + 1}\n" for k in range(2_000)),
    ],
    ids=lambda text: repr(text[:24]),
)
@pytest.mark.timeout(60)
def test_a_text_of_one_sign_ends(text):
    lines = text.split("\n")
    for line in (1, len(lines) // 2 + 1):
        column = len(lines[line - 1]) // 2 + 1
        tokens(text, surroundings(), line, line)
        for answer in (complete, hover, places, number_at):
            answer(text, line, column, surroundings())


def large_texts() -> dict[str, str]:
    """The demo many times over, and one sound with very many parts."""
    part = (
        "    part{0}: {{track: {{volume: 0.5, signal: {{sequencer: {{interval: beat, steps: [kick, ~, kick]}}}}}}}}\n"
    )
    copies = [re.sub(r"(?m)^(\w+):", rf"\1_{k}:", DEMO) for k in range(13)]
    one = "my_sound:\n  mix:\n" + "".join(part.format(k) for k in range(3_000)) + "kick: {osc: {freq: 50}}\n"
    parts = one.partition("  mix:\n")[2].replace("}}}}\n", "}}}},\n").replace("kick:", "}}\nkick:")
    brackets = "my_sound: {mix: {\n" + parts
    return {"many sounds": "\n".join(copies), "one sound": one, "one pair of brackets": brackets}


@pytest.mark.timing
@pytest.mark.parametrize(("name", "most"), [("many sounds", 0.1), ("one sound", 0.15), ("one pair of brackets", 0.3)])
def test_three_thousand_lines_answer_in_time(name, most):
    """Best of several: nothing of the text is known yet. `most` is a part of the time in which sounds are read."""
    text, around, chance = large_texts()[name], surroundings(), random.Random(1)
    start = time.thread_time()
    read_document(large_texts()["many sounds"], "w.yaml")
    natural = 1000 * (time.thread_time() - start)
    lines = text.split("\n")
    assert len(lines) >= 3_000
    for answer in (complete, hover, number_at):
        times = []
        for _ in range(9):
            line = chance.randrange(len(lines))
            column = chance.randrange(len(lines[line]) + 1) + 1
            file_text.cache_clear()
            sketch.cache_clear()
            start = time.thread_time()
            answer(text, line + 1, column, around)
            times.append(1000 * (time.thread_time() - start))
        print(f"{name}, {answer.__name__}: median {statistics.median(times):.1f} ms, worst {max(times):.1f} ms")
        assert min(times) < most * natural
    start = time.thread_time()
    tokens(text, around, 1500, 1500)
    print(f"{name}, colours of one line: {1000 * (time.thread_time() - start):.1f} ms")

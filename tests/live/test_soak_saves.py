"""Saves of mutated pieces while a sine plays: each is refused in sentences, or it comes in; the sine never stops.

pytest -m soak tests/live/test_soak_saves.py -s
WAVES_SEED=$RANDOM pytest -m soak tests/live/test_soak_saves.py -s   # others
"""

from __future__ import annotations

import os
import random
import re
import time
from collections import Counter

import numpy as np
import pytest

from tests.harness.mistakes import cases
from tests.harness.paths import TOP
from tests.harness.session_harness import Frames, Stage
from tests.harness.slips import slipped
from waves.live.workspace import composer

SAVES = 3000
SINE = "my_sound: {osc: {freq: %d, amp: 0.2}}\n"
LONG_ENOUGH = 2048  # frames: more than a fade and a period of the sine
SLOW = 2.0  # seconds of this process for one save
PROGRAMMERS = re.compile(r"\b(defect|mapping|scalar|token|pydantic|NoneType|Exception|Error|traceback)\b")


ENTRY = re.compile(r"^(?!vars|templates|settings|patterns)[a-z_]+:", re.MULTILINE)


def pieces() -> tuple[str, ...]:
    """Texts that are mutated: sounds of the shipped piece, examples of the docs, mistakes; each has a `my_sound`."""
    pages = [*(TOP / "docs").glob("*.md"), TOP / "README.md"]
    examples = [block for page in pages for block in re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL)]
    mistakes = [case.text.decode("utf-8", "surrogateescape") for case in cases()]
    named = [text if "my_sound:" in text else ENTRY.sub("my_sound:", text, count=1) for text in examples + mistakes]
    shipped = re.split(r"\n(?=[a-z_]+:)", (TOP / "waves.yaml").read_text())
    sounds = [sound for sound in shipped if ENTRY.match(sound)]
    rest = "\n".join(["", *(sound for sound in shipped if not sound.startswith("my_sound:")), ""])
    return (*named, *(ENTRY.sub("my_sound:", sound, count=1) + rest for sound in sounds))


def settled(live: Stage) -> Frames:
    """Until nothing is asked for; what is heard meanwhile: a save may wait for its bar, and a fade for its end."""
    heard = [live.play(0)]
    builder, background = live.session.builder, live.session.background
    while not (builder.wait(0.001) and background.wait(0.001) and builder.wait(0)):  # what was compiled is built
        heard.append(live.play(256))
    return np.concatenate(heard)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_mutated_save_never_stops_the_sound(stage, monkeypatch):
    monkeypatch.setattr(composer, "PATIENCE", 0.0)
    seed = int(os.environ.get("WAVES_SEED", "1"))
    chance, corpus, counts = random.Random(seed), pieces(), Counter[str]()
    live = stage(SINE % 220)
    live.play(LONG_ENOUGH)
    slowest = 0.0
    for number in range(SAVES):
        text = slipped(chance.choice(corpus), chance, corpus)
        about = f"seed {seed}, save {number}:\n{text}"
        began, count = time.process_time(), len(live.events)
        live.save(text)
        came = settled(live)
        slowest = max(slowest, time.process_time() - began)
        told = [event for event in live.events[count:] if event.kind in ("refused", "reloaded")]
        sound = np.concatenate([came, live.play(LONG_ENOUGH)])
        assert np.isfinite(sound).all(), about
        for event in live.events[count:]:
            assert not PROGRAMMERS.search(str(event.problems)), (event, about)
        kind = told[-1].kind if told else "same"
        counts[kind] += 1
        if kind == "reloaded":
            live.save(SINE % chance.randrange(200, 400))
            settled(live)
            assert live.events[-1].kind in ("reloaded", "ended"), (live.events[-1], about)
            live.play(LONG_ENOUGH)
            sound = live.play(LONG_ENOUGH)
        elif kind == "refused":
            assert all(problem.sentence for problem in told[-1].problems), about
            lines = len(re.split(r"\r\n|\n|\r", text)) + 1
            places = [problem.mark for problem in told[-1].problems if problem.mark]
            assert all(1 <= mark.line <= lines and mark.column >= 1 for mark in places), (places, about)
        assert np.abs(sound[-LONG_ENOUGH:]).max() > 0.1999, about
        live.events.clear()
    print(dict(counts), f"slowest {slowest:.2f} s of this process")
    assert slowest < SLOW

"""Tempo: gives names to lengths of time and counts beats, for all expressions inside `signal`.

    hat: {osc: {type: noise, amp: 0.15, duration: 0.05, release: 0.03}}
    fast: {tempo: {bpm: 150, metre: 3/4, signal: {sequencer: {interval: beat / 2, steps: [hat, hat, null]}}}}

Seconds: beat, bar, eighth, sixteenth, triplet. From 1: beat_number, bar_number and so on. 1 for a frame
where one begins: beat_tick, bar_tick, two_bar_tick to sixteen_bar_tick. `beats` is the position, `bpm` the
tempo. A beat is the lower number of the metre. Sequences follow the outermost tempo around them.
"""

import re

from pydantic import field_validator

from waves.language.build.tempo_names import timed
from waves.node import Choice, Node, Signal, param

METRE = re.compile(r"([1-9]\d?)\s*/\s*(1|2|4|8|16|32)")


class Tempo(Node):
    signal: Signal = param(description="The sound; it and everything inside can use the names.")
    bpm: Signal = param(None, unit="beats per minute", minimum=1.0, maximum=10_000.0, description="Speed.")
    metre: str = param("4/4", description="Beats of a bar, and what a beat is.")
    source: Choice["internal", "external"] = param("internal", description="Only internal has an effect.")
    device: str = param("", description="No effect.")

    aliases = ("clock", "bpm")
    pass_through = True

    @field_validator("metre")
    @classmethod
    def _is_a_metre(cls, text: str) -> str:
        if not METRE.fullmatch(text.strip()):
            raise ValueError(f"expected a metre like 4/4 or 6/8, got '{text}'")
        return text

    @classmethod
    def expand(cls, build):
        match = METRE.fullmatch(build.settings["metre"].strip())
        return timed(build, (int(match[1]), int(match[2])) if match else (4, 4))

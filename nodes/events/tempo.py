"""Tempo: gives names to lengths of time and counts beats, for all expressions inside `signal`.

    hat: {osc: {type: noise, amp: 0.15, duration: 0.05, release: 0.03}}
    fast: {tempo: {bpm: 150, metre: 3/4, signal: {sequencer: {interval: beat / 2, steps: [hat, hat, null]}}}}
    turns: {tempo: {metre: [4/4, 4/4, 3/4], signal: {play: "hat*4"}}}

Seconds: beat, bar, eighth, sixteenth, triplet. From 1: beat_number, bar_number and so on. 1 for a frame
where one begins: beat_tick, bar_tick, two_bar_tick to sixteen_bar_tick. `beats` is the position, `bpm` the
tempo. A beat is the lower number of the metre, the first of several, which are the bars in turn.
Sequences follow the outermost tempo around them.
"""

from waves.language.build.tempo_names import timed
from waves.node import Choice, Node, Signal, param
from waves.node_types.own_kinds import Metres


class Tempo(Node):
    signal: Signal = param(description="The sound; it and everything inside can use the names.")
    bpm: Signal = param(None, unit="beats per minute", minimum=1.0, maximum=10_000.0, description="Speed.")
    metre: Metres = param("4/4", description="Beats of a bar, and what a beat is; of several bars in turn a list.")
    source: Choice["internal", "external"] = param("internal", description="Only internal has an effect.")
    device: str = param("", description="No effect.")

    aliases = ("clock", "bpm")
    pass_through = True

    @classmethod
    def expand(cls, build):
        return timed(build, build.settings["metre"])

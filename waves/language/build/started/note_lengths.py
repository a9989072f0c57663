"""Lengths of the notes of a pool that a lane gives: seconds, and lengths of the tempo in steps or in seconds."""

from __future__ import annotations

import math
from collections.abc import Collection
from fractions import Fraction
from functools import cached_property

from waves.language.build.clocks.clock_builder import ENDLESS
from waves.language.build.started.note_groups import IN_STEPS, Lengths
from waves.language.build.started.pool_notes import NoteFacts
from waves.language.expression.parser import parse
from waves.language.model.models import Place, Text
from waves.language.model.patterned.groove import BAR, beats_of, length_in, ratio_of
from waves.language.tree.context import BuildContext
from waves.language.tree.expression_nodes import evaluate, text_source
from waves.language.tree.instantiate import NodeBuilder
from waves.language.tree.tree_node import LazyValue, Source, TreeNode
from waves.node_types.builtin.step_clock import StepClock
from waves.notes import LONGEST, LONGEST_HELD


class NoteLengths:
    """The lengths that the lane `length` gives the notes of one pool."""

    def __init__(self, build: NodeBuilder, context: BuildContext, clock: TreeNode):
        self.build, self.context, self.clock = build, context, clock
        made = [one for one in build.model.patterns.values() if one.length]
        self.place = made[0].length if made else None
        """The place of the lane; None without it."""
        self.texts = sorted({text for one in made for text in one.lengths})

    @cached_property
    def known(self) -> Lengths:
        """Each length of the tempo in steps, which follow it, or else in seconds; one that cannot be is reported."""
        return {text: self._length(text) for text in self.texts}

    def _length(self, text: str) -> tuple[Fraction | None, float]:
        if steps := self._steps(text):
            return min(steps, Fraction(int(LONGEST))), IN_STEPS
        assert self.place
        seconds = self.seconds(text, self.place)
        if seconds is None:
            sentence = f"'{text}' moves with the tempo, and the steps here do not: give the length in seconds"
            length = length_in(text)
            if length and length[1] == BAR and self.build.context.metre.bar is None:
                sentence = f"'{text}' is another time in each bar, and the steps here are not: give it in beats"
            self.context.report(self.place.at_key(), sentence)
        return None, LONGEST_HELD if seconds is None else min(seconds, LONGEST_HELD)

    def _steps(self, text: str) -> Fraction | None:
        """The steps that a length of the tempo is; None where steps are no such length."""
        name = "interval" if self.build.gives("interval") else "cycle"
        written = self.build.model.signals.get(name)
        if self.clock.settings.get("mode") != "interval" or not isinstance(written, Text):
            return None
        steps = ratio_of(text, written.parsed.text, self.build.context.metre)
        if steps and name == "interval" and self.clock.settings["steps"] == ENDLESS:  # a step is a cycle
            steps /= next(made.width for made in self.build.model.patterns.values())
        return steps

    def seconds(self, text: str, place: Place) -> float | None:
        """The seconds that a length of the tempo is, by hand moved or not; None where it moves by itself."""
        value = evaluate(self.context, Text(parse(text), place))
        self.context.tree.clocks += 1  # it is a number in the notes
        if isinstance(value, float):
            return value
        tempo = self.build.context.transport
        beats = beats_of(text, self.build.context.metre)
        return float(beats) * 60.0 / tempo.written if beats and tempo.moves and tempo.written else None

    def shortest(self, held: Collection[float | str], interval: Source, path: str) -> Source:
        """The seconds of the shortest of some lengths; `interval`: those of a step, `path` that of a node for them."""
        lengths = [self.known[one] if isinstance(one, str) else (None, one) for one in held]
        seconds = min((time for steps, time in lengths if steps is None), default=math.inf)
        steps = min((steps for steps, _ in lengths if steps is not None), default=None)
        if steps is None:
            return seconds
        if isinstance(interval, float):
            return min(seconds, interval * float(steps))
        known = self.context.known({"interval": LazyValue(lambda: interval)})
        text = f"interval * {steps.numerator} / {steps.denominator}"
        text = f"min({text}, {seconds!r})" if math.isfinite(seconds) else text
        return text_source(known, Text(parse(text), self.place or self.build.model.place), path)

    def share(self, facts: NoteFacts) -> Fraction:
        """The shortest note of a pattern in steps; a step, where there is no pattern."""
        return facts.shortest if self.build.model.patterns else Fraction(1)

    def least(self, facts: NoteFacts, pool: str) -> Source:
        """Seconds of the shortest note of a pool; of a step, where there is no pattern."""
        if self.clock.kind is not StepClock:
            return self.context.tree.step_length
        interval = self.clock.inputs["interval"]
        assert not isinstance(interval, dict)
        if self.place and facts.held:
            self.context.tree.clocks += 1  # another tempo may make another note the shortest
            return self.shortest(facts.held, interval, f"{pool}.length")
        if self.clock.settings.get("mode") != "interval":
            return self.context.tree.step_length
        share = self.share(facts)
        if isinstance(interval, float) or share == 1:
            return interval * float(share) if isinstance(interval, float) else interval
        name = "interval" if self.build.gives("interval") else "cycle"
        written = self.build.model.signals.get(name)
        if not isinstance(written, Text):
            return interval
        text = parse(f"({written.parsed.text}) * {share.numerator} / {share.denominator}")
        return text_source(self.build.where(name), Text(text, written.place), f"{pool}.length")

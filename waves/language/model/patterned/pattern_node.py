"""A node whose steps are a pattern: what belongs to the node, and what is a lane of the pattern."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from waves.language.model.models import NodeModel, Place, WrittenParameter
from waves.language.model.patterned.pattern_steps import LATER, SIGN, pass_of_list, read_pattern
from waves.language.model.step_notation import NodeReader, as_list, read_steps
from waves.language.model.vocabulary import PLAY
from waves.language.patterns.lanes import STEPS
from waves.node import Node
from waves.node_types.library.parameters import accepted

Given = dict[str, WrittenParameter]


def is_short(name: str, inside: Any) -> bool:
    """Whether a node is written as `play: X`, with the steps themselves behind it."""
    return name == PLAY and not isinstance(inside, dict | None)


def given_to_play(reader: NodeReader, data: dict[str, Any], place: Place) -> Given:
    """The parameters of `{play: X, …}`, as written; X are the steps."""
    others = {key: WrittenParameter(value, place.below(key)) for key, value in data.items() if key != PLAY}
    if STEPS in others:
        reader.problem(place.below(STEPS).at_key(), f"'{STEPS}' are given behind '{PLAY}' and beside it")
    return {STEPS: WrittenParameter(data[PLAY], place.below(PLAY)), **others}


def is_pattern(name: str, kind: type[Node], given: Mapping[str, WrittenParameter]) -> bool:
    """Whether the steps of a node are a pattern: a text, or a list that fills a cycle."""
    steps = given.get(STEPS)
    if steps is None or "cycle" not in accepted(kind):
        return False
    in_cycle = "cycle" in given or (name == PLAY and not given.keys() & {"interval", "trigger", "chain"})
    return isinstance(steps.data, str) or (isinstance(steps.data, list) and in_cycle)


def read_pattern_node(
    reader: NodeReader, name: str, kind: type[Node], given: Given, written: Given, place: Place
) -> NodeModel | None:
    """The node. `written`: its parameters before those that a comma cut off were put together again."""
    known = accepted(kind)
    data, at = given[STEPS]
    is_text = isinstance(data, str)
    others = {key: one for key, one in given.items() if key != STEPS and (key in known or not is_text)}
    lanes = {key: one for key, one in given.items() if key not in known}
    if is_cut := written[STEPS].data != data:
        _report_cut(reader, str(written[STEPS].data), data, at)
    elif "swing" in others:
        reader.problem(others.pop("swing").place.at_key(), "'swing' beside a pattern comes with a later release")
    if "interval" in others and "cycle" in others:
        sentence = "'interval' is the length of a step and 'cycle' that of all: give one of them"
        reader.problem(others.pop("cycle").place.at_key(), sentence, f"'interval: {others['interval'].data}'")
    elif "interval" not in others and "cycle" not in others:
        others["cycle"] = WrittenParameter("bar", at)
    if not is_text:
        for key in [key for key in lanes if key in LATER]:
            del others[key]
            reader.problem(lanes[key].place.at_key(), f"'{key}' beside a list comes with a later release")
    model = reader.parameters(name, kind, others, place)
    if model is None or is_cut:
        return None
    if is_text:
        model.steps[STEPS], made = read_pattern(reader, name, data, at, lanes)
    else:
        model.steps[STEPS] = read_steps(reader, data, at)
        made = pass_of_list(model.steps[STEPS])
    if made:
        model.patterns[STEPS] = made
    return replace(model, written=frozenset(given))


def _report_cut(reader: NodeReader, begin: str, whole: str, place: Place) -> None:
    """Report a text that a comma ends too early: `begin` of `whole`."""
    if SIGN.search(whole):
        sentence = "quote the pattern: a comma ends a value inside { } and [ ]"
        reader.problem(place, sentence, f"'\"{whole}\"'", column=len(begin))
    else:
        sentence = "write the steps as a list, or a pattern in quotes: a comma ends a value inside { } and [ ]"
        reader.problem(place, sentence, as_list(reader, whole))

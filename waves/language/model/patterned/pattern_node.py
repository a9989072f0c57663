"""A node whose steps are a pattern: what belongs to the node, and what is a lane of the pattern."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from waves.language.model.models import Groove, NodeModel, PatternPass, Place, WrittenParameter
from waves.language.model.patterned.chain_reader import ChainReader, fill_shown
from waves.language.model.patterned.groove import GROOVE_KEYS, read_groove
from waves.language.model.patterned.pattern_names import PICK
from waves.language.model.patterned.pattern_notes import pass_of_list
from waves.language.model.patterned.pattern_sounds import is_group
from waves.language.model.patterned.pattern_steps import is_lane, read_pattern
from waves.language.model.patterned.valued.value_pattern import read_value_pattern
from waves.language.model.step_notation import NodeReader, as_list, read_steps
from waves.language.model.vocabulary import PLAY, REST, SHORT, VALUES
from waves.language.patterns.together.combined import STEPS
from waves.node import Node
from waves.node_types.library.parameters import accepted

Given = dict[str, WrittenParameter]
SIGN = re.compile(r"[*/@!?<>{}|()\[\]]")


def is_short(name: str, inside: Any) -> bool:
    """Whether a node is written as `play: X`, with the steps themselves behind it."""
    return name in SHORT and (not isinstance(inside, dict) or PICK in inside)


def given_to_short(reader: NodeReader, short: str, data: dict[str, Any], place: Place) -> Given:
    """The parameters of `{play: X, …}` or `{values: X, …}`, as written; X are the steps."""
    others = {key: WrittenParameter(value, place.below(key)) for key, value in data.items() if key != short}
    at = place.below(short)
    if data[short] is None:
        example = "'\"kick hat\"'" if short == PLAY else "'\"400 800\"'"
        reader.problem(at.at_key(), f"'{short}' has no pattern: a '#' begins a comment", example)
        return {STEPS: WrittenParameter(REST if short == PLAY else "0", at)}
    if STEPS in others:
        reader.problem(place.below(STEPS).at_key(), f"'{STEPS}' are given behind '{short}' and beside it")
    if short == VALUES and isinstance(data[short], list) and not others.keys() & {"interval", "trigger", "cycle"}:
        others["cycle"] = WrittenParameter("bar", at)
    return {STEPS: WrittenParameter(data[short], at), **others}


def is_pattern(reader: NodeReader, name: str, kind: type[Node], given: Mapping[str, WrittenParameter]) -> bool:
    """Whether the steps of a node are a pattern: a text, or a list that fills a cycle or has lanes or transforms."""
    steps = given.get(STEPS)
    if steps is None or "cycle" not in accepted(kind):
        return False
    if takes_values(kind) and isinstance(steps.data, list):
        return any(map(is_lane, given))
    in_cycle = "cycle" in given or (name == PLAY and not given.keys() & {"interval", "trigger", "chain"})
    if isinstance(steps.data, list):
        return in_cycle or any(map(is_lane, given)) or any(is_group(reader, one) for one in steps.data)
    return isinstance(steps.data, str) or (isinstance(steps.data, dict) and bool({STEPS, PICK} & steps.data.keys()))


def takes_values(kind: type[Node]) -> bool:
    """Whether the steps of a node are values, and no sounds."""
    return STEPS in accepted(kind) and accepted(kind)[STEPS].form == "values"


def read_pattern_node(
    reader: NodeReader, name: str, kind: type[Node], given: Given, written: Given, place: Place
) -> NodeModel | None:
    """The node. `written`: its parameters before those that a comma cut off were put together again."""
    known = accepted(kind)
    data, at = given[STEPS]
    others = {key: one for key, one in given.items() if key != STEPS and key in known}
    beside = {key: one for key, one in given.items() if key not in known}
    groove = read_groove(reader, {key: one for key, one in given.items() if key in GROOVE_KEYS})
    for key in GROOVE_KEYS:
        others.pop(key, None)
        beside.pop(key, None)
    for key in ("legato", "gain"):
        if key in others and _is_several(others[key].data):
            beside[key] = others.pop(key)
    _refuse_two_lengths(reader, given)
    _refuse_name_of_fill(reader, others)
    if "choke" in others and others["choke"].data is None:  # a word without a value is on
        others["choke"] = others["choke"]._replace(data=True)
    if is_cut := written[STEPS].data != data:
        _report_cut(reader, str(written[STEPS].data), data, at, f"'[{data}]'" if takes_values(kind) else "")
    if "interval" in others and "cycle" in others:
        sentence = "'interval' is the length of a step and 'cycle' that of all: give one of them"
        reader.problem(others.pop("cycle").place.at_key(), sentence, f"'interval: {others['interval'].data}'")
    elif "interval" not in others and "cycle" not in others:
        others["cycle"] = WrittenParameter("bar", at)
    if takes_values(kind):
        return _read_values(reader, name, kind, given, (others, beside), place, groove, is_cut)
    is_list = isinstance(data, list) and not any(map(is_lane, beside))
    is_list = is_list and not any(is_group(reader, one) for one in data)
    if is_list:
        others |= beside
    model = reader.parameters(name, kind, others, place)
    if model is None or is_cut:
        return None
    made: PatternPass | None
    if is_list:
        model.steps[STEPS] = read_steps(reader, data, at)
        made = pass_of_list(model.steps[STEPS], at)
    else:
        chokes = bool(model.settings.get("choke"))
        model.steps[STEPS], made = read_pattern(reader, name, data, at, beside, "trigger" in given, chokes, groove)
    if made:
        model.patterns[STEPS] = replace(made, groove=groove)
        turns = [note.when.turns for note in made.notes]
        if "fill" in others and others["fill"].data and all(bits & 5 == bits >> 1 & 5 for bits in turns):
            sentence = "'fill' changes nothing: the pattern has no '%fill', as in \"hat%!fill, [hat*4]%fill\""
            reader.problem(others["fill"].place.at_key(), sentence, level="warning")
    return replace(model, written=frozenset(given))


def _read_values(
    reader: NodeReader,
    name: str,
    kind: type[Node],
    given: Given,
    parts: tuple[Given, Given],
    place: Place,
    groove: Groove | None,
    is_cut: bool,
) -> NodeModel | None:
    """The node of a pattern of values. `parts`: its parameters, and what stands beside them."""
    others, beside = parts
    text = given[STEPS]
    model = reader.parameters(name, kind, {**others, STEPS: text._replace(data=[0])}, place)  # the text is read here
    if model is None or is_cut:
        return None
    for values in (model.lists, model.orders):
        values.pop(STEPS, None)
    if made := read_value_pattern(reader, name, *text, beside):
        model.patterns[STEPS] = replace(made, groove=groove)
    return replace(model, written=frozenset(given))


def _refuse_name_of_fill(reader: NodeReader, others: Given) -> None:
    """Report a `fill` that names what plays in it, and take it out."""
    name = others["fill"].data if "fill" in others else None
    if not isinstance(name, str) or name in reader.vocabulary.values:
        return
    if what := ChainReader(reader).played(name):
        sentence = f"'fill' counts cycles, and '{name}' is a {what}: it plays as {fill_shown(name, '')}"
        reader.problem(others.pop("fill").place, sentence)


def _refuse_two_lengths(reader: NodeReader, given: Given) -> None:
    """Report `legato` beside `length`."""
    bound = given.get("with")
    inside = bound.data if bound and isinstance(bound.data, dict) else {}
    places = {key: one.place for key, one in given.items()}
    places |= {key: bound.place.below(key) for key in inside} if bound else {}
    if {"legato", "length"} <= places.keys():
        sentence = "'legato' and 'length' both say how long a note is: write one of them"
        reader.problem(places["length"].at_key(), sentence)


def _is_several(data: Any) -> bool:
    """Whether a number is written as a pattern of numbers."""
    if isinstance(data, dict):
        return bool({STEPS, PICK} & data.keys())
    return isinstance(data, str) and re.search(r"[\d>\]] +[\d<\[.]|^[<\[]", data) is not None


def _report_cut(reader: NodeReader, begin: str, whole: str, place: Place, values: str) -> None:
    """Report a text that a comma ends too early: `begin` of `whole`. `values`: the list of what are no sounds."""
    if SIGN.search(whole):
        sentence = "quote the pattern: a comma ends a value inside { } and [ ]"
        reader.problem(place, sentence, f"'\"{whole}\"'", column=len(begin))
    else:
        sentence = "write the steps as a list, or a pattern in quotes: a comma ends a value inside { } and [ ]"
        reader.problem(place, sentence, values or as_list(reader, whole))

"""Builds a selection: one of several sources, whose name is the value of a test."""

from __future__ import annotations

from typing import Literal

from waves.language.model.models import Finding, Text
from waves.language.text.yaml_scalars import scalar
from waves.language.tree.constants import Word
from waves.language.tree.expression_nodes import is_known
from waves.language.tree.instantiate import NodeBuilder
from waves.language.tree.tree_node import Source
from waves.node_types.builtin.mixing import Selected
from waves.problem import did_you_mean

Key = float | str


def selected(build: NodeBuilder) -> Source:
    """The source of a `select`: of its paths the one whose name is the value of `test`, else silence.

    A name is a number, `true` or `false`, which are 1 and 0, or a word; the paths of a list are counted from 0. Where
    `test` is a constant, the path stands in place of the node.
    """
    model, findings = build.model, build.tree.findings
    sources = build.several("signals")
    listed = len(model.lists.get("signals", ()))
    keys: dict[Key, str] = {float(position): name for position, name in zip(range(listed), sources, strict=False)}
    for name in list(sources)[listed:]:
        key, place = key_of(name), model.free[name].place.at_key()
        if key in keys:
            findings.append(Finding(place, f"'{name}' is the same as '{keys[key]}'{_line(build, keys[key])}"))
        keys[key] = name
    test = _word(build, keys) or build.input("test")
    if isinstance(test, float | str):
        return sources.get(keys.get(test, ""), 0.0)
    for key in keys:
        if isinstance(key, str):
            sentence = f"'{key}' is never heard: 'test' moves, and is a number"
            findings.append(Finding(model.free[key].place.at_key(), sentence))
    node = build.context.new(build.id, Selected, model.place)
    build.id = node.id
    is_bare = build.context.control and "crossfade" not in model.written
    node.settings = {"keys": tuple(keys), "crossfade": 0.0 if is_bare else build.settings["crossfade"]}
    node.inputs = {"test": test, "signals": {name: sources[name] for name in keys.values()}}
    return node


def key_of(name: str) -> Key:
    """The value of `test` for which a path is heard, by its name: a number, or the word itself.

    2.0     2.0
    true    1.0
    loud    "loud"
    """
    try:
        value = scalar(name)
    except ValueError:
        return name
    return float(value) if isinstance(value, int | float) else name


def _line(build: NodeBuilder, name: str) -> str:
    value = build.model.free.get(name)
    mark = value.place.at_key().mark if value else None
    return f" of line {mark.line}" if mark else ""


def _word(build: NodeBuilder, keys: dict[Key, str]) -> str:
    """The word that `test` is: the value of a var, or the name of a path; empty where it is a number."""
    text, where = build.model.signals.get("test"), build.where("test")
    word = text.parsed.text.strip() if isinstance(text, Text) else ""
    if not isinstance(text, Text) or text.parsed.word != word or build.note_inputs.gives("test"):
        return ""
    level: Literal["error", "warning"] = "error"
    if is_known(where, word):
        constant = None if word in where.scope.names else where.scope.constants.find(word)
        if not isinstance(constant, Word):
            return ""
        level = "warning"  # a part of a song may rest where others play
        word = constant.text
    near = did_you_mean(word, keys.values())
    if word not in keys and (near or level == "error"):
        build.tree.findings.append(Finding(text.place, f"no path is called '{word}'", near, level))
    return word

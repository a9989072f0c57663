"""Differences between two versions of what plays, as they stand in the text, in the words of a player."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from waves.language.model.models import NodeModel, Sound, Use, models_inside, notes_of
from waves.language.model.piece import Piece
from waves.language.model.vocabulary import SHORT, order_of
from waves.live.history.text_changes import (
    NAMED,
    in_full,
    label_of,
    labelled,
    shortest_end,
    value_in_words,
    words_that_differ,
)
from waves.node_types.builtin.form.ramp import Ramp
from waves.node_types.library.parameters import names_values

VALUES = "values"
ORDER = "order"
"""The name of a parameter for the order of transforms."""

Path = tuple[str, ...]
"""Way to a node or a part in the text: the sound, then the keys below it."""
Parameter = tuple[Path, str]
"""The way to a node, and the name of a parameter of it."""

VARS: Path = ("vars",)
SETTINGS: Path = ("settings",)
PATTERNS: Path = ("patterns",)


@dataclass(slots=True)
class WrittenText:
    """The text of some sounds and all that they use: parts, nodes, and parameters.

    A part has a name of the player's: a sound, or an entry of a mix. A parameter whose value is a node is none here:
    its own parameters are.
    """

    parameters: dict[Parameter, Any] = field(default_factory=dict)
    nodes: dict[Path, str] = field(default_factory=dict)
    """Name of each node, by its way."""
    parts: dict[Path, None] = field(default_factory=dict)
    """The way to each part, in their order."""

    def part_of(self, node: Path) -> Path:
        """The innermost part around a node."""
        return next((node[:end] for end in range(len(node), 0, -1) if node[:end] in self.parts), node[:1])


def written_text(piece: Piece, sounds: Iterable[str]) -> WrittenText:
    """The text of some sounds and all that they use, the vars, the patterns, the settings of the file; made once."""
    sounds = tuple(sounds)
    if not (piece.written and piece.written[0] == sounds):
        piece.written = sounds, _text_of_piece(piece, sounds)
    text: WrittenText = piece.written[1]
    return text


def _text_of_piece(piece: Piece, sounds: Iterable[str]) -> WrittenText:
    text = WrittenText()
    for path, written in ((VARS, piece.vars), (SETTINGS, piece.settings), (PATTERNS, piece.patterns)):
        for name, parameter in written.items():
            text.parameters[path, name] = parameter.data
    todo, seen = list(sounds), set[str]()
    while todo:
        if (name := todo.pop()) in seen or name not in piece.sounds:
            continue
        seen.add(name)
        own, used = _text_of(piece.sounds[name])
        text.parts |= own.parts
        text.nodes |= own.nodes
        text.parameters |= own.parameters
        todo += used
    return text


def _text_of(sound: Sound) -> tuple[WrittenText, list[str]]:
    """The text of one sound, and the names of those that it uses; made once."""
    if isinstance(sound.written, tuple):
        return sound.written
    text, used = WrittenText(parts={(sound.name,): None}), []
    models = list(models_inside(sound.root))
    notes = (note for model in models if isinstance(model, NodeModel) for note in notes_of(model))
    steps = {note.model for note in notes if note.data is None}  # a text of a step is no node
    for model in models:
        path = _path(model)
        if isinstance(model, NodeModel) and model.kind is Ramp:  # a value of the parameter that it moves
            text.parameters[path[:-1], path[-1]] = _at(sound.data, model.place.path)
            continue
        if model not in steps:
            text.nodes[path] = model.name
        given: Mapping[str, Any] = {}
        if isinstance(model, Use):
            used.append(model.name)
            given = {key: parameter.data for key, parameter in model.given.items()}
        elif sound.data is not None:
            values = model.signals | model.free
            own = {key for key in model.written if not isinstance(values.get(key), NodeModel | Use)}
            own |= {model.name} if model.patterns and model.name in SHORT else set()
            given = {key: value for key, value in _beside(sound.data, model).items() if key in own}
            if model.patterns and (order := order_of(given)):
                given = {**given, ORDER: order}
            text.parts.update(dict.fromkeys(_parts_in(model)))
        for key, value in given.items():
            text.parameters[path, key] = _without_nodes(value)
    around = {path[:end] for path in text.nodes for end in range(len(path))}
    for (path, key), value in list(text.parameters.items()):
        if isinstance(value, dict) and (*path, key) in around:  # a node, which counts for itself as in a list
            del text.parameters[path, key]
    sound.written = text, used
    return text, used


def differing(
    then: WrittenText, now: WrittenText, moved: Mapping[Path, Path]
) -> tuple[dict[Parameter, str], dict[str, str]]:
    """The parameters that differ, each added, removed or changed; and what differs in each part, in words.

    `moved`: for a node of `now` its way in `then`, where it is the same node.
    """
    matched = {key: (moved.get(key[0], key[0]), key[1]) for key in now.parameters}
    was = set(matched.values())
    names: dict[Parameter, str] = {}
    for key, value in now.parameters.items():
        if matched[key] not in then.parameters:
            names[key] = "added"
        elif (before := then.parameters[matched[key]]) is not value and repr(before) != repr(value):
            names[key] = "changed"
    names |= {key: "removed" for key in then.parameters if key not in was}
    there, before = ({path[:-1] for path in text.nodes} for text in (now, then))
    places = {was: path for path, was in moved.items()}
    for key in [key for key, kind in names.items() if kind == "added" and _way(matched[key]) in before]:
        names[key] = "changed"  # a value in place of a node
    for key in [key for key, kind in names.items() if kind == "removed"]:
        if _way(own := (places.get(key[0], key[0]), key[1])) in there:  # a node in place of a value
            del names[key]
            names[own] = "changed"
    for key in [key for key in names if key[1] == ORDER]:  # of what came or went it is told by itself
        before, after = then.parameters.get(matched.get(key, key)), now.parameters.get(key)
        if before is None or after is None or sorted(before.split()) != sorted(after.split()):
            del names[key]
    return names, _in_words(then, now, moved, names)


def _in_words(
    then: WrittenText, now: WrittenText, moved: Mapping[Path, Path], names: Mapping[Parameter, str]
) -> dict[str, str]:
    """The differences in each part, `{"bass": "cutoff 300 → 800"}`; of what is new or gone only the whole is told."""
    before = _parts_before(then, now, moved)
    after = {was: part for part, was in before.items()}
    new = {part for part in now.parts if part not in before}
    gone = {part for part in then.parts if part not in after}
    same = {path: moved.get(path, path) for path in now.nodes if moved.get(path, path) in then.nodes}
    added, removed = now.nodes.keys() - same.keys(), then.nodes.keys() - set(same.values())
    places = {one[:-1]: one for one in removed}
    replaced = {places[path[:-1]]: path for path in added if path[:-1] in places}
    put_there = set(replaced.values())
    swapped = {_way(key) for key, kind in names.items() if kind == "changed"}
    swapped_before = {_way((moved.get(path, path), name)) for (path, name), kind in names.items() if kind == "changed"}
    found: dict[Path, list[str]] = {}

    def say(part: Path, *parts: str | Callable[[], str], name: str = "") -> None:
        """Add a sentence, which is only made if it is one of the first; of the others only a name is told."""
        said = found.setdefault(part, [])
        said.append("".join(one if isinstance(one, str) else one() for one in parts) if len(said) < NAMED else name)

    for part in now.parts:
        if part in new - swapped and len(part) > 1 and not _inside(part, new):
            say(part, "new")
        elif part in before and part[-1] != before[part][-1]:
            say(part, f"was {before[part][-1]}")
    for one, path in replaced.items():
        if now.part_of(path) not in new and not _inside(path, added):
            say(now.part_of(path), partial(_moves, path, now), f"{_node(one, then)} → {_node(path, now)}")
    for path in now.nodes:
        stays = path not in added or path in put_there or path[:-1] in swapped
        if not (stays or now.part_of(path) in new or _inside(path, added)):
            say(now.part_of(path), partial(_moves, path, now), f"{_node(path, now)} added")
    for path in [path for path in then.nodes if path in removed and path not in replaced]:
        part = then.part_of(path)
        if part not in gone and not _inside(path, removed) and path[:-1] not in swapped_before:
            say(after[part], partial(_moves, path, then), f"{_node(path, then)} removed")
    for (path, name), kind in names.items():
        named = _named(path, name, kind)
        if kind == "removed":
            if path not in removed:
                part = then.part_of(path)
                say(after.get(part, part), partial(_short, (path, name), then), " removed", name=named)
        elif path not in added:
            was = moved.get(path, path), name
            say(now.part_of(path), partial(_difference, then, now, (path, name), was, kind), name=named)
    for part in then.parts:
        if part in gone - swapped_before and len(part) > 1 and not _inside(part, gone):
            say(part, "removed", partial(_leaving, part, then))
    order = {part: number for number, part in enumerate([*then.parts, *now.parts])}
    return labelled({part: found[part] for part in sorted(found, key=lambda part: order.get(part, -1))})


def name_in_text(text: WrittenText, node: Path, name: str) -> str:
    """A parameter in the words of the text: `bpm` where no other has that name, else with its part: `lead: freq`.

    A node that the text does not have is named by its way: `my_sound.mix.lead.track.volume`.
    """
    if node not in text.nodes:
        return ".".join((*node, name))
    if all(other != name or path == node for path, other in text.parameters):
        return name
    return f"{label_of(text.part_of(node), text.parts)}: {_short((node, name), text)}"


def _leaving(part: Path, text: WrittenText) -> str:
    """Words for a part that is removed and can still be heard: `, rings on`."""
    own = {name: value for (path, name), value in text.parameters.items() if path[:-1] == part}
    if own.get("tail") is True:
        return ", rings on"
    return f", fades for {value_in_words(own['fade'])}" if "fade" in own else ""


def _parts_before(then: WrittenText, now: WrittenText, moved: Mapping[Path, Path]) -> dict[Path, Path]:
    """For each part that is not new the part that it was."""
    before = {part: part for part in now.parts if part in then.parts}
    for node, was in moved.items():
        part, other = now.part_of(node), then.part_of(was)
        if part not in before and other not in now.parts and other not in before.values():
            before[part] = other
    return before


def _inside(path: Path, others: Collection[Path]) -> bool:
    """Whether a way leads into one of several others."""
    return any(path[:end] in others for end in range(1, len(path)))


def _difference(then: WrittenText, now: WrittenText, key: Parameter, was: Parameter, kind: str) -> str:
    """One parameter that was added or changed: `cutoff 300 → 800`."""
    name, value = (_moves(key[0], now) if key[1] == VALUES else "") + _short(key, now), _written(key, now)
    if kind == "added":
        return f"{name} {value} added"
    earlier = _written(was, then)
    if "…" in earlier + value:
        return f"{name} {words_that_differ(then.parameters.get(was), now.parameters.get(key)) or 'changed'}"
    return f"{name} changed" if earlier == value else f"{name} {earlier} → {value}"


def _way(key: Parameter) -> Path:
    return (*key[0], key[1])


def _written(key: Parameter, text: WrittenText) -> str:
    """The words for all that is written for a parameter: a value, or a node."""
    if key in text.parameters:
        return in_full(text.parameters[key], key[1])
    return next((_node(path, text) for path in text.nodes if path[:-1] == _way(key)), "")


def _node(path: Path, text: WrittenText) -> str:
    """A node in words: its name, of a pattern of values also this."""
    pattern = text.parameters.get((path, VALUES)) if text.nodes[path] == VALUES else None
    return text.nodes[path] if pattern is None else value_in_words({VALUES: pattern})


def _moves(path: Path, text: WrittenText) -> str:
    """The parameter that a node moves, before the words for that: `cutoff `; empty for what is heard itself."""
    *node, name, _ = path if len(path) > 2 else ("", "signal", "")
    is_parameter = name != "signal" and tuple(node) in text.nodes and path[:-1] not in text.parts
    return f"{_short((tuple(node), name), text)} " if is_parameter else ""


def _short(key: Parameter, text: WrittenText) -> str:
    """The shortest end of the way to a parameter that no other one in its part has: `cutoff`, `osc.freq`."""
    node, name = key
    part = text.part_of(node)
    others = (
        (*path[len(part) :], other)
        for path, other in text.parameters
        if other == name and path != node and text.part_of(path) == part
    )
    return ".".join(shortest_end((*node[len(part) :], name), others))


def _named(path: Path, name: str, kind: str) -> str:
    """The name of one of the vars, settings and patterns, which are short and known, and whether it came or went."""
    said = name if kind == "changed" else f"{name} {kind}"
    return said if path in (VARS, SETTINGS, PATTERNS) else ""


def _path(model: NodeModel | Use) -> Path:
    return (model.place.origin.name, *map(str, model.place.path))


def _parts_in(model: NodeModel) -> Iterator[Path]:
    """The parts under names of the player's in a node, such as a mix."""
    if names_values(model.kind):
        return
    for name, value in model.free.items():
        if isinstance(value, NodeModel | Use):
            path = _path(value)
            yield path[: len(path) - path[::-1].index(name)]


def _beside(data: Any, model: NodeModel) -> dict[str, Any]:
    """The parameters of a node as written, inside it and beside it."""
    way = model.place.path
    around, inside = _at(data, way[:-1]) if way else {}, _at(data, way)
    return {**(around if isinstance(around, dict) else {}), **(inside if isinstance(inside, dict) else {})}


def _at(data: Any, way: Iterable[str | int]) -> Any:
    """The value at a way in data; None for nothing, as inside the bare name of a node."""
    for step in way:
        try:
            data = data[step]
        except (LookupError, TypeError):
            return None
    return data


def _without_nodes(value: Any) -> Any:
    """A value without the nodes in its lists, whose parameters count for themselves."""
    if isinstance(value, list):
        return [_without_nodes(item) for item in value if not isinstance(item, dict)]
    return value

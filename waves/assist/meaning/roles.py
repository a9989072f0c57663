"""Roles of the values of a sketch, found from the outside in.

    lead: {osc: {freq: 2 * root}}

`2 * root` has the form `signal`, the node `osc` and its parameter `freq`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from waves.assist.meaning.piece_names import PieceNames, Target, TargetKind, key_target
from waves.assist.meaning.role import FILE, NOTHING, Form, KeyKind, NodeWritten, Role
from waves.assist.sketch.written import Item, Value
from waves.language.model.form.ramps import IN, is_ramp
from waves.language.model.form.ramps import KEYS as RAMP_KEYS
from waves.language.model.form.sections import KEYS as SECTION_KEYS
from waves.language.model.quantize import NAMES as SETTINGS
from waves.language.model.vocabulary import RESERVED, SHORT, TRANSFORMS
from waves.node import Node
from waves.node_types.library.parameters import SENT, Parameter, accepted, free_names, gives_way, names_values

DEEPEST = 50  # sounds that stand for each other

FORMS: dict[str, Form] = {
    "signal": "signal",
    "channels": "signal",
    "signals": "signals",
    "steps": "steps",
    "step": "step",
    "values": "values",
    "sends": "sends",
    "sections": "sections",
    "metre": "metre",
    "numbers": "numbers",
    "words": "words",
    "flag": "flag",
    "whole": "constant",
    "number": "constant",
    "text": "text",
    "file": "file name",
    "data": "file name",
    "shared": "text",
    "other": "flag",
}


class Roles:
    """Finds the role of any item of a piece from that of the collection it stands in."""

    def __init__(self, names: PieceNames):
        self.names = names
        self.tops: dict[str, NodeWritten] = {}
        self.depth = 0
        self._by_id: dict[Target, NodeWritten] = {}
        self._nodes: dict[tuple[Value, str], NodeWritten] = {}  # each collection is asked about several times

    def of_item(self, role: Role, value: Value, item: Item) -> Role:
        """The role of the value of an item, in a collection of this role."""
        path = (*role.path, item.name or str(item.index))
        if value.kind == "list":
            return replace(self._in_list(role, item), path=path)
        if item.name == "<<" and role.form != "file":
            return Role("unknown", role.inside, key="anchor", path=path)
        return replace(self._in_mapping(role, value, item), path=path)

    def of_path(self, path: tuple[Item, ...]) -> tuple[list[Role], list[Value]]:
        """The roles of the items of a path from the outermost on, and the collections that hold them."""
        roles, values = [FILE], [Value("mapping", items=list(path[:1]))]
        for item in path:
            roles.append(self.of_item(roles[-1], values[-1], item))
            values.append(item.value)
        return roles, values

    def node_of(self, value: Value, inside: str) -> NodeWritten:
        """The node that a mapping is; `NOTHING` where none is named."""
        if (value, inside) not in self._nodes:
            self._nodes[value, inside] = self._node_of(value, inside)
        return self._nodes[value, inside]

    def _node_of(self, value: Value, inside: str) -> NodeWritten:
        items = value.by_key
        find = self.names.vocabulary.find
        data = {name: _data(item.value) for name, item in items.items() if find(name, inside) and _is_begun(item)}
        names = self.names.vocabulary.nodes_among(data, inside)
        if not names:
            return NOTHING
        name = names[0]
        inner = items[name].value
        given = inner.by_key if inner.kind == "mapping" else {}
        given |= {key: item for key, item in items.items() if key != name and key not in given}
        return self.named(name, inside, given)

    def named(self, name: str, inside: str, given: dict[str, Item] | None = None) -> NodeWritten:
        """The node of a name with some parameters."""
        given = given or {}
        kind = self.names.vocabulary.find(name, inside)
        if isinstance(kind, str):
            top = self.top_of(kind)
            return NodeWritten(name, top.kind, kind, given, top.free)
        if kind is None:
            return NOTHING
        target: TargetKind = "name" if names_values(kind) else "part"
        free = {
            key: key_target(target, inside, item.key)
            for key, item in (given.items() if free_names(kind) else ())
            if item.key and self._is_free(kind, key, item, inside)
        }
        return NodeWritten(name, kind, "", given, free)

    def _is_free(self, kind: type[Node], key: str, item: Item, inside: str) -> bool:
        """Whether a key of a node that takes names of the player's is one."""
        if key == "<<":
            return False
        parameter = accepted(kind).get(key)
        if parameter is None:
            return True
        data = _data(item.value)
        is_node = isinstance(data, dict) or bool(self._bare(item.value, inside))
        return gives_way(kind, parameter, data, is_node)

    def _bare(self, value: Value, inside: str) -> type[Node] | str | None:
        """The node type, or the name of the sound, that a text alone is."""
        return self.names.vocabulary.find(value.text.strip(), inside) if value.kind == "scalar" else None

    def top_of(self, sound: str) -> NodeWritten:
        """The node at the top of a sound, seen through sounds that stand for it."""
        if sound not in self.tops:
            self.tops[sound] = NOTHING  # of a sound that stands for itself
            self.depth += 1
            if self.depth <= DEEPEST:
                self.tops[sound] = self._top(sound)
            self.depth -= 1
        return self.tops[sound]

    def _top(self, sound: str) -> NodeWritten:
        located = self.names.sounds.get(sound)
        items = located.entry.sketch.items if located else []
        value = items[0].value if items else Value()
        name = value.text.strip() if value.kind == "scalar" else ""
        return self.named(name, sound) if name else self.node_of(value, sound)

    def node_with_id(self, target: Target) -> NodeWritten:
        """The node that has an id; `NOTHING` where none is written."""
        if target not in self._by_id:
            self._by_id[target] = self._node_with_id(target)
        return self._by_id[target]

    def _node_with_id(self, target: Target) -> NodeWritten:
        located = self.names.sounds.get(target.owner)
        found = [(FILE, Value("mapping", items=located.entry.sketch.items if located else []))]
        while found:
            role, value = found.pop()
            for item in value.items:
                inner = self.of_item(role, value, item)
                if inner.form == "id" and item.value.text == target.name:
                    return inner.node
                if item.value.items:
                    found.append((inner, item.value))
        return NOTHING

    def id_read(self, role: Role) -> Target | None:
        """The id of the node whose output a `reference` reads, from the role of its `output`."""
        ref = role.node.given.get("ref")
        return self.names.id_target(ref.value.text, role.inside) if ref else None

    def _in_list(self, role: Role, item: Item) -> Role:
        """The role of a value in a list."""
        match role.form:
            case "signals":
                is_free = bool(
                    role.node.kind and free_names(role.node.kind) == (role.parameter and role.parameter.name)
                )
                return replace(role, form="signal", bare=is_free, key="unknown", target=None)
            case "values":
                return replace(role, form="signal", bare=False, key="unknown", target=None)
            case "numbers":
                return replace(role, form="constant", key="unknown", target=None)
            case "transform" | "lane" | "pattern" | "section name" | "metre":
                return replace(role, key="unknown", target=None)
            case "steps" | "step":
                return replace(role, form="step", key="unknown", target=None)
            case "signal":
                return replace(role, form="point", bare=False, key="unknown", target=None)
            case "point":
                form: Form = "position" if item.index == 1 else "point"
                return replace(role, form=form, parameter=role.parameter if form == "point" else None, target=None)
            case "constant":
                return replace(role, key="unknown", target=None)
        return Role("unknown", role.inside, names=role.names)

    def _in_mapping(self, role: Role, value: Value, item: Item) -> Role:
        """The role of the value behind a key."""
        match role.form:
            case "file":
                return self._entry(item)
            case "vars":
                return Role("constant", "vars", key="name", target=Target("var", "vars", item.name))
            case "patterns":
                return Role("pattern", "patterns", key="name", target=Target("pattern", "patterns", item.name))
            case "settings":
                forms: dict[str, Form] = {"at": "boundary", "fade": "constant", "sound": "constant"}
                known = item.name in SETTINGS
                return Role(forms.get(item.name, "unknown"), role.inside, key="parameter" if known else "unknown")
            case "templates":
                return Role("template", role.inside, key="name")
            case "parameters":
                return self.parameter(role, role.node, item)
            case "sends":
                return Role("signal", role.inside, role.node, SENT, names=role.names, key="name")
            case "sections" | "section name":
                inner: Form = "section" if role.form == "sections" else "constant"
                return replace(role, form=inner, key="name", target=None)
            case "section":
                known = item.name in SECTION_KEYS
                inner = {"then": "section name", "metre": "metre"}.get(item.name, "constant")  # type: ignore[assignment]
                return replace(role, form=inner, key="parameter" if known else "unknown", target=None)
            case "transform" | "lane" | "steps" | "pattern":
                form: Form = "transform" if item.name in TRANSFORMS else "lane" if item.name == "pick" else role.form
                return replace(role, form=form, key="parameter", target=None)
            case "entry" | "signal" | "step" | "template":
                return self._in_node(role, value, item)
            case "unknown" if self.node_of(value, role.inside) is not NOTHING:  # only its place is wrong
                return self._in_node(replace(role, form="signal"), value, item)
            case "unknown":
                return Role("unknown", role.inside, names=role.names, key="name")
        return Role("unknown", role.inside)

    def _entry(self, item: Item) -> Role:
        """The role of the value of an entry."""
        name = item.name
        target = Target("sound", "", name) if name and name not in RESERVED else None
        form: Form = "entry"
        if name in RESERVED:
            forms: tuple[Form, ...] = ("vars", "settings", "templates", "patterns")
            form = next((one for one in forms if one == name), "unknown")
        elif name.startswith("_"):
            form, target = "template", None
        return Role(form, name, bare=True, key="entry", target=target)

    def _in_node(self, role: Role, value: Value, item: Item) -> Role:
        """The role of the value behind a key of a node: its parameters, or one of them that stands beside it."""
        node = self.node_of(value, role.inside)
        if node is NOTHING and role.form == "template":
            return self._in_template(role, value, item)
        if item.name == node.name and node is not NOTHING:
            kind: KeyKind = "sound" if node.sound else "node"
            target = Target("sound", "", node.sound) if node.sound else None
            is_steps = item.value.kind in ("scalar", "list") or "pick" in item.value.by_key
            if item.name in SHORT and not node.sound and is_steps and (p := node.parameters.get("steps")):
                return Role(_form_of(p, item.value), role.inside, node, p, names=role.names, key=kind)
            return Role("parameters", role.inside, node, names=role.names, key=kind, target=target)
        if node is NOTHING and role.form == "signal" and item.name in RAMP_KEYS and is_ramp(value.by_key):
            return replace(
                role, form="text" if item.name == IN else "constant", bare=False, key="parameter", target=None
            )
        if node is NOTHING:
            known = self.named(item.name, role.inside)
            kind = "unknown" if known is NOTHING else ("sound" if known.sound else "node")
            return Role("unknown", role.inside, names=role.names, key=kind)
        return self.parameter(role, node, item)

    def _in_template(self, role: Role, value: Value, item: Item) -> Role:
        """The role of a parameter of a node that is not named: of the first type that takes all that is given."""
        kinds = self.fitting(value)
        if not kinds or item.name not in accepted(kinds[0][1]):
            return Role("unknown", role.inside)
        name, kind = kinds[0]
        return self.parameter(role, NodeWritten(name, kind, "", value.by_key), item)

    def fitting(self, value: Value) -> list[tuple[str, type[Node]]]:
        """The node types that take all keys of a mapping, and the words behind them."""
        items = {key: item for key, item in value.by_key.items() if key != "<<"}
        types = self.names.around.types
        fitting = [(name, kind) for name, kind in types.items() if items and items.keys() <= accepted(kind).keys()]
        return [(name, kind) for name, kind in fitting if all(_takes(accepted(kind)[key], items[key]) for key in items)]

    def parameter(self, role: Role, node: NodeWritten, item: Item) -> Role:
        """The role of the value of one parameter of a node; `role` is that of the node."""
        name, p = item.name, node.parameters.get(item.name)
        names = role.names
        if node.names_values:
            until = item.begin if name in node.free else (1 << 60, 0)
            names = {**names, **{key: one for key, one in node.free.items() if (one.line, one.column) < until}}
        if name in node.free:
            return Role("signal", role.inside, node, None, True, names, "name", node.free[name])
        if p is None and "steps" in node.parameters and (name in TRANSFORMS or name in self.names.lanes):
            beside: Form = "transform" if name in TRANSFORMS else "lane"
            return Role(beside, role.inside, node, names=names, key="parameter")
        if p is None:
            return Role("unknown", role.inside, node, names=names)
        if name == "id":
            return Role("id", role.inside, node, p, names=names, key="parameter")
        form = _form_of(p, item.value)
        if node.name == "reference" and name in ("ref", "output"):
            form = "reference" if name == "ref" else "output"
        if name == "duration" and form == "signal":
            form = "constant"
        if name == "during":
            form = "section name"
        bare = p.form == "channels" or name == "signal"
        return Role(form, role.inside, node, p, bare, names, "parameter")


def _form_of(p: Parameter, value: Value) -> Form:
    """The form of the value of a parameter: of values that are no list a pattern."""
    return "lane" if p.form == "values" and value.kind in ("scalar", "mapping") else FORMS[p.form]


def _is_begun(item: Item) -> bool:
    """Whether a key has a sign behind it, or at least a value."""
    return item.sign is not None or item.is_given


def _takes(parameter: Parameter, item: Item) -> bool:
    """Whether the value of an item can be one of a parameter that takes words; of any other it always can."""
    return parameter.form != "words" or is_null(item.value) or item.value.text.lower() in parameter.words


def is_null(value: Value) -> bool:
    """Whether nothing is written, or the word for it."""
    return value.kind == "nothing" or (value.kind == "scalar" and not value.quote and value.text in ("~", "null"))


def _data(value: Value) -> Any:
    """A value as far as its form counts: a dict, a list, a text, or None."""
    if is_null(value):
        return None
    return {"mapping": {}, "list": []}.get(value.kind, value.text)

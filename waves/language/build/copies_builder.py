"""Builds copies of a sound: each is a part of the tree of its own, with names for its number and its item."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from waves.language.model.models import Text, Value
from waves.language.tree.context import BuildContext
from waves.language.tree.expression_nodes import meant, named_list, value_of
from waves.language.tree.instantiate import NodeBuilder, instantiate_node
from waves.language.tree.tree_node import Instance, LazyValue, Source
from waves.node_types.builtin.mixing import Sum


def copied(build: NodeBuilder) -> Source:
    """The source of a `multiply`: the sum of the copies of its `signal`, for a `number` or for each of its `items`.

    In each copy `i` is its number from 1, `n` the number of copies, and `item` its item. Ids in a copy are its own.
    """
    model, tree = build.model, build.tree
    number = build.settings["number"]
    written = {name: name in model.written for name in ("number", "items")}
    if sum(written.values()) != 1:
        how = "takes 'number' or 'items', not both" if all(written.values()) else "needs 'number' or 'items'"
        build.report(f"'{build.name}' {how}")
    node = build.context.new(build.id, Sum, model.place)
    build.id = node.id
    items = _items(build)
    count = len(items) if written["items"] else int(number or 0)
    value, where = model.signals.get("signal"), build.where("signal")
    copies: dict[str, Source] = {}
    for k in range(1, count + 1 if value else 1):
        outer = where.scope.instance
        instance = Instance(f"{node.id}.signal.{k}", None, outer, voice=where.voice)
        tree.instances.append(instance)
        names = {"i": LazyValue(_number(float(k))), "n": LazyValue(_number(float(count)))}
        if written["items"]:
            names["item"] = LazyValue(items[k - 1])
        tree.bound += names.values()
        inner = replace(where, scope=where.scope.inside(instance)).known(names)
        assert value
        copies[str(k)] = instantiate_node(inner, value, node.id, "signal", k)
    node.inputs = {"signals": copies}
    return node


Make = Callable[[], Source | list[float]]


def _items(build: NodeBuilder) -> list[Make]:
    """Functions that make the value of each item."""
    where = build.where("items")
    if text := build.model.listed.get("items"):
        return [_number(item) for item in named_list(where, text)]
    items = build.model.lists.get("items", {})
    if "items" in build.model.written and not items:
        build.report("expected at least one item", "items")
    return [_item(where, value, build.id, index) for index, value in items.items()]


def _item(where: BuildContext, value: Value, path: str, index: str) -> Make:
    def make() -> Source | list[float]:
        if isinstance(text := meant(where, value), Text):
            return value_of(where, text, f"{path}.items.{index}")
        return instantiate_node(where, value, path, "items", index)

    return make


def _number(value: float) -> Make:
    return lambda: value

"""Fingerprints of node types: every part of a value that their functions use."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

from tests.harness.session_harness import save
from waves.engine.compiler.kernel_cache import variants
from waves.engine.graph.graph import frozen
from waves.node_types.library import library
from waves.node_types.library.fingerprint import MOST_OBJECTS, NODE_FILES, type_fingerprint, written
from waves.node_types.library.module_loader import Tried

TEXT = """\
import functools
import threading
import types
import numpy as np
from waves.node import Node, param
from . import _tables

GRID = np.arange(6.0).reshape(2, 3)
PART = np.float32(0.5)
LISTS = {"a": [1.0, (2.0, 0.0)]}

def scaled(x, *, by=2.0):
    return x * by

@functools.cache
def table():
    return np.ones(4)

def around(times):
    def inner(x):
        return x * times
    return inner

INNER = around(3.0)

class Room:
    __slots__ = ("walls", "inside", "__dict__")
    height = 2.5

    def __init__(self, width, walls):
        self.width, self.walls, self.inside = width, walls, [self, {"lock": threading.Lock(), "file": open}]
        self.large = np.zeros((300, 1000))

    def area(self):
        return self.width * sum(self.walls) + ROOM.width

    @property
    def volume(self):
        return self.height * self.area()

    @staticmethod
    def made(width):
        return Room(width, [1.0, 2.0])

ROOM = Room.made(4.0)
ROOM.next = types.SimpleNamespace(room=ROOM, door=None)
WAYS = {"scaled": scaled}

class Bad(Node):
    size: float = param(1.0, unit="factor", description="Size.")
    arrays = {"numbers": "f8"}

    @staticmethod
    def prepare(constants, rate):
        return {"numbers": table() * scaled(LISTS["a"][0]) * INNER(1.0) * WAYS["scaled"](ROOM.volume)}

    @staticmethod
    def render(out, numbers):
        for i in range(out.size):
            out[i] = 0.1 * GRID[1, 0] * PART * _tables.GRID[0, 1]
"""
TABLES = "import numpy as np\nGRID = np.arange(6).reshape(2, 3)\n"


def test_a_type_is_another_one_where_any_part_of_a_value_that_it_uses_is(tmp_path):
    tried: dict[str, Any] = {}

    def loaded(text: str = TEXT, tables: str = TABLES) -> Any:
        save(tmp_path, text, "bad.py")
        save(tmp_path, tables, "_tables.py")
        found = library.load_types(library.read_sources(library.open_folders(tmp_path)), tried, Tried())
        assert found.problems == []
        return found.types["bad"]

    first = loaded()
    seen = {type_fingerprint(first)}
    kernels = {one.name for one in variants(first)}
    assert type_fingerprint(loaded(f"# the same\n{TEXT}")) in seen
    for old, new, in_kernel in (
        ("reshape(2, 3)", "reshape(3, 2)", True),
        ("arange(6.0)", "arange(6)", True),
        ("float32(0.5)", "float32(0.25)", True),
        ("float32(0.5)", "float64(0.5)", True),
        ("(2.0, 0.0)", "(2.0, -0.0)", False),
        ("(2.0, 0.0)", "(2, 0.0)", False),
        ("(2.0, 0.0)", "[2.0, 0.0]", False),
        ("by=2.0", "by=3.0", False),
        ("np.ones(4)", "np.ones(4) * 2.0", False),
        ("around(3.0)", "around(4.0)", False),
        ('{"scaled": scaled}', '{"scaled": abs}', False),
        ("made(4.0)", "made(5.0)", False),
        ("[1.0, 2.0]", "[1.0, 3.0]", False),
        ("height = 2.5", "height = 3.5", False),
        ("self.width * sum", "self.width + sum", False),
        ("self.height * self", "self.height + self", False),
        ("np.zeros((300", "np.ones((300", False),
        ("door=None", "door=1", False),
    ):
        assert old in TEXT
        kind = loaded(TEXT.replace(old, new))
        found = type_fingerprint(kind)
        assert found not in seen, (old, new)
        seen.add(found)
        assert {one.name for one in variants(kind)}.isdisjoint(kernels) == in_kernel, (old, new)
    kind = loaded(tables=TABLES.replace("2, 3", "3, 2"))
    assert type_fingerprint(kind) not in seen, "of another file"
    assert {one.name for one in variants(kind)}.isdisjoint(kernels)


class Pair(NamedTuple):
    a: float
    b: float


class Riap(NamedTuple):
    b: float
    a: float


@dataclass
class Size:
    rows: int


PAIRS = np.zeros(2, [("a", "f8"), ("b", "f8")])
DIFFERENT = (
    *(0, 0.0, -0.0, False, None, "0", "0.0", b"0", 0j, float("nan"), np.float64(0.0), np.float32(0.0), [], (), {}),
    *([0.0], [-0.0], (0.0,), [[0.0]], {"a": 0.0}, {"a": -0.0}, {"b": {"a": 0.0}}, {1: 2, 3: 4}, {3: 4, 1: 2}, {0}),
    *(["1, 2"], ["1", "2"], ["1', '2"], [1, 2], [1, [2]], [[1], 2], range(2), frozenset({0}), Pair(1, 2), Riap(1, 2)),
    *(np.zeros(6), np.zeros((2, 3)), np.zeros((3, 2)), np.zeros(6, "f4"), np.zeros(6, ">f8"), -np.zeros(6)),
    *(PAIRS, PAIRS.view([("b", "f8"), ("a", "f8")]), np.array([1, "a"], object), np.array([1, "b"], object)),
    *(Size(1), Size(2), functools.partial(max, 1), functools.partial(max, 2)),
)


def test_values_that_differ_are_written_differently():
    texts = [written(value) for value in DIFFERENT]
    assert len(set(texts)) == len(texts), [text for text in texts if texts.count(text) > 1]
    assert written(np.zeros((2, 3))) == written(np.zeros((2, 3), order="F")), "the same numbers at the same places"
    assert written({"b", "a", "c"}) == written({"c", "a", "b"})
    assert " at 0x" not in "".join(map(written, [object(), print, len, [object()]])), "addresses"
    inside: list[Any] = []
    inside.append(inside)
    assert written(inside) == "list[around 0]"


def test_objects_without_end_are_written_in_part():
    class Link:
        __module__ = f"{NODE_FILES}test"

        def __init__(self, after: Link | None, pair: tuple[Any, ...] = ()) -> None:
            self.after, self.pair = after, pair

    def chain(length: int, last: int = 0) -> Any:
        link: Any = last
        for _ in range(length):
            link = Link(link, (link, link))  # each twice more: 2 ** length ways
        return link

    assert written(chain(20)) != written(chain(20, last=1)) and written(chain(20)) == written(chain(20))
    assert written(chain(400)) == written(chain(400, last=1))
    many = [Link(None) for _ in range(MOST_OBJECTS)]  # and their class
    assert len({*(text := written(many))[5:-1].split(", ")}) == 2 and text == written(many)


@pytest.mark.parametrize(("one", "other"), [({"a": 0.0}, {"a": -0.0}), ({"a": [1, (0.0,)]}, {"a": [1, (-0.0,)]})])
def test_settings_that_differ_in_the_sign_of_zero_are_other_ones(one, other):
    assert frozen(one) != frozen(other) and frozen(one) == frozen(one)

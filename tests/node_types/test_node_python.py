"""Node types whose Python runs in another process: the same types and pieces, and nothing that stops the player."""

from __future__ import annotations

import json
import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.harness.command import output_of
from tests.harness.paths import EXAMPLE_NODES, NODES
from tests.harness.session_harness import composer_for, save, write_sample
from waves.engine.compiler.kernel_cache import variants
from waves.language.tree.tree_node import reachable
from waves.live.workspace.settled_files import read_settled
from waves.node import Node, State
from waves.node_types.description import description_of
from waves.node_types.library import catalogue, library, signature
from waves.node_types.library.fingerprint import type_fingerprint
from waves.node_types.library.library import Library
from waves.node_types.library.parameters import accepted, parameters, validated
from waves.node_types.library.preparation import KnownParameters, memory_needs, prepared_arrays
from waves.node_types.process import node_python as module
from waves.node_types.process import python_process
from waves.node_types.process.node_python import NodePython, node_python, open_types
from waves.problem import Problem, Problems

HEAD = "from waves.node import Node, Signal, State, param\n\n\nclass Bad(Node):\n"
SIGNAL = '    signal: Signal = param(0.0, unit="value")\n'
KERNEL = """
    @staticmethod
    def render(out, signal):
        for i in range(out.size):
            out[i] = signal[i]
"""
STATED = """
    class state(State):
        n: int = 0
        numbered = ("n",)
        ranges = {{"n": (0, {})}}
"""
SPOILT = """
    @field_validator("signal")
    @classmethod
    def spoilt(cls, value):
        import os; os._exit(3)
"""
BUILT_BY_THE_PLAYER = {file.stem for file in NODES.rglob("*.py") if "from waves.language." in file.read_text()}
GOOD = "my_sound: {osc: {freq: 220, amp: 0.2}}\n"


@pytest.fixture(autouse=True)
def process(monkeypatch: pytest.MonkeyPatch) -> Iterator[NodePython]:
    """A process of its own for each test, with a short limit."""
    one = NodePython()
    monkeypatch.setattr(module, "node_python", lambda: one)
    monkeypatch.setattr(module, "FIRST_LIMIT", 3.0)
    yield one
    one.close()


def opened(folder: Path, **texts: str) -> Library:
    """The node types of a folder with these files, and the shipped ones."""
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        save(folder, text, f"nodes/{name}.py")
    return open_types(library.open_folders(NODES, folder / "nodes"), read_settled)


def bad(folder: Path, method: str, fields: str = SIGNAL, kernel: str = KERNEL) -> Library:
    return opened(folder, bad=f"{HEAD}{fields}{method}{kernel}")


def problem_of(call: Callable[[], Any]) -> str:
    with pytest.raises(Problems) as found:
        call()
    return str(found.value.problems[0])


# ---- the same types


def pairs(folder: Path) -> list[tuple[str, type[Node], type[Node]]]:
    """Every shipped type and every example, as they are and as types of a workspace."""
    shutil.copytree(NODES, folder / "nodes", ignore=shutil.ignore_patterns("__pycache__"))
    for file in EXAMPLE_NODES.glob("*.py"):
        for shipped in folder.rglob(file.name):
            shipped.unlink()
        shutil.copy(file, folder / "nodes" / file.name)
    own, here = opened(folder), library.load_library(NODES, EXAMPLE_NODES)
    assert own.problems == [] and len(own.types) > 20
    return [(name, here[name], kind) for name, kind in own.types.items()]


def test_a_described_type_is_the_same_as_its_class(tmp_path):
    assert {name for name in vars(State) if not name.startswith("_")} == {"numbered", "ranges", "was"}
    for name, here, other in pairs(tmp_path):
        assert library.is_shipped(other) is False and other.__name__ == here.__name__, name
        assert parameters(other) == parameters(here) and accepted(other) == accepted(here), name
        for declared in Node.__class_vars__ - {"state"}:
            before = getattr(here, declared)
            same = tuple(before) if isinstance(before, list) else before
            assert getattr(other, declared) == same, f"{name}.{declared}"
        assert signature.state_dtype(other) == signature.state_dtype(here), name
        assert signature.state_default(other).tobytes() == signature.state_default(here).tobytes(), name
        assert signature.state_ranges(other) == signature.state_ranges(here), name
        assert other.state.numbered == here.state.numbered, name
        if name not in BUILT_BY_THE_PLAYER:  # by its functions, which stand in in the process
            assert type_fingerprint(other) == type_fingerprint(here), name
        assert signature.kernel_reports_end(other) == signature.kernel_reports_end(here), name
        told, known = catalogue.describe(other, name), catalogue.describe(here, name)
        assert {**told, "family": ""} == {**known, "family": ""}, name
        if hasattr(here, "render"):
            written = [(one.name, one.word, one.element) for one in signature.arguments(other)]
            assert written == [(one.name, one.word, one.element) for one in signature.arguments(here)], name
            assert [one.name for one in variants(other)] == [one.name for one in variants(here)], name
        for function in ("expand", "prepare", "memory", "adopted"):
            own = any(function in vars(base) for base in here.__mro__[: here.__mro__.index(Node)])
            assert own == (function in description_of(other).functions) == (function in vars(other)), name


PIECE = """\
my_sound:
  tempo:
    bpm: 100
    metre: 6/8
    signal:
      mix:
        beat: {sequencer: {interval: beat, steps: [kick, [hat, "kick v.5"], null, {bell: {freq: 300}}]}}
        tune:
          context:
            v: 0.3
            signal: {osc: {freq: {automation: {interval: beat, steps: [200, 300, 400]}}, amp: v, id: o}}
        after: {delay: {time: 0.2, signal: {reference: {ref: o}}}}
        file: {sample: {file: samples/a.wav}}
        sum: {osc: {freq: {expression: {base: 100, exp: base * 3}}, amp: 0.1}}
kick: {osc: {freq: 60, amp: 0.5, duration: 0.1}}
hat: {osc: {type: noise, amp: 0.1, duration: 0.05}}
bell: {osc: {freq: 900, amp: 0.2, duration: 0.2}}
"""


def test_a_piece_of_such_types_is_the_same_piece(tmp_path):
    """Every kind of `expand`, `prepare` and `memory` of the shipped types, done by the process."""
    write_sample(tmp_path / "samples" / "a.wav", channels=2)
    save(tmp_path, PIECE)
    types = {name: kind for name, _, kind in pairs(tmp_path)}
    other = composer_for(tmp_path, types).compose([("my_sound", {})])
    here = composer_for(tmp_path).compose([("my_sound", {})])
    trees = [reachable(one.root) for one in (here, other)]
    names = [[(node.id, node.kind.__name__, repr(node.settings)) for node in tree] for tree in trees]
    assert names[0] == names[1] and len(names[0]) > 12
    assert list(other.graph.rows) == list(here.graph.rows)
    for key, row in here.graph.rows.items():
        same = other.graph.rows[key]
        assert same.memories == row.memories and same.settings == row.settings, key
        for name, array in row.arrays.items():
            assert np.array_equal(same.arrays[name], array), key
    assert any(row.memories for row in here.graph.rows.values())


def test_a_state_says_what_a_note_numbers_and_the_ranges_of_its_fields(tmp_path):
    kinds = []
    for most in (9, 99):
        found = bad(tmp_path / str(most), STATED.format(most), kernel=KERNEL.replace("l):", "l, state):"))
        assert found.problems == []
        kinds.append(found.types["bad"])
        assert kinds[-1].state.numbered == ("n",) and signature.state_ranges(kinds[-1]) == {"n": (0, most)}
    assert len(set(map(type_fingerprint, kinds))) == 2, "a save of other ranges is a change"


def test_validators_say_the_same(tmp_path):
    here = library.load_library(NODES)["tempo"]
    other = next(kind for name, _, kind in pairs(tmp_path) if name == "tempo")
    for metre in ("4/4", "four", 3):
        assert validated(other, {"metre": metre}) == validated(here, {"metre": metre})


def test_prepared_arrays_and_rings_are_the_same(tmp_path):
    types = {name: (here, other) for name, here, other in pairs(tmp_path)}
    constants = KnownParameters(length=5, width=2, scale=0.3)
    here, other = (prepared_arrays(kind, constants, 44100.0) for kind in types["table"])
    assert here.keys() == other.keys() and all(np.array_equal(here[name], other[name]) for name in here)
    assert {one.dtype.str for one in other.values()} == {"<f4", "<i8"}
    for seconds in (0.1, 0.5):
        known = KnownParameters(seconds=seconds)
        here, other = (memory_needs(kind, known, 44100.0, {}) for kind in types["echo"])
        assert here == other and here[0].size > seconds * 44100.0
    for kind in types["table"]:
        state = SimpleNamespace(playhead=np.int64(7))
        kind.adopted(state, KnownParameters(length=5), KnownParameters(length=6))
        assert state.playhead == 0


def test_the_sound_of_a_file_is_handed_over_where_it_is_read(tmp_path, process):
    fields = '    file: File = param(None)\n    arrays = {"table": "f8"}\n    rings = {"line": 1}\n'
    method = """
    @staticmethod
    def lengths(constants, rate):
        return {"line": 0.1}

    @staticmethod
    def prepare(constants, rate):
        return {"table": 2.0 * constants.file[1][0]}
"""
    kernel = "\n    @staticmethod\n    def render(out, table, line):\n        out[0] = table[0]\n"
    text = f"{HEAD}{fields}{method}{kernel}".replace("import Node,", "import File, Node,")
    kind = opened(tmp_path, bad=text).types["bad"]
    sounds = [np.zeros((1, 3), np.float32), np.arange(8, dtype=np.float32).reshape(2, 4)]
    constants = KnownParameters(file=sounds)
    assert prepared_arrays(kind, constants, 44100.0)["table"].tolist() == [0.0, 2.0, 4.0, 6.0]
    asked: list[Any] = []
    request = process.request
    process.request = lambda message, serve=None, limit=None: request(  # type: ignore[method-assign]
        message, lambda one: asked.append(one) or serve(one), limit
    )
    assert memory_needs(kind, constants, 1000.0, {})[0].size == 128 and asked == [], "a length does not need it"


# ---- nothing that stops the player

EXPAND = "    @classmethod\n    def expand(cls, build):\n        {}\n"
PREPARE = '    arrays = {{"table": "f8"}}\n\n    @staticmethod\n    def prepare(constants, rate):\n        {}\n'
LENGTHS = '    rings = {{"line": 1}}\n\n    @staticmethod\n    def lengths(constants, rate):\n        {}\n'
HARMS = {
    "while True: pass": "bad does not come to an end: `{}` takes more than 1 s",
    "import os; os._exit(3)": "bad crashes, or ends its process, in `{}`",
    "import sys; sys.exit(3)": "`{}` raises SystemExit, which ends the program",
    "return cls_of_nothing": "`{}` raises NameError: name 'cls_of_nothing' is not defined",
    "return [0] * 10**12": "`{}` raises MemoryError",
    "return (f := lambda: f())()": "`<lambda>` raises RecursionError",
    "9 ** 9 ** 9 ** 9": "bad does not come to an end: `{}` takes more than 1 s",
}
FUNCTIONS = {
    "expand": (EXPAND, ""),
    "prepare": (PREPARE, KERNEL.replace("(out, signal)", "(out, signal, table)")),
    "lengths": (LENGTHS, KERNEL.replace("(out, signal)", "(out, signal, line)")),
}


@pytest.mark.parametrize(
    "function", [pytest.param(one, marks=() if one == "expand" else pytest.mark.long) for one in FUNCTIONS]
)
def test_python_that_does_harm_is_a_problem_at_its_line_and_the_next_save_is_heard(tmp_path, process, function):
    save(tmp_path, GOOD)
    method, kernel = FUNCTIONS[function]
    process.limit = 1.0
    for number, (line, sentence) in enumerate(HARMS.items()):
        folder = tmp_path / str(number)
        found = bad(folder, method.format(line), kernel=kernel)
        assert found.problems == [], "its file is in order"
        save(tmp_path, "my_sound: {bad: {}}\n")
        composer = composer_for(tmp_path, found.types)
        said = problem_of(lambda composer=composer: composer.compose([("my_sound", {})]))
        at = f"{HEAD}{SIGNAL}{method}".count("\n", 0, f"{HEAD}{SIGNAL}{method}".index("{}")) + 1
        lines = {at} if "os._exit" not in line and "**" not in line else {at, at - 1, at - 2}
        assert any(re.match(rf"bad\.py:{one}:\d+: {re.escape(sentence.format(function))}", said) for one in lines), said
        save(tmp_path, GOOD)
        assert composer.compose([("my_sound", {})]).graph.rows, "all other text is built"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("return None", "`expand` raises ValueError: `expand` returns nothing, not a source of `build`"),
        ("return {}", "`expand` raises ValueError: `expand` returns a dict, not a source of `build`"),
        ("return build.modl", "`expand` raises AttributeError: there is no `build.modl`; there are input,"),
        ("return build.model", "there is no `build.model`: `build.notes("),
        ("return build.input('singal')", "`expand` raises KeyError: 'singal'"),
        ("return build.node(1, 2)", "`expand` raises TypeError: "),
        ("return build.bind(object())", "`expand` raises TypeError: a object is no number, text or array"),
    ],
)
def test_what_expand_cannot_do_is_a_problem_at_its_line(tmp_path, line, sentence):
    found = bad(tmp_path, EXPAND.format(line), kernel="")
    save(tmp_path, "my_sound: {bad: {}}\n")
    said = problem_of(lambda: composer_for(tmp_path, found.types).compose([("my_sound", {})]))
    assert sentence in said and said.startswith("bad.py:"), said


def test_a_mistake_of_the_piece_inside_an_expanded_node_stays_one_of_the_piece(tmp_path):
    found = bad(tmp_path, EXPAND.format("return build.input('signal')"), kernel="")
    deep = [f"s{k}: {{bad: {{signal: s{k + 1}}}}}\n" for k in range(101)]
    save(tmp_path, f"my_sound: s0\ns101: {{osc: {{}}}}\n{''.join(deep)}")
    said = problem_of(lambda: composer_for(tmp_path, found.types).compose([("my_sound", {})]))
    assert "more than 100 nodes inside each other" in said
    save(tmp_path, "my_sound: {bad: {signal: {bad: {signal: {osc: {freq: 100}}}}}}\n")
    assert composer_for(tmp_path, found.types).compose([("my_sound", {})]).graph.rows


def test_of_several_mistakes_of_the_piece_the_first_is_told(tmp_path, process):
    lines = ("try:", "    build.input('first')", "except Exception:", "    return build.input('second')")
    kind = bad(tmp_path, EXPAND.format("\n        ".join(lines)), kernel="").types["bad"]

    def fails(name: str) -> None:
        raise Problems(Problem(name))

    assert problem_of(lambda: process.expand(kind, SimpleNamespace(input=fails))) == "first"


def test_a_process_is_not_ended_for_its_size_while_a_call_waits(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST", 1)
    text = f"{HEAD}{SIGNAL}{EXPAND.format('return build.input(' + repr('signal') + ')')}"
    found = opened(tmp_path, one=text.replace("Bad", "One"), two=text.replace("Bad", "Two"))
    save(tmp_path, "my_sound: {one: {signal: {two: {signal: {osc: {freq: 100}}}}}}\n")
    assert composer_for(tmp_path, found.types).compose([("my_sound", {})]).graph.rows


def test_a_call_that_another_one_inside_it_cuts_off_is_a_problem(tmp_path, process):
    one = f"{HEAD}{SIGNAL}{EXPAND.format('return build.input(' + repr('signal') + ')')}"
    two = f"from pydantic import field_validator\n{HEAD}{SIGNAL}{SPOILT}{KERNEL}"
    found = opened(tmp_path, one=one.replace("Bad", "One"), two=two.replace("Bad", "Two"))
    build = SimpleNamespace(input=lambda name: validated(found.types["two"], {"signal": 1.0})[0]["signal"])
    said = problem_of(lambda: process.expand(found.types["one"], build))
    assert said == "one.py:7:5: one is left out: a node inside it has ended the process of their Python"
    assert process.expand(found.types["one"], SimpleNamespace(input=lambda name: 3.0)) == 3.0


def test_the_time_of_the_player_does_not_count(tmp_path, process):
    process.limit = 0.5
    kind = bad(tmp_path, EXPAND.format("build.bind('a'); build.bind('b'); return build.input('signal')"), kernel="")
    build = SimpleNamespace(bind=lambda name: time.sleep(0.4), input=lambda name: 3.0)
    assert process.expand(kind.types["bad"], build) == 3.0


def test_what_waits_for_the_processor_is_not_late_and_what_waits_for_ever_is(tmp_path, process, monkeypatch):
    """As on a machine that others keep busy: the limit is of processor time."""
    process.limit = 0.2
    waiting = bad(tmp_path / "a", EXPAND.format("import time; time.sleep(0.6); return 0.25"), kernel="").types["bad"]
    assert process.expand(waiting, SimpleNamespace()) == 0.25
    monkeypatch.setattr(python_process, "PATIENCE", 2.0)
    endless = bad(tmp_path / "b", EXPAND.format("import time; time.sleep(1e6)"), kernel="").types["bad"]
    said = problem_of(lambda: process.expand(endless, SimpleNamespace()))
    assert "bad does not come to an end: `expand` takes more than 0.2 s" in said


def test_a_save_that_uses_none_of_it_does_not_wait_for_the_process(tmp_path, process):
    found = bad(tmp_path, EXPAND.format("return build.input('signal')"), kernel="")
    save(tmp_path, GOOD)
    kind, held, asked = found.types["bad"], threading.Event(), threading.Event()

    def wait(name: str) -> float:
        asked.set()
        held.wait(60)
        return 0.0

    busy = threading.Thread(target=process.expand, args=(kind, SimpleNamespace(input=wait)))
    busy.start()
    try:
        assert asked.wait(60), "the process is in a call"
        assert composer_for(tmp_path, found.types).compose([("my_sound", {})]).graph.rows
        assert busy.is_alive() and not held.is_set()
    finally:
        held.set()
        busy.join()


def test_a_sound_that_does_not_play_is_tried_once_and_no_further_save_waits_for_it(tmp_path, process, monkeypatch):
    process.limit = 0.5
    found = bad(tmp_path, EXPAND.format("while True: pass"), kernel="")
    save(tmp_path, f"{GOOD}other: {{bad: {{}}}}\n")
    composer = composer_for(tmp_path, found.types)
    first = composer.compose([("my_sound", {})])
    assert "does not come to an end" in str(first.findings), "it is told"
    monkeypatch.setattr(process, "request", None)
    save(tmp_path, f"{GOOD.replace('220', '300')}other: {{bad: {{}}}}\n")
    again = composer.compose([("my_sound", {})])
    assert again.graph.rows and list(map(str, again.findings)) == list(map(str, first.findings))


def test_a_piece_without_nodes_of_its_own_starts_no_process(tmp_path, process):
    save(tmp_path, GOOD)
    found = opened(tmp_path)
    composer_for(tmp_path, found.types).compose([("my_sound", {})])
    assert process._process is None


# ---- at the start


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\nwhile True: pass\n", "bad.py:2:1: cannot be loaded: it takes more than 3 s to load"),
        (
            "import os\nos._exit(0)\n",
            "bad.py:1:1: cannot be loaded: it crashes, or ends its process, when it is loaded",
        ),
        ("import sys\nsys.exit()\n", "bad.py:2:1: cannot be loaded: it ends the program"),
        ("def f(): f()\nf()\n", "bad.py:1:1: cannot be loaded: something in it calls itself without end"),
        ("x = [0] * 10**12\n", "bad.py:1:1: cannot be loaded: it needs more memory"),
        ("def x(:\n", "bad.py:1:7: is not Python"),
        ("import nothing_of_the_kind\n", "bad.py:1:1: cannot be loaded: there is no module"),
        ("\udcff = 1\n", "bad.py:1:1: is not UTF-8 text"),
        (f"{HEAD}    x: float = param(1.0)\n{KERNEL}", "bad.py:5:5: bad: the number 'x' has no unit"),
        ("x = 1\n", "bad.py:1:1: a node file holds one class that is a Node, this one none"),
        (
            f"{HEAD}{SIGNAL}    x = property(lambda s: 1)\n    outputs = 3\n{KERNEL}",
            "bad.py:7:5: bad: `outputs` is",
        ),
    ],
)
def test_a_broken_file_is_told_and_left_out_and_all_else_is_there(tmp_path, text, said):
    found = opened(tmp_path, bad=text, fine=f"{HEAD}{SIGNAL}{KERNEL}".replace("Bad", "Fine"))
    assert str(found.problems[0]).startswith(said)
    assert "bad" not in found.types and {"fine", "osc", "mix"} <= found.types.keys()


def test_a_file_that_cannot_be_read_is_told_and_left_out(tmp_path):
    (tmp_path / "nodes" / "folder.py").mkdir(parents=True)
    found = opened(tmp_path, fine=f"{HEAD}{SIGNAL}{KERNEL}".replace("Bad", "Fine"))
    assert [str(one) for one in found.problems] == ["folder.py:1:1: cannot be read: 'folder.py' is not a file"]
    assert "fine" in found.types


@pytest.mark.long
def test_no_python_of_a_workspace_runs_in_the_player(tmp_path):
    """It is imported, expanded and prepared, saved and reloaded: the player's own process never has it."""
    mark = "import os\nopen({!r}, 'a').write(f'{{os.getpid()}}\\n')\n".format(str(tmp_path / "pids"))
    inner = mark.replace("\n", "\n        ").strip()
    one = f"{HEAD}{SIGNAL}{EXPAND.format(inner + chr(10) + '        return build.input(' + repr('signal') + ')')}"
    two = f"{HEAD}{SIGNAL}{FUNCTIONS['prepare'][0].format(inner + chr(10) + '        return {chr(34)}')}"
    two = two.replace("return {chr(34)}", "return {'table': [1.0]}") + FUNCTIONS["prepare"][1]
    save(tmp_path, mark + one, "nodes/one.py")
    save(tmp_path, mark + two.replace("Bad", "Two"), "nodes/two.py")
    save(tmp_path, "my_sound: {mix: {a: {one: {signal: {two: {signal: {osc: {freq: 100, amp: 0.1}}}}}}}}\n")
    program = """
        import json, os, sys, threading
        from pathlib import Path
        from waves import open_piece
        folder = Path(sys.argv[1])
        with open_piece(folder, trust=True, DEVICE="silent") as piece:
            came = threading.Event()
            piece.play("my_sound")
            piece.subscribe(lambda event: came.set() if event.kind in ("reloaded", "refused") else None)
            file = folder / "nodes" / "two.py"
            file.write_text(file.read_text() .replace("signal[i]", "0.5 * signal[i]"))
            assert came.wait(120)
        print(json.dumps([os.getpid(), [name for name in sys.modules if "waves_workspace" in name]]))
    """
    pid, modules = json.loads(output_of(program, str(tmp_path)))
    pids = (tmp_path / "pids").read_text().split()
    assert len(pids) > 4 and str(pid) not in pids and modules == []


def test_one_process_is_shared(process):
    assert node_python() is node_python() is not process


def test_what_a_process_writes_to_standard_error_goes_through_the_player(tmp_path, monkeypatch, process):
    reading, writing = os.pipe()
    monkeypatch.setattr(python_process, "STDERR", writing)
    opened(tmp_path, bad=f"print('\u00fcber')\n{HEAD}{SIGNAL}{KERNEL}")
    with os.fdopen(reading, "rb") as lines:
        assert lines.readline().decode() == f"\u00fcber{os.linesep}"
    os.close(writing)

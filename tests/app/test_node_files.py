"""Node files of a workspace on the command line: trusted ones that do harm, and those of a stranger."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import soundfile

from tests.harness.command import Play, output_of, waves
from tests.harness.session_harness import save
from waves import cli, open_piece
from waves.app.commands.check import check_folder
from waves.engine.compiler.sandbox import Sandbox
from waves.engine.compiler.workers import Workers
from waves.language.model.models import NodeModel, Origin
from waves.language.model.validation import read_sound
from waves.language.model.vocabulary import Vocabulary
from waves.live.workspace.open_workspace import open_workspace
from waves.live.workspace.piece_check import check_texts
from waves.live.workspace.trust import trust
from waves.node_types.library import library

GOOD = "my_sound: {osc: {freq: 220, amp: 0.2}}\n"
USING = "my_sound: {mix: {a: {osc: {freq: 220, amp: 0.2}}, b: {bad: {}}}}\n"
BAD = """from waves.node import Node, Signal, param


class Bad(Node):
    signal: Signal = param(0.0, unit="value")

    @classmethod
    def expand(cls, build):
        LINE
"""


@pytest.fixture
def piece(tmp_path: Path) -> Path:
    (tmp_path / "waves.yaml").write_text(GOOD)
    (tmp_path / "nodes").mkdir()
    return tmp_path


HARMFUL = [
    ("while True: pass", 9, "bad does not come to an end: `expand` takes more than 2 s"),
    ("import os; os._exit(3)", 8, "bad crashes, or ends its process, in `expand`"),
]


@pytest.mark.long
def test_after_an_expand_that_does_harm_every_save_is_heard(piece):
    with Play(piece, "my_sound", "--trust") as play:
        play.wait_for("started")
        for number, (line, at, sentence) in enumerate(HARMFUL):
            play.save(GOOD.replace("220", f"30{number}"))
            play.wait_for("reloaded")
            play.save(BAD.replace("LINE", line), "nodes/bad.py")
            play.wait_for("nodes_loaded")
            play.wait_for("reloaded")
            play.save(USING)
            [problem] = play.wait_for("refused")["problems"]
            assert (problem["file"], problem["line"], problem["sentence"]) == ("bad.py", at, sentence)
        play.save(BAD.replace("LINE", "return build.input('signal')"), "nodes/bad.py")
        play.wait_for("reloaded")
        play.save(GOOD.replace("220", "400"))
        play.wait_for("reloaded")
        assert play.end() == 130


def test_a_broken_file_that_nothing_uses_is_told_at_the_start_and_all_else_plays(piece):
    text, sentence = "def x(:\n", "is not Python: invalid syntax"
    (piece / "nodes" / "bad.py").write_text(text)
    with Play(piece, "my_sound", "--trust") as play:
        play.wait_for("started")
        refused = play.wait_for("refused")
        assert refused["subject"] == "nodes" and [one["sentence"] for one in refused["problems"]] == [sentence]
        play.save(BAD.replace("LINE", "return build.input('signal')"), "nodes/bad.py")
        play.wait_for("nodes_loaded")
        play.save(USING)
        play.says("mix added")  # of waves.yaml, or of both files, if it is saved while bad.py is built
        play.end()
    (piece / "nodes" / "bad.py").write_text(text)
    (piece / "waves.yaml").write_text(GOOD)
    done = waves(piece, "render", "--trust", "--duration", "0.1")
    assert done.returncode == 0 and f": {sentence}" in done.stderr
    (piece / "waves.yaml").write_text(USING)
    done = waves(piece, "play", "--trust", "--device", "silent", "--no-watch")
    assert done.returncode == 1
    assert sentence in done.stderr and "unknown node" not in done.stderr
    (piece / "waves.yaml").write_text("my_sound: {sequencer: {interval: 0.5, steps: [bad]}}\n")
    done = waves(piece, "play", "--trust", "--device", "silent", "--no-watch")
    assert done.returncode == 1
    assert sentence in done.stderr and "there is no sound" not in done.stderr


def test_check_tells_a_broken_node_file_once(piece):
    (piece / "nodes" / "bad.py").write_text("def x(:\n")
    assert waves(piece, "trust").returncode == 0
    done = waves(piece, "check")
    assert done.returncode == 1 and done.stderr.count("bad.py:1:7: is not Python: invalid syntax") == 1
    document = json.loads(waves(piece, "check", "--json").stdout)
    assert [one["file"] for one in document["problems"]] == ["bad.py"] and document["notices"] == []
    done = waves(piece, "nodes")
    assert done.returncode == 0 and "bad.py:1:7" in done.stderr and "osc" in done.stdout


KERNEL = """from waves.node import Node


class Bad(Node):
    @staticmethod
    def render(out):
        for i in range(out.size):
            out[i] = LINE
"""
PREPARING = """import numpy as np

from waves.node import Node


class Full(Node):
    arrays = {"table": "f8"}

    @staticmethod
    def prepare(constants, rate):
        return {"table": LINE}

    @staticmethod
    def render(out, table):
        for i in range(out.size):
            out[i] = table[i]
"""


def test_a_node_whose_file_is_not_trusted_is_said_to_be_there(piece, capsys):
    """Even where another node has a name that is like it."""
    (piece / "nodes" / "crunch.py").write_text(KERNEL.replace("LINE", "0.125"))
    (piece / "waves.yaml").write_text("my_sound: {crunch: {signal: {osc: {}}}}\n")
    assert check_folder(piece, strict=False, json=True) == 1
    [problem] = json.loads(capsys.readouterr().out)["problems"]
    sentence = f"'crunch' is in nodes/crunch.py, which is not trusted: `waves trust {piece}` lets it run"
    assert (problem["sentence"], problem["suggestion"]) == (
        f"{sentence}, or for once `--trust` with play, render or try",
        "",
    )
    [told] = check_texts(open_workspace(piece).composer(), {"waves.yaml": (piece / "waves.yaml").read_text()})
    assert told.sentence == problem["sentence"]


def test_check_compiles_and_tries_the_nodes_of_a_trusted_workspace(piece, capsys, monkeypatch):
    (piece / "nodes" / "bad.py").write_text(KERNEL.replace("LINE", "unknown"))
    (piece / "nodes" / "full.py").write_text(PREPARING.replace("LINE", "np.zeros(4) + nothing"))
    assert check_folder(piece, strict=False, json=False) == 0
    assert "is not trusted and not read" in capsys.readouterr().err
    trust(piece)
    assert check_folder(piece, strict=False, json=True) == 1
    document = json.loads(capsys.readouterr().out)
    assert {(one["file"], one["line"], one["sentence"]) for one in document["problems"]} == {
        ("full.py", 11, "full raises NameError: name 'nothing' is not defined"),
        ("bad.py", 8, "bad cannot be compiled: the name 'unknown' is not known here"),
    }
    (piece / "nodes" / "bad.py").write_text(KERNEL.replace("LINE", "0.125"))
    (piece / "nodes" / "full.py").write_text(PREPARING.replace("LINE", "np.zeros(5)"))
    assert check_folder(piece, strict=False, json=False) == 0
    monkeypatch.setattr(Sandbox, "request", None)  # no trial any more: nothing has changed
    monkeypatch.setattr(Workers, "_take", None)
    assert check_folder(piece, strict=False, json=False) == 0


def test_a_mistake_in_a_node_file_is_told_once_and_no_unknown_node(piece, capsys):
    trust(piece)
    (piece / "nodes" / "bad.py").write_text("from ._part import gain\n\n" + KERNEL.replace("LINE", "gain"))
    (piece / "nodes" / "_part.py").write_text("gain = (\n")
    (piece / "waves.yaml").write_text(USING + "other: {zzz: {}}\n")
    assert check_folder(piece, strict=False, json=True) == 1
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert [(one["file"], one["sentence"]) for one in problems] == [
        ("_part.py", "is not Python: '(' was never closed"),
        ("waves.yaml", "unknown node 'zzz'; `waves nodes` lists them"),
    ]
    composer = open_workspace(piece).composer()
    told = check_texts(composer, {"waves.yaml": USING})
    assert [one.sentence for one in told] == ["'bad' is not there until _part.py is mended"]
    assert told[0].mark and told[0].mark.file == "waves.yaml" and not told[0].suggestion


STRANGER = {
    "play": ["play", "my_sound", "--duration", "0.2", "--device", "silent", "--plain"],
    "render": ["render", "my_sound", "--duration", "0.1", "-o", "out.wav"],
    "replay": ["replay", "last", "-o", "again.wav"],
    "keep": ["keep", "1s", "-o", "kept.wav"],
    "history": ["history"],
    "check": ["check"],
    "list": ["list"],
    "nodes": ["nodes"],
    "ids": ["ids"],
    "devices": ["devices"],
    "doctor": ["doctor"],
    "status": ["status"],
    "new": ["new", "another"],
    "demo": ["demo", "--dir", "shown", "--duration", "0.2", "--device", "silent", "--plain"],
    "warm": ["warm"],
    "try": ["try", "osc"],
    "adopt": ["adopt"],
    "bundle": ["bundle", "my_sound", "-o", "night.waves"],
    "pack": ["pack", "add", "--help"],
    "tap": ["tap", "--help"],
    "trust": ["trust", "--help"],
}


@pytest.mark.long
def test_no_command_runs_the_python_of_a_stranger(piece):
    """Not one, while the folder is not trusted: with node files, further folders, and a session to replay."""
    groups = {group.name for group in cli.app.registered_groups}
    assert {command.name for command in cli.app.registered_commands} | groups == STRANGER.keys()
    assert waves(piece, *STRANGER["play"]).returncode == 0, "a session, and a version to restore"
    mark = f"open({str(piece / 'ran')!r}, 'w')\n"
    (piece / "more").mkdir()
    for file in ("nodes/bad.py", "nodes/_helper.py", "more/other.py", "nodes/osc.py"):
        (piece / file).write_text(mark)
    (piece / "config.py").write_text("WATCH_DIRS = ['more']\n")
    program = """
        import json, os, sys
        from typer.testing import CliRunner
        from waves import cli
        os.chdir(sys.argv[1])
        os.environ["XDG_CONFIG_HOME"] = sys.argv[1] + "/.config"
        ran = []
        for arguments in json.loads(sys.argv[2]):
            done = CliRunner().invoke(cli.app, arguments)
            ran.append([arguments[0], done.exit_code, os.path.exists("ran")])
        print("\\n" + json.dumps(ran))
    """
    commands = [*STRANGER.values(), ["history", "restore", "1"]]
    ran = json.loads(output_of(program, str(piece), json.dumps(commands)).splitlines()[-1])
    assert [one for one in ran if one[2]] == [] and len(ran) == len(commands)
    failed = [one for one in ran if one[1] != 0 and one[0] not in ("devices", "doctor", "status")]
    assert failed == [], "each did its work"
    shutil.rmtree(piece / "shown")
    assert waves(piece, "render", "--trust", "--duration", "0.1").returncode != 0 and (piece / "ran").exists()


OPTIONAL = '''"""Half of its input, the key where there is one."""

import numpy as np

from waves.node import Channels, DataFile, File, Node, Numbers, Signal, param


class Half(Node):
    signal: Signal = param(unit="value")
    key: Channels = param(None)
    side: Channels | None = param(None)
    gate: Signal | None = param(None)
    length: int = param(3, unit="steps")
    curve: File = param(None)
    points: DataFile = param(None)
    drawn: Numbers | None = param(None, unit="value")

    arrays = {"table": "f8"}

    @staticmethod
    def prepare(constants, rate):
        if not isinstance(constants.length, int):
            raise ValueError("the length is no int")
        given = [constants.curve, constants.points, constants.drawn]
        return {"table": np.full(constants.length, 0.5 if given == [None] * 3 else 0.0)}

    @staticmethod
    def render(out, signal, key, side, gate, table):
        for i in range(out.size):
            without = key[0][i] != key[0][i] and side[0][i] != side[0][i] and gate[i] != gate[i]
            out[i] = table[0] * signal[i] if without else key[0][i]
'''
FEW = '''"""Counts its steps."""

from waves.node import Node, Steps, param


class Few(Node):
    length: int = param(3, unit="steps")
    one: Steps = param()

    @classmethod
    def expand(cls, build):
        return 0.1 * len(range(build.input("length")))
'''
RAISES = '''"""Has no sound."""

from waves.node import Node, param


class Raises(Node):
    size: int = param(3, unit="frames")

    arrays = {"table": "f8"}

    @staticmethod
    def prepare(constants, rate):
        raise ValueError("a table of 3 is too short")

    @staticmethod
    def render(out, table):
        for i in range(out.size):
            out[i] = table[0]
'''


HALF = "my_sound: {half: {signal: 0.5}}\nkeyed: {half: {signal: 0.5, key: 0.1}}\n"


@pytest.mark.long
def test_what_is_left_out_is_none_for_every_command(piece):
    """An optional parameter of each kind: in check, render, play, a save, and from Python."""
    (piece / "nodes" / "half.py").write_text(OPTIONAL)
    (piece / "waves.yaml").write_text(HALF)
    done = waves(piece, "render", "my_sound", "--trust", "--duration", "0.1", "-o", "half.wav")
    assert done.returncode == 0, done.stderr
    assert waves(piece, "trust").returncode == 0
    assert waves(piece, "check").stdout == "2 sounds, 0 errors, 0 warnings\n"
    assert soundfile.read(piece / "half.wav")[0][2000, 0] == pytest.approx(0.25, abs=1e-6)
    with open_piece(piece, trust=True) as opened:
        for sound, level in (("my_sound", 0.25), ("keyed", 0.1)):
            assert opened.render(sound, seconds=0.1)[2000, 0] == pytest.approx(level, abs=1e-6)
    (piece / "waves.yaml").write_text(GOOD)
    with Play(piece, "my_sound", "--trust") as play:
        play.wait_for("started")
        play.save(HALF)
        assert play.wait_for("reloaded")["problems"] == []
        play.save(OPTIONAL.replace("signal[i] if", "-signal[i] if"), "nodes/half.py")
        assert play.wait_for("nodes_loaded")["problems"] == []
        assert play.wait_for("reloaded")["problems"] == []
        assert play.end() == 130


def test_check_and_render_say_the_same_of_python_that_refuses(piece):
    """An `expand` and a `prepare` that raise."""
    files = {"raises": RAISES, "bad": BAD.replace("LINE", "raise RuntimeError('not today')")}
    for name, text in files.items():
        (piece / "nodes" / f"{name}.py").write_text(text)
    assert waves(piece, "trust").returncode == 0
    (piece / "waves.yaml").write_text("one: {bad: {}}\ntwo: {raises: {}}\n")
    done = waves(piece, "check")
    assert done.returncode == 1 and "Traceback" not in done.stderr and "defect" not in done.stderr
    assert done.stdout == "2 sounds, 2 errors, 0 warnings\n"
    assert done.stderr.count("`expand` raises RuntimeError: not today") == 1
    assert "waves.yaml:2:7: two.raises: a table of 3 is too short" in done.stderr


def test_a_whole_number_beside_required_steps_is_an_int(tmp_path):
    save(tmp_path, FEW, "few.py")
    kind = library.load_library(tmp_path)["few"]
    entry = {"few": {"length": 5, "one": [None]}}
    root = read_sound(Origin("a"), entry, Vocabulary({"few": kind}, frozenset())).root
    assert isinstance(root, NodeModel) and repr(root.settings["length"]) == "5"


COLUMN = '''"""The mean of a column of a file."""

from waves.node import DataFile, Node, param


class Column(Node):
    file: DataFile = param()
    number: int = param(0, unit="number", minimum=0)

    arrays = {"mean": "f8"}

    @staticmethod
    def prepare(constants, rate):
        if constants.number >= len(constants.file):
            raise ValueError(f"there are {len(constants.file)} columns")
        return {"mean": [constants.file[constants.number].mean()]}

    @staticmethod
    def render(out, mean):
        for i in range(out.size):
            out[i] = mean[0]
'''


def test_a_node_of_a_workspace_reads_a_file_of_numbers(piece):
    (piece / "nodes" / "column.py").write_text(COLUMN)
    (piece / "tables").mkdir()
    (piece / "tables" / "a.csv").write_text("low,high\n0.1,0.4\n0.2,0.6\n")
    text = "my_sound: {column: {file: tables/a.csv, number: 1}}\n"
    (piece / "waves.yaml").write_text(text)
    assert waves(piece, "trust").returncode == 0
    done = waves(piece, "render", "my_sound", "--duration", "0.1", "-o", "a.wav")
    assert done.returncode == 0, done.stderr
    assert soundfile.read(piece / "a.wav")[0][2000, 0] == pytest.approx(0.5, abs=1e-6)
    with Play(piece, "my_sound") as play:
        play.wait_for("started")
        play.save("0.1,0.4\n0.2,O.6\n", "tables/a.csv")
        [problem] = play.wait_for("refused")["problems"]
        assert problem["sentence"] == "a.csv:2: expected a number in column 2, got 'O.6'"
        assert (problem["file"], problem["line"]) == ("waves.yaml", 1)
        play.save("0.1,0.3\n0.2,0.5\n", "tables/a.csv")
        assert play.wait_for("reloaded")["file"] == "a.csv"
        play.save(text.replace("number: 1", "number: 2"))
        assert play.wait_for("refused")["problems"][0]["sentence"] == "there are 2 columns"
        play.end()
    (piece / "tables" / "a.csv").write_text("0.1\n\n0.2 0.3\n")
    done = waves(piece, "check")
    assert done.returncode == 1
    assert "my_sound.column.file: a.csv:3: expected one number, as in the line above, got 2" in done.stderr

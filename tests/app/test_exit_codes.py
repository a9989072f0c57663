"""Exit codes: 2 where other words on the command line would do, 1 for what the piece says or lacks."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.command import PATIENCE, environment
from waves.app import exit_codes
from waves.app.exit_codes import Exit, end_by_signals, ending_signals, received_signal
from waves.node_types.library import module_loader
from waves.node_types.library.library import problems_of_types
from waves.node_types.library.module_loader import SourceFile
from waves.problem import EndedBySignal

PROGRAM = """
import json, sys
from waves.cli import main
codes = []
for words in json.loads(sys.argv[1]):
    sys.argv = ["waves", *words]
    try:
        main()
    except SystemExit as error:
        codes.append(error.code)
print("\\n" + json.dumps(codes))
"""

NEEDS_OTHER_WORDS = [
    "render tone -o there.wav",
    "render tone -o track.wav --stems",
    "render tone -o x.mp3",
    "render tone -o x",
    "render tone -o x.wav --subtype FOO",
    "render tone -o x.flac --channels 9",
    "render tone -o nowhere/x.wav",
    "render tone --duration soon",
    "render tone --duration 0",
    "render nothing",
    "render tone --rate 3",
    "render tone --nothing",
    "replay last",
    "replay nothing -o x.wav",
    "replay last -o x.wav --from soon",
    "keep soon",
    "history restore 99",
    "history restore first",
    "ids nothing",
    "nodes no_such_node",
    "play nothing --duration 1",
    "play tone --duration 0",
    "play tone --once --loop",
    "play tone --record x.mp3 --duration 1",
    "play tone --at soon --duration 1",
    "new .",
    *(f"{command} --dir nowhere" for command in ("check", "list", "render tone", "play tone", "history", "status")),
    "trust nowhere",
]
LACKS = [
    "render broken -o x.wav",
    "check",
    "replay last -o x.wav",
    "keep 5m",
    "status",
    "adopt",
    "check --dir empty",
    "render --dir empty -o x.wav",
    "play --dir empty --duration 1",
    "check --dir hollow",
]
FINE = ["render tone -o there.wav --force --duration 0.1", "list", "nodes osc", "ids tone", "history", "devices"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    mix = "{mix: {a: {osc: {freq: 220, duration: 0.1}}}}"
    (tmp_path / "waves.yaml").write_text(f"tone: {mix}\nbroken: {{osc: {{freq: 3 4}}}}\n")
    (tmp_path / "there.wav").touch()
    (tmp_path / "track__a.wav").touch()
    for name in ("empty", "hollow"):
        (tmp_path / name).mkdir()
    (tmp_path / "empty" / "waves.yaml").touch()
    return tmp_path


def test_one_rule_for_all_commands(folder: Path) -> None:
    lines = [*NEEDS_OTHER_WORDS, *LACKS, *FINE]
    expected = [*[Exit.USAGE] * len(NEEDS_OTHER_WORDS), *[Exit.PIECE] * len(LACKS), *[Exit.GOOD] * len(FINE)]
    command = [sys.executable, "-c", PROGRAM, json.dumps([line.split() for line in lines])]
    done = subprocess.run(
        command, cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    codes = json.loads(done.stdout.splitlines()[-1])
    wrong = {line: code for line, code, right in zip(lines, codes, expected, strict=True) if code != right}
    assert not wrong, done.stderr
    assert not list(folder.rglob("x.*"))


LOST = """
import signal, sys
from waves.app.commands import render
from waves.app.player import start
from waves.cli import main
number = int(sys.argv.pop())

def losing(function):
    def lose(*arguments, **options):
        try:
            signal.raise_signal(number)
        except BaseException:
            return function(*arguments, **options)
    return lose

start.find_workspace = losing(start.find_workspace)
render.open_workspace = losing(render.open_workspace)
main()
"""


@pytest.fixture
def caught(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The signals that are to end the program are exceptions."""
    monkeypatch.setattr(exit_codes, "_received", [])
    before = {number: signal.getsignal(number) for number in ending_signals()}
    end_by_signals()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_is_never_an_error_of_a_node_file(
    caught: None, how: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"import signal\nsignal.raise_signal({int(how)})\n"
    monkeypatch.setattr(exit_codes, "ONE", 0.0)
    with pytest.raises(EndedBySignal):
        module_loader.load({"grit": SourceFile("grit", "grit.py", text)}, {})
    namespace: dict[str, object] = {}
    with pytest.raises(EndedBySignal), problems_of_types({}):
        exec(text, namespace)
    assert received_signal() == how


def test_a_signal_that_comes_twice_does_not_stop_the_way_out(caught: None) -> None:
    """`timeout` sends it to the program, and to its group at once."""
    with pytest.raises(EndedBySignal):
        signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGTERM)


@pytest.mark.parametrize(("how", "node"), [(signal.SIGHUP, "osc"), (signal.SIGTERM, "oscc")])
def test_a_signal_that_some_code_has_lost_ends_the_player_all_the_same(
    tmp_path: Path, how: signal.Signals, node: str
) -> None:
    (tmp_path / "waves.yaml").write_text(f"my_sound: {{{node}: {{freq: 220}}}}\n")
    command = [sys.executable, "-c", LOST, "play", "--device", "silent", "--json-events", str(int(how))]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment(tmp_path), capture_output=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 128 + how, done.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_some_code_has_lost_ends_a_render_all_the_same(tmp_path: Path, how: signal.Signals) -> None:
    (tmp_path / "waves.yaml").write_text("my_sound: {osc: {freq: 220}}\n")
    command = [sys.executable, "-c", LOST, "render", "--duration", "80000", str(int(how))]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment(tmp_path), capture_output=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 128 + how, done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["waves.yaml"]

"""Files that are too large, too deep, endless, out of bounds or hostile are problems within a second."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.harness.mistakes import PIECE, SOUNDS, LiveSession, composer_for, make_workspace, shown
from tests.harness.paths import NODES, TOP
from tests.harness.waiting import wait
from waves.engine.compiler.cache_folder import environment
from waves.engine.state import memory_limit
from waves.language.build.sound_checks import check_sounds
from waves.language.build.sound_tree import build_tree
from waves.language.model.piece import read_piece
from waves.language.text.document import read_document
from waves.live.workspace import composer
from waves.live.workspace.composer import Composer
from waves.live.workspace.open_workspace import open_workspace
from waves.node_types.library.library import load_library
from waves.problem import Problem, Problems

GIGABYTE = 1 << 30
SECOND = 1.0  # of this thread, for what takes milliseconds
TIMES = 50  # as long as the shipped piece takes: a second where that takes 20 ms
ESCAPE = "\x1b]0;owned\x07\x1b[31mred"  # sets the window's title and a colour


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composer, "PATIENCE", 0.0)


def refused(piece: Composer) -> tuple[list[Problem], float]:
    """The problems of what is in the files, and the seconds of this thread until they were known."""
    started = time.thread_time()
    with pytest.raises(Problems) as raised:
        piece.compose(SOUNDS)
    seconds = time.thread_time() - started  # not the time of other programs on this machine
    return raised.value.problems, seconds


def aliases(levels: int) -> str:
    lines = ["l0: &l0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "templates:\n  " + "\n  ".join(lines) + f"\nmy_sound: {{osc: *l{levels - 1}}}\n"


def expression(text: str) -> str:
    return f"my_sound:\n  osc:\n    freq: {text}\n"


def halves(levels: int) -> str:
    """Sounds that each play the next one twice: 2 ** levels nodes."""
    lines = [f"s{n}: {{mix: {{a: s{n + 1}, b: s{n + 1}}}}}" for n in range(levels)]
    return "my_sound: s0\n" + "\n".join(lines) + f"\ns{levels}: osc\n"


def chain(count: int, last: str) -> str:
    return "my_sound: s0\n" + "".join(f"s{n}: s{n + 1}\n" for n in range(count)) + f"s{count}: {last}\n"


def hundreds(count: int) -> str:
    """`count` hundred oscillators and some sums of them."""
    ten, hundred = ", ".join(["osc"] * 100), ", ".join(["hundred"] * count)
    return f"hundred: {{mix: {{signals: [{ten}]}}}}\nmy_sound: {{mix: {{signals: [{hundred}]}}}}\n"


TOO_MUCH = {
    "alias bomb": (aliases(30), "the file holds more than 100000 values"),
    "file of 10 MB": (
        "my_sound: osc\n#" + "x" * 10_000_000,
        "the file has more than 1000000 bytes",
    ),
    "10,000 lists inside each other": ("my_sound: " + "[" * 10_000 + "]" * 10_000, "more than 100 levels"),
    "10,000 nodes inside each other": ("my_sound: " + "{osc: " * 10_000 + "}" * 10_000, "more than 100 levels"),
    "10,000 brackets never closed": ("my_sound: " + "[" * 10_000, "more than 100 levels"),
    "10,000 lists with dashes": ("my_sound:\n  " + "- " * 10_000 + "x\n", "more than 100 levels"),
    "10,000 keys inside each other": ("my_sound:\n  " + "? " * 10_000 + "x\n", "more than 100 levels"),
    "1,300 levels by indentation": (
        "my_sound:\n" + "".join(" " * (n + 1) + "osc:\n" for n in range(1300)),
        "more than 100 levels",
    ),
    "expression of 100,000 terms": (
        expression("1 + " * 100_000 + "1"),
        "at most 4000 characters, this one has 400001",
    ),
    "var of 100,000 terms": (f"vars: {{a: {'1+' * 100_000}1}}\n{expression('a')}", "at most 4000 characters"),
    "1,500 terms": (expression("1+" * 1500 + "1"), "at most 1000 numbers and names"),
    "9**9**9": (expression("9**9**9"), "'9**9**9' is not a finite number"),
    "9**9**9**9**9": (expression("9**9**9**9**9"), "is not a finite number"),
    "300 parentheses": (expression("(" * 300 + "1" + ")" * 300), "more than 100 brackets inside each other"),
    "3,900 signs": (expression("-" * 3900 + "1"), "more than 100 operations inside each other"),
    "900 times not": (expression("not " * 900 + "1"), "more than 100 operations inside each other"),
    "300 choices": (expression("1 if t else " * 300 + "1"), "more than 100 operations inside each other"),
    "1,000 powers": (expression("t**" * 999 + "1"), "more than 100 operations inside each other"),
    "900 values at once": (expression(f"std([{', '.join(['t'] * 900)}])"), "split it"),
    "freq: .inf": (expression(".inf"), "expected a finite number, got .inf"),
    "freq: 1e999": (expression("1e999"), "'1e999' is too large"),
    "20,001 nodes": (hundreds(200), "more than 20000 nodes"),
    "2 ** 20 nodes": (halves(20), "more than 20000 nodes"),
    "a sound that plays itself": ("my_sound: {mix: {a: my_sound}}\n", "a sound that plays itself has no end"),
    "2,000 sounds in a circle": (chain(2000, "s0"), "a sound that plays itself has no end"),
    "2,000 sounds inside each other": (
        "my_sound: {track: {signal: s0}}\n"
        + "".join(f"s{n}: {{track: {{signal: s{n + 1}}}}}\n" for n in range(2000))
        + "s2000: osc\n",
        "more than 100 nodes inside each other",
    ),
    "5,000 vars in a row": (
        "vars:\n" + "".join(f"  v{n}: v{n + 1} + 1\n" for n in range(5000)) + f"  v5000: 1\n{expression('v0')}",
        "more than 100 vars read each other in a row",
    ),
    "name of 400,000 letters": (
        "my_sound: {mix: {a: {" + "o" * 400_000 + ": {}}}}\n",
        "expected ',' or '}' before",
    ),
    "word of 900,000 letters": ("my_sound: {osc: {type: " + "o" * 900_000 + "}}\n", "expected one of sin"),
    "number of 900,000 digits": (expression("9" * 900_000), "...' is too large"),
    "file name of 900,000 letters": (
        "my_sound: {sample: {file: " + "a/" * 450_000 + "}}\n",
        "there is no file 'a/a/",
    ),
    "100,000 lines with %": ("%\n" * 100_000, "a line cannot begin with '%'"),
    "NUL": ("my_sound: \0\n", "U+0000"),
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_too_much_is_a_problem(name: str, tmp_path: Path) -> None:
    text, sentence = TOO_MUCH[name]
    problems, _ = refused(composer_for(make_workspace(tmp_path / "piece", text)))
    assert sentence in problems[0].sentence
    assert len(problems) <= 100
    assert all(len(problem.show()) < 2000 for problem in problems)


@pytest.fixture
def natural() -> float:
    """The shortest of three times in which the shipped piece is read and built, seconds of this thread."""
    times = []
    for _ in range(3):
        shipped = composer_for(TOP / "waves.yaml")
        started = time.thread_time()
        shipped.compose(SOUNDS)
        times.append(time.thread_time() - started)
    return min(times)


@pytest.mark.timing
@pytest.mark.parametrize("name", TOO_MUCH)
def test_too_much_is_a_problem_soon(name: str, natural: float, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("run") / "piece"
    _, seconds = refused(composer_for(make_workspace(folder, TOO_MUCH[name][0])))
    print(f"{seconds / natural:.1f} times the shipped piece")
    assert seconds < TIMES * natural


def test_the_caret_of_a_long_line_is_under_its_place(tmp_path: Path) -> None:
    tracks = ", ".join(f"x{n}: osc" for n in range(2000))
    file = make_workspace(tmp_path / "piece", f"my_sound: {{mix: {{{tracks}, y: {{osc: {{frq: 1}}}}}}}}\n")
    [problem], _ = refused(composer_for(file))
    _, line, caret = problem.show().split("\n")
    assert line[len(caret) - 1 :].startswith("frq: 1")
    assert len(line) < 250


# Files


def sparse(path: Path, header: bytes, size: int) -> None:
    with path.open("wb") as file:
        file.write(header)
        file.truncate(size)


def make_files(root: Path) -> None:
    """What a sample may not be."""
    samples = root / "samples"
    os.mkfifo(samples / "pipe.wav")
    (samples / "device.wav").symlink_to("/dev/zero")
    (samples / "link.wav").symlink_to("../../outside.wav")
    (samples / "linked").symlink_to("../..")
    (samples / "circle.wav").symlink_to("circle.wav")
    os.mkfifo(samples / "hollow" / "pipe.wav")
    au = struct.pack(">4s5I", b".snd", 24, 0xFFFFFFFF, 3, 44100, 1)
    sparse(samples / "large.au", au, 4 * GIGABYTE)
    sparse(samples / "zeros.wav", b"", 4 * GIGABYTE)


BAD_FILES = {
    "../outside.wav": "'../outside.wav' is outside the workspace",
    "samples/../../outside.wav": "is outside the workspace",
    "/etc/passwd": "'/etc/passwd' is outside the workspace",
    "samples/link.wav": "'samples/link.wav' is outside the workspace",
    "samples/linked/outside.wav": "is outside the workspace",
    "samples/circle.wav": "there is no file",
    "samples/device.wav": "outside the workspace",
    "samples/pipe.wav": "'samples/pipe.wav' is not a file",
    "samples/hollow": "the folder 'hollow' has no sound files",
    "samples/large.au": "'large.au' needs 8590 MB of memory, more than SAMPLE_MB = 512 allows",
    "samples/zeros.wav": "'zeros.wav' is not a sound file",
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_is_no_sample_is_a_problem(name: str, tmp_path: Path) -> None:
    file = make_workspace(tmp_path / "piece", f"my_sound: {{sample: {{file: {name}}}}}\n")
    make_files(file.parent)
    [problem], _ = refused(composer_for(file))
    assert BAD_FILES[name] in problem.sentence
    assert problem.path == "my_sound.sample.file"
    assert (problem.mark.line, problem.mark.column) == (1, 27) if problem.mark else False


@pytest.mark.timing
@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_is_no_sample_is_a_problem_soon(
    name: str, natural: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("run") / "piece"
    file = make_workspace(folder, f"my_sound: {{sample: {{file: {name}}}}}\n")
    make_files(file.parent)
    _, seconds = refused(composer_for(file))
    assert seconds < TIMES * natural


# Time


def test_a_duration_of_1e12_is_played_but_not_rendered(tmp_path: Path) -> None:
    """Play has no need to know the end; a file of it would take 30,000 years."""
    file = make_workspace(tmp_path / "piece", "my_sound: {osc: {freq: 220, duration: 1e12, release: 1}}\n")
    composition = composer_for(file).compose(SOUNDS)
    assert composition.root.id
    code, said = waves(file.parent, "render", "my_sound", "-o", str(tmp_path / "x.wav"))
    assert code == 1
    assert "'my_sound' lasts 1e+12 s, more than the 86400 s of one file; give --duration" in said
    assert [path.name for path in tmp_path.glob("*.wav*")] == ["outside.wav"]
    code, _ = waves(file.parent, "render", "my_sound", "-o", str(tmp_path / "x.wav"), "--duration", "0.1")
    assert code == 0
    assert soundfile.info(tmp_path / "x.wav").frames == 4410


# Names, and code


def waves(root: Path, command: str, *arguments: str, home: Path | None = None) -> tuple[int, str]:
    """Exit code and all that a command prints."""
    done = subprocess.run(
        [sys.executable, "-m", "waves", command, *arguments, "--dir", str(root)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        timeout=240,
        check=False,
        env={**environment(), **({"HOME": str(home), "XDG_CONFIG_HOME": str(home)} if home else {})},
    )
    return done.returncode, done.stdout.decode()


NAMES = {
    "node": f'my_sound: {{"{ESCAPE}[red]": {{freq: 220}}}}\n',
    "parameter": f'my_sound: {{osc: {{"{ESCAPE}[red]": 220}}}}\n',
    "word": f'my_sound: {{osc: {{type: "{ESCAPE}[red]"}}}}\n',
    "name in an expression": f'my_sound: {{osc: {{freq: "{ESCAPE}[red]"}}}}\n',
    "file": f'my_sound: {{sample: {{file: "{ESCAPE}[red]"}}}}\n',
    "track": f'my_sound: {{mix: {{"{ESCAPE}[red]": {{ocs: {{}}}}}}}}\n',
    "id": f'my_sound: {{track: {{id: "{ESCAPE}[red]", signal: {{osc: {{id: "{ESCAPE}[red]"}}}}}}}}\n',
}


def escaped(text: str) -> str:
    """A name with control characters as YAML writes it in " "."""
    return text.replace("\x1b", "\\e").replace("\x07", "\\a")


@pytest.mark.parametrize("name", NAMES)
def test_escapes_and_markup_in_names_are_shown_and_not_obeyed(name: str, tmp_path: Path) -> None:
    """In the words of a problem, as they are printed."""
    file = make_workspace(tmp_path / "piece", escaped(NAMES[name]))
    problems, _ = refused(composer_for(file))
    said = shown(problems)
    assert "[31mred[red]" in said
    assert "\\x1b" in said
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", said)


def test_raw_control_characters_are_refused_and_shown(tmp_path: Path) -> None:
    file = make_workspace(tmp_path / "piece", f"my_sound: {{osc: {{freq: {ESCAPE}}}}}\n")
    [problem], _ = refused(composer_for(file))
    assert problem.sentence == "a character that no editor shows, U+001B; delete it"
    assert "\x1b" not in problem.show()


def test_the_console_obeys_no_name(tmp_path: Path) -> None:
    """`waves play`, `render` and `list` of a workspace whose sound, track and mistake are hostile names."""
    name = escaped(f"{ESCAPE}[red]x[/red]")
    file = make_workspace(
        tmp_path / "piece",
        f'my_sound: {{mix: {{a: {{"{name}": {{}}}}, b: {{osc: {{"{name}": 3}}}}}}}}\n"{name}": osc\n',
    )
    for command in (("play", "--no-watch"), ("render",)):
        code, said = waves(file.parent, *command, "my_sound")
        assert code == 1
        assert "\\x1b]0;owned\\x07\\x1b[31mred[red]x[/red]" in said
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", said)
    _, said = waves(file.parent, "list")
    assert "[red]x[/red]" in said
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", said)


def test_the_screen_obeys_no_name(tmp_path: Path) -> None:
    """The display in a terminal of its own: it sends escapes, but none of a name, and eats no brackets."""
    name = escaped(f"{ESCAPE}[red]x[/red][/]")
    piece = f'my_sound: {{mix: {{a: {{osc: {{freq: 110}}}}}}}}\n"{name}": {{osc: {{freq: 220}}}}\n'
    file = make_workspace(tmp_path / "piece", piece)
    master, slave = pytest.importorskip("pty").openpty()
    command = [sys.executable, "-m", "waves", "play", f"{ESCAPE}[red]x[/red][/]", "--dir", str(file.parent)]
    process = subprocess.Popen(
        [*command, "--device", "silent"],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "200", "LINES": "50"},
    )
    os.close(slave)
    seen = bytearray()

    def read() -> None:
        try:
            while part := os.read(master, 65536):
                seen.extend(part)
        except OSError:  # the other end is closed
            return

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    assert wait(lambda: b"editing" in seen or process.poll() is not None)
    file.write_text(f'my_sound: osc\n"{name}": {{osc: {{"{name}": 220}}}}\n')
    assert wait(lambda: b"has no parameter" in seen or process.poll() is not None)
    os.write(master, b"q")
    assert process.wait(60) == 0
    reader.join(60)
    os.close(master)
    said = seen.decode()
    assert "[red]x[/red][/]" in said
    assert "has no parameter '\\x1b]0;owned" in re.sub(r"\s+", " ", said)
    assert "\x1b]0;owned" not in said
    assert "\x07" not in said
    assert "\x1b[31mred" not in said


CODE = """\
open({mark!r}, "w").write("executed")
import os
os.system("touch {mark}")
SAMPLE_RATE = __import__("os").system("touch {mark}") or 44100
BPM = (lambda: open({mark!r}, "w"))() and 120
SAMPLE_FOLDERS = [open({mark!r}, "w").name]
SEED = 9**9**9
"""


def test_code_in_config_is_a_problem_and_not_run(tmp_path: Path) -> None:
    file = make_workspace(tmp_path / "piece", PIECE)
    mark = tmp_path / "executed"
    (file.parent / "config.py").write_text(CODE.format(mark=str(mark)))
    started = time.thread_time()
    with pytest.raises(Problems) as raised:
        open_workspace(file.parent)
    assert time.thread_time() - started < SECOND
    problems = raised.value.problems
    assert [problem.mark.line for problem in problems if problem.mark] == [1, 2, 3, 4, 5, 6, 7]
    assert all("this file is read and never run" in problem.sentence for problem in problems)
    code, said = waves(file.parent, "render", "my_sound", "-o", str(tmp_path / "x.wav"))
    assert code == 1
    assert "config.py:1:1: expected 'NAME = value'; this file is read and never run" in said
    assert not mark.exists()


@pytest.mark.parametrize(
    "text", ["SEED = " + "[" * 10_000, "SEED = " + "-" * 100_000 + "1", "SEED = 1\0", "A = 1\n" * 20_000]
)
def test_a_monstrous_config_is_a_problem(text: str, tmp_path: Path) -> None:
    file = make_workspace(tmp_path / "piece", PIECE)
    (file.parent / "config.py").write_text(text)
    started = time.thread_time()
    with pytest.raises(Problems):
        open_workspace(file.parent)
    assert time.thread_time() - started < SECOND


def test_python_of_others_is_not_run(tmp_path: Path) -> None:
    """Neither nodes of a workspace that was not trusted, nor tags, nor what looks like Python in a value."""
    mark = tmp_path / "executed"
    run = f'open("{mark}", "w")'
    file = make_workspace(tmp_path / "piece", PIECE)
    (file.parent / "nodes").mkdir()
    (file.parent / "nodes" / "evil.py").write_text(f"{run}\n")
    (file.parent / "numpy.py").write_text(f"{run}\n")
    (file.parent / "sitecustomize.py").write_text(f"{run}\n")
    code, said = waves(
        file.parent, "render", "my_sound", "-o", str(tmp_path / "x.wav"), "--duration", "0.1", home=tmp_path
    )
    assert code == 0
    assert "the Python in nodes/ (evil) is not trusted and not read" in said
    for value in (
        f"!!python/object/apply:os.system ['touch {mark}']",
        f"__import__('os').system('touch {mark}')",
        run,
    ):
        file.write_text(expression(value))
        refused(composer_for(file))
    assert not mark.exists()


# Whatever is typed

TYPES = load_library(NODES)
GOOD = f"""\
vars: {{root: a2, chord: [0, 3, 7], loud: db(-6) * 0.5}}
templates:
  soft: &soft {{type: tri, amp: "loud / 2"}}
{PIECE}
  duration: 4
lead:
  context: {{v: 1, f: root, signal: {{osc: {{<<: *soft, freq: "f * v * mean(chord) / 12", id: tone}}}}}}
echo:
  delay: {{time: 0.3, feedback: 0.4, signal: {{lead: {{v: 0.5}}}}}}   # a tail
both:
  mix:
    a: {{lead: {{v: 0.5}}}}
    b: my_sound
    c: {{osc: {{freq: 200 + $tone * 20, pulse_width: [0.2, [0.5, 0.3], 0.9], duration: 2}}}}
"""
SIGNS = [
    *"{}[]()<>:,;#&*!|'\"%@`?-+/=~.$\\^ \t\n\r0a_é\0\x1b\u00a0\u2028😀",
    ": ",
    " #",
    "- ",
    "---",
    "<<",
    "&a",
    "*a",
    "\r\n",
]
SIGNS += [
    "osc",
    "my_sound",
    "1e999",
    "2020-01-01",
    "if",
    "not",
    "\ud800",
    "rand(",
    "$tone",
    "null",
    "true",
    "    ",
]


@st.composite
def typed(draw: st.DrawFn) -> str:
    """The good file after some keys were hit: signs put in, deleted, replaced, lines moved or lost."""
    text = GOOD
    for _ in range(draw(st.integers(1, 6))):
        lines = text.split("\n")
        a, b = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        at = draw(st.integers(0, len(text)))
        sign = draw(st.sampled_from(SIGNS) | st.characters())
        match draw(st.sampled_from(["insert", "delete", "replace", "swap", "move", "copy", "lose", "indent", "cut"])):
            case "insert":
                text = text[:at] + sign + text[at:]
            case "delete":
                text = text[:at] + text[at + draw(st.integers(1, 12)) :]
            case "replace":
                text = text[:at] + sign + text[at + 1 :]
            case "swap":
                text = text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :]
            case "move":
                lines.insert(a, lines.pop(b))
                text = "\n".join(lines)
            case "copy":
                lines.insert(a, lines[b])
                text = "\n".join(lines)
            case "lose":
                text = "\n".join(lines[:a] + lines[a + 1 :])
            case "indent":
                lines[a] = " " * draw(st.integers(0, 5)) + lines[a].lstrip()
                text = "\n".join(lines)
            case "cut":
                text = text[:at]
    return text


def test_what_is_mutated_is_good() -> None:
    piece = read_piece([read_document(GOOD, "waves.yaml")], TYPES)
    for name in ("my_sound", "lead", "echo", "both"):
        build_tree(piece, [name], 120.0)


@settings(max_examples=400)
@given(typed())
@example("my_sound: &a {mix: {a: *a}}\n")
@example("my_sound:\n  osc\n\n\n# x\n    : y\n")
def test_whatever_is_typed_is_played_or_a_problem(text: str) -> None:
    """Nothing but Problems is raised, each with a place and a line on the screen; none takes a second."""
    started = time.thread_time()
    problems: list[Problem] = []
    try:
        document = read_document(text, "waves.yaml")
    except Problems as found:
        problems += found.problems
        document = getattr(found, "document", None)
    if document:
        piece = read_piece([document], TYPES)
        for name in piece.sounds:
            try:
                _, warnings = build_tree(piece, [name], 120.0)
                problems += warnings
            except Problems as found:
                problems += found.problems
        problems += check_sounds(TYPES, [document])
    assert time.thread_time() - started < SECOND
    lines = text.count("\n") + text.count("\r") + 1
    for problem in problems:
        assert problem.sentence
        assert problem.mark is not None
        assert 1 <= problem.mark.line <= lines
        assert problem.mark.column >= 1
        head, *rest = problem.show().split("\n")
        assert head.isprintable()
        assert len(rest) in (0, 2)
        assert all(line.isprintable() for line in rest)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSession]:
    found = LiveSession(tmp_path_factory.mktemp("typed") / "piece", GOOD)
    found.play(10)
    yield found
    found.stop()


def test_a_save_that_needs_too_much_memory_is_refused(session: LiveSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_limit, "MEGABYTES", 0.1)
    playing = session.engine.playing
    wind = "{osc: {type: noise, amp: 0.02}}"
    event = session.save(GOOD.replace(wind, f"{{delay: {{time: 1, signal: {wind}}}}}").encode())
    assert event.kind == "refused" and session.engine.playing is playing
    assert "all nodes need" in event.problems[0].sentence
    del session.events[:]


@settings(max_examples=100)
@given(typed())
def test_whatever_is_typed_during_play_is_heard_or_refused(session: LiveSession, text: str) -> None:
    """A save comes in or changes nothing, and no sample is ever anything but a finite number."""
    playing = session.engine.playing
    event = session.save(text.encode("utf-8", "surrogatepass"))
    assert event.kind in ("refused", "reloaded")
    assert (session.engine.playing is playing) == (event.kind == "refused")
    session.play(30)
    assert np.isfinite(session.output).all()
    del session.blocks[:]
    del session.events[:]

"""Patterns in Python: live, offline and replay give the same bits, and no file of them can take anything down."""

from __future__ import annotations

import os
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.harness.kept_sessions import log_of, replayed
from tests.harness.paths import TOP
from tests.harness.session_harness import Stage, composer_for, save
from waves.app.commands.list_sounds import read_sounds
from waves.app.performance.piece_watch import PieceWatch
from waves.events.changes import Refused, Reloaded
from waves.language.patterns.told.python_pattern import PythonPatterns
from waves.live.saves.save_router import SaveRouter
from waves.live.workspace.open_workspace import open_workspace
from waves.live.workspace.piece_check import check_piece
from waves.live.workspace.settled_files import MOST_BYTES, read_early, read_settled
from waves.live.workspace.trust import trust
from waves.problem import Problems
from waves.python_patterns import pattern_process, pattern_reader
from waves.python_patterns.pattern_reader import PatternReader, forget_files

PIECE = """\
low: {osc: {freq: 110, amp: [0.3 * v, 0], duration: 0.02}}
high: {osc: {freq: note, amp: [0.2 * v, 0], duration: 0.01}}
my_sound: {mix: {a: {play: riff, cycle: 0.1}, b: {play: beat, cycle: 0.1}}}
"""
RIFF = '''\
"""Lines."""
from waves.patterns import mini, notes, pattern, stack

beat = stack(mini("low*2").every(3, "rev"), "~ high:c5?")
count = 0

@pattern
def riff(cycle, random):
    """A line that climbs."""
    global count
    count += 20 < cycle < 900
    top = 60 + cycle % 8 + count
    return notes([(k / 5, 1 / 5, {"sound": "high", "midi": top + random.choice((0, 7)), "v": 0.5}) for k in range(5)])
'''
PURE = RIFF.replace("count += 20 < cycle < 900", "")
HEAD = "from waves.patterns import *\n@pattern\ndef riff(cycle, random):\n    "


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the first stage, trusted."""
    trust(tmp_path / "stage0")
    (tmp_path / "stage0").mkdir()
    return tmp_path / "stage0"


def write(folder: Path, text: str, name: str = "riff.py") -> Path:
    (folder / "patterns").mkdir(exist_ok=True)
    return save(folder, text, f"patterns/{name}")


def saved(live: Stage, text: str) -> Any:
    """The report of a save of the pattern file."""
    live.session.changed([write(live.folder, text)])
    live.settle()
    return live.events[-1]


def patterns_of(folder: Path, text: str, name: str = "riff.py", trusted: bool = True) -> PythonPatterns:
    write(folder, text, name)
    return PatternReader(folder, trusted).read(Path.read_text, 0)


def test_live_offline_and_replay_are_the_same_bits_with_an_edit(stage, folder, tmp_path):
    write(folder, PURE)
    live = stage(PIECE, keeps=True)
    heard = [live.play(12_000, 37)]
    trust(tmp_path / "stage1")
    (tmp_path / "stage1").mkdir()
    write(tmp_path / "stage1", PURE)
    forget_files()  # so that the functions are asked again
    assert np.array_equal(heard[0], stage(PIECE).engine.render(12_000).astype(np.float32))
    live.session.changed([write(folder, RIFF.replace("60 +", "72 +"))])  # not the same when it is asked again
    heard += [live.settle(), live.play(120_000, 100)]
    report = live.events[-1]
    assert isinstance(report, Reloaded) and not report.problems
    assert report.parameters.parts["patterns"] == "riff changed"
    heard = np.concatenate(heard)
    log = log_of(live)
    forget_files()
    write(folder, "1 / 0\n")  # a replay runs nothing
    assert np.array_equal(replayed(log, len(heard)), heard)


def test_a_mistake_changes_no_bit_and_what_is_saved_beside_it_plays(stage, folder, tmp_path):
    write(folder, PURE)
    live, other = stage(PIECE), None
    heard = [live.play(3_000)]
    refused = saved(live, "x = 1\n1 / 0\n")
    heard.append(live.play(30_000, 100))
    assert isinstance(refused, Refused) and str(refused.problems[0]) == (
        "patterns/riff.py:2:1: division by zero; its former patterns play on"
    )
    trust(tmp_path / "stage1")
    (tmp_path / "stage1").mkdir()
    write(tmp_path / "stage1", PURE)
    other = stage(PIECE)
    assert np.array_equal(np.concatenate(heard), other.play(33_000, 100))
    report = live.reload(PIECE.replace("110", "120"))
    assert isinstance(report, Reloaded) and [problem.mark.line for problem in report.problems] == [2]
    wrong = PURE.replace("60 +", "1 // (cycle - 7) +").replace('mini("low*2")', 'mini("low*4")')
    report = saved(live, wrong)  # the other pattern of the file plays
    assert isinstance(report, Reloaded) and report.parameters.parts["patterns"] == "beat changed"
    assert str(report.problems[0]).endswith("riff(7): integer division or modulo by zero; the former 'riff' plays on")
    report = saved(live, PURE + '\nfill = mini("low")\n')
    assert isinstance(report, Reloaded) and not report.problems
    assert report.parameters.parts["patterns"] == "beat changed, fill in patterns/riff.py added"
    report = saved(live, PURE.replace("def riff", "def line"))
    assert isinstance(report, Refused) and "no sound 'riff'" in report.problems[0].sentence


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("1 / (cycle - 30)", "riff(30): division by zero; its last cycle plays again"),
        pytest.param("while 30 <= cycle < 999: pass", "riff(30): it takes more than 0.2 s", marks=pytest.mark.long),
        pytest.param("import os; cycle == 30 and os._exit(1)", "riff(30): it ends its process", marks=pytest.mark.long),
    ],
)
def test_a_function_that_fails_later_plays_its_last_cycle_and_is_told(stage, folder, wrong, said):
    write(folder, PURE.replace("global count", wrong))
    live = stage(PIECE)
    told: list[Any] = []
    watch = PieceWatch(live.session, "wait", told.append, lambda: None)
    live.play(3_000)
    watch.look()
    assert not told
    heard = live.play(160_000, 441)
    watch.look(), watch.look()
    assert [event.kind for event in told] == ["fault"]
    problem = str(told[0].problems[0])
    assert problem.startswith("patterns/riff.py:") and said in problem
    assert np.abs(heard[-4410:]).max() > 0.05 and not any(ring.late for ring in live.engine.playing.rings.values())
    for text in (PIECE.replace("freq", "frek"), PIECE.replace("110", "120")):
        live.save(text)
        live.settle()
        watch.look()
        assert [*watch.problems] == [one for event in told for one in event.problems], "as long as the file has it"
    saved(live, PURE)
    watch.look()
    assert not watch.problems and len(told) == 1


def test_a_former_version_is_asked_no_more(stage, folder):
    write(folder, PURE)
    live = stage(PIECE)
    live.play(3_000)
    former, now = (book_of_riff(live), saved(live, PURE.replace("60 +", "72 +")) and book_of_riff(live))
    counts = [book.given_since(0)[1] for book in (former, now)]
    live.play(60_000, 441)
    assert former.given_since(0)[1] == counts[0] and now.given_since(0)[1] > counts[1]


def book_of_riff(live: Stage) -> Any:
    return live.composer.playing.piece.python.patterns["riff"].book


HOSTILE = """class Hostile(Exception):
        def __str__(self):
            raise self
    raise Hostile"""
HARMLESS = [
    (HEAD + "import os\n    os.fork()", "5:1: riff(0): it starts a program"),
    (HEAD + "import subprocess; subprocess.run(['true'])", "riff(0): it starts a program"),
    (HEAD + "import _posixsubprocess as p; p.fork_exec()", "riff(0): it starts a program"),
    (HEAD + "import threading; threading.Thread(target=print).start()", "riff(0): it starts a thread"),
    (HEAD + "import ctypes; ctypes.CDLL(None)", "riff(0): it calls 'ctypes.dlopen'"),
    (HEAD + "return [(0, 1, 'low')] * 10**6", "riff(0): 1,000,000 notes in a cycle: 4,096 at most"),
    (HEAD + "return [(0, 1, float('nan'))]", "riff(0): what a note plays is a finite number, not nan"),
    (HEAD + "return [(float('inf'), 1, 'low')]", "riff(0): the onset of a note is a finite number"),
    (HEAD + "return riff(cycle, random)", "riff(0): something in it calls itself without end"),
    (HEAD + "raise SystemExit", "riff(0): it ends the program"),
    (HEAD + "pass", "riff(0): a pattern, a text or a list of notes is returned, and not nothing"),
    (HEAD + "return 'low ['", "riff(0): column 5 of the pattern: this '[' is never closed"),
    (HEAD + "return 'low:v=rand(0,1)'", "riff(0): a call in a pattern of a function"),
    (HEAD + "import random as r; return str(r.random())", "riff(3): it gives other notes when it is asked again"),
    (HEAD + "return 1 // (cycle - 1000) and 'low'", "4:1: riff(1000): "),
    (HEAD + "import threading; threading._start_new_thread(print, ())", "riff(0): it starts a thread"),
    (HEAD + "import mmap; mmap.mmap(-1, 10**10)", "riff(0): it calls 'mmap.__new__'"),
    (HEAD + "import resource as r; r.setrlimit(r.RLIMIT_DATA, (-1, -1))", "riff(0): it calls 'resource.setrlimit'"),
    (HEAD + HOSTILE, "riff(0): Hostile, an error whose text cannot be made"),
    (HEAD + r"raise ValueError('\x1b[2J\ud800 \n b')", r"4:1: riff(0): ValueError: \x1b[2J\ud800 b"),
    (HEAD + "yield (0, 1, 'low')", "2:1: a pattern gives all notes of its cycle at once"),
    (HEAD.replace("def", "async def") + "return 'low'", "2:1: a pattern is a function without 'async'"),
    (HEAD + "return [(0, 10**5000, 'low')]", "riff(0): the length of a note is a finite number, not a number of thous"),
    (HEAD + "return mini('low').fast(10**400)", "4:1: riff(0): a number is a finite number, not 1000"),
    ("from waves.patterns import *\nriff = sequence(*['low'] * 5000)", "2:1: 'sequence' takes 4,096 patterns at most"),
    ("from waves.patterns import *\nfor k in range(1001): globals()[f'a{k}'] = mini('b')", "a file has at most 1,000"),
    (HEAD + "return [(0, -1, 'low')]", "riff(0): a note is longer than 0, and 4 cycles at most, not -1"),
    ("from waves.patterns import *\nriff = Pattern(object())", "2:1: it is made of something else than texts, notes"),
    (
        "from waves.patterns import *\na = []\na += [a]\nriff = Pattern(a)",
        "4:1: its parts are more than 200 inside each",
    ),
    (
        "from waves.patterns import *\na = ['x']\nfor _ in range(60): a = [a, a]\nriff = Pattern(a)",
        "4:1: its texts",
    ),
    ("from waves.patterns import *\nriff = Pattern('a ' * 10**6)", "2:1: its texts and notes are more than 1,000,000"),
    (
        "import waves.patterns as w, functools as f\nw.pattern(f.partial(lambda cycle: 'low'))",
        "2:1: a pattern is a function",
    ),
    ("x = '\x0c \x1c'\n\n1 / 0", "3:1: division by zero"),
    ("import nothing_there", "1:1: there is no module 'nothing_there'"),
    ("def (", "1:5: is not Python: invalid syntax"),
    ("from waves.patterns import *\nmini('low').fast(0)", "2:1: nothing would be heard: 'fast' is above 0"),
    (
        "from waves.patterns import *\nPATTERN = mini('a')\nriff = mini('b')",
        "3:1: the pattern 'riff' is also in line 2",
    ),
    ("from waves.patterns import *\n@pattern\ndef riff(x): return 'a'", "2:1: the arguments of a pattern are 'cycle'"),
]


def test_a_file_with_a_mistake_is_refused_at_its_line(folder, capfd):
    process = pattern_process.trying_process()
    process.start()
    pid = process._process.pid
    for text, said in HARMLESS:
        found = patterns_of(folder, text)
        assert said in str(found.problems[0]) and str(found.problems[0]).startswith("patterns/riff.py:"), (text, found)
        assert not found.patterns
    found = patterns_of(folder, HEAD + "for k in range(10**4): print('x' * 10**3)\n    return 'low'")
    assert [*found.patterns] == ["riff"] and process._process.pid == pid
    assert len(capfd.readouterr().err) < 20 * 20 * 210


REPLACING = [
    (
        "import builtins\nbuiltins.isinstance = lambda *a: 1 / 0",
        "2:1: it replaces 'builtins.isinstance', which all files",
    ),
    (
        HEAD + "import random as r; r.Random.choice = 3\n    return 'low'",
        "4:1: riff(0): it replaces 'random.Random.choice'",
    ),
    (HEAD + "import json; json.dumps = lambda *a, **b: 'x'\n    return 'low'", "3:1: riff(0): it ends its process"),
    ("kept = bytearray(300_000_000)", ""),
    ("kept = bytearray(300_000_001)", ""),
    (HEAD + "return [0] * 10**10", "4:1: riff(0): it needs more memory than it may have"),
]


@pytest.mark.parametrize(("text", "said"), REPLACING)
def test_what_a_file_replaces_or_keeps_stands_in_no_way_of_the_next_one(folder, text, said):
    found = patterns_of(folder, text)
    assert [str(one).partition(said)[:2] for one in found.problems] == ([("patterns/riff.py:", said)] if said else [])
    assert [*patterns_of(folder, PURE).patterns] == ["beat", "riff"]


def test_no_process_has_sets_in_an_order_of_its_own():
    file = pattern_process.PatternFile("riff.py", HEAD + "return ' '.join({'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'})")
    given = []
    for _ in range(2):
        process = pattern_process.PatternProcess()
        given.append(process.notes(file, "riff", 3, 0, (0,))[0])
        process.close()
    assert given[0] == given[1]


def test_numbers_of_numpy_and_the_mark_of_an_editor(folder):
    given = "import numpy as np\n    return [(np.float32(0.2), np.int64(1), {'sound': 'low', 'v': np.float64(0.5)})]"
    write(folder, "\ufeff" + HEAD + given)
    book = PatternReader(folder, True).read(read_settled, 0).patterns["riff"].book
    [note] = book.cycle(0)
    assert (note.onset, note.length, note.what) == (Fraction(1, 5), 1, {"sound": "low", "v": 0.5})


def test_what_is_not_trusted_is_neither_walked_outside_nor_searched_without_end(tmp_path):
    (tmp_path / "other" / "deep").mkdir(parents=True)
    (tmp_path / "other" / "deep" / "found.py").write_text("x = 1\n")
    (tmp_path / "piece").mkdir()
    (tmp_path / "piece" / "patterns").symlink_to(tmp_path / "other")
    assert not PatternReader(tmp_path / "piece", False).read(Path.read_text, 0).lost
    (tmp_path / "piece" / "patterns").unlink()
    found = patterns_of(tmp_path / "piece", "\n".join(f"a{k} = 1" for k in range(20_000)), trusted=False)
    assert len(found.lost) == 1_001 and found.lost["a999"][0].mark.line == 1_000
    assert found.lost["a999"][0].source == "a999 = 1"


def test_only_the_beginning_of_a_file_without_end_is_read(folder):
    file = write(folder, "")
    os.truncate(file, 1 << 42)
    os.utime(file, (0.0, 0.0))
    assert len(read_settled(file)) == len(read_early(file)[0]) == MOST_BYTES
    found = PatternReader(folder, True).read(read_settled, 0)
    assert "a pattern file has at most 262,144 letters" in str(found.problems[0])


def test_what_a_function_waits_for_counts_on_the_clock(folder):
    file = pattern_process.PatternFile("riff.py", HEAD + "import time; time.sleep(0.1)\n    return 'low'")
    _, spent = pattern_process.trying_process().notes(file, "riff", 3, 0, (0, 1))
    assert spent.processor < 0.2 <= spent.wall


def test_what_ends_the_process_is_refused_and_the_next_file_is_read(folder, monkeypatch):
    monkeypatch.setattr(pattern_process, "LOAD_LIMIT", 0.3)
    forged = '    for fd in range(3, 20):\n        try: os.write(fd, b\'{"notes": [[["0", "1", "low"]]]}\\n\')\n'
    for text, said in [
        (HEAD + "while cycle == 1000: pass\n    return 'low'", "riff(1000): it takes more than 0.2 s"),
        (HEAD + "import os; os._exit(3)", "riff(0): it ends its process"),
        ("while True: pass", "it takes more than 0.3 s"),
        (HEAD + f"import os\n{forged}        except OSError: pass\n    return 'low'", "riff(0): it ends its process"),
    ]:
        found = patterns_of(folder, text)
        assert said in str(found.problems[0]) and not found.patterns, found
        assert [*found.lost] == ["riff"]
    assert [*patterns_of(folder, HEAD + "return 'low'").patterns] == ["riff"]


def test_names_of_two_files_and_of_the_text(folder):
    write(folder, "from waves.patterns import *\nbeat = mini('low')", "a.py")
    found = patterns_of(folder, "from waves.patterns import *\nbeat = mini('high')\nriff = silence", "b.py")
    assert [str(one) for one in found.problems] == [
        "patterns/b.py:2:1: the pattern 'beat' is also in patterns/a.py:2: give one of them another name"
    ]
    assert found.patterns["beat"].file == "patterns/a.py" and "riff" not in found.patterns


def test_files_beyond_the_most_are_told(folder, monkeypatch):
    monkeypatch.setattr(pattern_reader, "MOST_FILES", 2)
    for name in "abcde":
        write(folder, "", f"{name}.py")
    [problem] = PatternReader(folder, True).read(Path.read_text, 0).problems
    assert str(problem) == (
        "patterns/c.py:1:1: a piece has at most 2 pattern files: this one and 2 others are not read"
    )


def test_a_folder_that_is_not_trusted_runs_nothing_and_says_so(tmp_path):
    write(tmp_path, RIFF + "open('ran', 'w')\n")
    save(tmp_path, PIECE)
    opened = open_workspace(tmp_path)
    sentence = f"the Python in patterns/ is not trusted and not read; to allow it: `waves trust {tmp_path}`"
    sentence += ", or for once `--trust` with play or render"
    assert f"{sentence} (riff.py)" in opened.notices
    with pytest.raises(Problems) as caught:
        opened.composer().compose([("my_sound", {})])
    assert [str(problem) for problem in caught.value.problems] == [
        f"patterns/riff.py:4:1: 'beat' is not known: {sentence}",
        f"patterns/riff.py:8:1: 'riff' is not known: {sentence}",
    ]
    router = SaveRouter.__new__(SaveRouter)
    router.root, router.opened = tmp_path, opened
    assert router._patterns() == [] and not router._is_pattern_file(tmp_path / "patterns" / "riff.py")


def test_list_and_check_know_them(folder):
    write(folder, PURE)
    save(folder, PIECE)
    opened = open_workspace(folder)
    document, _, problems = read_sounds(opened)
    assert not problems and [(one.name, one.file, one.line, one.comment) for one in document.patterns] == [
        ("beat", "patterns/riff.py", 4, ""),
        ("riff", "patterns/riff.py", 8, "A line that climbs."),
    ]
    assert check_piece(opened) == ([], 3)
    save(folder, PIECE.replace("play: riff", "play: riffs"))
    write(folder, "1 / 0", "wrong.py")
    problems, _ = check_piece(open_workspace(folder))
    assert [str(one).partition(": ")[0] for one in problems] == ["patterns/wrong.py:1:1", "waves.yaml:3:28"]
    router = SaveRouter.__new__(SaveRouter)
    router.root, router.opened = folder, opened
    assert router._patterns() == [folder / "patterns"]
    assert router._is_pattern_file(folder / "patterns" / "gone" / "a.py")


def test_a_name_in_the_text_of_a_function_is_no_pattern(folder):
    write(folder, HEAD + "return 'riff'")
    save(folder, PIECE.replace("play: beat", "play: low"))
    [problem] = check_piece(open_workspace(folder))[0]
    assert str(problem) == "patterns/riff.py:4:12: riff: 'riff' is a pattern, and only a sound can be started here"


def test_a_composer_that_takes_over_keeps_the_last_good_patterns(folder):
    write(folder, PURE)
    save(folder, PIECE)
    first, second = composer_for(folder), composer_for(folder)
    first.read()
    write(folder, "1 / 0")
    second.take_over(first)
    second.read()
    found = second.pattern_files.patterns
    assert [*found.patterns] == ["beat", "riff"] and len(found.problems) == 1


def test_the_example_of_the_docs_plays(folder):
    page = (TOP / "docs" / "patterns.md").read_text("utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", page, re.S)
    found = patterns_of(folder, example, "beat.py")
    assert not found.problems and [*found.patterns] == ["beat", "fill", "riff", "steps"]
    assert [found.patterns[name].about for name in ("beat", "riff")] == ["A beat, and a line.", "A line that climbs."]

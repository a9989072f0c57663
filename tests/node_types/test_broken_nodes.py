"""Node files with mistakes, saved while they play: what is said of each, while the old sound plays on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.harness.engine_harness import TRIAL_LIMIT, compiler
from tests.harness.node_workspace import BODY, GRIT, STEPS, Desk, at, body, edit
from tests.harness.session_harness import save
from waves.engine.compiler.sandbox import Sandbox
from waves.node_types.contract.numpy_in_kernels import TURNS
from waves.node_types.contract.units import FREQUENT, WHOLE_LIST
from waves.node_types.library.python_errors import NOTES, SEQUENCE


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Desk]]:
    """The same piece twice: one for broken files, and one whose files are left alone."""
    folder = tmp_path_factory.mktemp("pair")
    desks = Desk(folder / "edited"), Desk(folder / "alone")
    yield desks
    for one in desks:
        one.stage.stop()


# ---- what a broken file says, while the old sound plays on


NO_LIST = "a kernel cannot make a list, which needs memory; use the state, `work` or a tuple of numbers"
NO_TEXT = "a kernel knows no text, only numbers"
OPEN = "is not Python: '(' was never closed"
LOOP = f"grit does not come to an end: a block took more than {TRIAL_LIMIT:g} s in its trial"

# The line that is written, the column of its problem, and the sentence; 0 and below: so many lines before it.
LINES = [
    ("out[i] = sginal[i] * drive", 22, "the name 'sginal' is not known here; did you mean 'signal'?"),
    ("out[i] = signal[i] * driev", 34, "the name 'driev' is not known here; did you mean 'drive'?"),
    ("out[i] = state.cuont", 22, "the state has no 'cuont'; did you mean 'count'?"),
    ("state.held = 1.0", 13, "the state has no 'held'"),
    ("out[i] = signal", 22, "'signal' is a whole block of frames; signal[i] is one of them"),
    ("out[i] = abs(signal)", 26, "'signal' is a whole block of frames; signal[i] is one of them"),
    ("out[i] = signal[i:]", 22, "take frames one by one: signal[i], not a slice"),
    ("signal[i] = 0.0", 13, "'signal' is an input, and can only be read"),
    ("out[i] = signal.mean()", 22, "'signal' has no 'mean'; it has frames, signal[i], and signal.size"),
    ("out.append(1.0)", 13, "'out' has no 'append'; it has frames, out[i], and out.size"),
    ("for v in signal: out[i] = v", 22, "loop over the numbers of the frames: for i in range(signal.size)"),
    ("x = [1.0, 2.0]; out[i] = x[0]", 17, NO_LIST),
    ("x = []; out[i] = len(x)", 17, NO_LIST),
    ("out[i] = sum([v for v in (1.0, 2.0)])", 22, "'sum' cannot be used in a kernel"),
    ("x = {'a': 1.0}; out[i] = 0.0", 17, NO_LIST.replace("list", "dict")),
    ("x = {1.0}; out[i] = len(x) + undefined", 17, NO_LIST.replace("list", "set")),
    ("out[i] = WORDS['a']", 22, "'WORDS' is a dict; a kernel knows numbers, tuples of numbers and arrays of NumPy"),
    ("out[i] = signal[i] + 'a'", 34, NO_TEXT),
    ("out[i] = f'{i}'", 22, NO_TEXT),
    ("print(signal[i])", 13, "a kernel cannot print: put the number into a field of the state"),
    ("with open('x') as f: pass", 13, "a kernel has no `with`: it cannot open anything"),
    ("import os", 13, "a kernel imports nothing: write the import at the top of the file"),
    ("yield 1.0", 13, "a kernel does not `yield`: it fills the block and returns"),
    ("global TABLE; TABLE = (1,)", 13, "a kernel does not change names of the module: what it remembers is its state"),
    ("del signal", 13, "a kernel cannot delete anything"),
    ("out[i] = Grit", 22, "'Grit' is a class; a kernel makes no objects"),
    ("out[i] = beside(signal[i], 2.0)", 22, "beside: too many positional arguments"),
    ("out[i] = clip(signal[i])", 22, "clip: missing a required argument: 'low'"),
    ("out[i] = math.sine(1.0)", 22, f"math has no 'sine': {TURNS}"),
    ("out[i] = sin(i * 0.1)", 22, f"the name 'sin' is not known here: {TURNS}"),
    ("out[i] = uniform(7, i)", 22,
        "the name 'uniform' is not known here: write `from waves.dsp.maths import uniform` at the top of the file"),
    ("out[i] = numpy.pi", 22, "the name 'numpy' is not known here: write `import numpy` at the top of the file"),
    ("out[i] = tanh(signal[i])", 22,
        "the name 'tanh' is not known here: write `math.tanh(…)`, and `import math` at the top of the file"),
    ("out[i] = signal[i].real_part", 1, "a number has no 'real_part'"),
    ("state.past.append(1.0)", 1, "an array of the state has no 'append'"),
    ("out[i], x = 1.0", 1, "a number cannot be taken apart into several"),
    ("out[i] = signal[i] @ 2.0", 22, "numbers have no `@`"),
    ("for a, b in zip(signal, levels): out[i] = a", 25, "'zip' cannot be used in a kernel"),
    ("out[i] = drive[i]", 22, "'drive' is one number for the whole block: it is written without [ ]"),
    ("out[i] = drive(2.0)", 22, "'drive' is a number, and cannot be called"),
    ("out[i] = out.size()", 22, "the size is a number: out.size, without ( )"),
    ("out[i] = signal[len(signal)]", 29, "the number of frames is signal.size"),
    ("out[i] = (1.0, 2.0)", 1, "a frame is one number, and not several numbers"),
    ("out[i] = None", 1, "a frame is one number, and not nothing"),
    ("out[i] = 1j", 1, "a frame is one number, and not a complex number"),
    ("out[i] = TABLE[7]", 1, "tuple index out of range"),
    ("out[i] = self.drive", 22, "the name 'self' is not known here"),
    ("out[i] = Signal[i]", 22, "'Signal' is a class; a kernel makes no objects"),
    ("max = 2.0; out[i] = max", 0,
        "'max' has no value yet here: what a kernel gives a value to is its own, not the module's"),
    ("totl = 0.0; total += 1.0; out[i] = total", 1, "'total' has no value yet here; did you mean 'totl'?"),
    ("math = 2.0; out[i] = math.sin(1.0)", 1, "a number has no 'sin'"),
    ("out[i] = eval('1')", 22, "'eval' cannot be used in a kernel"),
    ("x = open('levels.txt')", 17, "'open' cannot be used in a kernel"),
    ("exit()", 13, "'exit' cannot be used in a kernel"),
    ("state = 0.0; out[i] = state.peak", -2, "a value is a number here and something else there"),
    ("out[i] = 99999999999999999999999", 1, "Int value is too large: 99999999999999999999999"),
    ("g = (v for v in TABLE); out[i] = 1.0", 17, NO_LIST.replace("list", "generator")),
    ("return [1]", 20, NO_LIST),
]  # fmt: skip
TRIED = [
    ("out[i + 1] = 0.0", "grit writes out[64], which is outside: it has 64 frames, from 0 on"),
    ("out[-1] = signal[i]", "grit writes out[-1], which is outside: it has 64 frames, from 0 on"),
    ("out[i] = signal[i + 1]", "grit reads signal[64], which is outside: it has 64 frames, from 0 on"),
    ("out[i] = state.past[i]", "grit uses index 4 of an array that has 4 places, from 0 on"),
    ("state.past[state.count] = 1.0", "grit uses index 4 of an array that has 4 places, from 0 on"),
    ("raise ValueError('too rough')", "grit raises ValueError: too rough"),
    ("while True: state.count += 0", LOOP),
    ("while levels[i] >= 0.0: state.peak = 0.0", LOOP),
    ("out[i] = 2.0 / 0.0", "grit divides by zero"),
    ("out[i] = math.nan * signal[i]", "grit gives no finite number"),
    ("out[i] = 1e300 * math.exp(400.0 + signal[i])", "grit gives no finite number"),
    ("out[i] = math.log(signal[i] - 0.5)", "grit raises ValueError: math domain error"),
    ("out[i] = TABLE[i]", "grit raises IndexError: tuple index out of range"),
    ("for k in range(0, 64, int(drive) - 1): out[i] = 1.0", "grit raises ValueError: range() arg 3 must not be zero"),
    ("assert signal[i] < -5.0", "grit raises AssertionError"),
]


CONSTANTS = "TABLE = (1.0, 2.0, 3.0)"
DRIVE = 'drive: float = param(1.0, unit="factor")'
LEVELS = 'param(16.0, unit="number", minimum=1.0'
CLASS = "    class state(State)"
STATIC = "    @staticmethod\n"
RANGE = "for i in range(out.size)"
NODE = "a node file holds one class that is a Node, this one"
UNKNOWN_UNIT = (
    f"the unit of 'levels', 'furlongs', is none that waves knows; {FREQUENT} are often right, and {WHOLE_LIST}"
)
UNKNOWN = "its kernel takes an unknown argument,"
KINDS = "is of an unknown kind; there are Signal, float, int, bool, Choice …"
STATED = "grit: its state holds float, int, bool, Floats[n] and Ints[n] only"
COMPARED = '\'kind\' is compared with a word of its Choice: Kind = Choice["up", "down"], then Kind.down'
PLACES = "in a state: expected a whole number from 1 to 1000000"
ENDED = "grit: a kernel returns True when it has ended, and nothing otherwise"
LATE = f"it takes more than {TRIAL_LIMIT:g} s to load: is there a loop without an end?"
WHILE_LOADED = "when it is loaded"
RING = "its kernel takes 'memory', but no ring of that name is declared: rings = {\"memory\": 1}"
RANGES = '`ranges` gives fields the least and the greatest value: ranges = {"count": (0, 100)}'
NEITHER = "it has neither `render`, which makes sound, nor `expand`, which arranges others"


def declared(line: str) -> tuple[str, str]:
    """One more line in the class."""
    return CLASS, f"    {line}\n\n{CLASS}"


# What is written instead of what, the line and column of the problem, and its sentence.
READ = [
    ("levels[i], 1.0))", "levels[i], 1.0)", at(BODY), 29, OPEN),
    ("    state.count += 1", "   state.count += 1", at("state.peak ="), 12, "is not Python: unexpected indent"),
    ("            state.count", "\t    state.count", at("state.count"), 1,
        "is not Python: inconsistent use of tabs and spaces in indentation"),
    ("class Grit", "klass Grit", at("class Grit"), 7, "is not Python: invalid syntax"),
    (RANGE + ":", RANGE, at(RANGE), 33, "is not Python: expected ':'"),
    ("max(levels[i], 1.0))", "max(levels[i]], 1.0))", at(BODY), 75,
        "is not Python: closing parenthesis ']' does not match opening parenthesis '('"),
    ("state.count += 1", "state.count++", at("state.count"), 26, "is not Python: invalid syntax"),
    ("state.count += 1", "if levels[i] = 1.0: pass", at("state.count"), 16,
        "is not Python: cannot assign to subscript here. Maybe you meant '==' instead of '='?"),
    ("state.count += 1", "x = 1.0 if drive > 0 && i > 0 else 0", at("state.count"), 17,
        "is not Python: expected 'else' after 'if' expression"),
    ("state.count += 1", "x = “2”", at("state.count"), 17, "is not Python: invalid character '“' (U+201C)"),
    ("state.count += 1", "x = 'abc", at("state.count"), 17,
        f"is not Python: unterminated string literal (detected at line {at('state.count')})"),
    ("levels, kind, drive", "levels, levels, drive", at("def render"), 37,
        "is not Python: duplicate argument 'levels' in function definition"),
    (CLASS, f"<<<<<<< HEAD\n{CLASS}", at("class state"), 1, "is not Python: invalid syntax"),
    ('"""\n\nimport math', "\n\nimport math", 1, 1,
        f"is not Python: unterminated triple-quoted string literal (detected at line {GRIT.count(chr(10))})"),
    (GRIT, GRIT[:-120], at("state.peak ="), 29, OPEN),
    (GRIT, "my_sound:\n  osc: {freq: 110}\n", 1, 10, "is not Python: invalid syntax"),
    ("fewer levels.", "fewer lev\udce9ls.", 1, 19, "is not UTF-8 text"),
    ("1.0, 2.0, 3.0", "1.0, \0 3.0", at(CONSTANTS), 15, "is not Python: it has zero bytes"),
    (GRIT, GRIT + "#" * 1_000_000, 1, 1, "has more than 1,000,000 characters"),
    (CONSTANTS, f"TABLE = {'(' * 300}1{')' * 300}", at(CONSTANTS), 209, "is not Python: too many nested parentheses"),
    (CONSTANTS, f"TABLE = {'-' * 20_000}1", 1, 1, "is not Python: it is nested too deeply"),
    (GRIT, "", 1, 1, f"{NODE} none"),
    ("class Grit(Node)", "class Grit", 1, 1, f"{NODE} none"),
    (GRIT, GRIT + "\n\nclass More(Grit):\n    pass\n", 1, 1, f"{NODE} 2"),
]  # fmt: skip
LOADED = [
    (CONSTANTS, "TABLE = 2.0 / 0.0", "ZeroDivisionError: float division by zero"),
    (CONSTANTS, "TABLE = (FIRST, 2.0)", "the name 'FIRST' is not known here"),
    (CONSTANTS, "raise RuntimeError('not today')", "RuntimeError: not today"),
    (CONSTANTS, "assert 1 + 1 == 3", "an assertion does not hold"),
    (CONSTANTS, "raise SystemExit", f"it ends the program {WHILE_LOADED}"),
    (CONSTANTS, "exit()", f"it ends the program {WHILE_LOADED}"),
    (CONSTANTS, "import sys; sys.exit(3)", f"it ends the program {WHILE_LOADED}"),
    (CONSTANTS, "raise KeyboardInterrupt", f"it ends the program {WHILE_LOADED}"),
    (CONSTANTS, "import threading; threading.Thread(target=len).start()", f"it starts a thread {WHILE_LOADED}"),
    (CONSTANTS, "import subprocess; subprocess.run(['true'])", f"it starts another program {WHILE_LOADED}"),
    (CONSTANTS, "import os; os.system('true')", f"it starts another program {WHILE_LOADED}"),
    (CONSTANTS, "import os; os.fork()", f"it starts another program {WHILE_LOADED}"),
    (CONSTANTS, "import os; os.kill(os.getppid(), 9)", f"it sends a signal {WHILE_LOADED}"),
    (CONSTANTS, "NAME = input('levels? ')", f"it waits for the keyboard {WHILE_LOADED}"),
    (CONSTANTS, "breakpoint()", f"it stops for the debugger {WHILE_LOADED}"),
    (CONSTANTS, "TABLE = [0.0] * 10**9", "it needs more memory than there is"),
    (CONSTANTS, "TABLE = np.zeros(10**12)", "it needs more memory than there is"),
    (CONSTANTS, "while True: pass", LATE),
    ("import math\n", "TAU = math.tau\n",
        "the name 'math' is not known here: write `import math` at the top of the file"),
    ("import math\n", "import maths\n", "there is no module 'maths'"),
    ("import math\n", "import math, tensorflow\n", "there is no module 'tensorflow'"),
    ("import math\n", "from math import sine\n", "there is no 'sine' in 'math'; did you mean 'sin'?"),
    ("import clip, finite", "import clip, edge, finite",
        "there is no 'edge' in 'waves.dsp.maths'; write `from waves.dsp.edges import edge`"),
    ("from waves.node", "from waves.nodes", "there is no module 'waves.nodes'"),
    ("import math\n", "from waves.models import Token\n", f"there is no module 'waves.models': {NOTES}"),
    ("import math\n", "from waves.notes import sequence\n", f"there is no 'sequence' in 'waves.notes': {SEQUENCE}"),
    ("import Choice,", "import Choices,", "there is no 'Choices' in 'waves.node'; did you mean 'Choice'?"),
    ("from ._steps", "from ._stpes", "there is no '_stpes.py' beside it, or it is broken"),
    ("from ._steps", "from _steps",
        "there is no module '_steps'; for the file beside it write `from ._steps import …`"),
    ("from ._steps", "from ..", "attempted relative import beyond top-level package"),
    ("from ._steps import rounded", "from .osc import Osc", "there is no 'osc.py' beside it, or it is broken"),
    ("class Grit(Node)", "class Grit(Nod)", "the name 'Nod' is not known here; did you mean 'Node'?"),
    ("state(State)", "state(Stat)", "the name 'Stat' is not known here; did you mean 'State'?"),
    ("minimum=1.0", "minimun=1.0", "`param` takes no 'minimun'; did you mean 'minimum'?"),
    (DRIVE, DRIVE.replace("float", "flaot"), "the name 'flaot' is not known here; did you mean 'float'?"),
    ("Floats[4]", "Floats[0]", f"Floats[0] {PLACES}"),
    ("Floats[4]", "Floats[-4]", f"Floats[-4] {PLACES}"),
    ("Floats[4]", "Floats[10**9]", f"Floats[1000000000] {PLACES}"),
    ("Floats[4]", "Floats[8, 100]", "Floats[8, 100] in a state: an array has one dimension, as Floats[800]"),
    ("Floats[4]", "Floats['four']", f"Floats['four'] {PLACES}"),
]  # fmt: skip
DECLARED = [
    (DRIVE, "drive: float = param(1.0)", "drive: float", "the number 'drive' has no unit: param(…, unit=\"s\")"),
    (DRIVE, "drive: float = 1.0", "drive: float",
        "the parameter 'drive' has no `param(…)`: drive: float = param(1.0, unit=\"value\")"),
    ("unit=\"number\"", "unit=\"furlongs\"", "levels: Signal", UNKNOWN_UNIT),
    ("unit=\"factor\"", "unit=\"seconds\"", "drive: float",
        "the unit of 'drive', 'seconds', is none that waves knows; did you mean 's'?"),
    ("unit=\"factor\"", "unit=\"octave\"", "drive: float",
        "the unit of 'drive', 'octave', is none that waves knows; did you mean 'octaves'?"),
    (DRIVE, "drive: complex = param(None)", "drive: float", f"the parameter 'drive' {KINDS}"),
    (DRIVE, "drive: list = param([])", "drive: float",
        "the parameter 'drive' is of an unknown kind; a list of numbers is Numbers, a file of them DataFile"),
    (DRIVE, "drive: list[float] = param([1.0], unit='value')", "drive: float",
        "the parameter 'drive' is of an unknown kind; a list of numbers is Numbers, a file of them DataFile"),
    (DRIVE, "drive: np.ndarray = param(None)", "drive: float",
        "the parameter 'drive' is of an unknown kind; a list of numbers is Numbers, a file of them DataFile"),
    (DRIVE, "drive: np.float32 = param(1.0, unit='factor')", "drive: float",
        "the parameter 'drive' is of an unknown kind; a number is float"),
    (DRIVE, 'drive: str = param("x")', "def render", "its kernel takes 'drive', which is not a number"),
    ("param(1.0,", 'param("loud",', "drive: float", "the default of 'drive', 'loud', is not a number"),
    (LEVELS, 'param(0.0, unit="number", minimum=1.0', "levels: Signal",
        "the default of 'levels': expected at least 1, got 0"),
    ("minimum=1.0", 'minimum="1"', "levels: Signal", "the bounds of 'levels' are numbers"),
    ("minimum=1.0", "minimum=9.0, maximum=2.0", "levels: Signal",
        "the minimum of 'levels', 9, is above its maximum, 2"),
    ('param("up")', 'param("sideways")', "kind: Choice", "the default of 'kind', 'sideways', is not one of up, down"),
    ('Choice["up", "down"]', "Choice", "kind: Choice", f"the parameter 'kind' {KINDS}"),
    ("levels, kind, drive", "levles, kind, drive", "def render",
        f"{UNKNOWN} 'levles'; did you mean 'levels'?"),
    ("render(out,", "render(self, out,", "def render", "its kernel has no 'self': what it remembers is in `state`"),
    (CLASS, f"    def __init__(self):\n        self.phase = 0.0\n\n{CLASS}", "class state",
        "`__init__` is not called: what a node remembers is in class state, tables in `prepare`"),
    ("render(out, signal", "render(signal", "def render", "its kernel does not take its output 'out'"),
    ("render(out, signal", "render(energy, signal", "def render", f"{UNKNOWN} 'energy'; did you mean 'out'?"),
    ("drive, state)", "*rest)", "def render", "its kernel takes '*rest'; name each argument"),
    ("drive, state)", "drive, state, memory)", "def render", RING),
    (STATIC, "", "    @static", "`render` is a @staticmethod"),
    (STATIC + "    def render(", "    @classmethod\n    def render(cls, ", "def render", "`render` is a @staticmethod"),
    ("    def render", "    async def render", "def render", "`render` waits for nothing: def, without async"),
    ("def render(", "def rendr(", "class Grit", NEITHER),
    ("peak: float = 0.0", "peak: str = ''", "peak: float", STATED.removeprefix("grit: ")),
    ("peak: float = 0.0", "peak: list = []", "peak: float", STATED.removeprefix("grit: ")),
    ("peak: float = 0.0", "peak: float = 'loud'", "peak: float", "the defaults of its state are numbers"),
    ("peak: float = 0.0", "peak = 0.0", "peak: float", "its state has 'peak' without a type: peak: float = 0.0"),
    ("peak: float = 0.0", "peak = np.zeros(8)", "peak: float", "its state has 'peak' without a type: peak: Floats[8]"),
    ("peak: float = 0.0", "peak: np.zeros(8)", "peak: float",
        "its state has 'peak' with numbers in place of a type: peak: Floats[8]"),
    ("class state(State)", "class state", "class state", "`state` is a class: class state(State)"),
    ("class state(State)", "class memories(State)", "def render",
        "its kernel takes `state`, but there is no class state(State)"),
    ("        count: int", "        numbered = ('cuont',)\n        count: int", "count: int",
        "`numbered` names 'cuont', which is not a whole number of the state"),
    ("        count: int", "        was = {'cuont': 'n'}\n        count: int", "count: int",
        "`was` names 'cuont', which is not a field of the state"),
    ("        count: int", "        was = {'count': 'peak'}\n        count: int", "count: int",
        "`was` says that 'count' was 'peak', which is a field of the state still"),
    ("        count: int", "        was = ('count', 'n')\n        count: int", "count: int",
        '`was` gives fields the name that they had before: was = {"count": "steps"}'),
    ("        count: int", "        ranges = {'cuont': (0, 9)}\n        count: int", "count: int",
        "`ranges` names 'cuont', which is not a field of the state"),
    ("        count: int", "        ranges = {'count': (9, 0)}\n        count: int", "count: int", RANGES),
    ("        count: int", "        ranges = ('count', 0, 9)\n        count: int", "count: int", RANGES),
    (*declared('constant = ("level",)'), "class state", "`constant` names 'level', which is not a Signal"),
    (*declared('closes_loops = "grit"'), "class state",
        "`closes_loops` is the name of a signal in seconds, not 'grit'"),
    (*declared('constant = "levels"'), "class state", '`constant` is a tuple of names: constant = ("…",)'),
    (*declared('factors = ("level",)'), "class state", "`factors` names 'level', which is not a parameter"),
    (*declared('waits = ("input",)'), "class state", "`waits` names 'input', which is not a parameter"),
    (*declared('outputs = "left"'), "class state", '`outputs` is a tuple of names: outputs = ("…",)'),
    (*declared('arrays = {"a": "f2"}'), "class state", "the array 'a' is of type 'f2'; there are f4, f8, i8"),
    (*declared('arrays = ["a"]'), "class state", '`arrays` are names with their types: arrays = {"table": "f8"}'),
    (*declared("scratch = -1"), "class state", "`scratch` is a number of blocks, from 0 to 10000"),
    (*declared('tail = "no"'), "class state", "`tail` is True, False, or the name of a parameter in seconds, not 'no'"),
]  # fmt: skip
ARRAY = [
    ("raise RuntimeError('no table')", 2, "grit raises RuntimeError: no table"),
    ("return {'table': np.zeros(constants.levls)}", 2, "grit raises AttributeError: there is no parameter 'levls'"),
    ("return {'table': np.zeros(4) * constants.signal}", 2,
        "grit raises TypeError: unsupported operand type(s) for *: 'float' and 'NoneType'"),
    ("return {'table': np.ones(10**11)}", 2, "grit needs more memory than there is"),
    ("import sys; sys.exit()", 2, "grit raises SystemExit"),
    ("import os; os._exit(1)", 1, "grit crashes in `prepare`"),
    ("while True: pass", 2, f"grit does not come to an end: `prepare` takes more than {TRIAL_LIMIT:g} s"),
    ("pass", 1, "grit: `prepare` returns nothing, not arrays by name"),
    ("return [1.0]", 1, "grit: `prepare` returns a list, not arrays by name"),
    ("return {'tabel': np.zeros(4)}", 1, "grit: `prepare` returns no array 'table'"),
    ("return {'table': 'abc'}", 1, "grit: the array 'table' from `prepare` holds something else than numbers"),
    ("return {'table': np.ones(4) * 1j}", 1,
        "grit: the array 'table' from `prepare` holds something else than numbers"),
    ("return {'table': np.zeros((1, 0))}", 1,
        "grit: the array 'table' from `prepare` is empty: it holds one number at least"),
    ("return {'table': np.zeros((2, 2, 2))}", 1,
        "grit: the array 'table' from `prepare` has 3 dimensions, at most 2 can be used"),
    ("return {'table': np.zeros((5, 2))}", 1,
        "grit: the array 'table' from `prepare` has 5 rows, one for each channel: "
        "write `table.T` for 2, or `table.ravel()` for one"),
    ("return {'table': np.log(np.arange(4.0) - 1.0)}", 1,
        "grit: the array 'table' from `prepare` is not finite: table[0] is NaN"),
    ("return {'table': [[0.0, 1.0], [2.0, math.inf]]}", 1,
        "grit: the array 'table' from `prepare` is not finite: table[1, 1] is infinity"),
]  # fmt: skip
LENGTH = [
    ("return {'line': -1.0}", 1, "grit: `lengths` returns -1 s for 'line', but a ring needs a length"),
    ("return {'line': math.nan}", 1, "grit: `lengths` returns nan for 'line', not seconds"),
    ("return {'line': '1 s'}", 1, "grit: `lengths` returns a str for 'line', not seconds"),
    (
        "return {}",
        1,
        "grit: `lengths` returns nothing for 'line', not seconds: "
        "a Signal that moves is None there, so give the longest",
    ),
    ("return 1.0", 1, "grit: `lengths` returns 1.0, not lengths by name"),
    ("pass", 1, "grit: `lengths` returns nothing, not lengths by name"),
    ("return 1.0 / constants.drvie", 2, "grit raises AttributeError: there is no parameter 'drvie'"),
]


def refused(pair: tuple[Desk, Desk], text: str, name: str = "nodes/grit.py") -> str:
    """Save a broken file; its problem, after the old sound played on to the bit."""
    edited, alone = pair
    good = edited.session.outcomes.good
    result = edited.save(text, name)
    assert not result.success and result.names == ()
    assert edited.report("refused").problems == result.problems
    edited.stage.settle()
    assert np.array_equal(edited.play(1000), alone.play(1000)), "the old sound plays on"
    assert edited.session.outcomes.good == good
    save(edited.folder, GRIT if name.endswith("grit.py") else STEPS, name)
    assert edited.nodes.reload().success
    return result.error


LINE = at(BODY)  # of what is edited


def begin(text: str, line: int) -> str:
    """The place of the first word of a line."""
    lines = [*text.splitlines(), ""]
    return f"grit.py:{line}:{len(lines[line - 1]) - len(lines[line - 1].lstrip()) + 1}"


def names(cases: list[Any]) -> list[str]:
    """What is written, short."""
    return [f"{number} {case[1 if isinstance(case[1], str) else 0].strip()[:40]}" for number, case in enumerate(cases)]


def cases(rows: list[Any], ids: list[str]) -> list[Any]:
    """Parameters of a test: each third, the others and what waits for a limit of time are for the long run."""
    return [
        pytest.param(*row, id=name, marks=pytest.mark.long if number % 3 or "while True" in str(row) else ())
        for number, (row, name) in enumerate(zip(rows, ids, strict=True))
    ]


@pytest.mark.parametrize(("line", "column", "sentence"), cases(LINES, [line for line, *_ in LINES]))
def test_what_cannot_be_compiled_is_said_in_a_musicians_words(pair, line, column, sentence):
    text = body(line)
    place = f"grit.py:{LINE}:{column}" if column > 1 else begin(text, LINE + column - 1)
    assert refused(pair, text) == f"{place}: grit cannot be compiled: {sentence}"


def test_a_function_of_the_library_is_imported_by_its_name(pair):
    """A kernel knows no module, of the library neither."""
    text = body("out[i] = powers.tanh(signal[i])").replace("import math\n", "from waves.dsp import powers\n")
    sentence = "import the function itself: from waves.dsp.powers import tanh"
    assert refused(pair, text) == f"grit.py:{LINE}:22: grit cannot be compiled: {sentence}"


@pytest.mark.long
@pytest.mark.parametrize(("line", "sentence"), TRIED, ids=[line for line, _ in TRIED])
def test_what_goes_wrong_when_it_runs_is_found_in_another_process(pair, line, sentence):
    text = body(line)
    assert refused(pair, text) == f"{begin(text, LINE)}: {sentence}"


@pytest.mark.parametrize(("old", "new", "line", "column", "sentence"), READ, ids=names(READ))
def test_a_file_that_cannot_be_read_is_a_problem_at_its_place(pair, old, new, line, column, sentence):
    assert refused(pair, edit(old, new)) == f"grit.py:{line}:{column}: {sentence}"


@pytest.mark.parametrize(("old", "new", "sentence"), cases(LOADED, names(LOADED)))
def test_a_file_that_cannot_be_loaded_is_a_problem_at_its_line(pair, old, new, sentence):
    text = edit(old, new)
    assert refused(pair, text) == f"{begin(text, at(old))}: cannot be loaded: {sentence}"


@pytest.mark.long
@pytest.mark.parametrize("line", ["import os; os.abort()", "import os; os._exit(0)", "9 ** 9 ** 9 ** 9"])
def test_a_file_that_takes_its_process_down_is_a_problem(pair, line):
    """Or holds it so that nobody can ask where it is."""
    sentence = LATE if "9" in line else f"it crashes, or ends its process, {WHILE_LOADED}"
    assert refused(pair, edit(CONSTANTS, line)) == f"grit.py:1:1: cannot be loaded: {sentence}"


@pytest.mark.parametrize(("old", "new", "where", "sentence"), DECLARED, ids=names(DECLARED))
def test_what_a_node_cannot_be_is_a_problem_at_its_line(pair, old, new, where, sentence):
    text = edit(old, new)
    assert refused(pair, text) == f"{begin(text, at(where))}: grit: {sentence}"


def test_the_default_of_a_file_is_none(pair):
    """An empty text would be a mistake of each piece that gives no file."""
    text = edit(DRIVE, 'drive: File = param("", description="A file.")').replace("Choice,", "Choice, File,", 1)
    sentence = "grit: the default of 'drive' is a path, or None for no file"
    assert refused(pair, text).startswith(f"{begin(text, at(DRIVE))}: {sentence}\n")


@pytest.mark.parametrize(("line", "below", "sentence"), cases(ARRAY, names(ARRAY)))
def test_what_prepare_cannot_make_is_a_problem(pair, line, below, sentence):
    prepare = f"    @staticmethod\n    def prepare(constants, rate):\n        {line}\n\n"
    text = edit(*declared('arrays = {"table": "f8"}')).replace(CLASS, prepare + CLASS)
    text = text.replace("drive, state)", "drive, state, table)").replace(BODY, BODY.replace("drive", "table[0]"))
    assert refused(pair, text) == f"{begin(text, at('class state') + 2 + below)}: {sentence}"


def test_a_state_that_cannot_be_adopted_is_a_problem(pair):
    adopted = "    @staticmethod\n    def adopted(state, old, new):\n        state.count = new.drvie\n\n"
    text, sentence = edit(CLASS, adopted + CLASS), "grit raises AttributeError: there is no parameter 'drvie'"
    assert refused(pair, text) == f"{begin(text, at('class state') + 2)}: {sentence}"


@pytest.mark.parametrize("line", ["table[0] = 1.0", "table[i] = drive", "table[i] += 1.0"])
def test_a_prepared_array_that_is_written_to_is_said_to_be_read_only(pair, line):
    prepare = "    @staticmethod\n    def prepare(constants, rate):\n        return {'table': np.ones(4)}\n\n"
    text = edit(*declared('arrays = {"table": "f8"}')).replace(CLASS, prepare + CLASS)
    text = text.replace("drive, state)", "drive, state, table)").replace(BODY, BODY + f"            {line}\n")
    sentence = "'table' is a prepared array, and can only be read: what changes is in the state"
    assert refused(pair, text).endswith(f"grit cannot be compiled: {sentence}")


@pytest.mark.parametrize(("line", "below", "sentence"), LENGTH, ids=names(LENGTH))
def test_a_length_that_no_ring_has_is_a_problem(pair, line, below, sentence):
    method = f"    @staticmethod\n    def lengths(constants, rate):\n        {line}\n\n{CLASS}"
    text = edit(CLASS, f'    rings = {{"line": 1}}\n\n{method}')
    text = text.replace("drive, state)", "drive, state, line)").replace(BODY, BODY.replace("drive", "line.at(1)"))
    assert refused(pair, text) == f"{begin(text, at('class state') + below + 2)}: {sentence}"


def test_a_length_that_a_moving_signal_has_not_is_a_problem(pair):
    returned = "        return {'line': 2 * constants.levels}"
    method = f"    @staticmethod\n    def lengths(constants, rate):\n{returned}\n\n{CLASS}"
    text = edit(CLASS, f'    rings = {{"line": 1}}\n\n{method}')
    text = text.replace("drive, state)", "drive, state, line)").replace(BODY, BODY.replace("drive", "line.at(1)"))
    moves = "unsupported operand type(s) for *: 'int' and 'NoneType': 'levels', a Signal, is None where it moves"
    assert refused(pair, text) == f"{begin(text, at('class state') + 4)}: grit raises TypeError: {moves}"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("out = levels", "grit does not write out[0]: every frame is written in every block"),
        ("if i > 3: out[i] = 0.0", "grit does not write out[0]: every frame is written in every block"),
    ],
)
def test_a_frame_that_is_not_written_is_a_problem_of_the_kernel(pair, line, sentence):
    text = body(line)
    assert refused(pair, text) == f"{begin(text, at('def render'))}: {sentence}"


@pytest.mark.parametrize("line", ["return 'ended'", "return 0.5", "return 1"])
def test_what_a_kernel_returns_is_a_flag(pair, line):
    assert refused(pair, body(line)) == f"grit.py:{LINE}:13: {ENDED}"


@pytest.mark.parametrize(
    ("line", "below", "column"),
    [("out[i] = 1.0 if kind == 'up' else 0.0", 0, 37), ("match kind:\n                case 'up': out[i] = 1", 1, 22)],
)
def test_a_word_is_not_compared_with_text(pair, line, below, column):
    """The compiler accepts it, but a number is never equal to a text."""
    assert refused(pair, body(line)) == f"grit.py:{LINE + below}:{column}: grit: {COMPARED}"


def test_functions_that_call_themselves_are_said(pair):
    used = body("out[i] = beside(signal[i])")
    line = at("return 2.0 * x")
    error = refused(pair, used.replace("return 2.0 * x", "return beside(x)"))
    assert error == f"grit.py:{line}:12: grit cannot be compiled: 'beside' calls itself, which a kernel cannot"
    error = refused(pair, used.replace("return 2.0 * x", "return more(x)\n\n\ndef more(x):\n    return beside(x)"))
    assert error == (
        f"grit.py:{line}:12: grit cannot be compiled: 'beside' calls itself through 'more', which a kernel cannot"
    )
    text = edit("return 2.0 * x", "return beside(x)\n\n\nbeside(1.0)")
    assert refused(pair, text) == f"{begin(text, line)}: cannot be loaded: something in it calls itself without end"


def test_what_a_file_prints_goes_to_the_errors(pair, capfd):
    compiler().sandbox.close()
    compiler().sandbox = Sandbox(TRIAL_LIMIT)  # it one writes to what is captured here
    refused(pair, edit(CONSTANTS, f"print('levels')\n{CONSTANTS}").replace("class Grit", "klass Grit"))
    assert pair[0].save(edit(CONSTANTS, f"print('levels')\n{CONSTANTS}")).success
    shown = capfd.readouterr()
    assert "levels" in shown.err and not shown.out
    save(pair[0].folder, GRIT, "nodes/grit.py")
    assert pair[0].nodes.reload().success


def test_a_node_file_that_is_a_folder_is_a_problem_with_its_name(pair):
    folder = pair[0].folder / "nodes" / "more.py"
    folder.mkdir()
    error = pair[0].nodes.reload().error
    folder.rmdir()
    assert error == "cannot be read: 'more.py' is not a file"


def test_there_are_a_hundred_mistakes():
    lists = (LINES, TRIED, READ, LOADED, DECLARED, ARRAY, LENGTH)
    assert sum(map(len, lists)) >= 150 and all(len(set(names(one))) == len(one) for one in lists)


def test_a_problem_shows_its_line(pair):
    text = body("out[i] = signal[i] * driev")
    refused(pair, text)
    shown = pair[0].report("refused").problems[0].show().splitlines()
    assert shown[1:] == ["                out[i] = signal[i] * driev", " " * 37 + "^"]


def test_a_broken_helper_leaves_all_that_use_it(pair):
    error = refused(pair, STEPS.replace("levels) / levels", "levels / levels"), "nodes/_steps.py")
    assert error == f"_steps.py:7:16: {OPEN}"
    error = refused(pair, STEPS.replace("rint(x", "rnt(x"), "nodes/_steps.py")
    assert error == "_steps.py:7:12: grit cannot be compiled: the name 'rnt' is not known here; did you mean 'rint'?"


def test_helpers_that_import_each_other_are_said(pair):
    error = refused(pair, STEPS + "\nfrom .grit import beside\n", "nodes/_steps.py")
    assert error in (
        "_steps.py:1:1: imports itself: _steps.py imports grit.py imports _steps.py",
        "grit.py:1:1: imports itself: grit.py imports _steps.py imports grit.py",
    )

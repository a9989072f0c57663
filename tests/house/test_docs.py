"""The demo, and what the documents show and claim: every example is run, every list held against the code."""

from __future__ import annotations

import ast
import math
import os
import re
import runpy
import shlex
import shutil
import subprocess
import textwrap
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import typer.main
from typer.core import TyperGroup

from tests.harness.loudness import loudness
from tests.harness.paths import TOP
from waves import parameter_kinds
from waves.app.performance.offline import default_seconds
from waves.app.setup.new import STARTER
from waves.cli import app
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.compiler import Compiler
from waves.engine.graph.graph import Graph
from waves.engine.plan.plan import build_plan, needed_kernels
from waves.engine.runtime.engine import Engine
from waves.engine.runtime.trial import try_numbers
from waves.engine.state.state_registry import Registry
from waves.language.build.sound_checks import check_sounds
from waves.language.expression.builtin_names import ARGUMENTS, builtin
from waves.language.model.vocabulary import GRAMMAR_TYPES
from waves.language.text.yaml_scalars import scalar
from waves.live.workspace.composer import Composer
from waves.live.workspace.settings import Settings
from waves.live.workspace.workspace import find_workspace
from waves.node import Node
from waves.node_types.library.kernel_arguments import KINDS
from waves.node_types.library.library import load_library
from waves.node_types.library.parameters import accepted, free_names, parameters
from waves.problem import Problems

DOCUMENTS = [TOP / "README.md", *sorted((TOP / "docs").glob("*.md"))]
BLOCK = re.compile(r"(?:^`(?P<path>[\w/.]+)`[^\n]*\n\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.M | re.S)
RATE = 44100
USAGE_ERROR = typer.BadParameter.__base__  # of the command line, whatever reads it
CEILING = 10 ** (-0.3 / 20)  # of the limiter
KICK = "\nkick: {osc: {freq: [150, 50], amp: [0.8, 0], duration: 0.2}}\n"


def blocks(*kinds: str) -> Iterator[tuple[str, str, str]]:
    """The blocks of these kinds in all documents: where, the path in the line before, the text."""
    for document in DOCUMENTS:
        text = document.read_text("utf-8")
        for match in BLOCK.finditer(text):
            if match["kind"] in kinds:
                line = text[: match.start("text")].count("\n")
                yield f"{document.relative_to(TOP).as_posix()}:{line}", match["path"] or "", match["text"]


@cache
def shipped() -> dict[str, type[Node]]:
    return load_library(TOP / "nodes")


@cache
def compiler() -> Compiler:
    return Compiler()


@pytest.fixture(scope="module", autouse=True)
def _workers_end() -> Iterator[None]:
    yield
    compiler().close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace to write examples into, with the samples that they name."""
    shutil.copytree(TOP / "samples", tmp_path / "samples")
    for _, path, text in blocks("text"):
        if path.endswith(".csv"):
            (tmp_path / path).write_text(text, "utf-8")
    return tmp_path


def sounds_in(folder: Path, text: str, library: Mapping[str, type[Node]]) -> tuple[Composer, list[str]]:
    """The names of the sounds in a text, and a composer to make them; fails on anything wrong or doubtful."""
    if re.search(r"\bkick: \{\}", text) and not re.search(r"^kick:", text, re.M):
        text += KICK
    (folder / "waves.yaml").write_text(text, "utf-8")
    composer = Composer(find_workspace(folder), library, Settings(), RATE)
    piece, problems = composer.read()
    problems += check_sounds(library, composer.documents.values(), samples=composer.arrays.words())
    assert problems == []
    return composer, list(piece.sounds)


def heard(composer: Composer, sound: str, seconds: float) -> np.ndarray[Any, Any]:
    """A sound as `waves render` writes it, frames x 2; fails when a part of it does."""
    composition = composer.compose([(sound, {})])
    assert composition.findings == []
    compiler().compile([*kernel_cache.engine_kernels(), *needed_kernels(composition.graph)])
    engine = Engine(RATE)
    plan = build_plan(composition.graph, None, Registry(), engine.addresses, 0)
    try_numbers(plan, engine)
    engine.offer(plan)
    out = engine.render(round(seconds * RATE))
    assert engine.faults == {}
    return out


def assert_is_heard(folder: Path, text: str, library: Mapping[str, type[Node]]) -> None:
    composer, names = sounds_in(folder, text, library)
    played = 0
    for name in names:
        try:
            out = heard(composer, name, 1.0)
        except Problems as found:
            if all("is known only inside a note" in problem.sentence for problem in found.problems):
                continue  # it is heard in the sequence beside it
            raise
        played += 1
        assert np.isfinite(out).all()
        is_heard = np.abs(out).max() > 1e-3
        assert is_heard or "input:" in text, f"'{name}' is silent"  # the live input is, offline
    assert played, "nothing in this example plays"


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, _, text in blocks("yaml")])
def test_every_example_of_a_piece_is_heard(folder, text):
    assert_is_heard(folder, text, shipped())


def linked_nodes() -> Iterator[tuple[str, str, str]]:
    """The examples of node files that a document leads to: where, the path, the text."""
    for document in DOCUMENTS:
        for path in re.findall(r"\]\(\.\./(tests/example_nodes/\w+\.py)\)", document.read_text("utf-8")):
            yield document.name, path, (TOP / path).read_text("utf-8")


SHOWN_NODES = [
    *((name, path, text) for name, path, text in blocks("python") if path.endswith(".py")),
    *linked_nodes(),
]


@pytest.mark.parametrize(("path", "text"), [pytest.param(path, text, id=path) for _, path, text in SHOWN_NODES])
def test_every_node_that_is_shown_is_heard(folder, path, text):
    """A node of the tests is shown as it is; one that only the document has is written into a workspace."""
    if (TOP / path).exists():
        assert (TOP / path).read_text("utf-8") == text
    nodes = folder / "nodes"
    nodes.mkdir()
    (nodes / Path(path).name).write_text(text, "utf-8")
    library = load_library(TOP / "nodes", nodes)
    example = re.search(r"^    .+$(?:\n(?:    .*)?$)*", text.split('"""')[1], re.M)
    assert example, "its docstring has no example"
    composer, names = sounds_in(folder, textwrap.dedent(example[0]), library)
    for name in names:
        assert np.isfinite(heard(composer, name, 0.1)).all()


def test_nodes_are_shown():
    paths = {path for _, path, _ in SHOWN_NODES}
    assert {"nodes/rough.py", "tests/example_nodes/echo.py", "tests/example_nodes/pluck.py"} <= paths


@pytest.mark.parametrize(
    "text",
    [pytest.param(text, id=name) for name, _, text in blocks("python") if re.search(r"^def test_", text, re.M)],
)
def test_every_test_that_is_shown_passes(tmp_path, monkeypatch, text):
    """The nodes that the same document shows are there."""
    nodes = tmp_path / "nodes"
    nodes.mkdir()
    for _, path, shown in [*SHOWN_NODES, *blocks("py")]:
        if path.startswith("nodes/"):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(shown, "utf-8")
    monkeypatch.chdir(tmp_path)
    scope: dict[str, Any] = {}
    exec(text, scope)
    tests = [value for name, value in scope.items() if name.startswith("test_")]
    for test in tests:
        test()


# The demo


@pytest.fixture(scope="module")
def demo() -> Composer:
    return Composer(find_workspace(TOP), shipped(), Settings(), RATE)


def test_nothing_in_the_demo_is_doubtful(demo):
    assert demo.read()[1] == []
    assert check_sounds(shipped(), demo.documents.values()) == []


def test_every_sound_of_the_demo_is_heard_and_not_limited(demo):
    """But for the instruments that only a note plays."""
    for name in demo.read()[0].sounds.keys() - {"pad", "saws", "low"}:
        out = heard(demo, name, 2.0)
        assert 0.05 < np.abs(out).max() < CEILING, name


def small_sounds() -> list[str]:
    """The names of the numbered sounds of the demo."""
    text = (TOP / "waves.yaml").read_text("utf-8")
    return re.findall(r"^# \d+\. .*\n(?:# .*\n)*(\w+):", text, re.M)


def test_the_small_sounds_play_on_until_they_are_stopped(demo):
    assert small_sounds()[0] == "tone" and small_sounds()[-1] == "night"
    for name in small_sounds():
        assert default_seconds(demo.compose([(name, {})])) is not None, name


@pytest.mark.long
def test_the_small_sounds_are_of_one_loudness(demo):
    """In eight seconds, within 3 LU of each other."""
    found = {name: loudness(heard(demo, name, 8.0)) for name in small_sounds()}
    assert max(found.values()) - min(found.values()) < 3.0, "\n".join(map(str, found.items()))


def test_loudness_of_a_sine():
    """BS.1770: a sine of 997 Hz at 0 dB in one channel is -3.01 LUFS."""
    sine = np.sin(math.tau * 997 * np.arange(4 * RATE) / RATE)
    assert loudness(np.column_stack([sine, 0 * sine])) == pytest.approx(-3.01, abs=0.1)


def test_my_sound_begins_softly(demo):
    """Four bars of a kick and chords far away; the whole of it is heard in tests/house/test_pieces.py."""
    out = heard(demo, "my_sound", 8.0)
    assert loudness(out) == pytest.approx(-18.0, abs=1.0)
    assert abs(out.mean()) < 2e-3


def files_of(graph: Graph) -> set[str]:
    """The files that a piece plays, its voices too."""
    rows = graph.rows.values()
    inner = [files_of(row.voice.graph) for row in rows if row.voice]
    return {row.settings["file"] for row in rows if row.kind is shipped()["sample"]}.union(*inner)


def test_my_sound_plays_samples(demo):
    """Drums, a folder of them, a note, a chord and both loops."""
    files = {Path(file).stem for file in files_of(demo.compose([("my_sound", {})]).graph)}
    assert files == {"kick", "snare", "clap", "hat", "open", "hits", "bass", "chord", "break", "bells"}


def test_samples_are_small_and_as_the_kit_makes_them(folder):
    """Each file is what its piece renders to, a loop its second pass, within what 16 bits hold."""
    files = sorted(path for path in (TOP / "samples").rglob("*") if path.is_file())
    assert sum(path.stat().st_size for path in files) < 2_000_000
    kit = Composer(find_workspace(TOP / "examples" / "kit"), shipped(), Settings(), RATE)
    made = runpy.run_path(str(TOP / "examples" / "kit" / "make.py"))
    assert {path.relative_to(TOP / "samples").with_suffix("").as_posix() for path in files} == {
        *made["ONCE"],
        *made["LOOPS"],
    }
    for path in files:
        audio, rate = soundfile.read(path, always_2d=True)
        assert rate == RATE
        skipped = round(made["LOOPS"].get(path.stem, 0.0) * RATE) + Engine(RATE).lookahead
        out = heard(kit, path.stem, (len(audio) + skipped) / RATE)[skipped:]
        assert np.abs(out[: len(audio)] - audio).max() < 2**-14, path.name


@pytest.mark.parametrize("name", ["break", "bells"])
def test_a_loop_has_no_seam(name):
    """From its last frame to its first is no larger a step than inside."""
    audio, _ = soundfile.read(TOP / "samples" / f"{name}.flac", always_2d=True)
    assert len(audio) == 4 * RATE
    assert np.abs(audio[0] - audio[-1]).max() < 0.25 * np.abs(np.diff(audio, axis=0)).max()


def test_the_track_of_the_first_five_minutes_can_be_added(folder, demo):
    """Below the last track of my_sound, as the README says."""
    [track] = re.findall(r"^ +```yml\n {3}(.*\n) +```$", readme(), re.M)
    text = (TOP / "waves.yaml").read_text("utf-8")
    last = next(line for line in text.splitlines(keepends=True) if line.startswith("            bells:"))
    composer, _ = sounds_in(folder, text.replace(last, last + track), shipped())
    assert np.abs(heard(composer, "my_sound", 1.0) - heard(demo, "my_sound", 1.0)).max() > 0.01


def test_the_first_five_minutes_name_what_is_there(folder):
    """Each edit that the README tells, and the lines of its picture."""
    text = (TOP / "waves.yaml").read_text("utf-8")
    told = readme().partition("## The first five minutes")[2].partition("\n## ")[0]
    [(edit, line)] = set(re.findall(r"change `(.*?)`, line (\d+)", told))
    assert edit in text.splitlines()[int(line) - 1]
    for old, new in re.findall(r"`([^`]+)` as `([^`]+)`", told):
        assert text.count(old) == 1, old
        sounds_in(folder, text.replace(old, new), shipped())
    line, column, path = re.search(r"waves.yaml:(\d+):(\d+): ([\w.]+)cutof:", told).groups()
    assert text.splitlines()[int(line) - 1].startswith(" " * (int(column) - 1) + "cutoff:")
    assert path.startswith("my_sound.tempo.signal.filter.signal.mix.stabs.")
    counted = len(re.findall(r"^# \d+\. ", text, re.M))
    assert f"{counted} small sounds" in told


def test_the_piece_of_a_new_folder_is_heard(folder):
    assert_is_heard(folder, STARTER, shipped())
    composer, _ = sounds_in(folder, STARTER, shipped())
    out = heard(composer, "my_sound", 4.0)
    assert loudness(out) == pytest.approx(-18.0, abs=2.0)
    assert np.abs(out).max() < CEILING


# What the documents list


def commands() -> Iterator[list[str]]:
    """Every call of `waves` in the blocks of the documents, in words."""
    for _, _, text in blocks("sh"):
        for line in text.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if "waves" in words:
                yield words[words.index("waves") + 1 :]


def test_every_command_that_is_shown_exists():
    shown = list(commands())
    assert {"play", "render"} <= {name for name, *_ in shown}
    for words in shown:
        assert_exists(words)


def assert_exists(words: list[str]) -> None:
    """The command of a call of `waves` exists, and has the options of the call."""
    name, *rest = words
    command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    while rest and rest[0] in getattr(command, "commands", ()):
        command, *rest = command.commands[rest[0]], *rest[1:]
    options = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in rest if word.startswith("-")} <= options, words


def named_commands() -> Iterator[tuple[str, str]]:
    """Every command that a message, a help text or a document names between backquotes: where, and its arguments.

    What a message inserts is a word `x`, or nothing where it is not a word of its own; words in capitals are numbers.
    """
    named = re.compile(r"`waves ([^`\n]+)`")
    texts = [(path, path.read_text("utf-8")) for path in DOCUMENTS]
    for path in sorted((TOP / "waves").rglob("*.py")):
        if not re.search("`waves [a-z]+[ {]", text := path.read_text("utf-8")):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.JoinedStr):
                parts = [one.value if isinstance(one, ast.Constant) else "\0" for one in node.values]
                texts.append((path, re.sub(r"(?<=[ `])\0", "x", "".join(map(str, parts))).replace("\0", "")))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append((path, node.value))
    for path, text in texts:
        for words in named.findall(text):
            yield path.relative_to(TOP).as_posix(), re.sub(r"\b[A-Z]{2,}\b", "1", words.replace("…", "")).strip()


def test_every_command_that_is_named_can_be_typed_as_it_is():
    """Its arguments go through the parser of the command line. A command without arguments may be its mere name."""
    program = typer.main.get_command(app)
    found = sorted({(words, where) for where, words in named_commands()})
    assert {"replay last -o set.wav", "history restore 1", "trust x"} <= {words for words, _ in found}
    for words, where in found:
        command, rest, context = program, shlex.split(words), program.context_class(program, info_name="waves")
        while isinstance(command, TyperGroup) and rest and not rest[0].startswith("-"):
            name, command, rest = command.resolve_command(context, rest)
            context = command.context_class(command, context, name)
        if rest:
            try:
                command.parse_args(context, [*rest])
            except typer.Exit:  # --help, --version
                pass
            except USAGE_ERROR as error:
                pytest.fail(f"{where}: `waves {words}`: {error.format_message()}")


@pytest.mark.skipif(os.name != "posix", reason="lines of a POSIX shell")
def test_whoever_types_the_lines_of_the_readme_in_their_order_has_each_command(tmp_path):
    """The line that installs makes the folder `.venv`; the next one makes its programs commands, before any is used."""
    told = readme()
    [line] = re.findall(r"```sh\n(export PATH=.*)\n```", told)
    text = told.partition(line)[0]
    [installs] = re.findall(r"```sh\n(.*)\n```", text)
    assert installs.endswith(".uv/bin/uv run waves play my_sound") and "`waves play" not in text
    for program in (".venv/bin/waves", ".venv/bin/python", ".uv/bin/uv"):
        file = tmp_path / program
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!/bin/sh\necho {program} $@\n")
        file.chmod(0o755)
    first_words = {words.split()[0] for words in re.findall(r"`((?:waves|uv|python) [^`]+)`", told.partition(line)[2])}
    assert {"waves", "python"} <= first_words
    for word in sorted(first_words):
        done = subprocess.run(
            ["sh", "-c", f"{line}\ncd /\n{word} it"], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert done.stdout.endswith(f"/{word} it\n") and done.stdout.startswith((".venv", ".uv"))


def test_every_row_of_the_troubleshooting_page_ends_in_a_command_that_exists():
    text = (TOP / "docs" / "troubleshooting.md").read_text("utf-8")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")][2:]
    assert len(rows) >= 10 and {len(row) for row in rows} == {3}
    for row in rows:
        call = re.fullmatch(r"`waves (.+)`", row[2])
        assert call, row[2]
        assert_exists(shlex.split(call[1]))
    for call in re.findall(r"`waves ([^`]+)`", text):
        assert_exists(shlex.split(call))
    assert "(docs/troubleshooting.md)" in readme()


def readme() -> str:
    return (TOP / "README.md").read_text("utf-8")


def test_readme_names_every_command_and_setting():
    text = readme()
    for name in typer.main.get_command(app).commands:  # type: ignore[attr-defined]
        assert f"`waves {name}" in text, name
    for name, info in Settings.model_fields.items():
        assert f"| `{name}` | `{info.default!r}` |" in text, name


def test_readme_has_the_lines_that_set_everything_up():
    text = readme()
    assert "uv run waves play my_sound" in text
    assert "python3 -m pip install -q --target .uv uv && .uv/bin/uv run waves play my_sound" in text
    assert "python3 -m pip install -q --target .uv uv && .uv/bin/uv run --group dev pytest" in text
    assert "pip install waves" not in text


def anchors(document: Path) -> set[str]:
    """What a link can name after `#`: the headings, in lower case, without punctuation, hyphens for spaces."""
    headings = re.findall(r"^#+ (.+)$", document.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document):
    for link in re.findall(r"\]\(([^)]+)\)", document.read_text("utf-8")):
        file, _, heading = link.partition("#")
        target = document.parent / file if file else document
        assert link.startswith("https://") or target.exists(), link
        assert not heading or heading in anchors(target), link


def test_the_page_of_the_language_is_short_and_teaches_by_ten_words():
    text = (TOP / "docs" / "language.md").read_text("utf-8")
    table = text.partition("Ten types of node make most pieces")[2].partition("```")[0]
    assert len(text.splitlines()) < 400
    assert set(re.findall(r"`(\w+)`", table)) == set(
        "osc mix filter envelope play sample delay reverb track tempo".split()
    )


def test_the_reference_names_every_function():
    text = (TOP / "docs" / "language.md").read_text("utf-8")
    words = set(re.findall(r"\w+", text))
    assert {name for names in ARGUMENTS.values() for name in names.split()} <= words


def test_the_guide_for_nodes_names_the_whole_contract():
    """What a type may declare, the kinds of parameters, and what a kernel may take."""
    text = (TOP / "docs" / "writing-a-node.md").read_text("utf-8")
    declared = {name for name in Node.__annotations__ if name != "model_config"}
    kinds = {kind.__name__ for kind in parameter_kinds._Kind.__subclasses__()} | {"Choice", "Floats", "Ints"}
    taken = {kind.named for kind in KINDS if kind.named and kind.documentation}
    assert {"rate", "seed", "live", "work", "start"} <= taken
    missing = [name for name in sorted(declared | kinds | taken) if not re.search(rf"`{name}\b", text)]
    assert missing == []


def test_the_glossary_names_what_is_in_the_code():
    """The last column of each row."""
    text = (TOP / "docs" / "glossary.md").read_text("utf-8")
    code = "".join(file.read_text("utf-8") for file in sorted((TOP / "waves").rglob("*.py")))
    defined = set(re.findall(r"^ *(?:class|def) (\w+)", code, re.M))
    named = set(re.findall(r"\| `(\w+)` \|$", text, re.M))
    assert {"TreeNode", "Graph", "Plan", "Registry"} <= named
    assert named - defined == set()


# The grammar of pauloricca/waves: types, parameters and defaults

# `name=default`; a bare name has none, `name!` must be given, of `name?` the grammar does not say which.
GRAMMAR_TEXT = """
osc         type=sin freq=1 amp=1 phase pulse_width=.5 attack=0 release=0 scale=1 seed range
osc         freq_interpolation=linear amp_interpolation=linear
sample      file start=0 end=1 loop=false speed=1 base_freq freq offset=0 chop overlap=0
buffer      name length file signal offset=0 start end loop=false base_freq freq speed=1 overlap=0
input       device amp=1
midi_in     channel=0 signal! voices=8 device
midi_cc     channel=0 cc=0 initial=.5 range=[0,1] device
filter      cutoff! peak=0 type=lowpass signal?
envelope    attack=0 decay=0 sustain=1 sustain_duration release=0 gate trigger signal=1 end=true
delay       time! mode=digital signal?
retrigger   time=.1 repeat=3 feedback=.3 spread=0 movement=0 signal?
smooth      step=.01 signal?
glide       signal! time=0
shuffle     size=.3 chunks invert=.1 crossfade=0 seed signal?
track       signal? pan=0 volume=1
follow      signal? range=[0,1] attack=.01 release=.1
pitch       signal! min_freq=80 max_freq=1000 per_sample=false smoothing=0
invert      signal?
automation  steps! interval=1 mode=step overlap=.1 repeat swing=0 trigger reset
sequencer   steps chain interval=0 repeat swing=0 trigger reset
spawn       trigger! signal! voices=32 threshold=.5
hold        signal! trigger
select      test!
snap        signal! values range interval glide=0
map         signal? from=[0,1] to! clip
interval    root=440 note=0 scale?
mix
context     signal!
expression  exp!
multiply    number items signal!
reference   ref!
tempo       signal! bpm? source=internal device
midi_out    device channel=0 signal? note velocity=100 gate cc value
"""
COMMON = "duration id monitor=false"
FREE = {"mix", "context", "expression", "select"}  # take any names
NEEDED, UNSAID = "needed", "unsaid"

NOT_YET = {"midi_in", "midi_cc", "midi_out"}
DIFFERENT = {  # a row of docs/coming-from-waves.md each
    ("osc", "phase"): 0.0,
    ("osc", "seed"): 0,
    ("sample", "file"): NEEDED,
    ("sample", "overlap"): None,
    ("smooth", "step"): None,
    ("shuffle", "crossfade"): 0.005,
    ("shuffle", "seed"): 0,
    ("sequencer", "interval"): None,
}


def grammar() -> dict[str, dict[str, Any]]:
    """Parameters by type, each with its default."""
    found: dict[str, dict[str, Any]] = {}
    for line in GRAMMAR_TEXT.strip().splitlines():
        name, *words = line.split()
        for word in [*words, *COMMON.split()]:
            parameter, _, default = word.partition("=")
            value = NEEDED if word.endswith("!") else UNSAID if word.endswith("?") else scalar(default)
            found.setdefault(name, {})[parameter.rstrip("!?")] = value
    return found


WORDS = {
    ("osc", "type"): "sin cos tri sqr saw ramp noise perlin wander none SIN Noise",
    ("osc", "freq_interpolation"): "LINEAR SMOOTH STEP",
    ("filter", "type"): "lowpass highpass bandpass LowPass",
    ("delay", "mode"): "DIGITAL TAPE tape",
    ("automation", "mode"): "step ramp overlap",
    ("tempo", "source"): "internal external",
}


def same(ours: Any, theirs: Any) -> bool:
    if theirs is UNSAID:
        return True
    if isinstance(theirs, str) and theirs.startswith("["):
        theirs = [float(number) for number in theirs.strip("[]").split(",")]
    if ours in ("", []) or (isinstance(ours, float) and np.isinf(ours)):
        ours = None
    if isinstance(ours, str) and isinstance(theirs, str):
        return ours.lower() == theirs
    return bool(ours == theirs and isinstance(ours, bool) == isinstance(theirs, bool))


def test_the_grammar_is_whole():
    assert set(grammar()) == GRAMMAR_TYPES
    assert set(shipped()) & GRAMMAR_TYPES == GRAMMAR_TYPES - NOT_YET


@pytest.mark.parametrize("name", sorted(GRAMMAR_TYPES - NOT_YET))
def test_a_node_takes_every_parameter_of_the_grammar(name):
    ours = accepted(shipped()[name])
    assert bool(free_names(shipped()[name])) == (name in FREE)
    for parameter, theirs in grammar()[name].items():
        assert parameter in ours, parameter
        found = NEEDED if ours[parameter].required else ours[parameter].default
        if (name, parameter) in DIFFERENT:
            assert not same(found, theirs), f"'{parameter}' does not differ any more"
            theirs = DIFFERENT[name, parameter]
        assert same(found, theirs), f"{parameter}: {found}, not {theirs}"


@pytest.mark.parametrize(("name", "parameter"), WORDS)
def test_a_node_takes_every_word_of_the_grammar(name, parameter):
    known = parameters(shipped()[name])[parameter].words
    assert {word.lower() for word in WORDS[name, parameter].split()} <= set(known)


def test_expressions_know_every_name_of_the_grammar():
    functions = """sin cos tan abs sqrt exp log log10 log2 floor ceil round sign clip where sum mean std max
        min pow to_mono rand"""
    assert set(functions.split()) <= {name for names in ARGUMENTS.values() for name in names.split()}
    constants = "pi tau e inf infinite infinity sr sample_rate t time octave semi semitone whole"
    intervals = "minor_second major_second minor_third major_third fourth fifth c0 g10 a4 A4"
    scales = """chromatic major minor aeolian major_pentatonic minor_pentatonic dorian phrygian lydian
        mixolydian locrian harmonic_minor melodic_minor double_harmonic hungarian_minor persian enigmatic
        neapolitan_minor neapolitan_major prometheus whole_tone blues minor_blues major_blues gypsy japanese
        hirajoshi kumoi yo iwato pelog augmented bebop_major bebop_minor"""
    unknown = [name for name in f"{constants} {intervals} {scales}".split() if builtin(name) is None]
    assert unknown == []


def test_the_list_of_differences_names_what_is_missing_and_what_differs():
    text = (TOP / "docs" / "coming-from-waves.md").read_text("utf-8")
    missing = text.partition("## Not there yet")[2]
    paragraphs = missing.split("\n\n")
    assert set(re.findall(r"`(\w+)`", paragraphs[2])) == NOT_YET
    for name, parameter in DIFFERENT:
        assert re.search(rf"^\| `{name}`.*`{parameter}`", text, re.M), (name, parameter)


def test_a_reference_piece_of_the_grammar_plays_here(folder):
    text = """
        tone: {osc: {freq: 440, amp: 0.3, duration: 2}}
        wob:
          filter:
            cutoff: {osc: {freq: 2, range: [300, 2000]}}
            peak: 0.4
            signal: {osc: {type: saw, freq: A2, amp: 0.4}}
        hat: {context: {v: 1, signal: {osc: {type: noise, amp: 0.2 * v, duration: 0.05, release: 0.04}}}}
        beat:
          tempo:
            bpm: 120
            signal:
              mix:
                drums:
                  sequencer: {interval: sixteenth, swing: 0.2, steps: [hat, null, "hat v.4", [hat, "hat v2"]]}
                bass:
                  track:
                    pan: -0.2
                    signal:
                      osc: {id: b, type: tri, freq: {automation: {interval: beat, steps: [A1, null, C2, E2]}}}
                ghost: {osc: {freq: 220 + $b * 50, amp: 0.1}}
    """
    assert_is_heard(folder, textwrap.dedent(text), shipped())

"""Node files that are saved while they play: what is kept, what is refused and how, and that nothing takes it down."""

from __future__ import annotations

import ast
import gc
import shutil
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.harness.compiled_code import ALLOWED, reachable_calls
from tests.harness.engine_harness import compiler
from tests.harness.engine_harness import library as all_types
from tests.harness.node_workspace import GRIT, OWN, PIECE, STEPS, Desk, at, body, edit
from tests.harness.session_harness import FADE, NODES, save, step, write_sample
from tests.harness.waiting import wait
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.compiler import CompileError, Compiler, request
from waves.engine.compiler.compiler_worker import compile_request
from waves.engine.compiler.numba_target.context import Library
from waves.engine.compiler.sandbox import Sandbox
from waves.engine.runtime.faults import fault_problems
from waves.events.event import Event
from waves.live.saves.file_watch import watch
from waves.live.saves.node_check import DroppedError, as_they_are_made
from waves.live.saves.node_reload import STABLE, NodeReloader
from waves.live.saves.save_router import SaveRouter
from waves.live.workspace.open_workspace import open_workspace
from waves.live.workspace.shipped_files import library_folder
from waves.live.workspace.trust import trust
from waves.node_types.library import library, module_loader
from waves.node_types.library.fingerprint import type_fingerprint, used_functions


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    made: list[Desk] = []

    def make(**options: Any) -> Desk:
        made.append(Desk(tmp_path / f"desk{len(made)}", **options))
        return made[-1]

    yield make
    for one in made:
        one.stage.stop()
        one.nodes.stop()


# ---- what stays


def test_state_is_carried_by_the_names_of_its_fields(desk):
    live = desk()
    live.play(6400)
    assert live.state().count == 6400 and live.state().peak > 0.29
    text = edit("peak: float = 0.0", "peak: int = 0\n        fresh: float = 0.25").replace(
        "        past: Floats[4]\n", ""
    )
    result = live.reload(text.replace("state.peak = max(state.peak, abs(signal[i]))", "state.peak = 7"))
    assert result.success and result.names == ("grit",)
    assert result.message.endswith(
        "state of grit: 'fresh' is new, 'past' is dropped, "
        "'peak' has another type and keeps a number that is exact in it"
    )
    state = live.state()
    assert state.count == live.engine.clock, "it went on"
    assert (state.fresh, state.peak) == (0.25, 7)
    with pytest.raises(AttributeError, match="remembers no 'past'"):
        _ = state.past


ADOPTED = """        past: Floats[4]

    @staticmethod
    def adopted(state, old, new):
        state.count = int(1000 * new.levels + old.drive)
        state.past[int(new.drive)] = 0.0

"""


def test_a_type_adapts_the_state_to_other_parameters(desk):
    live = desk(grit=edit("        past: Floats[4]\n\n", ADOPTED))
    live.play(6400)
    live.stage.reload(PIECE.replace("levels: 9", "levels: 7, drive: 2"))
    assert live.report("reloaded") and live.state().count == 7001 + live.engine.clock - live.engine.committed_at
    live.stage.save(PIECE.replace("levels: 9", "levels: 7, drive: 30"))
    live.stage.settle()
    [said] = map(str, live.report("refused").problems)
    assert "`adopted` raises IndexError: index 30" in said and f"grit.py:{at('past: Floats') + 5}" in said


def test_a_changed_kernel_crossfades_and_the_rest_is_bit_equal(desk):
    live, alone = desk(), desk()
    assert np.array_equal(live.play(6400), alone.play(6400))
    live.save(edit("out[i] = rounded(", "out[i] = 0.25 * rounded("))
    came_in = live.stage.settle()
    assert len(came_in) == 64
    heard = np.concatenate([came_in, live.play(6400)])
    before = alone.play(len(heard))
    difference = heard.astype(float) - before
    after = -(-FADE // 64) * 64
    own = difference[after:] / -0.75 * 9  # three quarters of the old track are gone, and it has nine levels
    assert np.abs(own).max() > 2 and np.abs(own - np.rint(own)).max() < 1e-4, "nothing but the track differs"
    share = difference[:after] / np.where(own[:1] == 0, 1, own[:1])
    assert np.abs(difference[0]).max() < 0.001 and share.shape == difference[:after].shape
    assert step(difference) < 0.75 / 9 + 0.01, "no larger step than between two levels"
    report = live.report("reloaded")
    assert (report.changed, report.new, report.dropped) == (1, 0, 0)
    assert live.state().count == live.engine.clock


@pytest.mark.parametrize(
    "text",
    [
        GRIT + "\n\n# nothing but a comment\n",
        GRIT.replace('"""Grit: fewer levels.', '"""Grit: other words.'),
        edit("What is made rough.", "What is heard."),
        edit("return 2.0 * x", "return 3.0 * x"),
        "\n\n\n" + GRIT,
    ],
    ids=["comment", "docstring", "description", "unused helper", "lines"],
)
def test_what_means_the_same_changes_nothing(desk, text):
    live, alone = desk(), desk()
    live.play(3200)
    kind = live.nodes.types["grit"]
    result = live.reload(text)
    assert result.success and result.names == () and "no node type has changed" in result.message
    assert live.nodes.types["grit"] is kind
    assert live.nodes.reload().message == "no node file has changed"
    assert np.array_equal(live.play(6400), alone.play(9600)[3200:])
    assert "reloaded" not in [event.kind for event in live.events]


@pytest.mark.parametrize("mended", [GRIT, GRIT + "\n# mended\n"], ids=["as it was", "with a comment"])
def test_a_mended_file_that_plays_already_is_acknowledged(desk, mended):
    live = desk()
    assert not live.reload(body("out[i] = ")).success and live.nodes.problems
    result = live.reload(mended)
    assert result.success and live.nodes.problems == ()
    assert live.report("mended").text == result.message == "grit.py: in order again, plays as before"
    count = len(live.events)
    live.nodes.reload()
    assert len(live.events) == count, "once"


OTHER = GRIT.replace("levels: Signal", "stairs: Signal").replace("signal, levels", "signal, stairs")
OTHER = OTHER.replace("levels[i]", "stairs[i]")


@pytest.mark.parametrize(
    "second", [None, GRIT.replace("levels[i]", "levles[i]")], ids=["at once", "after another mistake"]
)
def test_only_problems_of_the_text_as_it_is_now_are_told(desk, second):
    """A type that the piece cannot use is one of a text before, as soon as its file has another one."""
    live = desk()
    live.play(640)
    kind = live.nodes.types["grit"]
    assert live.reload(OTHER).success
    told = live.report("refused")
    assert told.text == "grit.py refused, 1 problem in waves.yaml: the old sound plays on"
    assert "'grit' has no parameter 'levels'" in str(live.session.outcomes.problems[0])
    if second:
        assert not live.reload(second).success
        assert live.report("refused").text == "grit.py refused, 1 problem: the old code plays on"
        assert live.session.outcomes.problems == () and len(live.nodes.problems) == 1
    live.events.clear()
    assert live.reload(GRIT).success and live.nodes.types["grit"] is kind
    assert live.report("mended").text == "grit.py: in order again, plays as before"
    assert live.session.outcomes.problems == live.nodes.problems == ()
    assert not [event for event in live.events if event.kind in ("nodes_loaded", "refused")]
    assert all("nothing that plays has changed" in one.text for one in live.events if one.kind == "reloaded")
    assert live.reload(OTHER).success and live.report("refused"), "the text that was refused is none that plays"


def test_a_mend_that_plays_already_since_a_node_hung_is_acknowledged(desk, tmp_path, monkeypatch):
    """After the restart the text before plays in its place; the file may be saved with this very text."""
    file, hung = tmp_path / "desk0" / "nodes" / "grit.py", body("while out.size: out[i] = 0.0")
    monkeypatch.setattr(library, "_substitutes", {(str(file), hung): GRIT})
    live = desk(grit=hung)
    accepted = []
    monkeypatch.setattr(live.nodes, "accept", lambda types, files, since: accepted.extend(files))
    assert live.nodes.reload().message == "no node file has changed" and not live.events
    assert live.save(GRIT).success
    assert live.report("mended").text == "grit.py: in order again, plays as before"
    assert accepted == [file], "the archive forgets the text that hung"
    count = len(live.events)
    assert live.nodes.reload().message == "no node file has changed" and len(live.events) == count


def test_a_default_of_a_parameter_is_a_change_and_compiles_nothing(desk, monkeypatch):
    live = desk()
    live.play(640)
    names = [kernel.name for kernel in kernel_cache.variants(live.nodes.types["grit"])]
    result = live.reload(edit('param(1.0, unit="factor")', 'param(0.5, unit="factor")'))
    assert result.names == ("grit",)
    assert [kernel.name for kernel in kernel_cache.variants(live.nodes.types["grit"])] == names
    live.play(FADE + 64)
    assert live.engine.playing.graph.rows[OWN].settings["drive"] == 0.5


def test_only_what_uses_a_changed_function_is_compiled(desk):
    live = desk()
    save(live.folder, GRIT.replace("Grit", "Other").replace("= rounded(", "= max("), "nodes/other.py")
    assert live.nodes.reload().names == ("other",)
    before = {name: {kernel.name for kernel in kernel_cache.variants(kind)} for name, kind in with_kernel(live)}
    assert live.save(STEPS.replace("/ levels", "/ (levels + 1.0)"), "nodes/_steps.py").names == ("grit",)
    after = {name: {kernel.name for kernel in kernel_cache.variants(kind)} for name, kind in with_kernel(live)}
    assert {name for name in after if after[name] != before[name]} == {"grit"}


def test_a_save_parses_no_other_file(desk, monkeypatch):
    live = desk()
    parsed: list[str] = []
    names = module_loader.imported_names
    monkeypatch.setattr(module_loader, "imported_names", lambda one: parsed.append(one.name) or names(one))
    assert live.save(STEPS.replace("/ levels", "/ (levels + 1.0)"), "nodes/_steps.py").names == ("grit",)
    assert [name.rpartition(".")[2] for name in parsed] == ["_steps"]


def test_a_save_describes_no_other_class(desk, monkeypatch):
    """In the process that runs node files, once it has run them all."""
    live = desk()
    assert live.save(STEPS.replace("/ levels", "/ (levels + 1.0)"), "nodes/_steps.py").success
    begun: list[str] = []
    monkeypatch.setattr(live.nodes.compiler.sandbox, "stepped", lambda step: begun.append(step.get("module", "")))
    assert live.save(STEPS.replace("/ levels", "/ (levels + 2.0)"), "nodes/_steps.py").names == ("grit",)
    assert {name.rpartition(".")[2] for name in begun} - {""} == {"_steps", "grit"}


def with_kernel(live: Desk) -> list[tuple[str, Any]]:
    return [(name, kind) for name, kind in live.nodes.types.items() if hasattr(kind, "render")]


@pytest.mark.long
def test_a_shared_function_of_the_package_reaches_nodes_and_leaves_the_engine(desk, tmp_path, monkeypatch):
    maths = tmp_path / "maths.py"
    maths.write_text(library.SHARED["waves.dsp.maths"].read_text("utf-8"), "utf-8")
    read = library.read_sources

    def sources(packages: Any, reader: Any = Path.read_text) -> Any:
        found = read(packages, reader)
        name = "waves.dsp.maths"
        return found | {name: library.SourceFile(name, found[name].file, maths.read_text("utf-8"))}

    monkeypatch.setattr(library, "read_sources", sources)
    live = desk()
    used = "rounded(finite_index(drive, 9) + finite("
    text = edit("clip, finite\n", "clip, finite, finite_index\n").replace("rounded(finite(", used)
    assert live.reload(text).success
    text = maths.read_text("utf-8")
    line = next(line for line in text.splitlines() if line.startswith("def finite_index("))  # few nodes use it
    maths.write_text(text.replace(line, f"{line}\n    x = 0.5 * x", 1), "utf-8")
    import waves.dsp.maths

    real = waves.dsp.maths.finite_index
    result = live.nodes.reload()
    assert result.success and {*result.names} == {"grit", "sample"}
    assert waves.dsp.maths.finite_index is real


def test_the_old_code_is_said_to_play_only_where_there_is_some(desk):
    """A file that is new and broken has none; nor has it when it is saved again, still broken."""
    live = desk()
    for text in ("class Fresh(Node", "class Fresh(Node)"):
        assert not live.reload(text, "nodes/fresh.py").success
        assert live.report("refused").text == "fresh.py refused, 1 problem: what it defines is missing"
    for text in ("class Grit(Node", "class Grit(Node)"):
        assert not live.reload(text).success
    assert live.report("refused").text.endswith("the old code plays on")


def test_a_node_that_is_new_and_one_that_is_gone(desk):
    live = desk()
    live.play(640)
    save(live.folder, GRIT.replace("Grit", "Sand"), "nodes/sand.py")
    assert live.nodes.reload().names == ("sand",)
    live.stage.settle()
    live.stage.save(PIECE + "    more: {sand: {signal: {osc: {freq: 330, amp: 0.1}}}}\n")
    live.stage.settle()
    assert "my_sound.root.Mix.more.Sand" in live.engine.playing.graph.rows
    (live.folder / "nodes" / "sand.py").unlink()
    live.stage.composer.node_problems = lambda: live.nodes.gone.values()  # as the router of saves does
    result = live.nodes.reload()
    assert result.names == ("sand",) and result.message == "sand is gone"
    heard = live.stage.settle()
    refused = live.report("refused")
    assert refused.text.startswith("sand.py refused, 1 problem: the old sound plays on")
    assert [one.sentence for one in refused.problems] == ["nodes/sand.py is gone, and the node 'sand' with it"]
    assert "my_sound.root.Mix.more.Sand" in live.engine.playing.graph.rows and len(heard) == 0


def test_state_is_carried_inside_voices(desk):
    text = """\
my_sound: {sequencer: {interval: 0.5, steps: [tone, tone]}}
tone: {grit: {levels: 30, signal: {osc: {freq: 220, amp: 0.3, duration: 0.4}}}}
"""
    live, alone = desk(piece=text), desk(piece=text)
    for one in (live, alone):
        one.play(12_800)
    assert live.reload(edit("state.count += 1", "state.count += 2")).names == ("grit",)
    heard = live.play(12_800)
    assert np.abs(heard - alone.play(12_864)[64:]).max() < 1e-6, "what is heard has not changed, nor where it is"


# ---- a file that does not fit the piece


def test_node_types_that_do_not_fit_wait_for_a_piece_that_they_fit(desk):
    live, alone = desk(), desk()
    heard = [live.play(640)]
    result = live.reload(GRIT.replace("drive", "push").replace("levels:", "stairs:").replace("levels", "stairs"))
    assert result.success, "as a node it is right"
    assert "levels" in live.report("refused").problems[0].sentence
    heard.append(live.play(640))
    assert np.array_equal(np.concatenate(heard), alone.play(1280))
    event = live.stage.reload(PIECE.replace("freq: 110", "freq: 120"))
    assert event.kind == "reloaded", "other saves come in with the node types that play"
    assert live.engine.playing.graph.rows["my_sound.root.Mix.low.Osc"].inputs["freq"] == 120.0
    event = live.stage.reload(PIECE.replace("levels: 9", "stairs: 4"))
    assert event.kind == "reloaded"
    assert live.engine.playing.graph.rows[OWN].inputs["stairs"] == 4.0


def test_other_saves_come_in_while_a_node_compiles(desk):
    live = desk()
    live.play(640)
    live.nodes.start()
    save(live.folder, body(f"out[i] = rounded(signal[i], levels[i] + {time.time_ns() % 1000}.5)"), "nodes/grit.py")
    live.nodes.changed()
    assert wait(lambda: "compiling" in [event.kind for event in live.events])
    for k in range(3):
        assert live.stage.reload(PIECE.replace("freq: 110", f"freq: {120 + k}")).kind in ("reloaded", "compiling")
    assert live.nodes.builder.wait(60)
    live.stage.settle()
    kinds = [event.kind for event in live.events]
    assert kinds.index("reloaded") < kinds.index("nodes_loaded")
    assert live.session.outcomes.good == 4 and live.session.outcomes.refused == 0


def test_a_storm_of_saves_ends_with_the_last_version(desk):
    live = desk()
    live.nodes.start()
    with live.stage.running():
        for k in range(40):
            text = edit('param(1.0, unit="factor")', f'param({k + 1}.0, unit="factor")')
            save(live.folder, text if k % 3 else text[:-200], "nodes/grit.py", settled=False)
            live.nodes.changed()
            time.sleep(0.004)
        save(live.folder, edit('param(1.0, unit="factor")', 'param(99.0, unit="factor")'), "nodes/grit.py")
        live.nodes.changed()
        assert live.nodes.builder.wait(60)
        assert live.session.builder.wait(60)
    assert live.engine.playing.graph.rows[OWN].settings["drive"] == 99.0
    assert not live.engine.faults and live.state().count == live.engine.clock


def checking_for_an_hour(desk):
    """A session that checks a text of `grit.py` which would load for an hour, and that file."""
    live = desk()
    live.nodes.start()
    file = live.folder / "nodes" / "grit.py"
    save(live.folder, "import time\n" + GRIT.replace("TABLE = ", "time.sleep(3600.0)\nTABLE = "), "nodes/grit.py")
    live.nodes.changed(files=[file])
    assert wait(lambda: live.nodes._check and live.nodes._check.files == {str(file)})
    return live, file


def test_a_save_drops_the_slow_check_of_the_text_before(desk):
    """It loads for an hour: without a drop it would be refused, and the next text wait for that."""
    live, file = checking_for_an_hour(desk)
    live.nodes.changed(files=[file.with_name("other.py")])
    assert live.nodes._check.is_needed, "another file is another matter"
    save(live.folder, edit('param(1.0, unit="factor")', 'param(0.5, unit="factor")'), "nodes/grit.py")
    live.nodes.changed(files=[file])
    assert live.nodes.builder.wait(60)
    assert [event.kind for event in live.events if event.kind in ("refused", "nodes_loaded")] == ["nodes_loaded"]
    ends = [event.over for event in live.events if event.kind == "compiling" and (event.over or not event.seconds)]
    assert ends == [False, True, False, True], "the check that was dropped is over too, and each once"
    assert live.nodes.problems == () and live.nodes.types["grit"].model_fields["drive"].default == 0.5


def test_a_mend_to_what_plays_while_the_text_before_is_checked_is_told(desk):
    """And so is the end of that check, which says no more itself."""
    live, file = checking_for_an_hour(desk)
    save(live.folder, GRIT, "nodes/grit.py")
    live.nodes.changed(files=[file])
    assert live.nodes.builder.wait(60)
    told = [event.text for event in live.events if event.kind != "compiling"]
    assert told[-1] == "grit.py: no node type has changed", "nothing had been refused"
    assert live.nodes.problems == ()
    live.nodes.changed(files=[file])
    assert live.nodes.builder.wait(60)
    assert [event.text for event in live.events if event.kind != "compiling"] == told, "it is told once"


def test_a_drop_waits_for_no_type_that_is_compiled(desk):
    """What was compiled of it is not tried any more."""
    kind, held, dropped = desk().nodes.types["grit"], threading.Event(), Future()
    made = as_they_are_made({"grit": kind}, lambda _: held.wait(60) and [], dropped)
    threading.Timer(0.05, dropped.set_result, [None]).start()
    with pytest.raises(DroppedError):
        next(made)
    assert not held.is_set()
    held.set()
    tried = []
    with pytest.MonkeyPatch.context() as patch, suppress(CompileError):
        patch.setattr(Sandbox, "try_out", lambda *given: tried.append(given) or [])
        patch.setattr(kernel_cache, "missing", lambda kernels: [*kernels])
        patch.setattr(Compiler, "_compile_group", lambda *_: None)
        compiler().compile(kernel_cache.variants(kind)[:1], of_saved_file=True, needed=lambda: False)
    assert tried == []


# ---- safety


@pytest.mark.parametrize(
    "place", ["out[i] = 0.1; out[%s] = 0.2", "out[i] = signal[%s]", "out[i] = work[%s]", "out[i] = state.past[%s]"]
)
def test_indices_in_nodes_of_a_workspace_stay_checked_in_play(desk, place):
    live, alone = desk(), desk()
    composer = live.stage.composer
    composer.configure(composer.settings.model_copy(update={"TRIAL": False}))  # which would come so far
    live.play(640)
    late = body(place % "i % 4 if state.count <= 4000 else 64 * 1024 * 1024")
    late = late.replace("drive, state):", "drive, state, work):").replace(
        "    class state", "    scratch = 1\n\n    class state"
    )
    assert live.reload(late).success
    assert live.report("reloaded")
    live.play(4096)
    assert live.engine.faults == {OWN: 1}
    assert live.reload("# a comment above\n\n" + late.replace("for i in", "# another\n        for i in")).names == ()
    problem = fault_problems(live.engine.playing, OWN)[1]
    assert str(problem).startswith(f"grit.py:{at('out[i] = ') + 5}:13: this line uses an index outside, or raises")
    assert alone.stage.reload(PIECE.replace("amp: 0.3", "amp: 0")).kind == "reloaded"
    alone.play(live.engine.clock - alone.engine.clock)
    assert np.array_equal(live.play(1920), alone.play(1920)), "it is mute, and the rest plays"
    assert live.reload(GRIT).success
    live.play(FADE + 64)
    assert not live.engine.faults and step(live.play(2000)) > 0.01
    assert live.state().count < 4096, "it began anew where it failed"


@pytest.mark.parametrize("checked", [True, False])
def test_checks_can_be_left_out(desk, checked):
    live = desk(checked=checked)
    names = {kernel.name for kernel in kernel_cache.variants(live.nodes.types["grit"])}
    assert all(kernel.checked is checked for kernel in kernel_cache.variants(live.nodes.types["grit"]))
    other = desk(checked=not checked)
    assert names.isdisjoint(kernel.name for kernel in kernel_cache.variants(other.nodes.types["grit"]))
    assert np.abs(live.play(3200) - other.play(3200)).max() < 1e-6


def test_checked_code_calls_nothing_but_mathematics(desk):
    from waves.engine.compiler.numba_target.target import for_machine_code
    from waves.engine.native.entry import entry

    grit = desk(grit=body("out[i] = signal[i] + state.past[int(drive)]")).nodes.types["grit"]
    for kind in (grit, all_types()["filter"], all_types()["delay"]):
        name = kind.__name__.lower()
        with for_machine_code():
            compiled = entry(kind, frozenset(), f"checked_{name}", checked=True)
        assert reachable_calls(compiled.inspect_llvm()) <= ALLOWED, name


def test_a_trial_that_crashes_ends_its_own_process_only(tmp_path):
    prover = Sandbox(limit=60.0)
    try:
        prover.start()
        name = "waves_crash.one"
        crash = library.SourceFile(name, str(tmp_path / "one.py"), "import ctypes\nctypes.string_at(0)\n")
        assert (
            str(prover.load({name: crash})[0][name])
            == "one.py:1:1: cannot be loaded: it crashes, or ends its process, when it is loaded"
        )
        fine = library.SourceFile(name, crash.file, "x = 1\n")
        assert prover.load({name: fine})[0] == {}, "it is started again"
    finally:
        prover.close()


# ---- as it is found


class SlowCompiler:
    """The compiler, which does not begin with a kernel of the type `slow` until it may."""

    def __init__(self, slow: str) -> None:
        self.slow, self.may = slow, threading.Event()
        self.sandbox = compiler().sandbox

    def compile(self, wanted: list[Any], **options: Any) -> None:
        if any(kernel.kind.__name__ == self.slow for kernel in wanted):
            assert self.may.wait(120)
        compiler().compile(wanted, **options)


def named(name: str) -> str:
    return GRIT.replace("Grit", name)


def test_mistakes_are_told_and_types_are_taken_without_waiting_for_slow_ones(desk):
    live = desk()
    live.nodes.compiler = slow = SlowCompiler("Slow")
    for name in ("Slow", "Quick"):
        save(live.folder, named(name), f"nodes/{name.lower()}.py")
    save(live.folder, "def x(:\n", "nodes/broken.py")
    save(live.folder, "driev\n", "nodes/raises.py")
    save(live.folder, named("Wrong").replace("= rounded(", "= driev("), "nodes/wrong.py")
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(live.nodes.reload()))
    thread.start()

    def told() -> list[str]:
        return [str(one) for event in live.events if event.kind == "refused" for one in event.problems]

    try:
        assert wait(lambda: any("wrong.py" in one for one in told()), 120)
        assert wait(lambda: "quick" in live.nodes.types, 120)
        first = list(dict.fromkeys(line.partition(":")[0] for line in told()))
        assert first == ["broken.py", "raises.py", "wrong.py"], "each as soon as it can be known"
        assert "slow" not in live.nodes.types and not results, "the slow one still compiles"
        assert wait(lambda: [one.names for one in live.events if one.kind == "nodes_loaded"] == [("quick",)], 120)
    finally:
        slow.may.set()
        thread.join()
    assert "slow" in live.nodes.types and results[0].names == ("quick", "slow")
    assert [one.mark.file for one in results[0].problems] == ["broken.py", "raises.py", "wrong.py"]
    assert live.nodes.problems == results[0].problems


def test_the_time_of_a_reload_counts_from_the_change(workspace, monkeypatch):
    """However long it takes to compile."""
    monkeypatch.setattr("waves.live.session.build_requests.SAVED_JUST_NOW", 0.2)
    one = workspace()
    one.saves.nodes.compiler = slow = SlowCompiler("Grit")
    one.saves.start()
    text = edit("out[i] = rounded(", "out[i] = 0.7 * rounded(")
    file = save(one.folder, text, "nodes/grit.py", settled=False).resolve()
    seen = time.time()
    one.saves.changed({file})
    assert wait(lambda: time.time() - seen > 0.6, 10.0)
    slow.may.set()
    assert one.saves.nodes.builder.wait(60)
    one.desk.stage.settle()
    loaded, reloaded = one.desk.report("nodes_loaded"), one.desk.report("reloaded")
    assert loaded.seconds > 0.6 and reloaded.stages["watch"] > 600.0 and reloaded.milliseconds > 600.0


# ---- many reloads


def versions(live: Desk) -> list[type[Any]]:
    """The versions of the workspace's node that are in memory."""
    module = live.nodes.types["grit"].__module__.partition("@")[0]
    gc.collect()
    classes = [one for one in gc.get_objects() if issubclass(type(one), type) and one.__name__ == "Grit"]
    return [one for one in classes if one.__module__.partition("@")[0] == module]


def scaled(k: int) -> str:
    return edit("out[i] = rounded(", f"out[i] = 0.{k + 1} * rounded(")


@pytest.mark.long
def test_many_reloads_leave_no_version_behind(desk):
    """But what plays, what it fades from, and the one of the start."""
    live = desk()
    live.play(640)
    modules, codes = len(sys.modules), set(kernel_cache._codes)
    for k in range(24):
        text = scaled(k % 6)
        result = live.reload(text)
        assert result.success and result.names == ("grit",), result.error
        assert kernel_cache.kernels_of(live.nodes.types.values()), "which keeps no type"
        live.play(FADE + 64)
        if k % 6 == 0:
            assert len(versions(live)) <= 4
    assert len(versions(live)) <= 4
    assert sum(name.startswith("grit_") for name in {*kernel_cache._codes} - codes) <= 3
    assert len(sys.modules) == modules
    assert live.state().count == live.engine.clock, "and it went on all the time"


def test_code_that_plays_stays_until_the_callback_has_let_go(desk):
    live = desk()
    live.play(640)
    assert live.save(scaled(0)).success
    old, address = (
        weakref.ref(live.nodes.types["grit"]),
        kernel_cache.address(kernel_cache.variants(live.nodes.types["grit"])[0]),
    )
    live.stage.settle()
    live.play(FADE + 64)
    plan = live.engine.playing
    assert plan.settled.word(OWN, "entry") == address
    assert live.save(scaled(1)).success
    while not live.engine.waiting:  # the next one waits, and nobody takes it
        time.sleep(0.001)
    gc.collect()
    assert old() is not None and live.engine.playing is plan
    live.stage.settle()
    live.play(FADE + 64)
    del plan
    for k in range(2, 4):
        live.reload(scaled(k))
        live.play(FADE + 64)
    gc.collect()
    assert old() is None


def test_code_is_loaded_once_whoever_asks_for_it():
    kernel = kernel_cache.variants(all_types()["latchatstart"])[0]
    compiler().compile([kernel])
    for _ in range(20):
        kernel_cache._codes_of_owner(kernel).clear()
        kernel_cache._codes.pop(kernel.name, None)
        begin, found = threading.Barrier(8), list[int]()

        def ask(begin: threading.Barrier = begin, found: list[int] = found) -> None:
            begin.wait()
            found.append(kernel_cache.address(kernel))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(found)) == 1


@pytest.mark.long
def test_a_worker_that_was_ended_is_replaced():
    """By the system, while it waits or while it is asked."""
    with Compiler() as one:
        kernel = kernel_cache.variants(all_types()["fade"])[:1]
        for is_seen in (True, False):
            one.rehearse(kernel)
            [worker] = one.workers._all
            worker.kill()
            worker.wait()
            if not is_seen:
                looks = iter([None])
                worker.poll = lambda looks=looks: next(looks, -9)
            one.rehearse(kernel)
            assert worker not in one.workers._all and worker.stdin.closed


def test_no_worker_is_started_once_the_compiler_is_closed():
    one = Compiler()
    one.close()
    with pytest.raises(CompileError):
        one._ask(kernel_cache.variants(all_types()["fade"])[0])
    assert one.workers._all == []


@pytest.mark.long
def test_a_worker_that_has_grown_is_replaced(monkeypatch):
    monkeypatch.setattr("waves.engine.compiler.workers.JOBS", 3)
    one = Compiler()
    try:
        kernel = kernel_cache.variants(all_types()["fade"])
        one.rehearse(kernel)
        first = list(one.workers._all)
        for _ in range(4):
            one.rehearse(kernel)
        one._threads.submit(int).result(60)
        assert wait(lambda: not one.workers._renewing)
        assert first[0] not in one.workers._all and first[0].poll() is not None
        assert len(one.workers._all) <= 2 and one.workers._jobs.get(one.workers._all[0], 0) < 3
    finally:
        one.close()


@pytest.mark.long
def test_a_worker_goes_on_where_no_other_can_be_started(monkeypatch):
    def fails() -> Any:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("waves.engine.compiler.workers.JOBS", 1)
    with Compiler() as one:
        kernel = kernel_cache.variants(all_types()["fade"])[:1]
        one.rehearse(kernel)
        assert wait(lambda: not one.workers._renewing)
        with monkeypatch.context() as patched:
            patched.setattr("waves.engine.compiler.workers._start", fails)
            before = list(one.workers._all)
            one.rehearse(kernel)
            assert wait(lambda: not one.workers._renewing)
            one.rehearse(kernel)
            assert wait(lambda: not one.workers._renewing)
            assert one.workers._all == before == one.workers._idle
        one.rehearse(kernel)
        assert wait(lambda: not one.workers._renewing)
        assert before[0] not in one.workers._all and before[0].poll() is not None


# ---- what is compiled again


@pytest.mark.long
def test_an_edit_compiles_what_it_changes(tmp_path, monkeypatch):
    """One function of the shipped oscillator, where all of it was compiled before: that one, and what calls it."""
    found: list[str] = []
    optimise = Library._optimize_functions

    def counted(self, module):
        found.append(self.name)
        optimise(self, module)

    monkeypatch.setattr(Library, "_optimize_functions", counted)
    shutil.copytree(library_folder("nodes"), tmp_path / "library")
    shapes = tmp_path / "library" / "sources" / "_shapes.py"

    def compiled(number: float) -> tuple[int, int]:
        """The functions of each of two kernels that are compiled after an edit."""
        shapes.write_text(text.replace("late(work, i) + 0.25", f"late(work, i) + {number}"), "utf-8")
        kind = library.load_library(tmp_path / "library")["osc"]
        counts = []
        for kernel in kernel_cache.variants(kind)[:2]:
            found.clear()
            compile_request(request(kernel, keep=False))
            counts.append(len(found))
        return counts[0], counts[1]

    text = shapes.read_text("utf-8")
    assert text.count("late(work, i) + 0.25") == 1
    first, edit = (compiled(0.2 + time.time_ns() % 100_000 / 1e7) for _ in range(2))
    used = len({*used_functions(library.load_library(tmp_path / "library")["osc"].render)})
    print(f"of {used} functions {first} are compiled at first, {edit} after an edit")
    assert max(edit) < used / 5


def test_the_same_is_compiled_by_the_same_worker():
    """Where it is idle: it knows the functions that the kernel before had."""
    with Compiler() as one:
        workers = one.workers
        workers.start()
        for preferred in (1, 0, 0, 1):
            worker = workers._take(preferred)
            assert worker is workers._all[preferred]
            workers._give_back(worker, {})
        busy = workers._take(1)
        assert workers._take(1) is workers._all[0] is not busy


# ---- what is watched, and what takes it over


class Workspace:
    """A workspace that was opened as the command line opens it, and its saves."""

    def __init__(self, folder: Path, config: str = "", **overruled: Any):
        self.folder = folder
        save(folder, config, "config.py")
        write_sample(folder / "samples" / "a.wav")
        self.desk = Desk(folder)
        trust(folder)
        self.opened = open_workspace(folder, **overruled)
        self.saves = SaveRouter(self.opened, self.desk.session, compiler(), self.desk.events.append)

    def save(self, text: str, name: str) -> list[Event]:
        """Save a file; what was said."""
        count = len(self.desk.events)
        self.saves.changed({save(self.folder, text, name).resolve()})
        self.desk.stage.settle()
        return self.desk.events[count:]


@pytest.fixture
def workspace(tmp_path, monkeypatch) -> Iterator[Callable[..., Workspace]]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    made: list[Workspace] = []

    def make(**options: Any) -> Workspace:
        made.append(Workspace((tmp_path / f"workspace{len(made)}").resolve(), **options))
        return made[-1]

    yield make
    for one in made:
        one.desk.stage.stop()
        one.saves.stop()


def test_each_kind_of_file_is_watched(workspace):
    one = workspace()
    (one.folder / "samples" / "kit").mkdir()
    wanted = ["waves.yaml", "sounds", "nodes", "samples", "samples/kit", "config.py", "pyproject.toml"]
    assert {one.folder / name for name in wanted} <= set(one.saves.paths)
    assert {NODES, library.SHARED["waves.dsp.maths"]} <= set(one.saves.paths), "this is a checkout"


def test_a_file_of_the_program_takes_effect_with_the_next_start_and_is_said_once(workspace, monkeypatch, tmp_path):
    assert Path(library.__file__).parent not in workspace().saves.paths
    package = (tmp_path / "workspace1" / "waves").resolve()
    monkeypatch.setattr("waves.live.saves.save_router.PACKAGE", package)
    package.mkdir(parents=True)
    engine = save(package.parent, "", "waves/engine.py").resolve()
    one = workspace()
    assert one.folder == package.parent and engine.parent in one.saves.paths
    count = len(one.desk.events)
    for _ in range(3):
        one.saves.changed({engine, one.folder / "pyproject.toml"})
    said = [event.text for event in one.desk.events[count:]]
    assert said == ["pyproject.toml is saved: restart waves for this to take effect"]


def test_after_a_defect_every_save_is_heard(workspace, monkeypatch):
    def fails(*_: Any) -> None:
        raise RuntimeError("no process")

    one = workspace()
    nodes = one.saves.nodes
    nodes.start()
    with monkeypatch.context() as patched:
        patched.setattr(nodes, "_reload", fails)
        one.save(body("out[i] = 0.5 * signal[i]"), "nodes/grit.py")
        assert nodes.builder.wait(60)
        patched.setattr(one.saves.live, "configure", fails)
        [fault] = one.save("", "config.py")
    said = [one.desk.report("refused"), fault]
    assert all("a defect of waves: RuntimeError: no process" in event.problems[0].sentence for event in said)
    nodes.changed()
    assert nodes.builder.wait(60)
    assert one.desk.report("nodes_loaded").names == ("grit",)


def test_a_changed_sample_is_heard_and_its_players_keep_their_position(workspace):
    one = workspace()
    live = one.desk
    piece = "my_sound: {sample: {file: samples/a.wav, loop: true}}"
    compiler().compile(kernel_cache.variants(live.nodes.types["sample"]))
    live.stage.reload(piece)
    live.play(5000)
    before = live.state("my_sound.root.Mix.my_sound.Sample").last_playhead_position
    write_sample(one.folder / "samples" / "a.wav", 330.0)
    write_sample(one.folder / "samples" / "unheard.wav")
    good = live.session.outcomes.good
    one.saves.changed({one.folder / "samples" / "a.wav"})
    live.stage.settle()
    assert live.session.outcomes.good == good + 1 and live.report("reloaded").changed == 1
    assert live.state("my_sound.root.Mix.my_sound.Sample").last_playhead_position == before + 64


def test_node_files_are_followed_and_reloaded_by_hand(workspace):
    one = workspace()
    live = one.desk
    one.saves.start()
    one.save(edit('param(1.0, unit="factor")', 'param(0.5, unit="factor")'), "nodes/grit.py")
    assert one.saves.nodes.builder.wait(60)
    live.stage.settle()
    assert live.engine.playing.graph.rows[OWN].settings["drive"] == 0.5
    result = one.saves.nodes.reload()
    assert (result.success, result.names, result.message, result.error) == (True, (), "no node file has changed", "")


def test_without_hot_reload_nodes_are_left_alone(workspace):
    one = workspace(HOT_RELOAD=False)
    assert one.saves.nodes is None and one.folder / "nodes" not in one.saves.paths
    assert one.save(GRIT[:-50], "nodes/grit.py") == []


# ---- families


def moved(live: Desk, old: str, new: str, text: str) -> Any:
    """Move a node file of the workspace, with another text, and load; the result."""
    (live.folder / "nodes" / new).parent.mkdir(exist_ok=True)
    save(live.folder, text, f"nodes/{new}")
    (live.folder / "nodes" / old).unlink()
    return live.nodes.reload()


INSIDE = GRIT.replace("from ._steps", "from .._steps")


def test_a_file_that_is_moved_into_a_family_changes_nothing(desk):
    live, alone = desk(), desk()
    live.play(3200)
    kind = live.nodes.types["grit"]
    result = moved(live, "grit.py", "effects/grit.py", INSIDE)
    live.stage.settle()
    assert result.success and result.names == () and live.nodes.types["grit"] is kind
    assert np.array_equal(live.play(3200), alone.play(6400)[3200:])
    assert live.state().count == live.engine.clock, "its state goes on"
    assert library.family(kind) == "effects", "whoever looks for its file finds it"
    assert live.nodes.reload().message == "no node file has changed"
    result = live.reload(INSIDE.replace("= rounded(", "= 0.5 * rounded("), "nodes/effects/grit.py")
    assert result.names == ("grit",) and live.nodes.types["grit"] is not kind
    live.play(FADE + 64)
    assert live.state().count == live.engine.clock, "after the next edit too"
    assert moved(live, "effects/grit.py", "grit.py", GRIT.replace("= rounded(", "= 0.5 * rounded(")).names == ()
    assert library.family(live.nodes.types["grit"]) == ""


def test_a_file_that_is_broken_by_its_move_plays_on(desk):
    """Its helper is no longer beside it; and a mistake as it is moved back."""
    live, alone = desk(), desk()
    kind = live.nodes.types["grit"]
    result = moved(live, "grit.py", "effects/grit.py", GRIT)
    assert not result.success and "there is no '_steps.py' beside it" in result.error
    live.stage.settle()
    assert np.array_equal(live.play(3200), alone.play(3200)) and live.nodes.types["grit"] is kind
    assert live.reload(INSIDE, "nodes/effects/grit.py").success
    result = moved(live, "effects/grit.py", "grit.py", body("out[i] = driev"))
    assert not result.success and "the name 'driev' is not known here" in result.error
    assert live.nodes.types["grit"] is kind
    assert live.reload(GRIT).success
    assert np.array_equal(live.play(3200), alone.play(3200))


def test_a_copy_into_a_family_is_a_problem_until_the_old_file_is_gone(desk):
    live = desk()
    (live.folder / "nodes" / "effects").mkdir()
    result = live.save(INSIDE.replace("= rounded(", "= 0.5 * rounded("), "nodes/effects/grit.py")
    assert result.error == (
        "grit.py:1:1: there are two node types 'grit': 'grit.py' is the other; give one of the files another name"
    )
    (live.folder / "nodes" / "grit.py").unlink()
    assert live.nodes.reload().names == ("grit",)
    live.stage.settle()
    live.play(FADE + 64)
    assert live.state().count == live.engine.clock


def test_a_family_that_is_made_while_it_plays_is_followed(workspace):
    """And one that is deleted with all its files."""
    one = workspace()
    stop = threading.Event()

    def follow() -> None:
        for files in watch(lambda: one.saves.paths, stop):
            one.saves.changed(files)

    def wait_for(condition: Callable[[], bool], text: str = "") -> None:
        """Wait, and save a text again now and then: the first save may come before the watch has begun."""
        for second in range(0, 60, 6):
            if text:
                save(one.folder, f"{text}# {second}\n", "nodes/effects/sand.py", settled=False)
            if wait(condition, 6.0):  # a save puts an end to the check of the one before
                return
        raise AssertionError("it was not followed")

    def types() -> dict[str, Any]:
        return one.saves.nodes.types

    thread = threading.Thread(target=follow)
    one.saves.start()
    thread.start()
    try:
        text = GRIT.replace("Grit", "Sand").replace("from ._steps", "from .._steps")
        wait_for(lambda: "sand" in types(), text)
        first = types()["sand"]
        wait_for(lambda: types()["sand"] is not first, text.replace("= rounded(", "= 0.5 * rounded("))
        shutil.rmtree(one.folder / "nodes" / "effects")
        wait_for(lambda: "sand" not in types())
    finally:
        stop.set()
        thread.join()


# ---- trust


def test_what_is_not_trusted_never_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    folder = (tmp_path / "untrusted").resolve()
    witness = tmp_path / "ran"
    save(folder, PIECE)
    save(folder, f"open({str(witness)!r}, 'w')\n", "nodes/evil.py")
    save(folder, f"open({str(witness)!r}, 'w')\n", "more/evil.py")
    save(folder, "WATCH_DIRS = ['more']\n", "config.py")
    opened = open_workspace(folder)
    assert opened.node_folders == [] and not witness.exists()
    assert f"waves trust {folder}" in opened.notices[0]
    live = NodeReloader(opened.library, library.open_folders(NODES, *opened.node_folders), compiler(), print, print)
    save(folder, "import os; os.abort()\n", "nodes/evil.py")
    assert live.reload().message == "no node file has changed" and not witness.exists()


def test_further_folders_are_read_like_nodes(workspace, tmp_path):
    more = tmp_path / "more"
    save(
        more,
        GRIT.replace("Grit", "Sand")
        .replace("from ._steps import rounded", "from waves.dsp.maths import clip as rounded")
        .replace("rounded(", "max("),
        "sand.py",
    )
    one = workspace(WATCH_DIRS=[str(more)])
    assert "sand" in one.opened.library and more in one.saves.paths


# ---- the stable boundary


def test_what_never_reloads_binds_nothing_that_does():
    """No module of the boundary names a node file, or a module that nodes share."""
    package = library.DSP.parent
    documented = (package.parent / "docs" / "architecture.md").read_text("utf-8")
    shared = set(library.SHARED)
    for name in STABLE:
        assert f"`{name.replace('.', '/')}`" in documented, name
        place = package / name.replace(".", "/")
        files = sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
        assert files and all(file.is_file() for file in files)
        for file in files:
            for statement in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(statement, ast.Import):
                    bound = {alias.name for alias in statement.names}
                elif isinstance(statement, ast.ImportFrom):
                    bound = {str(statement.module), *(f"{statement.module}.{alias.name}" for alias in statement.names)}
                else:
                    continue
                assert not bound & shared, f"{file.name}:{statement.lineno}"
                assert not any(one.startswith((library.SHIPPED, "nodes")) for one in bound)


def test_each_declared_part_of_a_type_is_part_of_its_fingerprint(desk):
    live = desk()
    seen = {type_fingerprint(live.nodes.types["grit"])}
    for text in (
        edit("peak: float = 0.0", "peak: float = 1.0"),
        edit("minimum=1.0", "minimum=2.0"),
        edit("    class state", "    tail = False\n\n    class state"),
        edit('["up", "down"]', '["up", "down", "flat"]'),
        edit(
            "    @staticmethod\n",
            '    rings = {"line": 1}\n\n    @staticmethod\n    def lengths(constants, rate):\n'
            '        return {"line": 0.1}\n\n    @staticmethod\n',
        ),
    ):
        assert live.save(text).names == ("grit",), text
        found = type_fingerprint(live.nodes.types["grit"])
        assert found not in seen
        seen.add(found)


def test_a_compiler_that_is_closed_refuses_and_nothing_else(desk):
    live = desk()
    closed = Compiler()
    closed.close()
    with pytest.raises(CompileError):
        closed.rehearse(kernel_cache.variants(live.nodes.types["grit"]))
    closed.sandbox.close()

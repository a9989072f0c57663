"""When a sound ends by itself: the rule of the tree, and what a render of it writes."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import soundfile

from tests.harness.command import waves
from tests.harness.session_harness import composer_for, save, shipped
from waves.language.tree.lifetime import kernel_reports_end, seconds_to_end
from waves.live.workspace.composition import Composition
from waves.node_types.builtin.expression import Expression
from waves.node_types.builtin.voices import Pool

TONE = "{osc: {freq: 220}}"
ENVELOPE = "{osc: {amp: {envelope: {attack: 0.1, duration: 0.4}}}}"
GATED = "{envelope: {release: 0.1, end: true, %s, signal: {osc: {freq: 220}}}}"
NOTE = "note: {osc: {duration: 0.1}}\n"


def composed(folder: Path, text: str, **settings: Any) -> Composition:
    save(folder, text)
    return composer_for(folder, **settings).compose([("my_sound", {})])


def seconds(folder: Path, text: str, **settings: Any) -> float:
    """Seconds to the end of `my_sound`."""
    composition = composed(folder, text, **settings)
    return seconds_to_end(composition.root, composition.graph.delayed)


@pytest.mark.parametrize(
    ("sound", "end"),
    [
        (TONE, math.inf),
        ("{osc: {duration: 0.3}}", 0.3),
        ("{osc: {duration: 0.1 + rand()}}", 0.0),
        ("{mix: {a: {osc: {duration: 0.3}}, b: {osc: {duration: 2}}}}", 2.0),
        (f"{{mix: {{a: {{osc: {{duration: 0.3}}}}, b: {TONE}}}}}", math.inf),
        ("{mix: {a: {osc: {duration: 0.3}}, b: 0.5}}", 0.3),
        (ENVELOPE, 0.4),
        ("{context: {x: {envelope: {duration: 1.5}}, signal: {osc: {amp: 0.5 * x}}}}", 1.5),
        ("{context: {x: {envelope: {duration: 1.5}}, signal: {osc: {amp: 0.5 + x}}}}", math.inf),
        (f"{{filter: {{cutoff: 100, signal: {TONE}, duration: 3}}}}", 3.0),
        ("{filter: {cutoff: {osc: {duration: 0.3}}, signal: {osc: {}}}}", math.inf),
        ("{sequencer: {interval: 0.1, steps: [note]}}", math.inf),
        ("{sequencer: {interval: 0.1, repeat: 2, steps: [note]}}", 0.0),
        ("{modal: {decay: 3}}", 0.0),
        ("{fm: {decays: [3]}}", 0.0),
        ("{fm: {decays: [3], gate: {osc: {type: sqr, freq: 2}}}}", math.inf),
        ("{fm: {decays: [3], gate: {osc: {type: sqr, freq: 2}}, end: true}}", 0.0),
        ("{fm: {sustains: [0]}}", 0.0),
        ("{fm: {decays: [3], gate: null}}", 0.0),
        (ENVELOPE.replace("duration", "gate: null, duration", 1), 0.4),
        ("{fm: {decays: [3], sustains: [0.5, 0]}}", math.inf),
        ("{fm: {}}", math.inf),
        ("{modal: {trigger: {osc: {freq: 2}}}}", math.inf),
        ("{string: {signal: {osc: {duration: 2}}}}", 2.0),
        (GATED % "gate: 1 if t < 0.5 else 0", 0.0),
        (GATED % "gate: {osc: {type: sqr, freq: 1}}, sustain_duration: 1e6", 0.0),
        (GATED % "gate: 1", math.inf),
        (GATED % "gate: 0, duration: 0.3", math.inf),
        (GATED.replace("true", "false") % "gate: 1 if t < 0.5 else 0", math.inf),
    ],
)
def test_seconds_to_end(tmp_path, sound, end):
    """The least time where it is known, 0 where only playing shows it, infinite where there is no end."""
    assert seconds(tmp_path, f"my_sound: {sound}\n{NOTE}") == end


def test_a_track_on_outputs_of_its_own_is_not_waited_for(tmp_path):
    sound = f"{{mix: {{a: {{osc: {{duration: 0.3}}}}, b: {{track: {{out: 3, signal: {TONE}}}}}}}}}"
    assert seconds(tmp_path, f"my_sound: {sound}\n", CHANNELS=4) == 0.3


def test_the_reference_that_closes_a_loop_has_no_end(tmp_path):
    """It is the one that comes first in the file: it reads the previous block."""
    ends = "    b: {osc: {id: b, duration: 1, phase: $a}}\n"
    follows = "    a: {filter: {id: a, cutoff: 100, signal: {reference: {ref: b}}}}\n"
    assert seconds(tmp_path, f"my_sound:\n  mix:\n{ends}{follows}") == 1.0
    assert seconds(tmp_path, f"my_sound:\n  mix:\n{follows}{ends}") == math.inf


@pytest.mark.long
def test_a_long_chain_of_references(tmp_path):
    links = "".join(f"    x{k}: {{smooth: {{id: t{k}, time: 0.01, signal: $t{k + 1}}}}}\n" for k in range(1500))
    last = "    last: {osc: {id: t1500, duration: 2}}\n"
    assert seconds(tmp_path, f"my_sound:\n  mix:\n{links}{last}") == 2.0


def test_a_note_that_waits_for_a_node_outside_has_no_end(tmp_path):
    beat = "{sequencer: {interval: 1, steps: [{filter: {cutoff: 100, signal: {reference: {ref: tone}}}}]}}"
    text = f"my_sound: {{mix: {{tone: {{osc: {{id: tone, duration: 1}}}}, beat: {beat}}}}}\n"
    (pool,) = (row for row in composed(tmp_path, text).graph.rows.values() if row.kind is Pool)
    assert pool.settings["length"] == 1.0, "STEP_LENGTH"


def test_kernels_that_report_their_end():
    kernels = {name: kind for name, kind in shipped().items() if hasattr(kind, "render")}
    struck = {"string", "modal", "kick", "snare", "hat", "clap"}
    ending = {"osc", "sample", "envelope", "curve", "buffer", "shuffle", "fm", "stretch", *struck}
    assert {name for name, kind in kernels.items() if kernel_reports_end(kind)} == ending
    assert not kernel_reports_end(Expression)
    assert not kernel_reports_end(shipped()["context"]), "a type without a kernel"


@pytest.mark.parametrize(
    ("gate", "length", "said"),
    [("1 if t < 0.5 else 0", 0.6, ""), ("1", 4.0, "'a' has no end: rendering 4 s (--duration changes that)\n")],
)
def test_a_render_lasts_until_the_sound_ends_by_itself(tmp_path, gate, length, said):
    save(tmp_path, f"a: {GATED % f'gate: {gate}'}\n")
    done = waves(tmp_path, "render", "a")
    assert (done.returncode, done.stderr) == (0, said)
    info = soundfile.info(tmp_path / "a.wav")
    assert info.frames / info.samplerate == pytest.approx(length, abs=0.01)


def test_notes_that_are_held_by_their_gate_end_after_their_release(tmp_path):
    """Each shape that a gate holds, of one note of 0.2 s."""
    save(
        tmp_path,
        "a: {mix: {env: {play: env, repeat: 1, cycle: 0.2}, curve: {play: curved, repeat: 1, cycle: 0.2},"
        " fm: {play: keys, repeat: 1, cycle: 0.2}}}\n"
        "env: {envelope: {release: 0.3, gate: gate, signal: {osc: {freq: 220}}}}\n"
        "curved: {curve: {levels: [0, 1, 0], times: [0.01, 0.4], hold: 1, gate: gate, signal: {osc: {freq: 220}}}}\n"
        "keys: {fm: {decays: [1], sustains: [0.5], releases: [0.5], gate: gate}}\n",
    )
    done = waves(tmp_path, "render", "a")
    assert (done.returncode, done.stderr) == (0, "")
    info = soundfile.info(tmp_path / "a.wav")
    assert info.frames / info.samplerate == pytest.approx(0.7, abs=0.02)

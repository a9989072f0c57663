"""`waves ids`: every node with its line and the fields of its state."""

from __future__ import annotations

import json
from pathlib import Path

from tests.harness.command import waves

PIECE = """\
my_sound:
  mix:
    lead: {osc: {freq: 220, id: main}}
    beat: {sequencer: {interval: 0.5, steps: [ping f=2]}}
ping: {context: {f: 1, signal: {osc: {freq: 440 * f, duration: 0.1}}}}
"""


def test_ids_with_their_lines_and_states(tmp_path: Path) -> None:
    (tmp_path / "waves.yaml").write_text(PIECE)
    document = json.loads(waves(tmp_path, "ids", "--json").stdout)
    found = {item["id"]: item for item in document["ids"]}
    assert found["my_sound/main"]["line"] == 3 and "phase" in found["my_sound/main"]["state"]
    clock = found["my_sound.root.Mix.beat.Sequencer.Clock"]
    assert clock["line"] == 4 and {"count", "begun"} <= set(clock["state"]) and not clock["voice"]
    tones = [item for item in document["ids"] if item["line"] == 5 and item["node"] == "Osc"]
    assert len(tones) == 1 and tones[0]["voice"]


def test_ids_as_a_table(tmp_path: Path) -> None:
    (tmp_path / "waves.yaml").write_text(PIECE)
    words = waves(tmp_path, "ids").stdout.split()
    assert words[:3] == ["ID", "line", "state"]
    assert words[words.index("my_sound/main") + 1] == "waves.yaml:3"


def test_a_sound_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "waves.yaml").write_text(PIECE)
    done = waves(tmp_path, "ids", "pong")
    assert done.returncode == 2 and "there is no sound 'pong'; did you mean 'ping'?" in done.stderr

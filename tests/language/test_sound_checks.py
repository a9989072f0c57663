"""Checks of the sounds that do not play: what is known of one is kept, at the lines where it stands now."""

from __future__ import annotations

from pathlib import Path

from tests.harness.paths import NODES
from tests.harness.session_harness import composer_for
from tests.harness.small_nodes import TYPES
from waves.language.build.sound_checks import SoundChecks
from waves.language.model.piece import Cache, read_piece
from waves.language.text.document import read_document
from waves.node_types.library.library import load_library

NODE = """from waves.node import Node, Signal, param


class Bad(Node):
    signal: Signal = param(0.0, unit="value")

    @classmethod
    def expand(cls, build):
        raise ValueError("no")
"""


def test_a_limit_is_told_at_its_line_also_when_the_text_has_moved() -> None:
    text = "\n".join(f"s{n}: {{filter: {{cutoff: 1, signal: s{n + 1}}}}}" for n in range(101)) + "\ns101: osc\n"
    checks, cache, document = SoundChecks(), Cache(), None
    for before in ("", "# a line\n\n"):
        document = read_document(before + text, "w.yaml", document)
        found = checks.check(read_piece([document], TYPES, cache))
        first = 101 + before.count("\n")
        assert [str(one) for one in found] == [
            f"w.yaml:{first}:16: s100.filter: more than 100 nodes inside each other",
            f"w.yaml:{first + 1}:7: s101: more than 100 nodes inside each other",
        ]


def test_a_node_type_that_fails_in_a_sound_that_does_not_play_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "nodes").mkdir()
    (tmp_path / "nodes" / "bad.py").write_text(NODE)
    (tmp_path / "waves.yaml").write_text("my_sound: {osc: {freq: 220}}\none: {bad: {}}\ntwo: {osc: {frq: 3}}\n")
    types = load_library(NODES, tmp_path / "nodes")
    findings = composer_for(tmp_path, types).compose([("my_sound", {})]).findings
    assert sorted(one.sentence for one in findings) == [
        "'osc' has no parameter 'frq'",
        "`expand` raises ValueError: no",
    ]

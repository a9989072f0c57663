"""Plans in which only numbers glide: the same sound and the same words as if all their rows were assembled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.harness.engine_harness import library
from waves.engine.plan import plan as plan_module
from waves.engine.plan import row_assembly
from waves.engine.plan.row_assembly import assemble
from waves.engine.plan.row_words import MOST_EDITS, SELF, TAG, RowTemplate
from waves.engine.plan.state_binding import PlanBinding
from waves.engine.state.copies import address_of

PIECE = """\
my_sound:
  mix:
    low:
      track: {volume: 0.5, pan: 0.1, signal: {filter: {cutoff: 500, signal: {osc: {type: saw, freq: 110, amp: 0.2}}}}}
    far: {delay: {time: 0.01, feedback: 0.5, mix: 0.5, signal: {osc: {freq: 330, amp: 0.1}}}}
    sum: {mix: {signals: [0.01, 0.02, {osc: {freq: 50, amp: 0.1}}]}}
    played: {sequencer: {interval: 0.02, steps: [blip f440, blip f220 v.5, ~]}}
    late: {envelope: {attack: 0.01, release: 0.02, duration: 20, signal: 0.1}}
blip: {context: {f: 100, v: 1, signal: {filter: {cutoff: 900, signal: {osc: {freq: f, amp: 0.1 * v, duration: 0.05}}}}}}
"""
VOICES = """\
my_sound:
  mix:
    played: {sequencer: {interval: 0.02, steps: [blip f440, blip f220 v.5, ~]}}
    rung: {sequencer: {interval: 0.05, steps: [bell, ~]}}
    row: {sequencer: {interval: 0.1, steps: [phrase]}}
    low: {osc: {freq: 110, amp: 0.05}}
blip: {context: {f: 100, v: 1, signal: {filter: {cutoff: 900, signal: {osc: {freq: f, amp: 0.1 * v, duration: 0.05}}}}}}
bell: {delay: {time: 0.01, feedback: 0.3, mix: 0.4, signal: {envelope: {decay: 0.02, duration: 0.04, signal: tone}}}}
phrase: {sequencer: {interval: 0.03, repeat: 1, steps: [blip f330, bell]}}
tone: {osc: {freq: 700, amp: 0.1}}
"""
EDITS_OF_VOICES = (
    ("cutoff: 900", "cutoff: 700"),
    ("cutoff: 700", "cutoff: 800"),
    ("duration: 0.04", "duration: 0.03"),  # cannot glide
    ("time: 0.01", "time: 0.02"),  # the tail is another one
    ("freq: 700", "freq: 750"),
    ("freq: 110", "freq: 115"),
    ("f220 v.5", "f220 v.4"),
    ("duration: 0.03", "duration: 0.035"),
    ("freq: 750, amp: 0.1", "freq: 720, amp: 0.12"),
    ("feedback: 0.3", "feedback: 0.2"),
    ("cutoff: 800", "cutoff: 850"),
    ("interval: 0.03", "interval: 0.025"),
    ("steps: [bell, ~]", "steps: [bell, bell, ~]"),
)
EDITS = (
    ("freq: 110", "freq: 115"),
    ("volume: 0.5", "volume: 0.25"),
    ("[0.01, 0.02,", "[0.03, 0.02,"),
    ("feedback: 0.5", "feedback: 0.4"),
    ("pan: 0.1", "pan: -0.5"),
    ("freq: 330, amp: 0.1", "freq: 320, amp: 0.05"),
    ("signal: 0.1}", "signal: 0.2}"),
    ("cutoff: 900", "cutoff: 700"),  # in voices
    ("duration: 20", "duration: 30"),  # cannot glide: only the moving rows are assembled
    ("type: saw", "type: sqr"),  # runs twice
    ("freq: 115", "freq: 120"),
    ("    far", "    one: {osc: {freq: 70, amp: 0.05}}\n    far"),
    ("freq: 70", "freq: 75"),
)


def texts(piece: str = PIECE, edits: tuple[tuple[str, str], ...] = EDITS) -> list[str]:
    """The piece, and after it each version that the edits make, one upon the other."""
    made = [piece]
    for old, new in edits:
        assert old in made[-1], old
        made.append(made[-1].replace(old, new, 1))
    return made


@pytest.mark.parametrize("block", [64, 37])
@pytest.mark.parametrize("versions", [texts(), texts(VOICES, EDITS_OF_VOICES)], ids=["rows", "voices"])
def test_the_sound_is_that_of_rows_that_are_all_assembled(
    stage, monkeypatch: pytest.MonkeyPatch, versions: list[str], block: int
) -> None:
    glides, assembled = stage(versions[0], library=library()), stage(versions[0], library=library())
    for text in versions[1:]:
        for live in (glides, assembled):
            with monkeypatch.context() as patch:
                if live is assembled:
                    patch.setattr(plan_module, "with_numbers", lambda *given: None)
                    patch.setattr(row_assembly, "kept_words", lambda *given: None)
                    patch.setattr(plan_module, "behind_fades", lambda *given: None)
                assert live.reload(text).kind == "reloaded"
        for frames in (block, 1000, 4 * block):
            assert np.array_equal(glides.play(frames), assembled.play(frames)), text


def test_only_what_reads_another_number_is_written(stage, monkeypatch: pytest.MonkeyPatch) -> None:
    live = stage(PIECE, library=library())
    live.play(2000)
    made: list[int] = []
    whole = plan_module.assemble
    monkeypatch.setattr(plan_module, "assemble", lambda *given: (made.append(1), whole(*given))[1])
    counts = []
    for text in texts()[1:]:
        made.clear()
        live.reload(text)
        live.play(2000)
        counts.append(len(made))
    assert counts == [0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 2, 0]


def test_constants_that_are_not_read_any_more_are_freed(stage) -> None:
    live = stage(PIECE, library=library())
    kept = []
    for number in range(2 * MOST_EDITS + 5):
        live.reload(PIECE.replace("freq: 110", f"freq: {200 + number}"))
        live.play(1000)
        kept.append(len(live.engine.playing.settled.keep))
    assert max(kept) <= kept[0] + MOST_EDITS + 1
    assert min(kept[MOST_EDITS:]) <= kept[0] + 1


def meaning(template: RowTemplate) -> list[Any]:
    """The words of rows: in place of the address of an array that they keep what is in it."""
    known: dict[int, Any] = {}
    stack: list[Any] = [*template.keep]
    while stack:
        one = stack.pop()
        if isinstance(one, np.ndarray) and one.dtype == np.float64 and one.ndim == 2 and one.shape[1] == 64:
            known |= {address_of(one) + 512 * k: ("number", repr(float(row[0]))) for k, row in enumerate(one)}
        elif isinstance(one, np.ndarray):
            known[address_of(one)] = ("array", one.dtype.str, one.tobytes())
        elif isinstance(one, (list, tuple)):
            stack += one
    return [known.get(word, word) for word in template.integers.tolist()]


def assembled_beside(stage, monkeypatch: pytest.MonkeyPatch, versions: list[str]) -> Iterator[tuple[Any, Any]]:
    """After each version the template of the settled rows, and that of the same rows all assembled."""
    live = stage(versions[0], library=library())
    live.play(2000)
    bindings: list[Any] = []
    begin = PlanBinding.__init__

    def noted(binding: PlanBinding, *given: Any) -> None:
        begin(binding, *given)
        bindings.append(binding)

    monkeypatch.setattr(PlanBinding, "__init__", noted)
    for text in versions[1:]:
        live.reload(text)
        live.play(2000)
        plan = live.engine.playing
        with monkeypatch.context() as patch:
            patch.setattr(row_assembly, "kept_words", lambda *given: None)
            yield plan.settled.template, assemble(plan.graph, bindings[-1].binding, live.engine.addresses)


def test_the_settled_rows_are_those_that_are_assembled(stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for made, fresh in assembled_beside(stage, monkeypatch, texts()[:8]):
        assert meaning(made) == meaning(fresh)
        assert (made.offsets, made.outputs, made.meters, made.blocks) == (
            fresh.offsets,
            fresh.outputs,
            fresh.meters,
            fresh.blocks,
        )
        assert np.array_equal(made.float_values, fresh.float_values)
        assert np.array_equal(made.float_places, fresh.float_places)


def test_the_voices_are_those_that_are_assembled(stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def followed(template: RowTemplate) -> list[Any]:
        """The words, in place of a pointer to another one that word: what was written again stands elsewhere."""
        words = meaning(template)
        return [words[(w - SELF) // 8] if isinstance(w, int) and w >> TAG == SELF >> TAG else w for w in words]

    count = 0
    for made, fresh in assembled_beside(stage, monkeypatch, texts(VOICES, EDITS_OF_VOICES[:-2])):
        assert followed(made)[: fresh.integers.size] == followed(fresh)
        assert made.blocks == fresh.blocks
        floats = [dict(zip(one.float_places.tolist(), one.float_values.tolist(), strict=True)) for one in (made, fresh)]
        assert floats[0] == floats[1]
        count += 1
    assert count == len(EDITS_OF_VOICES) - 2

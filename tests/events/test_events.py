"""Events as text and as JSON, and their schema."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any, get_type_hints

import jsonschema
import pytest
from pydantic import TypeAdapter

from waves.events.changes import Mended, NodeChanges, ParameterChanges, Refused, Reloaded
from waves.events.event import Event, ProblemRecord
from waves.events.playing import RecordingStarted, Started, VolumeChanged
from waves.events.schema import KINDS, event_schema
from waves.events.trouble import EventsLost, Fault
from waves.problem import Mark, Problem

PROBLEM = Problem("unknown name 'x'", Mark("waves.yaml", 3, 8), "lead.osc.freq", suggestion="'y'", source="lead: x")
EXAMPLES: dict[type, Any] = {
    str: "a text",
    int: 3,
    float: 0.5,
    bool: True,
    bool | None: None,
    int | None: 2,
    tuple[str, ...]: ("a", "b"),
    dict[str, float]: {"watch": 1.5},
    dict[str, Any]: {"FADE": 0.5},
    dict[str, str]: {"q": "quit"},
    NodeChanges: NodeChanges(kept=("a",), moved={"b": "c"}, dropped={"d": "removed"}),
    ParameterChanges: ParameterChanges(changed=1),
}
CHOICES = {"subject": "nodes", "then": "wait", "good": 4, "refused": 5}  # of fields with other types


def example(kind: type[Event]) -> Event:
    """An event with a value in each field."""
    hints = get_type_hints(kind)
    given = {field.name: field for field in fields(kind) if field.init and field.name not in ("at", "problems")}
    values = {name: CHOICES[name] if name in CHOICES else EXAMPLES[hints[name]] for name in given}
    return kind(at=1.5, problems=(PROBLEM,), **values)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_event_is_json_as_the_schema_says(kind):
    document = json.loads(example(kind).json)
    jsonschema.validate(document, event_schema())
    assert (document["event"], document["time"]) == (kind.kind, 1.5)
    assert document["text"] and "\n" not in document["text"]
    assert document["problems"] == [
        {
            "level": "error",
            "sentence": "unknown name 'x'",
            "file": "waves.yaml",
            "line": 3,
            "column": 8,
            "path": "lead.osc.freq",
            "suggestion": "'y'",
            "source": "lead: x",
        }
    ]


@pytest.mark.parametrize("changed", [{"event": "nothing"}, {"seconds": "long"}, {"more": 1}], ids=str)
def test_the_schema_refuses_what_is_no_event(changed):
    document = {**json.loads(example(KINDS["stopped"]).json), **changed}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, event_schema())


def test_every_field_is_described_and_every_number_has_a_unit():
    for kind in (*KINDS.values(), NodeChanges, ParameterChanges, ProblemRecord):
        hints = get_type_hints(kind)
        for field in fields(kind):
            assert field.metadata.get("description", "").endswith("."), f"{kind.__name__}.{field.name}"
            number = hints[field.name] in (int, float, int | None, float | None, dict[str, float])
            assert ("unit" in field.metadata) == number, f"{kind.__name__}.{field.name}"


def test_each_kind_has_a_name_of_its_own():
    assert len(KINDS) == len({kind.__name__ for kind in KINDS.values()}) > 25
    assert all(kind.kind == name for name, kind in KINDS.items())


def test_a_line_is_safe_for_a_terminal():
    event = RecordingStarted(path="a\x1b[2Jb [red]c[/red]")
    assert "\x1b" not in event.line and "[red]c[/red]" in event.line


def test_texts():
    assert VolumeChanged(level=-1.0).text == "volume -1 dB"
    assert EventsLost(count=1).text.startswith("1 event lost")
    assert Fault(message="a failed").text == "a failed"
    assert RecordingStarted(path="a.wav").text == "recording to a.wav"
    assert RecordingStarted(path="a_2.wav", wanted="a.wav").text == "recording to a_2.wav, as a.wav exists already"
    started = Started(sounds=("kick", "hat"), device="card", rate=44100.0, block=256, watching=False)
    assert started.text == "playing kick + hat on card, 44100 Hz"
    unheard = replace(started, device="silent")
    assert unheard.text == "playing kick + hat on silent, 44100 Hz"
    assert (
        Refused(file="waves.yaml", problems=(PROBLEM,)).text == "waves.yaml refused, 1 problem: the old sound plays on"
    )
    text = Refused(file="a.py", subject="nodes", partly=True, problems=(PROBLEM, PROBLEM)).text
    assert text == "a.py partly refused, 2 problems: the old code plays on"
    assert Mended(file="a.py", subject="nodes").text == "a.py: in order again, plays as before"


def test_a_reload_counts_its_nodes_and_says_what_differs():
    nodes = NodeChanges(kept=("a", "b"), renamed={"c": "d"}, new=tuple("efghi"), dropped={"j": "removed"})
    event = Reloaded(
        file="waves.yaml",
        sounds=("my_sound",),
        nodes=nodes,
        glided=2,
        parameters=ParameterChanges(added=1),
        milliseconds=27.4,
        stages={"watch": 27.4},
        frame=64,
        place="bar 1, beat 1.00",
        good=5,
        refused=0,
    )
    assert (event.kept, event.moved, event.renamed, event.new, event.returned, event.dropped) == (2, 0, 1, 5, 0, 1)
    begin = "waves.yaml: 27 ms, bar 1, beat 1.00; "
    assert event.text == f"{begin}7 nodes and 2 numbers changed", "the text is the same"
    same = replace(event, nodes=NodeChanges(kept=("a",)), glided=0)
    assert same.text == f"{begin}nothing that plays has changed"
    silent = replace(same, parameters=ParameterChanges(silent=("a", "b")))
    assert silent.text == f"{begin}nothing that plays has changed: a and b do not play"
    many = replace(same, parameters=ParameterChanges(silent=tuple("abcdef")))
    assert many.text == f"{begin}nothing that plays has changed: a and b and c and d and 2 more sounds do not play"
    parts = {"bass": "cutoff 300 → 800", "toms": "new", "c": "removed", "d": "was e", "f": "new", "g": "new"}
    four = "bass: cutoff 300 → 800; toms: new; c: removed; d: was e"
    assert replace(event, parameters=ParameterChanges(parts=parts)).text == f"{begin}{four}; and 2 more parts"
    assert replace(event, file="play night", edited=False).text == "play night: 27 ms, bar 1, beat 1.00"


def test_a_byte_that_is_not_utf_8_can_be_written_to_any_document() -> None:
    strange = replace(PROBLEM, sentence="'caf\udce9'", path="caf\udce9", source="caf\udce9: x")
    record = ProblemRecord.of(strange)
    assert (record.sentence, record.path, record.source) == ("'caf\ufffd'", "caf\ufffd", "caf\ufffd: x")
    assert "\\udc" not in strange.show() and r"caf\xe9: x" in strange.show()
    assert b"caf\xef\xbf\xbd: x" in TypeAdapter(ProblemRecord).dump_json(record)

"""What is shown during play: through a real console, with text that would be markup or a command to it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console, ConsoleDimensions

from tests.harness.command import CONTROL
from tests.harness.emulator import Emulator
from waves.app.performance.monitors import Monitor
from waves.app.terminal import screen as screen_module
from waves.app.terminal.display import JsonDisplay, PlainDisplay, Status, clock, decibels
from waves.app.terminal.key_bindings import KEYS, screen_lines
from waves.app.terminal.screen import WIDTH, LiveScreen, meter
from waves.events.changes import (
    Building,
    Compiling,
    Mended,
    NodeChanges,
    NodesLoaded,
    ParameterChanges,
    Refused,
    Reloaded,
    SettingsChanged,
    Waiting,
)
from waves.events.event import Event
from waves.events.playing import (
    DeviceChanged,
    Ended,
    KeysShown,
    Paused,
    Resumed,
    SessionResumed,
    Started,
    VolumeChanged,
)
from waves.events.trouble import Fault, FolderOwn, FolderShared, Restarting
from waves.problem import Mark, Problem

STRANGE = "[red]kick[/red] [/bold] \x1b[31m\x07"
SHOWN = "[red]kick[/red] [/bold] \\x1b[31m\\x07"
PROBLEM = Problem(f"unknown node '{STRANGE}'", Mark("waves.yaml", 3, 8), "lead", source="lead: {" + STRANGE + ": 1}")


def status(**changed: object) -> Status:
    values = {
        "title": "my_sound",
        "device": "silent 44100 Hz",
        "seconds": 65.25,
        "peaks": (0.5, 0.0),
        "load": 0.125,
        "underflows": 3,
    }
    return Status(**{**values, **changed})  # type: ignore[arg-type]


def reloaded(file: str = "waves.yaml", at: float = 0.25) -> Reloaded:
    nodes = NodeChanges(kept=("a", "b", "c"))
    figures: dict[str, object] = {"glided": 0, "parameters": ParameterChanges(), "milliseconds": 27.0, "stages": {}}
    more = {"sounds": ("my_sound",), "frame": 0, "place": "bar 1, beat 1.00", "good": 1, "refused": 0}
    return Reloaded(file=file, nodes=nodes, at=at, **figures, **more)  # type: ignore[arg-type]


def screen(width: int = 100, height: int = 30) -> tuple[LiveScreen, io.StringIO]:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=width, height=height, markup=False, emoji=False)
    return LiveScreen(console), out


def last_frame(out: io.StringIO) -> list[str]:
    """The lines as they stand on the screen after the last drawing."""
    *_, frame = out.getvalue().split("\x1b[1A\x1b[2K")
    return CONTROL.sub("", frame).replace("\r", "").rstrip("\n").split("\n")


def test_a_frame() -> None:
    shown, out = screen()
    shown.event(reloaded())
    shown.status(status())
    lines = last_frame(out)
    shown.close()
    assert lines[0] == "my_sound   playing   1:05.2"
    assert lines[1].startswith(" L █") and lines[1].endswith("  -6.0 dB")
    assert lines[2] == f" R {'·' * WIDTH}  -inf dB"
    assert lines[3] == "load 12%   underflows 3   volume 0.0 dB   silent 44100 Hz"
    assert ".250 waves.yaml: 27 ms, bar 1, beat 1.00; nothing that plays has changed" in lines[4]
    assert lines[5].startswith("space pause") and "t T m s track mute solo" in lines[5] and lines[6].endswith("q quit")


def test_what_does_not_move_is_drawn_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    shown, out = screen()
    shown.status(status(paused=True))
    drawn = len(out.getvalue())
    for _ in range(3):
        shown.status(status(paused=True))
    assert len(out.getvalue()) == drawn
    shown.status(status(paused=True, gain=0.5))
    assert len(out.getvalue()) > drawn and "volume -6.0 dB" in "\n".join(last_frame(out))
    monkeypatch.setattr(screen_module, "REPAIR", 0.0)
    drawn = len(out.getvalue())
    shown.status(status(paused=True, gain=0.5))
    assert len(out.getvalue()) > drawn
    shown.close()


def test_another_width_draws_on_an_empty_screen() -> None:
    shown, out = screen(100)
    shown.event(reloaded())
    assert "\x1b[2J" not in out.getvalue()
    shown._console.width = 60
    shown.status(status())
    before, after = (CONTROL.sub("", part) for part in out.getvalue().split("\x1b[2J"))
    assert "my_sound   playing" not in before and after.count("my_sound   playing   1:05.2") == 1
    shown.status(status())
    shown.close()
    assert out.getvalue().count("\x1b[2J") == 1


TITLES = st.text("ab 一é́…·█🎛", max_size=140)
STATUSES = st.builds(
    lambda title, peaks, gain: status(title=title, peaks=peaks, gain=gain),
    TITLES,
    st.sampled_from([(0.5,), (0.5, 0.0), (0.0, 0.0, 1.0, 1.0)]),
    st.sampled_from([1.0, 0.5]),
)
MOMENTS = st.builds(lambda word, times: Fault(message=" ".join([word] * times)), TITLES, st.integers(1, 9))
REFUSED = st.builds(
    lambda line, count: Refused(file="waves.yaml", problems=(Problem(f"wrong {line}", source=line),) * count),
    TITLES,
    st.integers(0, 5),
)
SIZES = st.tuples(st.sampled_from([100, 100, 41]), st.sampled_from([4, 6, 12, 30]))
EVENTS = st.one_of(STATUSES, MOMENTS, REFUSED, SIZES, st.builds(reloaded), st.just(KeysShown(keys={})))


def wide_columns(character: str) -> int:
    """Columns in a terminal that shows signs as wide as Chinese characters."""
    return 2 if character in "…·█" else cell_len(character)


@pytest.mark.parametrize("columns_of", [cell_len, wide_columns])
@settings(max_examples=20)
@example(shown=[status(), (100, 4), status(gain=0.5), (100, 30)], last=status())
@given(shown=st.lists(EVENTS, min_size=1, max_size=8), last=STATUSES)
def test_only_the_last_frame_stands_on_the_screen(
    columns_of: Callable[[str], int], shown: list[object], last: Status
) -> None:
    width, height = 100, 30
    display, out = screen(width, height)
    terminal = Emulator(width, height, columns_of)
    for one in [*shown, last]:
        if isinstance(one, tuple):
            width, height = one
            terminal.resize(width, height)
            display._console.size = ConsoleDimensions(width, height)
        elif isinstance(one, Status):
            display.status(one)
        else:
            display.event(one)  # type: ignore[arg-type]
        terminal.feed(out.getvalue())
        out.seek(0)
        out.truncate()
    alone = Emulator(width, height, columns_of)
    other, out = screen(width, height)
    other.__dict__.update(
        {name: display.__dict__[name] for name in ("_status", "_change", "_notices", "_problems", "_faults")}
    )
    other._draw()
    alone.feed(out.getvalue())
    assert terminal.rows == alone.rows


def test_what_to_edit_is_shown_whole_until_the_first_save() -> None:
    shown, out = screen(width=40)
    hint = "editing waves.yaml: change `bpm: 120`, line 14"
    shown.event(Started(sounds=("my_sound",), device="silent", rate=44100.0, block=256, watching=True, hint=hint))
    shown.status(status())
    shown.event(DeviceChanged(device="silent", message="playing silently"))
    text = " ".join(" ".join(last_frame(out)).split())
    assert "editing waves.yaml: change `bpm: 120`, line 14" in text and "playing silently" in text
    shown.event(reloaded())
    assert "bpm" not in " ".join(last_frame(out))
    shown.close()


@pytest.mark.parametrize(("width", "height"), [(60, 20), (80, 24), (100, 30), (200, 50)])
def test_the_help_shows_every_key_whole_where_there_is_room(width: int, height: int) -> None:
    shown, out = screen(width, height)
    hint = "editing waves.yaml: change `bpm: 120`, line 14, and save"
    shown.event(Started(sounds=("my_sound",), device="default", rate=44100.0, block=256, watching=True, hint=hint))
    shown.event(Refused(file="waves.yaml", problems=(PROBLEM, PROBLEM)))
    shown.status(status())
    shown.event(KeysShown(keys={}))
    lines = last_frame(out)
    assert len(lines) <= height and max(map(len, lines)) <= width
    rows = [" ".join(line.split()) for line in lines]
    for row in KEYS:
        help = " ".join(row.names) + " "
        assert any(line.startswith(help) for line in rows), row.names
    whole = [" ".join(f"{' '.join(row.names)} {row.help}".split()) for row in KEYS]
    assert (" ".join(rows).endswith(" ".join(whole))) == (width > 60), "in short where it is small"
    shown.event(reloaded())
    assert last_frame(out)[-1] != lines[-1], "it goes with the next change"
    shown.close()


def test_what_is_unusual_is_said() -> None:
    shown, out = screen()
    shown.status(status(paused=True, held=True, recording="take.wav"))
    assert last_frame(out)[0].startswith("my_sound   paused, held, recording take.wav")
    shown.status(status(recording="take.wav", interrupted=True))
    assert last_frame(out)[0].startswith("my_sound   recording take.wav is interrupted ")
    shown.status(status(ended=True))
    assert last_frame(out)[0].startswith("my_sound   ended ")
    shown.close()


@pytest.mark.parametrize("width", [24, 40, 80, 100])
@pytest.mark.parametrize("title", ["my_sound", "my_sound+" * 20, "聲音" * 30])
def test_the_first_line_fits_and_ends_with_the_time(width: int, title: str) -> None:
    path = "/home/somebody/music/pieces/night/recordings/2030-01-01_12-00-00.wav"
    for changed in ({}, {"recording": path}, {"held": True, "recording": path, "version": "version 3 of 12, older"}):
        shown, out = screen(width)
        shown.status(status(title=title, seconds=36000.0, **changed))
        line = last_frame(out)[0]
        shown.close()
        assert cell_len(line) <= width and line.endswith("   600:00.0"), line
        assert (line.startswith((title[:4], "my_")) and ("recording" in line) == ("recording" in changed)) or width < 80


def test_a_recording_has_its_whole_path_where_there_is_room_else_its_name() -> None:
    for width, said in ((80, "recording take.wav"), (100, f"recording {'a' * 60}/take.wav")):
        shown, out = screen(width)
        shown.status(status(recording=f"{'a' * 60}/take.wav"))
        assert last_frame(out)[0] == f"my_sound   {said}   1:05.2"
        shown.close()


def test_text_of_a_file_is_never_markup_nor_a_command() -> None:
    shown, out = screen()
    shown.event(Refused(file=STRANGE, problems=(PROBLEM,)))
    shown.status(status(title=STRANGE, device=STRANGE, recording=STRANGE))
    text = "\n".join(last_frame(out))
    shown.close()
    assert text.count(SHOWN) == 6  # title, recording, device, event, sentence, source line
    assert "\x07" not in out.getvalue() and "\x1b[31m\x07" not in out.getvalue()


def test_the_caret_stands_under_its_column_and_long_lines_are_cut() -> None:
    shown, out = screen(width=40)
    long = Problem("wrong", Mark("waves.yaml", 1, 11), source="a: " + "x" * 100)
    shown.event(Refused(file="a save " * 20, problems=(long,)))
    lines = last_frame(out)
    shown.close()
    assert all(len(line) <= 40 for line in lines)
    source = next(k for k, line in enumerate(lines) if "xxx" in line)
    assert lines[source + 1] == " " * (4 + 10) + "^"


def test_the_problem_goes_with_the_next_good_save_and_stays_otherwise() -> None:
    shown, out = screen()
    shown.event(Refused(file="waves.yaml", problems=(PROBLEM,) * 5))
    assert "and 2 more" in "\n".join(last_frame(out))
    shown.event(DeviceChanged(device="silent", message="is lost"))
    assert "unknown node" in "\n".join(last_frame(out))
    shown.event(reloaded())
    assert "unknown node" not in "\n".join(last_frame(out))
    shown.close()


@pytest.mark.parametrize("width", [30, 80, 100])
def test_every_key_is_shown_whole(width: int) -> None:
    shown, out = screen(width)
    shown.status(status())
    text = "\n".join(last_frame(out))
    shown.close()
    assert all(f"{' '.join(row.names)} {row.word}" in text for row in KEYS if row.word)
    assert all(len(line) <= width for line in screen_lines(width))


@pytest.mark.parametrize(
    ("notice", "over"),
    [
        (Ended(sounds=("my_sound",), then="wait"), [reloaded()]),
        (Compiling(work="checking grit.py"), [Compiling(work="checking grit.py", seconds=2, over=True)]),
        (Building(file="waves.yaml", seconds=2), [reloaded()]),
        (Waiting(boundary="bar", place="bar 2", frame=0, seconds=1.0), [VolumeChanged(level=0.0), reloaded()]),
        (Fault(message="a failed and is muted for now", node="a"), [reloaded()]),
        (FolderShared(message="another player, process 5"), [FolderOwn()]),
    ],
    ids=lambda one: getattr(one, "kind", ""),
)
def test_a_notice_goes_when_it_is_over(notice: Event, over: list[Event]) -> None:
    shown, out = screen()
    shown.event(reloaded())
    shown.event(notice)
    assert notice.text in "\n".join(last_frame(out))
    for event in over:
        shown.event(event)
    assert notice.text not in "\n".join(last_frame(out))
    shown.close()


def test_the_problems_of_a_report_stand_below_its_head_and_notices_below_them() -> None:
    shown, out = screen()
    shown.event(FolderShared(message="another player, process 5"))
    shown.event(Refused(file="waves.yaml", problems=(Problem("expected a number"),)))
    text = "\n".join(last_frame(out))
    assert text.index("waves.yaml") < text.index("expected a number") < text.index("another player")
    shown.close()


def test_what_still_is_so_stays_through_saves_and_newer_notices() -> None:
    shown, out = screen()
    shared = FolderShared(message="another player, process 5, plays in this folder")
    for event in (shared, reloaded(), *(Fault(message=f"fault {k}") for k in range(4)), reloaded()):
        shown.event(event)
        assert shared.text in "\n".join(last_frame(out))
    shown.close()


def test_notices_stand_together_and_only_the_newest_of_a_kind() -> None:
    shown, out = screen()
    faults = [Fault(message=f"fault {k}") for k in range(4)]
    for event in (VolumeChanged(level=-1.0), Paused(), VolumeChanged(level=-2.0)):
        shown.event(event)
    text = "\n".join(last_frame(out))
    assert text.index("paused") < text.index("volume -2 dB") and "volume -1 dB" not in text
    shown.event(Resumed())
    assert "paused" not in "\n".join(last_frame(out))
    for fault in faults:
        shown.event(fault)
    text = "\n".join(last_frame(out))
    assert [fault.text in text for fault in faults] == [False, True, True, True]
    shown.close()


def test_a_problem_stays_until_its_own_file_is_mended() -> None:
    shown, out = screen()
    config = Problem("expected a number", Mark("config.py", 2, 1), "FADE")
    shown.event(Refused(file="grit.py", subject="nodes", problems=(PROBLEM,)))
    shown.event(Refused(file="config.py", subject="settings", problems=(config,)))
    shown.event(reloaded())
    text = "\n".join(last_frame(out))
    assert "unknown node" in text and "expected a number" in text and "refused" not in text
    shown.event(SettingsChanged(settings={"FADE": 0.5}))
    text = "\n".join(last_frame(out))
    assert "unknown node" in text and "expected a number" not in text
    shown.event(Mended(file="grit.py", subject="nodes"))
    text = "\n".join(last_frame(out))
    assert "grit.py: in order again, plays as before" in text and "unknown node" not in text
    shown.close()


def test_no_problem_hides_another() -> None:
    cycle = Problem("riff(30): division by zero", Mark("patterns/riff.py", 12, 1))
    fault = Fault(message="patterns/riff.py cannot give a cycle", problems=(cycle,))
    refused = Refused(file="waves.yaml", problems=(PROBLEM,))
    for events in ((fault, refused), (refused, fault)):
        shown, out = screen()
        shown.event(events[0])
        shown.status(status(problems=(cycle,) if events[0] is fault else ()))
        shown.event(events[1])
        text = "\n".join(last_frame(out))
        assert text.count("unknown node") == text.count("division by zero") == 1
        shown.status(status(problems=(cycle,)))
        shown.event(reloaded())
        text = "\n".join(last_frame(out))
        assert "unknown node" not in text and text.count("division by zero") == 1
        shown.status(status())
        assert "division by zero" not in "\n".join(last_frame(out))
        shown.close()


def test_what_was_refused_is_not_said_any_more_after_its_file_is_good() -> None:
    shown, out = screen()
    for good in (
        NodesLoaded(file="grit.py", names=("grit",), seconds=1.0),
        Mended(file="grit.py", subject="nodes"),
        reloaded(),
    ):
        shown.event(Refused(file="grit.py", subject="nodes"))
        assert "refused" in "\n".join(last_frame(out))
        shown.event(good)
        assert "refused" not in "\n".join(last_frame(out)) and good.text in "\n".join(last_frame(out))
    shown.close()


@pytest.mark.parametrize(
    ("peak", "filled", "colour"),
    [(0.0, 0, ""), (0.001, 0, ""), (0.1, 27, "green"), (0.6, 37, "yellow"), (1.0, 40, "red")],
)
def test_meter(peak: float, filled: int, colour: str) -> None:
    text = meter(peak, "L")
    assert text.plain.count("█") == filled == round(WIDTH * filled / 40)
    assert text.plain.count("·") == WIDTH - filled
    assert not colour or str(text.spans[0].style) == colour


def test_plain_lines_have_the_problems_below() -> None:
    out = io.StringIO()
    lines = PlainDisplay(out)
    lines.event(Refused(file=STRANGE, problems=(PROBLEM,), at=0.0))
    lines.status(status())
    lines.close()
    first, sentence, source, caret = out.getvalue().splitlines()
    assert first.endswith(f"{SHOWN} refused, 1 problem: the old sound plays on")
    assert sentence == f"waves.yaml:3:8: lead: unknown node '{SHOWN}'"
    assert source.index("[") == caret.index("^")
    assert "\x1b" not in out.getvalue()


def test_json_lines() -> None:
    out = io.StringIO()
    JsonDisplay(out).event(Refused(file=STRANGE, good=2, problems=(PROBLEM,), at=1.5))
    [line] = out.getvalue().splitlines()
    document = json.loads(line)
    assert (document["event"], document["time"], document["good"]) == ("refused", 1.5, 2)
    assert document["text"] == f"{STRANGE} refused, 1 problem: the old sound plays on"
    assert document["problems"][0]["line"] == 3 and "\x1b" not in line


def test_numbers() -> None:
    assert (decibels(1.0), decibels(0.5), decibels(0.0)) == ("0.0 dB", "-6.0 dB", "-inf dB")
    assert (decibels(1e-4), decibels(1e-96)) == ("-80.0 dB", "-inf dB"), "what fades out for ever is silence"
    assert (clock(0.0), clock(59.99), clock(3600.0)) == ("0:00.0", "0:59.9", "60:00.0")


def test_a_notice_of_the_moment_goes_with_the_next_change() -> None:
    shown, out = screen()
    shown.event(VolumeChanged(level=-1.0))
    shown.event(Started(sounds=("a",), device="silent", rate=44100.0, block=256, watching=True))
    assert "volume -1 dB" in "\n".join(last_frame(out)), "the start does not hide what was said of it"
    shown.event(Refused(file="waves.yaml", problems=(PROBLEM,)))
    assert "volume -1 dB" not in "\n".join(last_frame(out))
    shown.close()


def test_a_session_that_goes_on_says_so() -> None:
    shown, out = screen()
    shown.event(Started(sounds=("a",), device="silent", rate=44100.0, block=256, watching=True))
    shown.event(SessionResumed(seconds=97.0))
    shown.event(VolumeChanged(level=-1.0))
    assert "going on from 97.0 s of the last session" in "\n".join(last_frame(out))
    shown.close()


def test_the_last_picture_says_that_it_has_stopped() -> None:
    shown, out = screen()
    shown.status(status())
    shown.event(reloaded())
    shown.close()
    lines = last_frame(out)
    assert lines[0].startswith("my_sound   stopped") and not any("q quit" in line for line in lines)


def test_the_last_picture_before_a_restart_says_that_it_starts_again() -> None:
    shown, out = screen()
    shown.status(status())
    shown.event(Restarting(restarts=1, place="grit.py as it was, older than the file"))
    shown.close()
    assert last_frame(out)[0].startswith("my_sound   starting again") and "stopped" not in "".join(last_frame(out))


def test_problems_of_a_piece_with_a_node_file_of_before_are_over() -> None:
    own = Problem("cannot be compiled", Mark("grit.py", 3, 1))
    for file, kept in (("grit.py", False), ("waves.yaml", True)):
        shown, out = screen()
        shown.event(Refused(file=file, problems=(PROBLEM,)))
        shown.event(Refused(file="grit.py", subject="nodes", problems=(own,)))
        lines = last_frame(out)
        shown.close()
        assert any(own.sentence in line for line in lines)
        assert any("unknown node" in line for line in lines) == kept


def test_the_caret_is_on_the_screen_however_long_the_line() -> None:
    shown, out = screen(width=60)
    source = "steps: [" + "kick, " * 30 + "kik, " + "snare, " * 30 + "]"
    column = source.index("kik,") + 1
    shown.event(
        Refused(file="waves.yaml", problems=(Problem("no 'kik'", Mark("waves.yaml", 1, column), source=source),))
    )
    lines = last_frame(out)
    shown.close()
    caret = next(line for line in lines if line.strip() == "^")
    above = lines[lines.index(caret) - 1]
    assert above[caret.index("^") :].startswith("kik,") and above.strip()[0] == above.strip()[-1] == "…"


def test_tracks_that_are_not_simply_heard_are_shown():
    live = screen_module.levels
    assert live(status(), 80) == []
    assert live(status(levels={"a": "mute", "b\x1b": "solo"}, chosen="c"), 80) == ["a mute   b\\x1b solo   [c]"]
    assert live(status(levels={"a": "not heard"}, chosen="a"), 80) == ["[a] not heard"]


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("count", [8, 12, 64])
def test_many_tracks_are_shown_in_lines_around_the_chosen_one(count, width):
    states = {f"track{k}": "not heard" for k in range(count)}
    for chosen in states:
        lines = screen_module.levels(status(levels=states, chosen=chosen), width)
        assert all(len(line) <= width for line in lines) and len(lines) <= screen_module.TRACK_LINES + 1
        assert f"[{chosen}] not heard" in "   ".join(lines).split("   ")
        assert all(line.endswith("not heard") for line in lines[: screen_module.TRACK_LINES]), "none is cut"
    console = Console(file=io.StringIO(), width=width, height=40, force_terminal=True)
    shown = LiveScreen(console)
    shown.status(status(levels=states, chosen="track7"))
    drawn = console.file.getvalue()
    shown.close()
    assert "[track7] not heard" in drawn and "t T m s track mute solo" in drawn


def test_monitors_are_shown_with_value_meter_and_peak():
    shown = [
        Monitor(node="a", name="a.osc", type="level", low=0.0, high=1.0, value=-0.1234567, peak=0.5),
        Monitor(node="b", name="a.osc.freq.osc", type="value", low=0.0, high=660.0, value=330.0, peak=330.0),
        Monitor(node="c", name="x" * 40 + "\x1b", type="bipolar", low=-1.0, high=1.0, value=-1.0, peak=1.0),
    ]
    lines = [line.plain for line in screen_module.monitors(shown)]
    assert lines[0] == f"{'a.osc':<30}    -0.1235 {'█' * 10}{'·' * 10}  -6.0 dB"
    assert lines[1] == f"{'a.osc.freq.osc':<30}        330 {'█' * 10}{'·' * 10}"
    assert lines[2].startswith("…") and "\x1b" not in lines[2] and lines[2].endswith(f" -1 {'·' * 20}")
    assert screen_module.monitors(shown * 3)[-1].plain == "and 3 more"

"""Half an hour of a real stream with a save each second: memory, descriptors and threads of the player stay flat.

    pytest -m soak tests/app/test_soak_half_hour.py -s

Prints every five minutes what the player and its processes hold, and the size of `.waves/`.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from tests.harness.command import Play
from tests.harness.paths import TOP

MINUTES = 30
SETTLED = 10  # minutes after which nothing may grow any more
GROWTH = 8.0  # MB, of all processes together, in the 20 minutes after that
KEPT = 100.0  # MB of `.waves/`
MISTAKES = (("signal:", "signall:"), ("steps: [", "steps: [["), ("bpm: ", "bpm: nobody * "))
SHIPPED = (TOP / "waves.yaml").read_text()


def text_of(save: int) -> str:
    """The shipped piece with another tempo, now and then with a part more, or with a mistake."""
    start = SHIPPED.index("my_sound:")
    text = SHIPPED[start:].replace("bpm: 120", f"bpm: {120 + save % 15}", 1)
    if save % 3 == 0:
        tone = f"{{osc: {{freq: {200 + save}, amp: 0.05}}}}"
        part = f"            extra: {{delay: {{time: 0.2, mix: 0.5, signal: {tone}}}}}\n"
        text = text.replace("          mix:\n", f"          mix:\n{part}", 1)
    if save % 5 == 0:
        text = text.replace(*MISTAKES[save // 5 % len(MISTAKES)], 1)
    return SHIPPED[:start] + text


def processes(first: int) -> list[Path]:
    """A process and all that it has started, as folders in /proc."""
    found, folders = {first}, []
    for entry in sorted((path for path in Path("/proc").iterdir() if path.name.isdigit()), key=lambda p: int(p.name)):
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has ended
        if int(entry.name) == first or parent in found:
            found.add(int(entry.name))
            folders.append(entry)
    return folders


def held(first: int) -> tuple[float, int, int]:
    """Resident MB of a process and all that it has started; descriptors and threads of itself. The least of some looks.

    A file that it writes just then is none that it keeps.
    """
    looks = []
    for _ in range(8):
        looks.append(_look(first))
        time.sleep(0.05)
    return min(one[0] for one in looks), min(one[1] for one in looks), min(one[2] for one in looks)


def _look(first: int) -> tuple[float, int, int]:
    memory = 0
    for folder in processes(first):
        try:
            memory += int((folder / "statm").read_text().split()[1]) * 4096
        except OSError:
            continue
    own = Path("/proc") / str(first)
    return memory / 1e6, len(list((own / "fd").iterdir())), len(list((own / "task").iterdir()))


@pytest.mark.soak
@pytest.mark.device
@pytest.mark.timeout(60 * MINUTES + 900)
def test_nothing_grows_in_half_an_hour_of_saves(sandbox, tmp_path):
    shutil.copytree(TOP / "samples", tmp_path / "samples")
    (tmp_path / "waves.yaml").write_text(SHIPPED)
    assert "bpm: 120" in SHIPPED and "          mix:\n" in SHIPPED
    with Play(tmp_path, "my_sound", "--device", "sandbox1") as play:
        play.wait_for("started")
        begun, lines = time.monotonic(), []
        for save in range(1, 60 * MINUTES + 1):
            play.save(text_of(save))
            while play.next(time.monotonic() + 60.0, "reloaded")["event"] not in ("reloaded", "refused"):
                pass
            time.sleep(max(begun + save - time.monotonic(), 0.0))
            if save % 300 == 0:
                size = sum(file.stat().st_size for file in (tmp_path / ".waves").rglob("*") if file.is_file()) / 1e6
                lines.append((*held(play.process.pid), size))
                memory, files, threads, size = lines[-1]
                last = play.events[-1]
                print(
                    f"{save // 60:2} min: {memory:.1f} MB, {files} descriptors, {threads} threads, "
                    f".waves {size:.1f} MB, {last.get('good')} in, {last.get('refused')} refused",
                    flush=True,
                )
        assert play.end() == 130
        stopped = play.wait_for("stopped")
    print(f"underflows {stopped['underflows']}, {time.monotonic() - begun:.0f} s")
    settled = lines[SETTLED // 5 - 1 :]
    assert max(line[0] for line in settled) - settled[0][0] < GROWTH
    assert len({line[1:3] for line in settled}) == 1, "descriptors or threads differ"
    assert lines[-1][3] < KEPT

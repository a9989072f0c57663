"""Renders the samples of the demo into `samples/`, from the pieces in the `waves.yaml` beside this file.

    uv run python examples/kit/make.py

What is there already is written over.
"""

import subprocess
import sys
from pathlib import Path

import soundfile

HERE = Path(__file__).resolve().parent
SAMPLES = HERE.parent.parent / "samples"
HITS = ("clap", "hat", "kick", "open", "rim", "shaker", "snare", "tom")
SECONDS = {"break": 4.0, "bass": 2.5, "chord": 4.0} | {f"hits/{name}": 0.25 for name in HITS}


def make(name: str, seconds: float) -> None:
    """Render one sound; a file whose channels are all the same becomes mono."""
    path = SAMPLES / f"{name}.flac"
    path.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "waves", "render", path.stem, "--dir", str(HERE), "-o", str(path)]
    subprocess.run([*command, "--subtype", "PCM_16", "--duration", str(seconds)], check=True)
    frames, rate = soundfile.read(path, dtype="int16", always_2d=True)
    if (frames == frames[:, :1]).all():
        soundfile.write(path, frames[:, 0], rate)


if __name__ == "__main__":
    for name, seconds in SECONDS.items():
        make(name, seconds)

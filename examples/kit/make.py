"""Renders the samples of the demo into `samples/`, from the pieces in the `waves.yaml` beside this file.

    uv run python examples/kit/make.py

A file that holds the same sound already is left as it is.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile

HERE = Path(__file__).resolve().parent
SAMPLES = HERE.parent.parent / "samples"
ONCE = ("bass", "chord", "room", *(f"hits/{hit}" for hit in "clap hat kick open rim shaker snare tom".split()))
LOOPS = {"break": 4.0, "bells": 4.0}  # s
STEP = 1  # of 16 bits: processors may round the last one in their own ways


def rendered(name: str, folder: Path) -> np.ndarray:
    """The frames of a sound, of a loop its second pass: tails of the first lie over its beginning."""
    out = folder / f"{name}.wav"
    seconds = LOOPS.get(name, 0.0)
    command = [sys.executable, "-m", "waves", "render", name, "--dir", HERE, "-o", out, "--subtype", "FLOAT"]
    subprocess.run([*command, "--duration", str(2 * seconds)] if seconds else command, check=True)
    frames, rate = soundfile.read(out, always_2d=True)
    frames = frames[round(seconds * rate) :]
    frames = np.rint(frames * 2.0**15).clip(-(2**15), 2**15 - 1).astype(np.int16)
    return frames[:, :1] if (frames == frames[:, :1]).all() else frames


def same(path: Path, frames: np.ndarray) -> bool:
    if not path.exists():
        return False
    there, _ = soundfile.read(path, dtype="int16", always_2d=True)
    return there.shape == frames.shape and np.abs(there.astype(int) - frames).max() <= STEP


if __name__ == "__main__":
    (SAMPLES / "hits").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for sound in (*ONCE, *LOOPS):
            path = SAMPLES / f"{sound}.flac"
            frames = rendered(path.stem, Path(folder))
            if not same(path, frames):
                soundfile.write(path, frames, 44100, subtype="PCM_16")

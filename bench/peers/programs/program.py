"""A program that renders patches to files."""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import soundfile

from bench.peers.works import PATCHES, RATE, file_of

Array = np.ndarray[Any, Any]
OUTPUT = "out.wav"  # mono, float32
TONE = "samples/tone.wav"


class RunError(Exception):
    """A program that failed, or that did not end."""


class Program(ABC):
    """A synthesizer. For each kind of patch it has a method with that name, which returns the text of the patch.

    `less`: by workload, where its natural patch does less work than the others, or other work. `needs`: what must be
    on the PATH.
    """

    name: ClassVar[str]
    needs: ClassVar[Sequence[str]] = ()
    less: ClassVar[Mapping[str, str]] = {}

    @property
    def missing(self) -> list[str]:
        """What it needs and is not there."""
        return [need for need in self.needs if shutil.which(need) is None]

    def has(self, work: str) -> bool:
        """Whether there is a patch of the workload or probe."""
        return hasattr(self, PATCHES[work].kind)

    def prepared(self, work: str, seconds: float, folder: Path) -> list[str]:
        """Write all that a render needs into `folder`; the command that renders `out.wav` in it."""
        patch = PATCHES[work]
        file = folder / TONE
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(file, file_of(patch), RATE, subtype="FLOAT")
        return self.command(getattr(self, patch.kind)(**patch.given), seconds, folder)

    @abstractmethod
    def command(self, patch: Any, seconds: float, folder: Path) -> list[str]:
        """Write the patch; the command that renders it, run in `folder`. Raises RunError."""


def number(value: float) -> str:
    """A number as every program reads it: without an exponent, to seven digits and more."""
    text = f"{value:.9f}".rstrip("0")
    return f"{text}0" if text.endswith(".") else text

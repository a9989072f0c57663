"""The log of a session: every commit with its texts and its exact frame, so that the set can be rendered again.

A line is written and flushed as it happens. The callback itself writes beside each input event the block that took
it; these are read a few times a second, as is the position.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

from waves.abi import PLAN
from waves.audio.sound_files import unused
from waves.engine.plan.plan import Plan
from waves.engine.runtime.engine import Engine
from waves.engine.runtime.snapshot import Snapshot
from waves.language.build.moved_parameters import packed
from waves.live.history.json_lines import JsonLines
from waves.live.history.snapshot_file import write
from waves.live.workspace.composer import Composer, Composition, Sounds
from waves.node import Node
from waves.node_types.library.library import origin
from waves.node_types.library.module_loader import Source
from waves.version import __version__

SCHEMA = 2
POSITION = 1.0  # seconds between two lines that say how far it is


class SessionLog:
    """Writes the log of what `engine` plays into a folder; everything raises OSError when it cannot be written."""

    def __init__(self, folder: Path, composer: Composer, sounds: Sounds, engine: Engine):
        folder.mkdir(parents=True, exist_ok=True)
        self.path = unused(folder / time.strftime("%Y-%m-%d_%H-%M-%S.jsonl"))
        self.composer, self.engine = composer, engine
        self._file = JsonLines(self.path)
        self._commits = self._position = 0
        self._playing: Composition | None = None
        self._settings: dict[str, Any] = {}
        self._library: Mapping[str, type[Node]] | None = None
        self._samples: dict[tuple[Path, int, int], str] = {}
        self._told = 0.0
        self._header = {
            "session": SCHEMA,
            "waves": __version__,
            "time": time.time(),
            "sounds": [[name, dict(given)] for name, given in sounds],
            "rate": engine.rate,
            "channels": engine.main_channels,
            "limiting": engine.lookahead > 0,
            "stems": composer.stems,
            "seed": composer.seed,
        }

    def begin(self, state: Snapshot | None = None) -> None:
        """The first line; `state` is what the nodes begin with when the session goes on from an earlier one."""
        self._file.add(self._header | {"state": self._beside("state", state) if state else None})

    def commit(self, plan: Plan, made: Composition | None, lent: Snapshot | None, first: bool = False) -> None:
        """A plan that plays now, `made` of this; None: its tails were forgotten. `lent`: parked for the plan."""
        engine = self.engine
        self._commits += 1
        entry: dict[str, Any] = {
            "commit": self._commits,
            "frame": 0 if first else engine.committed_in,
            "at": engine.clock if first else engine.committed_at,
            "fade": int(plan.header[PLAN.index("fade")]),
            "restart": bool(plan.header[PLAN.index("restart")]),
        }
        if made and made.fading_parts:
            entry["passages"] = sorted(part.fade.id for part in made.fading_parts.values())
        if made and made.moved:
            entry["moved"] = packed(made.moved)
        if lent and (lent.states or lent.rings):
            entry["lent"] = self._beside(str(self._commits), lent)
        self._playing = playing = made or self._playing
        assert playing
        settings = playing.settings.model_dump()
        if settings != self._settings:
            self._settings = entry["settings"] = settings
        if playing.library is not self._library:
            self._library = playing.library
            sources = sources_of(self._library)
            files = {name: source.file for name, source in sources.items()}
            self._file.add({"nodes": files}, {name: source.text for name, source in sources.items()})
        if made:
            entry["sounds"] = [[name, dict(given)] for name, given in made.sounds]
        self._file.add(entry, made.texts if made else None)

    def look(self) -> None:
        """Write the input events that were applied since, the position, and which files of sound are used."""
        for frame, event in self.engine.inputs.take_applied():
            target = {"target": event.name} if event.name else {}
            self._file.add({"input": frame, "kind": event.kind, "value": event.value, **target})
        for path, stamp in self.composer.sample_files():
            if (key := (path, *stamp)) not in self._samples:
                self._samples[key] = file_hash(path)
                name = os.path.relpath(path, self.composer.workspace.root)
                self._file.add({"sample": Path(name).as_posix(), "hash": self._samples[key]})
        if time.monotonic() - self._told >= POSITION:
            self.add_position()

    def add_position(self) -> None:
        """Write how many frames the device has got."""
        self._told = time.monotonic()
        written = self.engine.frames_written
        if written != self._position:
            self._position = written
            self._file.add({"frames": written})

    def _beside(self, name: str, snapshot: Snapshot) -> str:
        """Write a snapshot into the folder that belongs to the log; its name."""
        write(self.path.with_suffix("") / f"{name}.npz", snapshot)
        return f"{name}.npz"


def sources_of(types: Mapping[str, type[Node]]) -> dict[str, Source]:
    """The texts that node types were made of, by the names of their modules."""
    found = [origin(kind) for kind in types.values()]
    return {source.name: source for one in found if one for source in one.sources()}


def file_hash(path: Path) -> str:
    """128 bits that stand for the content of a file."""
    with path.open("rb") as file:
        digest = blake2b(digest_size=16)
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()

"""What a stage that `keeps` has kept when it ends: the state to go on from, the log, and how that sounds again."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.harness.engine_harness import compiler
from tests.harness.session_harness import Frames, Stage, composer_for
from waves.engine.runtime.snapshot import Snapshot
from waves.live.history.log_reader import RecordedSession, read_log
from waves.live.history.replay import ReplayEngine
from waves.live.history.resume_state import read_state
from waves.live.kept.kept_files import KeptFolder, open_kept


def state_of(live: Stage) -> Snapshot:
    """The state of a stage, to go on from with another one: nothing more is kept of this one."""
    live.archive.stop(1.0)
    return read_state(live.archive.kept)


def kept_in(folder: Path) -> KeptFolder:
    """The `.waves/` of a folder, made if there is none."""
    return open_kept(folder)[0]


def log_of(live: Stage) -> RecordedSession:
    """The log of a stage: nothing more is kept of it."""
    live.archive.stop(1.0)
    return read_log(live.archive.log.path)


def replay_of(log: RecordedSession) -> ReplayEngine:
    """An engine that plays a log, with the samples of the folder in which it was kept."""
    folder = log.path.parents[2]  # of .waves/sessions/<name>.jsonl
    return ReplayEngine(log, composer_for(folder), compiler())


def replayed(log: RecordedSession, frames: int) -> Frames:
    """The first frames of a log, as a device gets them."""
    return replay_of(log).render(frames).astype(np.float32)

"""Options of `waves play`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class PlayOptions:
    """What was asked for on the command line; None: as `config.py` says."""

    sounds: list[str] = field(default_factory=list)
    folder: Path = Path()
    device: str | None = None
    rate: int | None = None
    block: int | None = None
    latency: float | None = None
    fade: float | None = None
    at: str | None = None
    channels: int | None = None
    stems: bool = False
    duration: float | None = None
    once: bool = False
    loop: bool = False
    record: Path | None = None
    watch: bool = True
    limit: bool = True
    trial: bool = True
    plain: bool = False
    json_events: bool = False
    resume: bool = False
    hot_reload: bool | None = None
    watch_dirs: list[str] | None = None
    reload_delay: float | None = None
    trust: bool = False

"""The way into a player: on a first start, what compiles starts while the rest of the program is imported."""

from __future__ import annotations

from waves.app.player.options import PlayOptions
from waves.engine.compiler import cache_folder
from waves.engine.compiler.workers import Workers


def play_sounds(options: PlayOptions) -> int:
    """Play, and return the exit code. Raises Problems before it plays. Main thread."""
    workers = Workers()
    if not cache_folder.has_code():
        workers.start()
    from waves.app.player import start  # it imports nearly all of the program, for half a second

    return start.play_sounds(options, workers)

"""`waves demo`: plays the shipped piece."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from waves.cli.options import Duration, JsonEvents, Overruled, Plain, Record, Sounds, with_settings


@with_settings
def demo(
    overruled: Overruled,
    sounds: Sounds = None,
    folder: Annotated[
        Path | None,
        typer.Option("--dir", metavar="DIR", help="Folder of the copy; default: a new temporary folder."),
    ] = None,
    duration: Duration = None,
    record: Record = None,
    plain: Plain = False,
    json_events: JsonEvents = False,
) -> None:
    """Play a copy of the shipped piece, which you can edit."""
    from waves.app.player.ahead import play_sounds
    from waves.app.player.options import PlayOptions
    from waves.app.setup.demo import copy_demo

    options = PlayOptions(
        sounds=sounds or [],
        folder=copy_demo(folder),
        overruled=overruled,
        duration=duration,
        record=record,
        plain=plain,
        json_events=json_events,
    )
    raise typer.Exit(play_sounds(options))

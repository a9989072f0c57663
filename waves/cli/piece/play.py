"""`waves play`: plays sounds, and reloads them with each save of their files."""

from __future__ import annotations

from typing import Annotated

import typer

from waves.app.player.options import PlayOptions
from waves.app.terminal.key_bindings import help_text
from waves.cli.options import (
    HERE,
    Duration,
    Folder,
    JsonEvents,
    Overruled,
    Plain,
    Record,
    Sounds,
    Stems,
    Trust,
    with_settings,
)

HELP = f"""Play sounds, and reload them with each save of their files.

\b
Keys:
{help_text()}
"""


@with_settings
def play(
    overruled: Overruled,
    sounds: Sounds = None,
    folder: Folder = HERE,
    duration: Duration = None,
    once: Annotated[bool, typer.Option("--once", help="Stop when the sound ends.")] = False,
    loop: Annotated[bool, typer.Option("--loop", help="Begin again when the sound has ended.")] = False,
    record: Record = None,
    stems: Stems = False,
    plain: Plain = False,
    json_events: JsonEvents = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from where the last session was, after a crash too.")
    ] = False,
    trust: Trust = False,
) -> None:
    """Play sounds, and reload them with each save of their files."""
    from waves.app.player.start import play_sounds

    options = PlayOptions(
        sounds=sounds or [],
        folder=folder,
        overruled=overruled,
        stems=stems,
        duration=duration,
        once=once,
        loop=loop,
        record=record,
        plain=plain,
        json_events=json_events,
        resume=resume,
        trust=trust,
    )
    raise typer.Exit(play_sounds(options))

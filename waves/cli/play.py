"""`waves play`: plays sounds, and every save of their files."""

from __future__ import annotations

from typing import Annotated

import typer

from waves.app.player.options import PlayOptions
from waves.cli.options import (
    HERE,
    Channels,
    Device,
    Duration,
    Folder,
    JsonEvents,
    NoLimit,
    Plain,
    Rate,
    Record,
    Sounds,
    Stems,
    Trust,
)


def play(
    sounds: Sounds = None,
    folder: Folder = HERE,
    device: Device = None,
    rate: Rate = None,
    block: Annotated[
        int | None, typer.Option(help="Frames that the device asks for at once.", show_default=False)
    ] = None,
    latency: Annotated[
        float | None, typer.Option(help="Seconds from the engine to the loudspeaker.", show_default=False)
    ] = None,
    fade: Annotated[
        float | None, typer.Option(help="Seconds in which a save fades from old to new.", show_default=False)
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(help="When saves come in: now, beat, bar, or '4 bars'.", show_default=False),
    ] = None,
    duration: Duration = None,
    once: Annotated[bool, typer.Option("--once", help="Stop when the sound ends.")] = False,
    loop: Annotated[bool, typer.Option("--loop", help="Begin again when the sound has ended.")] = False,
    record: Record = None,
    channels: Channels = None,
    stems: Stems = False,
    no_watch: Annotated[bool, typer.Option("--no-watch", help="Saves are not heard.")] = False,
    no_limit: NoLimit = False,
    no_trial: Annotated[
        bool, typer.Option("--no-trial", help="Saves come in whatever their trial says: how loud, how much work.")
    ] = False,
    plain: Plain = False,
    json_events: JsonEvents = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from where the last session was, after a crash too.")
    ] = False,
    hot_reload: Annotated[
        bool | None,
        typer.Option("--hot-reload/--no-hot-reload", help="Whether saves of node files are heard.", show_default=False),
    ] = None,
    watch_dir: Annotated[
        list[str] | None, typer.Option(metavar="DIR", help="A further folder of node files.", show_default=False)
    ] = None,
    reload_delay: Annotated[
        float | None, typer.Option(help="Seconds that a save waits for others.", show_default=False)
    ] = None,
    trust: Trust = False,
) -> None:
    """Play sounds, and every save of their files.

    Keys: space pauses, . hushes, - and + are the volume, c records, h holds saves back, r reloads, F lets in a
    save that its trial refused, u goes back to the version before, U forward again, q quits.
    """
    from waves.app.player.start import play_sounds

    options = PlayOptions(
        sounds=sounds or [],
        folder=folder,
        device=device,
        rate=rate,
        block=block,
        latency=latency,
        fade=fade,
        at=at,
        channels=channels,
        hot_reload=hot_reload,
        watch_dirs=watch_dir or None,
        reload_delay=reload_delay,
        stems=stems,
        duration=duration,
        once=once,
        loop=loop,
        record=record,
        watch=not no_watch,
        limit=not no_limit,
        trial=not no_trial,
        plain=plain,
        json_events=json_events,
        resume=resume,
        trust=trust,
    )
    raise typer.Exit(play_sounds(options))

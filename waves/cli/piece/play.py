"""`waves play`: plays sounds, and reloads them with each save of their files."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperCommand

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
    of_bundle,
    with_settings,
)

SERVE = "--serve"
WITHOUT_VALUE = {SERVE: "0", "--input": "default"}
"""Options that may have a number behind them or none, and what they mean without one."""

HELP = f"""Play sounds, and reload them with each save of their files.

\b
Keys:
{help_text()}
"""


class PlayCommand(TyperCommand):
    """The command, whose options `--serve` and `--input` may have a number behind them or none."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Give such an option what it means without a number."""
        for place in [place for place, word in enumerate(args) if word in WITHOUT_VALUE][::-1]:
            if not args[place + 1 : place + 2] or not args[place + 1].isdecimal():
                args.insert(place + 1, WITHOUT_VALUE[args[place]])
        return super().parse_args(ctx, args)


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
    from waves.app.player.ahead import play_sounds

    sounds, folder = of_bundle(sounds, folder)
    options = PlayOptions(
        sounds=sounds,
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

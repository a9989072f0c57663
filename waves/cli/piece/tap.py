"""`waves tap`: a rhythm from the keyboard as the text of a pattern."""

from __future__ import annotations

from typing import Annotated

import typer

from waves.app.terminal.messages import told_when_slow
from waves.cli.options import HERE, Folder, Force, number_parser


def tap(
    sound: Annotated[str, typer.Argument(metavar="SOUND", help="The sound that the taps are, as kick.")],
    bars: Annotated[int, typer.Option(metavar="INTEGER", help="Bars that are tapped.", parser=number_parser(True))] = 2,
    bpm: Annotated[
        float | None,
        typer.Option(
            metavar="FLOAT",
            help="Beats per minute. Default: the tempo of the piece.",
            show_default=False,
            parser=number_parser(False, "beats per minute"),
        ),
    ] = None,
    tolerance: Annotated[
        float,
        typer.Option(
            metavar="FLOAT", help="Milliseconds between a tap and its note.", parser=number_parser(False, "ms")
        ),
    ] = 40.0,
    write: Annotated[
        str,
        typer.Option(metavar="NAME", help="Write it into waves.yaml, under this name.", show_default=False),
    ] = "",
    force: Force = False,
    folder: Folder = HERE,
) -> None:
    """Show what you tap on the keyboard as the shortest pattern that gives it. A bar is counted first."""
    with told_when_slow("starting ..."):
        from waves.app.commands.tap.tap import tap_pattern

    tap_pattern(folder, sound, bars, bpm, tolerance, write, force)

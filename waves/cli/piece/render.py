"""`waves render`: renders sounds to a file, faster than real time."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from waves.app.terminal.messages import told_when_slow
from waves.cli.options import HERE, Folder, Force, Overruled, Sounds, Stems, Trust, of_bundle, with_settings


@with_settings
def render(
    overruled: Overruled,
    sounds: Sounds = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="OUT", help="A .wav, .flac or .ogg file; default: SOUND.wav."),
    ] = None,
    subtype: Annotated[
        str | None, typer.Option(help="Format of the numbers in the file: FLOAT, DOUBLE, PCM_16, PCM_24, VORBIS ...")
    ] = None,
    duration: Annotated[
        str | None,
        typer.Option(
            metavar="LENGTH", help='A time like 32, 90s or 1:30, or "8 bars", "16 beats".', show_default=False
        ),
    ] = None,
    stems: Stems = False,
    cores: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Processor cores; default: all, from 20 s on.", show_default=False),
    ] = None,
    loudness: Annotated[
        bool, typer.Option("--loudness", help="Print loudness (LUFS) and true peak, also of stems, by ITU-R BS.1770.")
    ] = False,
    folder: Folder = HERE,
    trust: Trust = False,
    force: Force = False,
) -> None:
    """Render sounds to a file, faster than real time.

    A sound without an end is rendered for 4 seconds, or as long as --duration says.
    """
    with told_when_slow("starting ..."):
        from waves.app.commands.render import render_sounds

    sounds, folder = of_bundle(sounds, folder)
    render_sounds(sounds, output, subtype, duration, stems, folder, trust, force, cores, overruled, loudness=loudness)

"""Options that several commands have, each with one name, one help text and one way to be wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Option("--dir", metavar="DIR", help="The folder of the piece, where its waves.yaml is.")]
Sounds = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SOUND [key=value]...",
        help='Sounds to play together, each with parameters: hat v=.4, or "hat v.4". Default: my_sound.',
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="A JSON document on standard output.")]
Rate = Annotated[int | None, typer.Option(help="Frames per second (Hz).", show_default=False)]
Duration = Annotated[float | None, typer.Option(help="Seconds of sound.", show_default=False)]
NoLimit = Annotated[bool, typer.Option("--no-limit", help="Without the limiter at the end.")]
Channels = Annotated[
    int | None, typer.Option(help="Channels of the output; tracks reach them by `out`.", show_default=False)
]
Stems = Annotated[bool, typer.Option("--stems", help="Also one file for each track, before the limiter.")]
Device = Annotated[
    str | None, typer.Option(help="Number of a device, part of its name, or silent.", show_default=False)
]
Record = Annotated[Path | None, typer.Option(metavar="FILE", help="Record all that is heard.", show_default=False)]
Plain = Annotated[bool, typer.Option("--plain", help="One line per event instead of a display.")]
JsonEvents = Annotated[bool, typer.Option("--json-events", help="One JSON object per event.")]
Trust = Annotated[bool, typer.Option("--trust", help="Let the Python in nodes/ of the piece run, this time.")]

HERE = Path()

"""Options that several commands share, each with one name and one help text.

Options that overrule a setting are made from the table of settings.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from waves.live.workspace.setting_table import Option, Setting, options_of_command

WITH_UNIT = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+))\s*[a-zA-Z]+\s*")


def number_parser(whole: bool, unit: str = "") -> Callable[[str | float], float]:
    """A reader of a number on the command line, `whole` or not; it refuses other words in one sentence."""

    def number(text: str | float) -> float:
        try:
            return int(text) if whole else float(text)
        except ValueError:
            pass
        what = f"{'a whole number' if whole else 'a number'}{', in ' + unit if unit else ''}"
        meant = ""
        if match := WITH_UNIT.fullmatch(str(text)):
            meant = "" if whole and "." in match[1] else match[1]
        elif whole and unit == "Hz" and str(text).replace(".", "", 1).isdigit():
            meant = f"{1000 * float(text):.0f}"
        asks = f"; did you mean {meant}?" if meant else ""
        raise typer.BadParameter(f"expected {what}, got '{text:.40}'{asks}")

    return number


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
Duration = Annotated[
    float | None,
    typer.Option(help="Seconds of sound.", metavar="FLOAT", show_default=False, parser=number_parser(False, "s")),
]
Force = Annotated[bool, typer.Option("--force", help="Replace files that exist already.")]
Stems = Annotated[bool, typer.Option("--stems", help="Also one file for each track, before the limiter.")]
Record = Annotated[Path | None, typer.Option(metavar="FILE", help="Record all that is played.", show_default=False)]
Plain = Annotated[bool, typer.Option("--plain", help="One line per event instead of a display.")]
JsonEvents = Annotated[bool, typer.Option("--json-events", help="One JSON object per event.")]
Trust = Annotated[bool, typer.Option("--trust", help="Let the Python of the piece run, this time.")]

BUNDLE = ".waves"
HERE = Path()

Overruled = dict[str, Any]
"""Values of settings from the command line, by name of the setting."""


def of_bundle(sounds: list[str] | None, folder: Path) -> tuple[list[str], Path]:
    """The sounds and the folder that arguments mean: where the first is a bundle, it is opened. Raises Problems."""
    if not sounds or not sounds[0].endswith(BUNDLE):
        return sounds or [], folder
    from waves.app.setup.bundle import opened_for

    return opened_for(sounds, folder, folder == HERE)


def with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """The command with an option for each setting that names it in the table.

    Before: `def render(output, overruled)`. After, as typer sees it: `def render(*, output, rate=None, seed=None)`,
    which calls the first with `overruled={"SEED": 3}`, the settings whose options were given.
    """
    own = inspect.signature(command, eval_str=True)
    options = options_of_command(command.__name__)
    parameters = [
        *(parameter for parameter in own.parameters.values() if parameter.name != "overruled"),
        *(_parameter(option, setting) for option, setting in options),
    ]

    def run(**arguments: Any) -> None:
        overruled: Overruled = {}
        for option, setting in options:
            typed = arguments.pop(option.parameter)
            if typed not in (None, []):
                overruled[setting.name] = False if option.only_off else typed
        command(**arguments, overruled=overruled)

    run.__name__, run.__doc__, run.__module__ = command.__name__, command.__doc__, command.__module__
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    run.__signature__ = own.replace(  # type: ignore[attr-defined]
        parameters=[parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]
    )
    return run


def _parameter(option: Option, setting: Setting) -> inspect.Parameter:
    """The parameter of a command for the option of a setting; None: not given."""
    kind = int if setting.type == int | None else setting.type
    kind = kind if kind in (int, float, bool, list[str]) else str
    parser = number_parser(kind is int, setting.unit) if kind in (int, float) else None
    metavar = option.metavar or ("INTEGER" if kind is int else "FLOAT" if kind is float else None)
    typed = typer.Option(option.flag, help=option.help, metavar=metavar, show_default=False, parser=parser)
    kinds = Annotated[kind | None, typed]  # type: ignore[valid-type]
    return inspect.Parameter(option.parameter, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kinds)

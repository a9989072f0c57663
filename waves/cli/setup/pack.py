"""`waves pack`: packs of samples of a piece."""

from __future__ import annotations

from typing import Annotated

import typer

from waves.cli.options import HERE, Folder, Force, number_parser

pack = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Packs of samples of a piece.")


@pack.command("add")
def add(
    source: Annotated[str, typer.Argument(metavar="FOLDER|ZIP|URL", help="A folder, a zip archive, or its address.")],
    name: Annotated[str, typer.Option(help="The folder in samples/ that it gets.", show_default=False)] = "",
    most_mb: Annotated[
        float, typer.Option(metavar="FLOAT", help="MB that it may have.", parser=number_parser(False, "MB"))
    ] = 1000.0,
    most_files: Annotated[
        int, typer.Option(metavar="INTEGER", help="Files that it may have.", parser=number_parser(True))
    ] = 10_000,
    force: Force = False,
    folder: Folder = HERE,
) -> None:
    """Add a pack of samples to samples/, whole or not at all; of an address only https is fetched."""
    from waves.app.setup.packs.add import add_pack

    add_pack(folder, source, name, most_mb, most_files, force)

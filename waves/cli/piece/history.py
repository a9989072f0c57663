"""`waves history`: lists the versions of a piece that were played, and restores one."""

from __future__ import annotations

from typing import Annotated

import typer

from waves.cli.options import HERE, Folder

history = typer.Typer(rich_markup_mode=None, help="The versions that were played.")


@history.callback(invoke_without_command=True)
def listed(
    context: typer.Context,
    refused: Annotated[bool, typer.Option("--refused", help="The saves that were refused instead, and why.")] = False,
    folder: Folder = HERE,
) -> None:
    """List the versions that were played: number, time, changes. A star marks the one that is in the files.

    `waves history restore 12` writes one.
    """
    from waves.app.commands.versions import list_refused, list_versions

    context.obj = folder
    if context.invoked_subcommand is None:
        (list_refused if refused else list_versions)(folder)


@history.command()
def restore(
    context: typer.Context,
    number: int = typer.Argument(metavar="NUMBER", help="Of the version, as `waves history` lists it."),
    folder: Folder = HERE,
) -> None:
    """Write a version into the files. Their present text is kept as a version first."""
    from waves.app.commands.versions import show_restored

    show_restored(number, context.obj if folder == HERE else folder)

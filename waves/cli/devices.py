"""`waves devices`: what can be played on."""

from __future__ import annotations

from waves.cli.options import HERE, Folder, Json


def devices(json: Json = False, folder: Folder = HERE) -> None:
    """List the sound devices; a star is before the one that is played on."""
    from waves.app.commands.list_devices import show_devices

    show_devices(folder, json)

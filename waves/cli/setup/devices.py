"""`waves devices`: lists the sound devices."""

from __future__ import annotations

from waves.cli.options import HERE, Folder, Json


def devices(json: Json = False, folder: Folder = HERE) -> None:
    """List the sound devices. A star marks the one that waves plays on."""
    from waves.app.setup.list_devices import show_devices

    show_devices(folder, json)

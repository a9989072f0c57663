"""`waves devices`: the sound devices."""

from __future__ import annotations

from pathlib import Path

from waves.app.json_documents import DevicesDocument
from waves.app.terminal.tables import table
from waves.audio.device import SILENT, list_connected_devices
from waves.audio.device_choice import DeviceProblem, find_device
from waves.live.workspace.settings import Settings, given_settings
from waves.live.workspace.workspace import workspace_at


def show_devices(folder: Path, json: bool) -> None:
    """Print the sound devices as a table or as a JSON document. Raises DeviceProblem."""
    document = devices_of(folder)
    print(document.model_dump_json(indent=2) if json else listed(document))


def devices_of(folder: Path) -> DevicesDocument:
    """All devices, and the one that `config.py` in `folder` or the system chooses. Raises DeviceProblem."""
    devices = list_connected_devices()
    wanted = Settings(**given_settings(workspace_at(folder)).values).DEVICE
    try:
        chosen = None if wanted == SILENT else find_device(devices, wanted).index
    except DeviceProblem:
        chosen = None
    return DevicesDocument(devices=devices, chosen=chosen)


def listed(document: DevicesDocument) -> str:
    """The devices as a table of text."""
    rows = [
        [
            "*" if device.index == document.chosen else "",
            str(device.index),
            f"{device.name}, {device.system}",
            f"{device.outputs} out, {device.inputs} in",
            f"{device.rate:g} Hz",
        ]
        for device in document.devices
    ]
    silent = ["*" if document.chosen is None else "", SILENT, "plays to nobody, in real time", "", ""]
    return table([*rows, silent])

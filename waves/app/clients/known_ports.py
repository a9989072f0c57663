"""The port at which each folder of the user was served last, so that an open page finds its player after a restart.

The user's own room has them, and no folder of a piece: a piece from elsewhere does not choose a port.
"""

from __future__ import annotations

import json
import stat
from contextlib import suppress
from pathlib import Path

from waves.private_folder import open_to_others, user_folder
from waves.whole_file import FOR_OWNER, write_whole

MOST = 200  # folders: those that were served last
LARGEST = 1_000_000  # bytes of the file
PORTS = range(1024, 65536)  # for anybody; a system chooses among these


def last_port(folder: Path) -> int:
    """The port at which a folder was served last; 0: none is known."""
    return _ports().get(str(folder.resolve()), 0)


def remember_port(folder: Path, port: int) -> None:
    """Keep the port of a folder. Where nothing can be written, the next start takes another port, as it may always."""
    name = str(folder.resolve())
    ports = _ports()
    if list(ports.items())[-1:] == [(name, port)]:
        return
    ports.pop(name, None)  # the newest stands last
    ports[name] = port
    kept = dict(list(ports.items())[-MOST:])
    with suppress(OSError):
        file = _file()
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(file, json.dumps(kept, indent=1).encode(), FOR_OWNER)


def _file() -> Path:
    return user_folder() / "ports.json"


def _ports() -> dict[str, int]:
    """Ports by folder; none if others may write the list, or if it cannot be read."""
    file = _file()
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode) or open_to_others(status) or status.st_size > LARGEST:
            return {}
        ports = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    found = ports.items() if isinstance(ports, dict) else ()
    return {name: port for name, port in found if isinstance(port, int) and port in PORTS}

"""Folders of the user: of settings, and those that no other user can write to."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from platformdirs import user_config_path


def user_folder() -> Path:
    """The folder of the user's settings, trust and key; it need not exist."""
    return user_config_path("waves-live", appauthor=False)


def open_to_others(status: os.stat_result) -> bool:
    """Whether a file or folder belongs to another user, or others can write to it."""
    if sys.platform == "win32":  # whose modes say nothing
        return False
    return status.st_uid != os.geteuid() or bool(status.st_mode & (stat.S_IWGRP | stat.S_IWOTH))


def make_private(path: Path) -> str:
    """Make a folder, with those above it, for this user alone. The reason why it cannot be used, empty if it can."""
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        status = path.lstat()
    except OSError as error:
        return error.strerror or type(error).__name__
    if not stat.S_ISDIR(status.st_mode):
        return "it is a link"
    if open_to_others(status):
        return "it belongs to another user, or others can write to it"
    return "" if os.access(path, os.R_OK | os.W_OK | os.X_OK) else "it cannot be written"

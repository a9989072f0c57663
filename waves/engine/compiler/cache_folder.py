"""The folder of the cache of machine code: the user's, or a temporary one where nobody else can write."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from platformdirs import user_cache_path

from waves.private_folder import make_private
from waves.problem import Problem, Problems, reason_of


def folder() -> Path:
    """The folder of the user's cache of machine code, or a temporary one; it is created. Raises Problems."""
    return _folder()[0]


def has_code() -> bool:
    """Whether there is any machine code, of whatever release. Raises Problems."""
    return next(folder().glob("*.o"), None) is not None


def folder_notice() -> str:
    """One sentence on why a temporary folder is used; empty when it is the user's cache. Raises Problems."""
    return _folder()[1]


def _folder() -> tuple[Path, str]:
    asked = os.environ.get("WAVES_CACHE")
    path = (Path(asked).absolute() if asked else user_cache_path("waves-live")) / "kernels"
    # Not absolute: a user without a home. Machine code that others could write must not run.
    reason = make_private(path) if path.is_absolute() else "there is no such folder"
    if not reason:
        return path, ""
    notice = f"compiled nodes cannot be kept in '{path}': {reason}; set WAVES_CACHE to a folder of your own"
    return _temporary_folder(notice), f"{notice} (until then they are compiled again at every start)"


@cache
def _temporary_folder(notice: str) -> Path:
    """A folder of this process, removed at its end."""
    try:
        top = Path(tempfile.mkdtemp(prefix="waves-"))
        (top / "kernels").mkdir(mode=0o700)
    except OSError as error:
        raise Problems(Problem(f"{notice}; nor is there a temporary folder: {reason_of(error)}")) from None
    atexit.register(shutil.rmtree, top, ignore_errors=True)
    return top / "kernels"


def environment() -> dict[str, str]:
    """The environment of a process that shares the folder of this one. Raises Problems."""
    return dict(os.environ, WAVES_CACHE=str(folder().parent))

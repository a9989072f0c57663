"""`waves demo`: copies the shipped piece, to be played."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from waves.live.workspace.shipped_files import library_folder
from waves.problem import Problem, Problems, printable, reason_of

PARTS = ("waves.yaml", "config.py", "samples", "sounds")


def copy_demo(folder: Path | None) -> Path:
    """Copy the shipped piece to a folder, unless that has a waves.yaml already. Raises Problems."""
    target = folder or Path(tempfile.mkdtemp(prefix="waves-demo-"))
    shipped = library_folder("demo")
    try:
        if not (target / "waves.yaml").exists():
            target.mkdir(parents=True, exist_ok=True)
            for name in PARTS:
                source = shipped / name
                if source.is_dir():
                    shutil.copytree(source, target / name, dirs_exist_ok=True)
                elif source.is_file():
                    shutil.copyfile(source, target / name)
    except OSError as error:
        raise Problems(Problem(f"the demo cannot be copied to '{target}': {reason_of(error)}")) from None
    print(printable(f"the demo is in {target}"), file=sys.stderr, flush=True)
    return target

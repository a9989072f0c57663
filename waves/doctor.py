"""Looks the installation over: each finding says what is there, whether that is good, and what would mend it."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import platformdirs
from pydantic import BaseModel, ConfigDict

from waves import __version__
from waves.device import DeviceProblem, install_command, list_devices, portaudio_version

DISTRIBUTION = "waves-live"
PACKAGES = [
    "numpy",
    "numba",
    "llvmlite",
    "sounddevice",
    "soundfile",
    "soxr",
    "ruamel.yaml",
    "watchfiles",
    "typer",
    "pydantic",
    "rich",
    "platformdirs",
]


class Finding(BaseModel):
    """`sentence` is for people; `fix` is a command or an action, empty where nothing is to be done."""

    model_config = ConfigDict(frozen=True)

    name: str
    ok: bool
    sentence: str
    fix: str = ""


class Report(BaseModel):
    """All findings in a fixed order; `version` counts changes of this shape."""

    model_config = ConfigDict(frozen=True)

    version: int = 1
    findings: list[Finding]

    @property
    def ok(self) -> bool:
        return all(finding.ok for finding in self.findings)


def examine(cache: Path | None = None) -> Report:
    """Every finding. `cache` is the folder of compiled nodes, by default the user's own."""
    folder = cache or platformdirs.user_cache_path("waves-live")
    findings = [
        of_python(platform.python_version_tuple()),
        of_platform(platform.system(), platform.machine(), platform.libc_ver()[0]),
        of_packages(_version),
        of_foreign(_version("waves")),
        of_portaudio(),
        of_devices(),
        of_cache(folder),
    ]
    return Report(findings=findings)


def of_python(version: tuple[str, ...]) -> Finding:
    """`version` as of `platform.python_version_tuple()`."""
    ok = (3, 11) <= (int(version[0]), int(version[1])) < (3, 15)
    sentence = f"Python {'.'.join(version)} at {sys.executable}"
    if ok:
        return Finding(name="python", ok=True, sentence=sentence)
    return Finding(
        name="python",
        ok=False,
        sentence=f"{sentence}; 3.11 to 3.14 are known to work",
        fix="uv python install 3.13",
    )


def of_platform(system: str, machine: str, libc: str) -> Finding:
    """Whether there is a compiler (llvmlite) for the machine; arguments as of `platform`."""
    sentence = f"{system} on {machine}"
    intel = machine.lower() in ("x86_64", "amd64")
    arm = machine.lower() in ("arm64", "aarch64")
    if system == "Linux" and libc != "glibc":
        return Finding(
            name="platform", ok=False, sentence=f"{sentence} without glibc", fix="use a glibc system"
        )
    if (
        (system == "Linux" and (intel or arm))
        or (system == "Darwin" and arm)
        or (system == "Windows" and intel)
    ):
        return Finding(name="platform", ok=True, sentence=sentence)
    return Finding(
        name="platform",
        ok=False,
        sentence=f"{sentence}: llvmlite has no package for it",
        fix="use Linux on x86-64 or ARM64, macOS on Apple silicon, or Windows on x86-64",
    )


def of_packages(version: Callable[[str], str | None]) -> Finding:
    """`version` gives the installed one by name, or None."""
    found = {name: version(name) for name in PACKAGES}
    missing = [name for name, installed in found.items() if installed is None]
    if missing:
        sentence = f"missing: {', '.join(missing)}"
        return Finding(name="packages", ok=False, sentence=sentence, fix=f"pip install {' '.join(missing)}")
    listed = ", ".join(f"{name} {installed}" for name, installed in found.items())
    return Finding(name="packages", ok=True, sentence=f"{DISTRIBUTION} {__version__} with {listed}")


def of_foreign(version: str | None) -> Finding:
    """`version` of a distribution called `waves`, another program with the same command and import name."""
    if version is None:
        return Finding(name="foreign waves", ok=True, sentence="no other program called waves is installed")
    return Finding(
        name="foreign waves",
        ok=False,
        sentence=f"another program called waves ({version}) is installed and takes the same names",
        fix=f"pip uninstall waves && pip install --force-reinstall {DISTRIBUTION}",
    )


def of_portaudio() -> Finding:
    try:
        return Finding(name="portaudio", ok=True, sentence=portaudio_version())
    except DeviceProblem:
        sentence = "the PortAudio library is missing: pieces play silently"
        return Finding(name="portaudio", ok=False, sentence=sentence, fix=install_command())


def of_devices() -> Finding:
    try:
        devices = [device for device in list_devices() if device.outputs]
    except DeviceProblem:
        devices = []
    if not any(device.default for device in devices):
        sentence = "no output device: pieces play silently"
        return Finding(
            name="devices", ok=False, sentence=sentence, fix="connect a sound card, or start the sound server"
        )
    names = ", ".join(f"{device.name}{' (default)' if device.default else ''}" for device in devices)
    return Finding(name="devices", ok=True, sentence=f"{len(devices)} to play on: {names}")


def of_cache(folder: Path) -> Finding:
    """Compiled nodes: how much there is, and whether more can be written."""
    files = [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []
    sentence = f"{folder}: {sum(path.stat().st_size for path in files) / 1e6:.1f} MB in {len(files)} files"
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    if existing.is_dir() and os.access(existing, os.W_OK):
        return Finding(name="cache", ok=True, sentence=sentence)
    return Finding(
        name="cache",
        ok=False,
        sentence=f"{sentence}, not writeable: every start compiles anew",
        fix=f"chown -R $USER {existing}",
    )


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None

"""Checks the installation and the settings: each finding says what is there, whether it is good, and how to mend it."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from waves.audio.device import list_devices
from waves.audio.device_choice import DeviceProblem, install_command
from waves.audio.portaudio import portaudio_version
from waves.engine.compiler import kernel_cache
from waves.live.workspace.setting_table import SETTINGS
from waves.live.workspace.settings import Settings, read_environment, read_settings
from waves.problem import Problems, printable
from waves.version import __version__

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
    """One fact about the installation. `fix` is a command or an action that mends it, empty if it is good."""

    model_config = ConfigDict(frozen=True)

    name: str
    ok: bool
    sentence: str
    fix: str = ""


class Report(BaseModel):
    """All findings in a fixed order; `version` is the version of this format."""

    model_config = ConfigDict(frozen=True)

    version: int = 1
    findings: list[Finding]

    @property
    def ok(self) -> bool:
        return all(finding.ok for finding in self.findings)


def show_diagnosis(folder: Path, json: bool) -> bool:
    """Print all findings as text or as a JSON document, and return whether all are good."""
    report = diagnose(folder)
    if json:
        print(report.model_dump_json(indent=2))
        return report.ok
    for finding in report.findings:
        print(printable(f"{'ok ' if finding.ok else 'BAD'} {finding.name}: {finding.sentence}"))
        if finding.fix:
            print(printable(f"    to mend it: {finding.fix}"))
    return report.ok


def diagnose(folder: Path) -> Report:
    """All findings: those of the installation, and of the settings in `folder`."""
    config = folder / "config.py"
    return Report(findings=[*examine().findings, of_settings(config), of_reloading(config, os.environ)])


def examine() -> Report:
    """The findings of the installation: Python, platform, packages, PortAudio, devices, cache."""
    findings = [
        of_python(sys.version_info[:3]),
        of_platform(platform.system(), platform.machine(), platform.libc_ver()[0]),
        of_packages(_version),
        of_foreign(_version("waves")),
        of_portaudio(),
        of_devices(),
        of_cache(kernel_cache.folder),
    ]
    return Report(findings=findings)


def of_python(version: tuple[int, int, int]) -> Finding:
    """Whether this version of Python is supported; `version`: major, minor, micro."""
    sentence = f"Python {'.'.join(map(str, version))} at {sys.executable}"
    if (3, 11) <= version[:2] < (3, 15):
        return Finding(name="python", ok=True, sentence=sentence)
    sentence += "; 3.11 to 3.14 are supported"
    return Finding(name="python", ok=False, sentence=sentence, fix="uv python install 3.13")


def of_platform(system: str, machine: str, libc: str) -> Finding:
    """Whether llvmlite, the compiler, has a package for the machine; arguments as of `platform`."""
    processor = {"amd64": "x86_64", "aarch64": "arm64"}.get(machine.lower(), machine.lower())
    supported = {("Linux", "x86_64"), ("Linux", "arm64"), ("Darwin", "arm64"), ("Windows", "x86_64")}
    sentence = f"{system} on {machine}" + (" without glibc" if system == "Linux" and libc != "glibc" else "")
    if (system, processor) in supported and not sentence.endswith("glibc"):
        return Finding(name="platform", ok=True, sentence=sentence)
    fix = "use Linux with glibc on x86-64 or ARM64, macOS on Apple silicon, or Windows on x86-64"
    return Finding(name="platform", ok=False, sentence=f"{sentence}: llvmlite has no package for it", fix=fix)


def of_packages(version: Callable[[str], str | None]) -> Finding:
    """Whether all packages are installed; `version(name)` is the installed version, or None."""
    found = {name: version(name) for name in PACKAGES}
    missing = [name for name, installed in found.items() if installed is None]
    if missing:
        sentence = f"missing: {', '.join(missing)}"
        return Finding(name="packages", ok=False, sentence=sentence, fix=f"pip install {' '.join(missing)}")
    listed = ", ".join(f"{name} {installed}" for name, installed in found.items())
    return Finding(name="packages", ok=True, sentence=f"{DISTRIBUTION} {__version__} with {listed}")


def of_foreign(version: str | None) -> Finding:
    """Whether another program with the command `waves` is installed; `version` is that of the distribution `waves`."""
    if version is None:
        return Finding(name="foreign waves", ok=True, sentence="no other program called waves is installed")
    return Finding(
        name="foreign waves",
        ok=False,
        sentence=f"another program called waves ({version}) is installed and takes the same names",
        fix=f"pip uninstall waves && pip install --force-reinstall {DISTRIBUTION}",
    )


def of_portaudio() -> Finding:
    """Whether the PortAudio library is there."""
    try:
        return Finding(name="portaudio", ok=True, sentence=portaudio_version())
    except DeviceProblem:
        sentence = "the PortAudio library is missing: pieces play silently"
        return Finding(name="portaudio", ok=False, sentence=sentence, fix=install_command())


def of_devices() -> Finding:
    """Whether there is an output device."""
    try:
        devices = [device for device in list_devices() if device.outputs]
    except DeviceProblem:
        devices = []
    if not any(device.default for device in devices):
        sentence = "no output device: pieces play silently"
        fix = "connect a sound card, or start the sound server"
        return Finding(name="devices", ok=False, sentence=sentence, fix=fix)
    names = ", ".join(f"{device.name}{' (default)' if device.default else ''}" for device in devices)
    return Finding(name="devices", ok=True, sentence=f"{len(devices)} to play on: {names}")


def of_cache(folder: Callable[[], Path]) -> Finding:
    """Size of the cache of machine code, and whether it can be written. `folder()` makes the folder."""
    try:
        path = folder()
        with tempfile.TemporaryFile(dir=path):
            sizes = [file.stat().st_size for file in path.rglob("*") if file.is_file()]
    except OSError as error:
        sentence = f"compiled nodes cannot be kept: {error.filename}: {error.strerror}"
        return Finding(name="cache", ok=False, sentence=sentence, fix="set WAVES_CACHE to a folder of your own")
    return Finding(name="cache", ok=True, sentence=f"{sum(sizes) / 1e6:.1f} MB in {len(sizes)} files in {path}")


def of_settings(config: Path) -> Finding:
    """Whether `config.py` can be used."""
    if not config.is_file():
        return Finding(name="settings", ok=True, sentence="no config.py here: every setting has its default")
    try:
        settings = read_settings(config)
    except Problems as found:
        sentence = f"config.py has {len(found.problems)} problems, the first: {found.problems[0]}"
        return Finding(name="settings", ok=False, sentence=sentence, fix="change that line")
    changed = settings.model_dump(exclude_defaults=True)
    listed = ", ".join(f"{name} = {value!r}" for name, value in changed.items()) or "all have their defaults"
    return Finding(name="settings", ok=True, sentence=f"config.py: {listed}")


def of_reloading(config: Path, environment: Mapping[str, str]) -> Finding:
    """Settings for the reload of node files, each with its source: `config.py` overrules the environment."""
    try:
        given = read_environment(environment)
        written = read_settings(config).model_dump(exclude_unset=True)
    except Problems as found:
        return Finding(name="reloading", ok=False, sentence=str(found.problems[0]), fix="change that value")
    parts = []
    for name, setting in SETTINGS.items():
        if setting.in_environment:
            origin = "config.py" if name in written else setting.variable if name in given else "default"
            value = {**Settings().model_dump(), **given, **written}[name]
            parts.append(f"{name} = {value!r} ({origin})")
    return Finding(name="reloading", ok=True, sentence=f"{', '.join(parts)}; options of `waves play` overrule")


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None

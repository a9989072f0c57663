"""Checks the installation and the settings: each finding says what is there, whether it is good, and how to mend it."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from waves.app.exit_codes import Exit
from waves.app.json_documents import DoctorDocument, FindingItem
from waves.app.terminal.tables import wrapped
from waves.audio.device import installed_portaudio, list_connected_devices
from waves.audio.device_choice import BrokenSoundSystem, DeviceProblem, install_command
from waves.engine.compiler import cache_folder, kernel_cache
from waves.events.event import counted
from waves.live.saves.package_versions import DISTRIBUTION, installed_version, requirements
from waves.live.workspace.open_workspace import missing_folders, not_in_force
from waves.live.workspace.setting_table import SETTINGS
from waves.live.workspace.settings import Settings, given_settings
from waves.live.workspace.workspace import Workspace, workspace_at
from waves.problem import Problem, Problems, printable
from waves.version import __version__

CONFIGURATION = "unset ALSA_CONFIG_PATH, or correct /etc/asound.conf and ~/.asoundrc"


def show_diagnosis(folder: Path, json: bool) -> int:
    """Print all findings as text or as a JSON document, and return the exit code."""
    document = diagnose(folder)
    if json:
        print(document.model_dump_json(indent=2))
    else:
        for finding in document.findings:
            mark = "ok " if finding.ok else "BAD"
            print(wrapped(printable(f"{finding.name}: {finding.sentence}"), f"{mark} ", "    "))
            if finding.fix:
                print(printable(f"    to mend it: {finding.fix}"))  # a command, which is copied whole
    bad = {finding.name for finding in document.findings if not finding.ok}
    return Exit.GOOD if not bad else Exit.DEVICE if bad <= {"portaudio", "devices"} else Exit.PIECE


def diagnose(folder: Path) -> DoctorDocument:
    """All findings: those of the installation, and of the settings in `folder`."""
    workspace = workspace_at(folder)
    return DoctorDocument(findings=[*examine(), *of_settings(workspace, os.environ)])


def examine() -> list[FindingItem]:
    """The findings of the installation: Python, platform, packages, PortAudio, devices, cache."""
    python, packages = requirements(DISTRIBUTION)
    return [
        of_python(sys.version_info[:3], python),
        of_platform(platform.system(), platform.machine(), platform.libc_ver()[0]),
        of_packages(packages, installed_version),
        of_foreign(installed_version("waves")),
        of_portaudio(),
        of_devices(),
        of_cache(),
    ]


def of_python(version: tuple[int, int, int], required: str) -> FindingItem:
    """Whether this version of Python is supported; `version`: major, minor, micro; `required`: `>=3.11,<3.15`."""
    sentence = f"Python {'.'.join(map(str, version))} at {sys.executable}"
    bounds = sorted((int(major), int(minor)) for major, minor in re.findall(r"(\d+)\.(\d+)", required))
    if not bounds or bounds[0] <= version[:2] < bounds[-1]:
        return FindingItem(name="python", ok=True, sentence=sentence)
    (major, first), (_, after) = bounds
    sentence += f"; {major}.{first} to {major}.{after - 1} are supported"
    return FindingItem(name="python", ok=False, sentence=sentence, fix="uv python install 3.13")


def of_platform(system: str, machine: str, libc: str) -> FindingItem:
    """Whether llvmlite, the compiler, has a package for the machine; arguments as of `platform`."""
    processor = {"amd64": "x86_64", "aarch64": "arm64"}.get(machine.lower(), machine.lower())
    supported = {("Linux", "x86_64"), ("Linux", "arm64"), ("Darwin", "arm64"), ("Windows", "x86_64")}
    sentence = f"{system} on {machine}" + (" without glibc" if system == "Linux" and libc != "glibc" else "")
    if (system, processor) in supported and not sentence.endswith("glibc"):
        return FindingItem(name="platform", ok=True, sentence=sentence)
    fix = "use Linux with glibc on x86-64 or ARM64, macOS on Apple silicon, or Windows on x86-64"
    return FindingItem(name="platform", ok=False, sentence=f"{sentence}: llvmlite has no package for it", fix=fix)


def of_packages(names: Sequence[str], version: Callable[[str], str | None]) -> FindingItem:
    """Whether packages are installed; `version(name)` is the installed version, or None."""
    found = {name: version(name) for name in names}
    missing = [name for name, installed in found.items() if installed is None]
    if missing:
        sentence = f"missing: {', '.join(missing)}"
        return FindingItem(name="packages", ok=False, sentence=sentence, fix=f"pip install {' '.join(missing)}")
    listed = ", ".join(f"{name} {installed}" for name, installed in found.items())
    return FindingItem(name="packages", ok=True, sentence=f"{DISTRIBUTION} {__version__} with {listed}")


def of_foreign(version: str | None) -> FindingItem:
    """Whether another program with the command `waves` is installed; `version` is that of the distribution `waves`."""
    if version is None:
        return FindingItem(name="foreign waves", ok=True, sentence="no other program called waves is installed")
    return FindingItem(
        name="foreign waves",
        ok=False,
        sentence=f"another program called waves ({version}) is installed and takes the same names",
        fix=f"pip uninstall waves && pip install --force-reinstall {DISTRIBUTION}",
    )


def of_portaudio() -> FindingItem:
    """Whether the PortAudio library is there."""
    try:
        return FindingItem(name="portaudio", ok=True, sentence=installed_portaudio())
    except BrokenSoundSystem as problem:
        return FindingItem(name="portaudio", ok=False, sentence=problem.cause, fix=CONFIGURATION)
    except DeviceProblem:
        sentence, fix = "the PortAudio library is missing: pieces play silently", install_command()
        return FindingItem(name="portaudio", ok=False, sentence=sentence, fix=fix)


def of_devices() -> FindingItem:
    """Whether there is an output device."""
    fix = "connect a sound card, or start the sound server"
    try:
        devices = [device for device in list_connected_devices() if device.outputs]
    except DeviceProblem as problem:
        devices = []
        fix = CONFIGURATION if isinstance(problem, BrokenSoundSystem) else fix
    if not any(device.default for device in devices):
        sentence = "no output device: pieces play silently"
        return FindingItem(name="devices", ok=False, sentence=sentence, fix=fix)
    names = ", ".join(f"{device.name}{' (default)' if device.default else ''}" for device in devices)
    return FindingItem(name="devices", ok=True, sentence=f"{len(devices)} to play on: {names}")


def of_cache() -> FindingItem:
    """Size of the cache of machine code, whether it can be used, and whether its files are whole."""
    try:
        if notice := cache_folder.folder_notice():
            raise Problems(Problem(notice))
        path = cache_folder.folder()
        sizes = [file.stat().st_size for file in path.rglob("*") if file.is_file()]
        damaged = kernel_cache.damaged()
    except (OSError, Problems) as error:
        fix = "set WAVES_CACHE to a folder of your own"
        return FindingItem(name="cache", ok=False, sentence=str(error).partition(f"; {fix}")[0], fix=fix)
    sentence = f"{sum(sizes) / 1e6:.1f} MB in {len(sizes)} files in {path}"
    if damaged:
        sentence += f"; {len(damaged)} cannot be used, the first: {damaged[0].name}"
        return FindingItem(name="cache", ok=False, sentence=sentence, fix="waves warm")
    return FindingItem(name="cache", ok=True, sentence=sentence)


def of_settings(workspace: Workspace, environment: Mapping[str, str]) -> list[FindingItem]:
    """The settings that are not the defaults, those of the reload, and what keeps some from their effect."""
    try:
        given = given_settings(workspace, environment)
    except Problems as found:
        sentence = f"{counted(len(found.problems), 'problem')}, the first: {found.problems[0]}"
        return [FindingItem(name="settings", ok=False, sentence=sentence, fix="change that line")]
    settings = Settings(**given.values)
    changed = settings.model_dump(exclude_defaults=True)
    listed = [f"{name} = {value!r} ({given.origins[name]})" for name, value in changed.items()]
    reloading = [
        f"{name} = {getattr(settings, name)!r} ({given.origins.get(name, 'default')})"
        for name, setting in SETTINGS.items()
        if setting.in_environment
    ]
    findings = [
        FindingItem(name="settings", ok=True, sentence=", ".join(listed) or "every setting has its default"),
        FindingItem(name="reloading", ok=True, sentence=f"{', '.join(reloading)}; options of `waves play` overrule"),
    ]
    for sentence in not_in_force(given, workspace):
        findings.append(FindingItem(name="trust", ok=False, sentence=sentence, fix=f"waves trust {workspace.root}"))
    for sentence in missing_folders(settings, workspace):
        findings.append(FindingItem(name="folders", ok=False, sentence=sentence, fix="make it, or change the setting"))
    return findings

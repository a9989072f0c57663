"""What `waves doctor` finds, with made-up machines and on this one."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.command import waves
from waves.app.setup import doctor
from waves.audio import device
from waves.audio.device_choice import DeviceProblem, install_command
from waves.engine.compiler.machine_code import write_code


@pytest.mark.parametrize(
    ("system", "machine", "libc", "ok"),
    [
        ("Linux", "x86_64", "glibc", True),
        ("Linux", "aarch64", "glibc", True),
        ("Linux", "x86_64", "", False),
        ("Linux", "riscv64", "glibc", False),
        ("Darwin", "arm64", "", True),
        ("Darwin", "x86_64", "", False),
        ("Windows", "AMD64", "", True),
        ("Windows", "ARM64", "", False),
    ],
)
def test_platforms_with_a_compiler(system, machine, libc, ok):
    finding = doctor.of_platform(system, machine, libc)
    assert finding.ok == ok == (finding.fix == "")
    assert finding.sentence.startswith(f"{system} on {machine}")


@pytest.mark.parametrize(("minor", "ok"), [(10, False), (11, True), (14, True), (15, False)])
def test_versions_of_python(minor, ok):
    finding = doctor.of_python((3, minor, 2), doctor.requirements(doctor.DISTRIBUTION)[0])
    assert finding.ok == ok
    assert f"Python 3.{minor}.2 " in finding.sentence


def test_a_missing_package_is_named_with_its_command():
    _, names = doctor.requirements(doctor.DISTRIBUTION)
    finding = doctor.of_packages(names, lambda name: None if name == "soxr" else "1.0")
    assert (finding.ok, finding.sentence, finding.fix) == (False, "missing: soxr", "pip install soxr")
    assert "numba 1.0" in doctor.of_packages(names, lambda name: "1.0").sentence


def test_a_foreign_distribution_is_reported():
    assert doctor.of_foreign(None).ok
    finding = doctor.of_foreign("2.3")
    assert not finding.ok and "2.3" in finding.sentence
    assert finding.fix == "pip uninstall waves && pip install --force-reinstall waves-live"


def test_the_cache_is_measured_and_its_files_are_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WAVES_CACHE", str(tmp_path))
    kernels = tmp_path / "kernels"
    kernels.mkdir(mode=0o700)
    whole = kernels / f"osc_{'0' * 20}.o"
    write_code(whole, "entry", bytes(1_500_000))
    finding = doctor.of_cache()
    assert finding.ok and finding.sentence == f"1.5 MB in 1 files in {kernels}"
    whole.write_bytes(whole.read_bytes()[:-1])
    finding = doctor.of_cache()
    assert (finding.ok, finding.fix) == (False, "waves warm")
    assert finding.sentence.endswith(f"; 1 cannot be used, the first: {whole.name}")


def test_a_cache_that_cannot_be_used_is_told_with_its_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("WAVES_CACHE", str(tmp_path / "file" / "deep"))
    finding = doctor.of_cache()
    assert not finding.ok and finding.fix == "set WAVES_CACHE to a folder of your own"
    assert finding.sentence == (f"compiled nodes cannot be kept in '{tmp_path}/file/deep/kernels': Not a directory")


@pytest.mark.device
def test_the_devices_of_the_sandbox_are_found(sandbox):
    finding = doctor.of_devices()
    assert finding.ok
    assert "default (default)" in finding.sentence and "sandbox2" in finding.sentence


def test_this_machine_is_examined_in_a_fixed_order():
    findings = doctor.examine()
    names = [finding.name for finding in findings]
    assert names == ["python", "platform", "packages", "foreign waves", "portaudio", "devices", "cache"]
    assert all(finding.ok == (finding.fix == "") for finding in findings)


def test_what_is_not_installed_is_said_of_waves_itself(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(doctor, "DISTRIBUTION", "waves-that-nobody-installed")
    python, names = doctor.requirements(doctor.DISTRIBUTION)
    assert doctor.of_python((3, 9, 0), python).ok, "nothing is known"
    assert doctor.of_packages(names, doctor.installed_version).sentence == "missing: waves-that-nobody-installed"


@pytest.mark.skipif(sys.platform == "win32", reason="no signal ends a program there")
def test_a_sound_system_that_ends_programs_is_not_a_missing_library(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(device, "portaudio_version", lambda: 1 // 0)
    done = subprocess.CompletedProcess([], -signal.SIGABRT, "", "")
    monkeypatch.setattr(device.subprocess, "run", lambda *_, **__: done)
    finding = doctor.of_portaudio()
    assert "(SIGABRT ends every program that asks for its devices)" in finding.sentence
    assert finding.fix == "unset ALSA_CONFIG_PATH, or correct /etc/asound.conf and ~/.asoundrc"


def test_a_missing_library_is_told_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch):
    def missing() -> str:
        raise DeviceProblem("the PortAudio library is missing")

    monkeypatch.setattr(doctor, "installed_portaudio", missing)
    finding = doctor.of_portaudio()
    assert finding.sentence == "the PortAudio library is missing: pieces play silently"
    assert finding.fix == install_command()


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="ALSA is the sound system of Linux")
@pytest.mark.parametrize("configuration", [None, "pcm.!default {{{"], ids=["missing", "damaged"])
def test_a_broken_sound_system_ends_no_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, configuration):
    """PortAudio ends the process that loads it, or cannot begin."""
    (tmp_path / "waves.yaml").write_text("my_sound: {osc: {freq: 220, amp: 0.1}}\n")
    if configuration:
        (tmp_path / "alsa.conf").write_text(configuration)
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(tmp_path / "alsa.conf"))
    playing = ("play", "--plain", "--duration", "0.1")
    done = waves(tmp_path, *playing, "--device", "silent")
    assert done.returncode == 0 and "sound system" not in done.stdout + done.stderr
    done = waves(tmp_path, *playing)
    [said] = [line for line in (done.stdout + done.stderr).splitlines() if "sound system" in line]
    assert done.returncode == 0 and "playing silently: the sound system cannot be used (" in said
    assert said.endswith("): mend its configuration, as `waves doctor` says, or play with --device silent")
    done = waves(tmp_path, *playing, "--device", "hw")
    assert done.returncode == 3 and done.stderr.startswith("the sound system cannot be used (")
    done = waves(tmp_path, "devices")
    assert done.returncode == 3 and done.stderr.startswith("the sound system cannot be used (")
    done = waves(tmp_path, "doctor")
    assert done.returncode == 3 and "Traceback" not in done.stderr
    assert done.stdout.count("unset ALSA_CONFIG_PATH, or correct") == 2 and "cannot be used (" in done.stdout

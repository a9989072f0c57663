"""Packages that are installed while a piece plays: each is said once, and counts from the next start."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

from tests.harness.engine_harness import compiler
from tests.harness.waiting import wait
from waves.events.changes import RestartNeeded
from waves.events.event import Event
from waves.live.saves import package_versions
from waves.live.saves.package_versions import DISTRIBUTION, PackageVersions, requirements
from waves.live.saves.save_router import SaveRouter
from waves.live.workspace.open_workspace import Opened


def install(packages: Path, name: str, version: str) -> None:
    """As an installer does it: the old version goes, then the new one is there under its name."""
    for before in packages.glob(f"{name}-*.dist-info"):
        shutil.rmtree(before)
    folder = packages / ".part"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    folder.rename(packages / f"{name}-{version}.dist-info")


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages with `strings` 1.0 and `winds` 2.0."""
    folder = tmp_path / "packages"
    install(folder, "strings", "1.0")
    install(folder, "winds", "2.0")
    monkeypatch.syspath_prepend(folder)
    return folder


def test_another_version_is_said_once_and_not_what_stays(packages: Path):
    said: list[Event] = []
    versions = PackageVersions(said.append, ["strings", "winds", "nobody-has-this"])
    versions.take()
    versions.look()
    assert said == []
    install(packages, "strings", "1.1")
    for _ in range(3):
        versions.look()
    assert [event.text for event in said] == ["strings is 1.1 now: restart waves for this to take effect"]
    install(packages, "strings", "1.0")
    versions.look()
    assert len(said) == 1, "it is what runs"
    install(packages, "strings", "1.1")
    shutil.rmtree(packages / "winds-2.0.dist-info")
    versions.look()
    assert [event.version for event in said if isinstance(event, RestartNeeded)] == ["1.1", "1.1"]
    install(packages, "winds", "2.2")
    versions.look()
    assert said[2:] and (said[2].file, said[2].version) == ("winds", "2.2")  # type: ignore[attr-defined]


def test_it_is_said_while_a_piece_plays(stage, packages: Path, monkeypatch: pytest.MonkeyPatch):
    """Those that waves requires; the thread ends with the session."""
    monkeypatch.setattr(package_versions, "requirements", lambda _: (">=3.11", ["strings", "winds"]))
    monkeypatch.setattr(package_versions, "LOOK", 0.002)
    live = stage("my_sound: {osc: {amp: 0.1}}\n")
    opened = Opened(live.composer.workspace, live.composer.settings, dict(live.composer.library), [])
    said: list[Event] = []
    router = SaveRouter(opened, live.session, compiler(), said.append)
    router.start()
    try:
        assert wait(lambda: router.packages._installed)
        install(packages, "winds", "2.5")
        assert wait(lambda: said)
        assert said[0].document["text"].startswith("winds is 2.5 now") and said[0].kind == "restart_needed"
    finally:
        router.stop()
    assert wait(lambda: not any(thread.name == "packages" for thread in threading.enumerate()))


def test_the_packages_that_are_followed_are_those_of_pyproject():
    versions = PackageVersions(lambda event: None)
    versions.take()
    assert {"numpy", "numba", "soundfile", "watchfiles", DISTRIBUTION} <= versions._versions.keys()
    assert versions._versions.keys() == {DISTRIBUTION, *requirements(DISTRIBUTION)[1]}
    assert versions._folders and all(versions._folders.values())

"""The wheel: what it holds, and that it renders the demo as the checkout does."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from tests.harness.paths import TOP


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    [path] = WheelBuilder(str(TOP)).build(
        directory=str(tmp_path_factory.mktemp("wheel")), versions=["standard"], clean_hooks_after=True
    )
    return Path(path)


@pytest.fixture(scope="module")
def names(wheel) -> list[str]:
    return zipfile.ZipFile(wheel).namelist()


def shipped(folder: str, pattern: str) -> set[str]:
    """Files of the checkout below a folder, without what Python leaves behind."""
    return {
        path.relative_to(TOP).as_posix()
        for path in (TOP / folder).rglob(pattern)
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_no_name_but_ours_is_installed(names):
    assert {name.split("/")[0] for name in names} == {"waves", "waves_live-0.1.0.dist-info"}


def test_the_whole_package_the_nodes_and_the_demo_are_inside(names):
    installed = set(names)
    library = "waves/_library/"
    assert shipped("waves", "*.py") <= installed
    page = shipped("waves/page", "*.*")
    assert {"waves/page/index.html", "waves/page/page.css", "waves/page/page.js"} <= page <= installed
    assert {library + name for name in shipped("nodes", "*.py")} <= installed
    assert {library + "nodes/sources/osc.py", library + "demo/waves.yaml", library + "demo/config.py"} <= installed
    samples = {library + "demo/" + name for name in shipped("samples", "*.*")}
    assert samples and samples <= installed
    presets = {library + name for name in shipped("presets", "*.yaml")}
    assert presets and presets <= installed
    assert not [name for name in names if "__pycache__" in name or "/tests/" in name]


def test_the_command_and_the_licence_are_declared(wheel):
    with zipfile.ZipFile(wheel) as archive:
        about = "waves_live-0.1.0.dist-info/"
        assert "waves = waves.cli:main" in archive.read(about + "entry_points.txt").decode()
        assert "MIT" in archive.read(about + "licenses/LICENSE").decode()
        metadata = archive.read(about + "METADATA").decode()
    assert "\nName: waves-live\n" in metadata
    assert "\nLicense-Expression: MIT\n" in metadata


def test_every_dependency_has_both_bounds_and_a_constraint():
    project = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))["project"]
    pinned = {line.split("==")[0] for line in (TOP / "constraints.txt").read_text("utf-8").split()}
    for dependency in project["dependencies"]:
        name, _, bounds = dependency.partition(">=")
        assert ",<" in bounds, dependency
        assert name.replace(".", "-") in pinned


def run(folder: Path, package: Path, *arguments: str) -> None:
    """The program, imported from `package` and from nowhere else, started in `folder`."""
    code = "import sys, waves.cli; assert waves.__file__.startswith(sys.argv.pop(1)); waves.cli.main()"
    subprocess.run(
        [sys.executable, "-c", code, str(package), *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(package)},
        check=True,
        timeout=240,
    )


def test_the_installed_wheel_renders_the_demo_as_the_checkout_does(wheel, tmp_path):
    site, away = tmp_path / "site", tmp_path / "away"
    away.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    demo = site / "waves" / "_library" / "demo"
    for package, workspace, out in [(site, demo, "installed.wav"), (TOP, TOP, "checkout.wav")]:
        run(away, package, "render", "my_sound", "--dir", str(workspace), "-o", out, "--duration", "2")
    assert (away / "installed.wav").stat().st_size > 44100 * 2
    assert (away / "installed.wav").read_bytes() == (away / "checkout.wav").read_bytes()

"""The findings that `waves doctor` shows."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from waves.app.commands.installation import Finding, Report, examine
from waves.live.workspace.setting_table import SETTINGS
from waves.live.workspace.settings import Settings, read_environment, read_settings
from waves.problem import Problems, printable


def diagnose(folder: Path) -> Report:
    """Of the installation, and of the settings in `folder`."""
    config = folder / "config.py"
    return Report(findings=[*examine().findings, of_settings(config), of_reloading(config, os.environ)])


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
    """How saves of node files are followed, and what says so: `config.py` overrules the environment."""
    try:
        given = read_environment(environment)
        written = read_settings(config if config.is_file() else None).model_dump(exclude_unset=True)
    except Problems as found:
        return Finding(name="reloading", ok=False, sentence=str(found.problems[0]), fix="change that value")
    parts = []
    for name, setting in SETTINGS.items():
        if setting.in_environment:
            origin = "config.py" if name in written else setting.variable if name in given else "default"
            value = {**Settings().model_dump(), **given, **written}[name]
            parts.append(f"{name} = {value!r} ({origin})")
    return Finding(name="reloading", ok=True, sentence=f"{', '.join(parts)}; options of `waves play` overrule")


def told(report: Report) -> str:
    """One line per finding, and the fix below one that is bad."""
    lines = []
    for finding in report.findings:
        lines.append(f"{'ok ' if finding.ok else 'BAD'} {finding.name}: {finding.sentence}")
        if finding.fix:
            lines.append(f"    to mend it: {finding.fix}")
    return "\n".join(map(printable, lines))

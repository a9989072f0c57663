"""The findings that `waves doctor` shows."""

from __future__ import annotations

from pathlib import Path

from waves.doctor import Finding, Report, examine
from waves.problem import Problems, printable
from waves.settings import read_settings


def diagnose(folder: Path) -> Report:
    """Of the installation, and of the settings in `folder`."""
    return Report(findings=[*examine().findings, of_settings(folder / "config.py")])


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


def told(report: Report) -> str:
    """One line per finding, and the fix below one that is bad."""
    lines = []
    for finding in report.findings:
        lines.append(f"{'ok ' if finding.ok else 'BAD'} {finding.name}: {finding.sentence}")
        if finding.fix:
            lines.append(f"    to mend it: {finding.fix}")
    return "\n".join(map(printable, lines))

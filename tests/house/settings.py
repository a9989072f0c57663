"""The texts that are made from the table of settings: the table of README.md, and the shipped config.py.

python -m tests.house.settings
"""

from __future__ import annotations

import re

from tests.harness.paths import TOP
from waves.live.workspace.setting_table import SETTINGS, Setting

README, CONFIG = TOP / "README.md", TOP / "config.py"
BEGIN, END = "<!-- settings: made by `python -m tests.house.settings` -->", "<!-- end of settings -->"
HEAD = '"""Settings of this workspace: `NAME = value` lines, read and never run. A line left out keeps its default."""'


def table_of_settings() -> str:
    """The table of README.md, between its two marks."""
    rows = ["| name | default | meaning | option | a change takes effect |", "| --- | --- | --- | --- | --- |"]
    rows += [f"| {' | '.join(_row(setting))} |" for setting in SETTINGS.values()]
    return "\n".join([BEGIN, "", *rows, "", END])


def _row(setting: Setting) -> list[str]:
    option = f"`{setting.option.flag.partition('/')[0]}`" if setting.option else ""
    if setting.option and "play" not in setting.option.commands:
        option += f" of `{' and '.join(setting.option.commands)}` only"
    return [f"`{setting.name}`", f"`{setting.default!r}`", setting.meaning, option, setting.effect.value]


def config_lines() -> list[str]:
    """The lines of the shipped config.py, without empty ones; what only the user's own can give is left out."""
    given = [setting for setting in SETTINGS.values() if not setting.only_own]
    defaults = {setting.name: f'"{one}"' if isinstance(one := setting.default, str) else repr(one) for setting in given}
    return [HEAD, *(f"{one.name} = {defaults[one.name]}  # {one.meaning}" for one in given)]


def main() -> None:
    """Write both; empty lines of config.py stay before the settings that they stand before."""
    text = README.read_text("utf-8")
    README.write_text(
        re.sub(re.escape(BEGIN) + ".*?" + re.escape(END), lambda _: table_of_settings(), text, flags=re.DOTALL), "utf-8"
    )
    parted = re.findall(r"^\n(\w+) =", CONFIG.read_text("utf-8"), re.MULTILINE)
    CONFIG.write_text("".join("\n" * (line.partition(" ")[0] in parted) + line + "\n" for line in config_lines()))


if __name__ == "__main__":
    main()

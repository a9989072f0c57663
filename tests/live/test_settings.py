"""config.py is read with `ast`: literals by known names, everything else is a problem with its place."""

import os
from pathlib import Path
from typing import Any, get_args

import pytest

from tests.harness.paths import TOP as ROOT
from waves.app.setup.doctor import of_settings
from waves.language.model.quantize import LONGEST_FADE
from waves.language.model.sound_arguments import UsageProblem
from waves.live.workspace.open_workspace import open_workspace, with_options
from waves.live.workspace.setting_table import SETTINGS, Setting
from waves.live.workspace.settings import (
    MAX_BYTES,
    GivenSettings,
    Settings,
    at_setting,
    given_settings,
    read_environment,
    read_settings,
    user_config,
)
from waves.live.workspace.workspace import workspace_at
from waves.problem import Mark, Problem, Problems


def read(folder: Path, text: str | bytes) -> Settings:
    path = folder / "config.py"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_settings(path)


def problems(folder: Path, text: str | bytes) -> list[Problem]:
    with pytest.raises(Problems) as raised:
        read(folder, text)
    return raised.value.problems


def test_a_fade_is_as_long_as_one_in_the_files_of_the_piece_may_be() -> None:
    assert SETTINGS["FADE"].at_most == LONGEST_FADE


def test_without_a_file_the_defaults(tmp_path: Path) -> None:
    assert read_settings(tmp_path / "config.py") == Settings()


def test_the_shipped_file_lists_every_setting_with_its_default() -> None:
    shipped = read_settings(ROOT / "config.py")
    assert shipped == Settings()
    assert shipped.model_fields_set == {name for name, one in SETTINGS.items() if not one.only_own}


def test_values_are_read(tmp_path: Path) -> None:
    text = '"""Mine."""\nLATENCY = 1  # whole\nDEVICE = "USB"\nBPM = 90.5\nSAMPLE_FOLDERS = [\n  "~/a",\n]\n'
    settings = read(tmp_path, text)
    assert (settings.LATENCY, settings.DEVICE, settings.BPM) == (1.0, "USB", 90.5)
    assert (settings.SAMPLE_FOLDERS, settings.FADE, settings.SAMPLE_RATE) == (["~/a"], 0.02, 44100)
    assert read(tmp_path, "\ufeffDEVICE = 3\r\nSEED = 0x10\r\n").DEVICE == 3


def test_nothing_is_run(tmp_path: Path) -> None:
    witness = tmp_path / "ran"
    text = f"import os\nopen({str(witness)!r}, 'w')\nSEED = open({str(witness)!r}, 'w')\n"
    found = problems(tmp_path, text)
    assert [problem.mark for problem in found] == [
        Mark("config.py", line, col) for line, col in ((1, 1), (2, 1), (3, 8))
    ]
    assert all("never run" in problem.sentence for problem in found)
    assert not witness.exists()


@pytest.mark.parametrize(
    ("line", "column", "words"),
    [
        ("BMP = 3", 1, "config.py:2:1: BMP: no such setting; did you mean 'BPM'?"),
        ("bpm = 3", 1, "bpm: no such setting; did you mean 'BPM'?"),
        ("BPM = 60 * 2", 7, "BPM: expected a number, a text or a list"),
        ("BPM = FADE = 1", 1, "expected 'NAME = value'"),
        ("BPM += 1", 1, "expected 'NAME = value'"),
        ("1 + 1", 1, "expected 'NAME = value'"),
        ("BPM = 'fast'", 7, "BPM: expected a number, got 'fast'"),
        ("BPM = -1", 7, "BPM: expected a number greater than 0, got -1"),
        ("BPM = 1e999", 7, "BPM: expected a finite number, got inf"),
        ("BPM = True", 7, "BPM: expected a number, got True"),
        ("SEED = True", 8, "SEED: expected a whole number, got True"),
        ("SEED = 1.5", 8, "SEED: expected a whole number, got 1.5"),
        ("LIMITER = 1", 11, "LIMITER: expected a boolean, got 1"),
        ("DEVICE = [1]", 10, "DEVICE: expected a string or a whole number, got [1]"),
        ("SAMPLE_FOLDERS = ['a', 1]", 18, "SAMPLE_FOLDERS: expected a string, got ['a', 1]"),
        ("SEED = 1; SEED = 2", 11, "SEED: is set twice, here and in line 2"),
        ("SEED = ", 8, "expected 'NAME = value' lines"),
        ("'é'; SEED = 'x'", 13, "SEED: expected a whole number"),
    ],
)
def test_problems(tmp_path: Path, line: str, column: int, words: str) -> None:
    problem = problems(tmp_path, f"# mine\n{line}\n")[-1]
    assert problem.mark == Mark("config.py", 2, column)
    assert words in str(problem)
    assert problem.source == line


@pytest.mark.parametrize(
    "text",
    [
        b"\xff\xfe",
        b"SEED = 1\x00",
        b"#" * (MAX_BYTES + 1),
        b"SEED = " + b"(" * 5000,
        b"SEED = " + b"-" * 50_000 + b"1",
    ],
)
def test_what_cannot_be_read(tmp_path: Path, text: bytes) -> None:
    [problem] = problems(tmp_path, text)
    assert problem.mark
    assert problem.mark.line == 1
    assert "\n" not in problem.sentence


# ---- what overrules what


NUMBERS = [setting for setting in SETTINGS.values() if setting.type in (int, float)]


@pytest.mark.parametrize("setting", NUMBERS, ids=lambda setting: setting.name)
def test_bounds_of_the_table_are_those_of_the_values(setting: Setting) -> None:
    for bound in (setting.at_least, setting.at_most):
        if bound is not None:
            assert getattr(Settings(**{setting.name: setting.type(bound)}), setting.name) == bound
    wrong = [bound for bound in (setting.above, setting.below) if bound is not None]
    wrong += [] if setting.at_least is None else [setting.at_least - 1]
    wrong += [] if setting.at_most is None else [setting.at_most + 1]
    assert wrong
    for value in wrong:
        with pytest.raises(UsageProblem, match="expected a number (greater|less) than"):
            with_options(GivenSettings({}, {}), {setting.name: setting.type(value)})


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("HOT_RELOAD", "maybe", "1 or 0"),
        ("HOT_RELOAD", "2", "1 or 0"),
        ("RELOAD_DELAY", "soon", "a number"),
        ("RELOAD_DELAY", "-1", "a number greater than or equal to 0"),
        ("RELOAD_DELAY", "11", "a number less than or equal to 10"),
        ("RELOAD_DELAY", "nan", "a finite number"),
    ],
)
def test_what_the_environment_cannot_mean_is_a_problem(tmp_path: Path, name: str, text: str, expected: str) -> None:
    with pytest.raises(Problems, match=f"^WAVES_{name} in the environment: expected {expected}, got '{text}'$"):
        read_environment({f"WAVES_{name}": text})
    [finding] = of_settings(workspace_at(tmp_path), {f"WAVES_{name}": text})
    assert not finding.ok


def test_only_some_settings_are_read_from_the_environment() -> None:
    assert read_environment({"WAVES_BPM": "90", "WAVES_CACHE": "/tmp", "WAVES_RELOAD_DELAY": " "}) == {}


def test_config_overrules_the_environment_and_doctor_says_so(tmp_path: Path) -> None:
    environment = {
        "WAVES_HOT_RELOAD": "off",
        "WAVES_WATCH_DIRS": os.pathsep.join(["a", "b"]),
        "WAVES_RELOAD_DELAY": "0.5",
    }
    assert read_environment(environment) == {"HOT_RELOAD": False, "WATCH_DIRS": ["a", "b"], "RELOAD_DELAY": 0.5}
    config = tmp_path / "config.py"
    config.write_text("RELOAD_DELAY = 0.25\n")
    for folder in "ab":
        (tmp_path / folder).mkdir()
    *_, reloading = of_settings(workspace_at(tmp_path), environment)
    assert reloading.sentence == (
        "HOT_RELOAD = False (WAVES_HOT_RELOAD), WATCH_DIRS = ['a', 'b'] (WAVES_WATCH_DIRS), "
        "RELOAD_DELAY = 0.25 (config.py); options of `waves play` overrule"
    )
    config.unlink()
    *_, reloading = of_settings(workspace_at(tmp_path), {})
    assert "HOT_RELOAD = True (default)" in reloading.sentence


def test_an_option_overrules_config_which_overrules_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAVES_RELOAD_DELAY", "1")
    monkeypatch.setenv("WAVES_HOT_RELOAD", "0")
    config = tmp_path / "config.py"
    config.write_text("RELOAD_DELAY = 2.0\nBPM = 90.0\n")
    settings = with_options(given_settings(workspace_at(tmp_path)), {"BPM": 80.0})
    assert (settings.RELOAD_DELAY, settings.BPM, settings.HOT_RELOAD) == (2.0, 80.0, False)


def test_the_users_own_file_overrules_only_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("WAVES_RELOAD_DELAY", "1")
    workspace = workspace_at(tmp_path / "set")
    own = user_config()
    for folder in (own.parent, workspace.root):
        folder.mkdir(parents=True)
    own.write_text("RELOAD_DELAY = 3.0\nBPM = 90.0\nFADE = 0.5\nSAMPLE_FOLDERS = ['/']\n")
    workspace.config.write_text("BPM = 70.0\n")
    given = given_settings(workspace)
    assert given.values == {"RELOAD_DELAY": 1.0, "BPM": 70.0, "FADE": 0.5, "SAMPLE_FOLDERS": ["/"]}
    assert {*given.origins.items()} == {
        ("RELOAD_DELAY", "WAVES_RELOAD_DELAY"),
        ("BPM", "config.py"),
        ("FADE", str(own)),
        ("SAMPLE_FOLDERS", str(own)),
    }
    assert not given.left_out, "it is the user's own"
    own.write_text("FADE = 'long'\n")
    with pytest.raises(Problems, match=f"^{own}:1:8: FADE: expected a number"):
        given_settings(workspace)
    own.chmod(0o666)
    with pytest.raises(Problems, match="because everybody may write it: chmod o-w"):
        given_settings(workspace)


def test_a_configuration_folder_that_cannot_be_reached_has_no_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ("x" * 300)))
    assert given_settings(workspace_at(tmp_path)).values == {}


def test_a_problem_with_a_setting_is_told_at_its_value_where_the_file_can_be_read(tmp_path: Path) -> None:
    problem, config = Problem("is not there"), tmp_path / "config.py"
    config.write_text("BPM = 3\nDEVICE = 'x'\n")
    assert str(at_setting(problem, config, "DEVICE")) == "config.py:2:10: DEVICE: is not there"
    for text in ("DEVICE = " + "(" * 3000, "BPM = 3\n", "\0", "DEVICE = 'x'\n" + " " * MAX_BYTES):
        config.write_text(text)
        assert at_setting(problem, config, "DEVICE") is problem
    if hasattr(os, "mkfifo"):
        config.unlink()
        os.mkfifo(config)
        assert at_setting(problem, config, "DEVICE") is problem


def other_value(setting: Setting, folder: Path) -> Any:
    """A value of a setting that is not its default."""
    default = setting.default
    if isinstance(default, bool):
        return not default
    if isinstance(default, list):
        return [str(folder)]
    if isinstance(default, int | float):
        return default + (0 if setting.at_most == default else 1)
    others = {"DEVICE": "silent", "INPUT": "default", "AT": "bar", "NOTIFY": "bell", "SERVE": 0}
    others["SERVE_ADDRESS"] = "0.0.0.0"
    return others[setting.name]


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=lambda setting: setting.name)
def test_what_reaches_outside_needs_trust_or_comes_from_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: Setting
) -> None:
    """In the `config.py` of a folder that is not trusted it has no effect, and is one notice; some in none at all."""
    takes_text = setting.type in (str, list[str]) or str in get_args(setting.type)
    assert setting.reaches_outside is not None or not takes_text, "say in the table whether it reaches outside"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    root, value = tmp_path / "set", other_value(setting, tmp_path / "else")
    root.mkdir()
    (tmp_path / "else").mkdir()
    (root / "waves.yaml").write_text("my_sound: {osc: {}}\n")
    (root / "config.py").write_text(f"{setting.name} = {value!r}\n")
    opened = open_workspace(root)
    in_force = getattr(opened.settings, setting.name) == value
    limited = bool(setting.reaches_outside or setting.only_own)
    assert in_force != limited
    assert [setting.name in notice for notice in opened.notices] == [True] * limited
    trusted = open_workspace(root, trust=True)
    assert (getattr(trusted.settings, setting.name) == value) != setting.only_own
    assert [setting.name in notice for notice in trusted.notices] == [True] * setting.only_own
    assert getattr(open_workspace(root, **{setting.name: value}).settings, setting.name) == value
    if setting.in_environment and setting.reaches_outside:
        monkeypatch.setenv(setting.variable, value[0])
        assert getattr(open_workspace(root).settings, setting.name) == value


def test_folders_in_the_environment_are_separated_as_paths_or_by_commas_and_missing_ones_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text in (f"a{os.pathsep}b", "a,b", " a , b ", f"a,,{os.pathsep}b"):
        assert read_environment({"WAVES_WATCH_DIRS": text}) == {"WATCH_DIRS": ["a", "b"]}
    (tmp_path / "waves.yaml").write_text("my_sound: {osc: {}}\n")
    (tmp_path / "a").mkdir()
    monkeypatch.setenv("WAVES_WATCH_DIRS", "a,b")
    assert open_workspace(tmp_path).notices == ["WATCH_DIRS: there is no folder 'b'"]
    bad = [one for one in of_settings(workspace_at(tmp_path), os.environ) if not one.ok]
    assert [one.sentence for one in bad] == ["WATCH_DIRS: there is no folder 'b'"]


def test_a_wrong_option_is_named_as_it_is_typed() -> None:
    with pytest.raises(UsageProblem, match=r"^--fade: expected a number less than or equal to 10, got 11\.0$"):
        with_options(GivenSettings({}, {}), {"FADE": 11.0})
    with pytest.raises(Problems, match="there is no setting 'BMP'; did you mean 'BPM'"):
        with_options(GivenSettings({}, {}), {"BMP": 11.0})

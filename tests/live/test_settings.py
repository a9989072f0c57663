"""config.py is read with `ast`: literals by known names, everything else is a problem with its place."""

import os
from pathlib import Path

import pytest

from tests.harness.paths import TOP as ROOT
from waves.app.setup.doctor import of_reloading
from waves.language.model.quantize import LONGEST_FADE
from waves.language.model.sound_arguments import UsageProblem
from waves.live.workspace.open_workspace import settings_of
from waves.live.workspace.setting_table import SETTINGS, Setting
from waves.live.workspace.settings import MAX_BYTES, Settings, read_environment, read_settings
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
    assert shipped.model_fields_set == set(SETTINGS)


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
            settings_of(Path("no config.py"), {setting.name: setting.type(value)})


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
    assert not of_reloading(tmp_path / "none.py", {f"WAVES_{name}": text}).ok


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
    assert of_reloading(config, environment).sentence == (
        "HOT_RELOAD = False (WAVES_HOT_RELOAD), WATCH_DIRS = ['a', 'b'] (WAVES_WATCH_DIRS), "
        "RELOAD_DELAY = 0.25 (config.py); options of `waves play` overrule"
    )
    assert "HOT_RELOAD = True (default)" in of_reloading(tmp_path / "none.py", {}).sentence


def test_an_option_overrules_config_which_overrules_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAVES_RELOAD_DELAY", "1")
    monkeypatch.setenv("WAVES_HOT_RELOAD", "0")
    config = tmp_path / "config.py"
    config.write_text("RELOAD_DELAY = 2.0\nBPM = 90.0\n")
    settings = settings_of(config, {"BPM": 80.0})
    assert (settings.RELOAD_DELAY, settings.BPM, settings.HOT_RELOAD) == (2.0, 80.0, False)


def test_a_wrong_option_is_named_as_it_is_typed() -> None:
    with pytest.raises(UsageProblem, match=r"^--fade: expected a number less than or equal to 10, got 11\.0$"):
        settings_of(Path("no config.py"), {"FADE": 11.0})
    with pytest.raises(Problems, match="there is no setting 'BMP'; did you mean 'BPM'"):
        settings_of(Path("no config.py"), {"BMP": 11.0})

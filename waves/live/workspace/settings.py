"""Values of the settings: reads the files `config.py` and the environment, checked against the table of settings.

A `config.py` holds `NAME = literal` lines; it is parsed and never run. The later of these overrule the earlier: the
default, the user's own `config.py`, the environment, the `config.py` of the piece, the command line.
"""

from __future__ import annotations

import ast
import os
import stat
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model, field_validator
from pydantic_core import PydanticCustomError

from waves.language.model.quantize import BOUNDARIES, read_quantize
from waves.live.workspace.setting_table import SETTINGS, DeclaredSettings, Setting
from waves.live.workspace.workspace import Workspace
from waves.private_folder import user_folder
from waves.problem import Mark, Problem, Problems, did_you_mean, reason_of

MAX_BYTES = 100_000  # of config.py
FLAGS = {
    "1": True,
    "true": True,
    "on": True,
    "yes": True,
    "0": False,
    "false": False,
    "off": False,
    "no": False,
}


class _Checked(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("AT", check_fields=False)
    @classmethod
    def _boundary(cls, text: str) -> str:
        try:
            read_quantize(text)
        except ValueError:
            raise PydanticCustomError("boundary", BOUNDARIES) from None
        return text


def _field(setting: Setting) -> Any:
    return setting.type, Field(
        setting.default,
        description=setting.meaning,
        ge=setting.at_least,
        gt=setting.above,
        le=setting.at_most,
        lt=setting.below,
    )


if TYPE_CHECKING:  # a model that is made while the program runs has no types that a checker can read

    class Settings(DeclaredSettings, _Checked):
        """A value for every setting; raises pydantic's ValidationError for a wrong one. Immutable: any thread."""

        def __init__(self, **values: Any) -> None: ...

else:
    Settings = create_model("Settings", __base__=_Checked, **{name: _field(one) for name, one in SETTINGS.items()})


def read_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """Settings from `WAVES_*` variables, which `config.py` overrules; raises Problems."""
    values: dict[str, Any] = {}
    for setting in SETTINGS.values():
        text = environment.get(setting.variable, "").strip() if setting.in_environment else ""
        if not text:
            continue
        values[setting.name] = _from_text(setting, text)
        try:
            Settings(**{setting.name: values[setting.name]})
        except ValidationError as error:
            expected = "1 or 0" if setting.type is bool else expected_values(error)[setting.name]
            sentence = f"{setting.variable} in the environment: expected {expected}, got {text!r:.60}"
            raise Problems(Problem(sentence)) from None
    return values


def _from_text(setting: Setting, text: str) -> Any:
    """The value that a text stands for, or the text, for the model to refuse."""
    if setting.type is bool:
        return FLAGS.get(text.lower(), text)
    if setting.type == list[str]:
        return [folder.strip() for part in text.split(os.pathsep) for folder in part.split(",") if folder.strip()]
    try:
        return setting.type(text) if setting.type in (int, float) else text
    except ValueError:
        return text


def expected_values(error: ValidationError) -> dict[str, str]:
    """By name of a wrong setting what it may be: `a whole number`, `a number greater than 0`."""
    expected: dict[str, list[str]] = {}
    for item in error.errors():
        words = item["msg"].removeprefix("Input should be ").replace("a valid integer", "a whole number")
        number = "a number " if item["type"].startswith(("greater", "less")) else ""
        expected.setdefault(str(item["loc"][0]), []).append(number + words.replace("valid ", ""))
    return {name: " or ".join(ways) for name, ways in expected.items()}


@dataclass(frozen=True, slots=True)
class GivenSettings:
    """Settings from files and the environment, checked: values by name, and where each comes from."""

    values: dict[str, Any]
    origins: dict[str, str]
    """`config.py`, the path of the user's own file, or the variable of the environment, by name."""
    left_out: tuple[str, ...] = ()
    """Names of settings that the `config.py` of a folder gives, which is not trusted for them."""


def user_config() -> Path:
    """The user's own `config.py`, for all pieces; it need not exist."""
    return user_folder() / "config.py"


def given_settings(workspace: Workspace, environment: Mapping[str, str] = os.environ) -> GivenSettings:
    """All settings that are given anywhere but on the command line. Raises Problems, all of one file."""
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    left_out: list[str] = []
    own = user_config()
    if os.name == "posix" and _mode(own) & stat.S_IWOTH:
        raise Problems(Problem(f"'{own}' is not read, because everybody may write it: chmod o-w {own}"))
    for name, value in _written(own, str(own)).items():
        values[name], origins[name] = value, str(own)
    for name, value in read_environment(environment).items():
        values[name], origins[name] = value, SETTINGS[name].variable
    try:
        config = workspace.allowed(workspace.config)
    except OSError as error:
        raise Problems(Problem(f"cannot be read: {reason_of(error)}", Mark("config.py", 1, 1))) from None
    for name, value in _written(config).items():
        if value == SETTINGS[name].default and name not in values:
            continue
        if SETTINGS[name].only_own or (SETTINGS[name].reaches_outside and not workspace.trusted):
            left_out.append(name)
        else:
            values[name], origins[name] = value, "config.py"
    return GivenSettings(values, origins, tuple(left_out))


def _mode(path: Path) -> int:
    """The mode of a regular file; 0 where none can be reached."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return 0
    return mode if stat.S_ISREG(mode) else 0


def _text(path: Path) -> str:
    """The text of a regular file, nothing where there is none; raises OSError and ValueError."""
    if not _mode(path):
        return ""
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError(f"it is longer than {MAX_BYTES} bytes")
    return data.decode("utf-8-sig")


def _parsed(text: str) -> ast.Module:
    with warnings.catch_warnings(action="ignore"):
        return ast.parse(text)


def _written(path: Path, name: str = "config.py") -> dict[str, Any]:
    return read_settings(path, name).model_dump(exclude_unset=True)


def read_settings(path: Path, name: str = "config.py") -> Settings:
    """Settings from the file at `path`, the defaults where there is none; raises Problems, all of the file `name`."""
    lines: list[str] = []
    try:
        text = _text(path)
        lines = text.splitlines()
        module = _parsed(text)
    except SyntaxError as error:
        mark = Mark(name, error.lineno or 1, error.offset or 1)
        source = lines[mark.line - 1] if mark.line <= len(lines) else ""
        raise Problems(Problem(f"expected 'NAME = value' lines ({error.msg})", mark, source=source)) from None
    except (OSError, ValueError, RecursionError, MemoryError) as error:
        reason = reason_of(error)
        raise Problems(Problem(f"cannot be read: {reason}", Mark(name, 1, 1))) from None
    return _checked(module, name, lines)


def at_setting(problem: Problem, config: Path, name: str) -> Problem:
    """A problem with a setting, at its value in `config.py` if it is written there."""
    try:
        text = _text(config)
        statements = _parsed(text).body
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return problem
    for statement in statements:
        match statement:
            case ast.Assign([ast.Name(written)], value) if written == name:
                source = text.splitlines()[value.lineno - 1]
                mark = Mark(config.name, value.lineno, _column(source, value))
                return replace(problem, mark=mark, path=name, source=source)
    return problem


def _column(line: str, node: Any) -> int:
    """The column of a node in its line, from 1; `ast` counts bytes."""
    return len(line.encode()[: node.col_offset].decode()) + 1


def _checked(module: ast.Module, file: str, lines: list[str]) -> Settings:
    problems: list[Problem] = []
    nodes: dict[str, ast.expr] = {}
    values: dict[str, Any] = {}

    def problem(sentence: str, node: Any, path: str = "", suggestion: str = "") -> None:
        line = lines[node.lineno - 1]
        mark = Mark(file, node.lineno, _column(line, node))
        problems.append(Problem(sentence, mark, path, suggestion=suggestion, source=line))

    for position, statement in enumerate(module.body):
        match statement:
            case ast.Expr(ast.Constant(str())) if position == 0:
                continue
            case ast.Assign([ast.Name(name)], value):
                pass
            case _:
                problem("expected 'NAME = value'; this file is read and never run", statement)
                continue
        if name not in SETTINGS:
            problem("no such setting", statement, name, did_you_mean(name, SETTINGS))
        elif name in nodes:
            problem(f"is set twice, here and in line {nodes[name].lineno}", statement, name)
        else:
            nodes[name] = value
            try:
                values[name] = ast.literal_eval(value)
            except (ValueError, TypeError, MemoryError, RecursionError):
                problem("expected a number, a text or a list; this file is read and never run", value, name)
    try:
        settings = Settings(**values)
    except ValidationError as error:
        for name, expected in expected_values(error).items():
            problem(f"expected {expected}, got {values[name]!r:.60}", nodes[name], name)
    if problems:
        raise Problems(sorted(problems, key=lambda problem: problem.mark or Mark(file, 1, 1)))
    return settings

"""Reads `config.py`: `NAME = literal` lines, looked at and never run."""

from __future__ import annotations

import ast
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from waves.problem import Mark, Problem, Problems, did_you_mean

MAX_BYTES = 100_000


def _setting(default: Any, unit: str, description: str, **bounds: Any) -> Any:
    return Field(default, description=description, json_schema_extra={"unit": unit} if unit else None, **bounds)


class Settings(BaseModel):
    """Every setting with its default, unit and meaning."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)

    SAMPLE_RATE: int = _setting(44100, "Hz", "frames per second", ge=8000, le=384_000)
    BLOCK_SIZE: int = _setting(256, "frames", "frames that the sound card asks for at once", ge=1, le=8192)
    LATENCY: float = _setting(0.03, "s", "seconds from the engine to the loudspeaker", gt=0, le=2)
    DEVICE: str | int | None = _setting(None, "", "name or number of the sound card, None for the default")
    CHANNELS: int = _setting(2, "channels", "channels that are played", ge=1, le=64)
    FADE: float = _setting(0.02, "s", "seconds in which a save fades from old to new", ge=0, le=10)
    AT: str = _setting("now", "", "when a save comes in: now, beat, bar, or '4 bars'")
    BPM: float = _setting(120.0, "beats per minute", "tempo where no node gives one", gt=0, le=10_000)
    SEED: int = _setting(0, "number", "what all randomness of a piece begins with", ge=0, lt=2**32)
    RAND_HOLD: int = _setting(2048, "frames", "frames for which rand() keeps its value", ge=1, le=2**31)
    STEP_LENGTH: float = _setting(1.0, "s", "seconds of a step whose sound has no end", gt=0, le=3600)
    LIMITER: bool = _setting(True, "", "a limiter as the last stage of every output")
    WAIT_FOR_CHANGES_IN_WAVES_YAML: bool = _setting(True, "", "saves are heard while it plays")
    SAMPLE_FOLDERS: list[str] = _setting([], "", "further folders that samples may be read from")
    PARKING_MB: float = _setting(64.0, "MB", "memory for the state of nodes that went and may return", ge=0)
    PARKING_NODES: int = _setting(1000, "nodes", "nodes whose state is kept for their return", ge=0)
    SAMPLE_MB: float = _setting(512.0, "MB", "memory for samples", gt=0)
    HOT_RELOAD: bool = _setting(True, "", "saves of node files are heard while it plays")
    WATCH_DIRS: list[str] = _setting([], "", "further folders of node files, read and followed like nodes/")
    RELOAD_DELAY: float = _setting(0.0, "s", "seconds that a save waits for others", ge=0, le=10)
    CHECKED_NODES: bool = _setting(True, "", "indices in nodes of the workspace are checked in play")
    TRIAL: bool = _setting(True, "", "saves that fail, rise without end or take too long are refused")
    NOTIFY: Literal["none", "bell"] = _setting("none", "", "what happens beside the display with a problem")


ENVIRONMENT = ("HOT_RELOAD", "WATCH_DIRS", "RELOAD_DELAY")  # as WAVES_HOT_RELOAD and so on
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


def read_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """The settings that the environment gives, which `config.py` overrules; raises Problems."""
    found: dict[str, Any] = {}
    for name in ENVIRONMENT:
        text = environment.get(f"WAVES_{name}", "").strip()
        try:
            if not text:
                continue
            if name == "WATCH_DIRS":
                found[name] = [folder for folder in text.split(os.pathsep) if folder]
            else:
                found[name] = FLAGS[text.lower()] if name == "HOT_RELOAD" else float(text)
            Settings(**{name: found[name]})
        except (KeyError, ValueError):
            expected = "1 or 0" if name == "HOT_RELOAD" else "seconds from 0 to 10"
            raise Problems(Problem(f"WAVES_{name} in the environment: expected {expected}, got {text!r:.60}")) from None
    return found


def read_settings(path: Path | None) -> Settings:
    """The settings in the file at `path`, or the defaults; raises Problems, all of the file."""
    if path is None:
        return Settings()
    lines: list[str] = []
    try:
        data = path.read_bytes()
        if len(data) > MAX_BYTES:
            raise ValueError(f"it is longer than {MAX_BYTES} bytes")
        text = data.decode("utf-8-sig")
        lines = text.splitlines()
        with warnings.catch_warnings(action="ignore"):
            module = ast.parse(text)
    except SyntaxError as error:
        mark = Mark(path.name, error.lineno or 1, error.offset or 1)
        source = lines[mark.line - 1] if mark.line <= len(lines) else ""
        raise Problems(Problem(f"expected 'NAME = value' lines ({error.msg})", mark, source=source)) from None
    except (OSError, ValueError, RecursionError, MemoryError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise Problems(Problem(f"cannot be read: {reason}", Mark(path.name, 1, 1))) from None
    return _checked(module, path.name, lines)


def _checked(module: ast.Module, file: str, lines: list[str]) -> Settings:
    problems: list[Problem] = []
    nodes: dict[str, ast.expr] = {}
    values: dict[str, Any] = {}

    def problem(sentence: str, node: Any, path: str = "", suggestion: str = "") -> None:
        column = len(lines[node.lineno - 1].encode()[: node.col_offset].decode()) + 1  # ast counts bytes
        mark = Mark(file, node.lineno, column)
        problems.append(Problem(sentence, mark, path, suggestion=suggestion, source=lines[node.lineno - 1]))

    for position, statement in enumerate(module.body):
        match statement:
            case ast.Expr(ast.Constant(str())) if position == 0:
                continue
            case ast.Assign([ast.Name(name)], value):
                pass
            case _:
                problem("expected 'NAME = value'; this file is read and never run", statement)
                continue
        if name not in Settings.model_fields:
            problem("no such setting", statement, name, did_you_mean(name, Settings.model_fields))
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
        expected: dict[str, list[str]] = {}
        for item in error.errors():
            words = (
                item["msg"]
                .removeprefix("Input should be ")
                .replace("a valid integer", "a whole number")
                .replace("valid ", "")
            )
            more = "a number " if item["type"].startswith(("greater", "less")) else ""
            expected.setdefault(str(item["loc"][0]), []).append(more + words)
        for name, ways in expected.items():
            problem(f"expected {' or '.join(ways)}, got {values[name]!r:.60}", nodes[name], name)
    if problems:
        raise Problems(sorted(problems, key=lambda problem: problem.mark or Mark(file, 1, 1)))
    return settings

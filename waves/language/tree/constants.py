"""Settings that are written as constant expressions, and lists of them: expressions in, numbers out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from waves.language.model.models import Number, Place, Text
from waves.language.tree.tree_node import Source
from waves.node import Node
from waves.node_types.library.parameters import Parameter, accepted

Build = Callable[[str, Number | Text], Source]
"""Makes the source of what is written for a parameter; NaN after a mistake, which it has reported."""
Report = Callable[[Place, str], None]


def constant_settings(
    kind: type[Node], texts: Mapping[str, Text | list[Number | Text]], build: Build, report: Report
) -> dict[str, Any]:
    """The values of settings that are written as expressions, by name; those with a mistake are left out."""
    settings: dict[str, Any] = {}
    for key, written in texts.items():
        several = written if isinstance(written, list) else [written]
        values = [_constant(accepted(kind)[key], one, build, report) for one in several]
        if None not in values:
            settings[key] = values if isinstance(written, list) else values[0]
    return settings


def _constant(parameter: Parameter, written: Number | Text, build: Build, report: Report) -> float | None:
    """One number; None after a mistake, which is reported."""
    source = build(parameter.name, written)
    if not isinstance(source, float):
        report(written.place, f"'{parameter.name}' is a constant and cannot move")
    elif math.isnan(source):
        return None
    elif complaint := parameter.complaint(source):
        report(written.place, complaint)
    elif parameter.form == "whole" and source != int(source):
        report(written.place, f"expected a whole number, got {source:g}")
    else:
        return int(source) if parameter.form == "whole" else source
    return None

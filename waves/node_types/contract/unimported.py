"""Names that a node file uses and does not import, and how each is imported or written."""

from __future__ import annotations

import builtins
import math
from importlib import import_module
from types import ModuleType

from waves.dsp import RELOADED
from waves.node_types.contract.numpy_in_kernels import INSTEAD, TURNS
from waves.problem import did_you_mean

MODULES = {"math": "import math", "np": "import numpy as np", "numpy": "import numpy"}


def how_to_import(name: str) -> str:
    """A sentence on a name that is not known in a file, and what is written instead; empty if none is meant for sure.

    'math'    the name 'math' is not known here: write `import math` at the top of the file
    """
    if hasattr(builtins, name):
        return ""
    unknown = f"the name '{name}' is not known here"
    if name in ("sin", "cos"):
        return f"{unknown}: {INSTEAD[name]}"
    if callable(getattr(math, name, None)):
        return f"{unknown}: write `math.{name}(…)`, and `import math` at the top of the file"
    module = shared_module_of(name)
    if statement := MODULES.get(name) or (f"from {module} import {name}" if module else ""):
        return f"{unknown}: write `{statement}` at the top of the file"
    return f"{unknown}; {INSTEAD[name]}" if name in INSTEAD else ""


def not_there(name: str, module: ModuleType, wanted: str) -> str:
    """A sentence on an attribute that a module does not have; `name` is that of the module in the file."""
    if module is math and wanted == "sine":
        return f"{name} has no 'sine': {TURNS}"
    near = did_you_mean(wanted, dir(module)) if module is math else ""
    return f"{name} has no '{wanted}'" + (f"; did you mean {near}?" if near else "")


def shared_module_of(function: str) -> str:
    """The module of `waves.dsp` that defines a function; empty if none does."""
    for module in (f"waves.dsp.{name}" for name in RELOADED):
        if getattr(getattr(import_module(module), function, None), "__module__", "") == module:
            return module
    return ""

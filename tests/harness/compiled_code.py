"""What machine code calls, read from LLVM's intermediate form of it."""

from __future__ import annotations

import re

from waves.engine.compiler.machine_code import LIBC, LIBM

ALLOWED = {*LIBC.split(), *LIBM.split()}
"""Names of functions that the sound thread may call: mathematics."""


def reachable_calls(text: str) -> set[str]:
    """Names of the functions outside that can be reached from the C entry of a compiled function."""
    calls: dict[str, set[str]] = {}
    current = ""
    for line in text.splitlines():
        if found := re.match(r'define .*?@"?([^"(]+)"?\(', line):
            current = found.group(1)
            calls[current] = set()
        elif current:
            calls[current].update(re.findall(r'\b(?:call|invoke)\b[^@]*@"?([\w.$]+)', line))
    todo = [name for name in calls if name.startswith("cfunc.")]
    seen: set[str] = set()
    assert todo
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo.extend(calls.get(name, ()))
    return {name for name in seen if name not in calls and not name.startswith("llvm.")}

"""Messages of Numba as reasons in the words of a node's text. This module does not import Numba."""

from __future__ import annotations

import re
from collections.abc import Collection

from waves.problem import did_you_mean

VALUES = {"none": "nothing", "complex": "a complex number", "unicode": "a text", "Literal[str]": "a text"}
VALUES |= {"list": "a list", "Tuple": "several numbers", "UniTuple": "several numbers", "In": "a whole block"}
OWNERS = {"Module": "`math`, as far as it can be compiled,", "nestedarray": "an array of the state"}
OWNERS |= {"NamedUniTuple": "the Choice"}


def reason_in_words(message: str, local: Collection[str]) -> str:
    """A message of the compiler as a reason: its first line about the kernel, translated; `local`: names of values."""
    lines = [line.strip() for line in message.splitlines()]
    useful = (one for one in lines if one and not one.startswith(("Failed in", "During", "File ", ">>>", "<source")))
    words = next(useful, "no reason is given")
    if found := re.match(r"Unknown attribute '(\w+)' of type (\w+)", words):
        words = f"{OWNERS.get(found[2], 'a number')} has no '{found[1]}'"
    elif "unify" in words:
        words = "a value is a number here and something else there"
    elif "unpack" in words:
        words = "a number cannot be taken apart into several"
    elif words.startswith("it needs"):
        words = "it needs memory, or something else that the sound thread does not have"
    elif found := re.search(r"Variable '(\w+)' is not defined", words):
        near = did_you_mean(found[1], [name for name in local if name != found[1]])
        why = f"; did you mean {near}?" if near else ": what a kernel gives a value to is its own, not the module's"
        words = f"'{found[1]}' has no value yet here{why}"
    elif words.startswith("liveness"):
        words = "the compiler cannot follow it: is there a loop without an end?"
    elif words.startswith("Invalid use of"):
        words = "a number is called as if it were a function"
    elif words.startswith("No implementation"):
        words = next((_call(line[4:].strip()) for line in lines if line.startswith(">>> ")), words)
    return re.sub(r"Checked(?=In|Out|Work)", "", words).rstrip(". ")


def _call(call: str) -> str:
    """The reason why the compiler does not know a call."""
    if found := re.match(r"setitem\(\w+, \w+, (.+)\)", call):
        written = found[1].removeprefix("Checked")
        value = next((words for start, words in VALUES.items() if written.startswith(start)), written)
        return f"a frame is one number, and not {value}"
    if re.match(r"getitem\((float|int)\d+,", call):
        return "a number has no [ ]: only blocks, arrays and tuples have"
    if call.startswith("attempt("):
        return "a kernel returns True when it has ended, and nothing otherwise"
    return f"there is no {call}"
